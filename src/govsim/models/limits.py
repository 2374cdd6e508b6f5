"""Limits of the requests to a model, shared by all workers of a command and held in its driver.

A limit consists of a number of requests in flight and, if set, of requests and tokens per minute. A worker leases
slots, each for one request at a time. It reports what it holds and wants; the report is answered when that changes what
the worker may do, and after a second in any case, and a new report replaces one that has not been answered. So a worker
can be asked to return slots at any time, although it alone sends messages; see `govsim.models.leases`.

Slots are divided evenly among the workers that want them. A response that the rate limit is exceeded, to any worker,
halves the limit for all, which then recovers within minutes.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from govsim.config import Execution, Rate

BACKOFF_FACTOR = 0.5
"""Factor of a limit after a response that the rate limit is exceeded, and after a restart."""
THROTTLE_WINDOW_S = 10.0
"""Seconds in which further such responses have no effect: they answer requests sent before the first."""
RECOVERY_S = 120.0
"""Seconds in which a limit recovers from 0 to its full value, starting after the episode."""
MAX_PAUSE_S = 300.0
"""Maximum number of seconds that a provider may ask all workers to wait."""
SLOT_TURN_S = 1.0
"""Seconds after which a worker passes a slot on, if there are fewer slots than workers."""
LOST_AFTER_S = 30.0
"""Seconds without a report after which the slots of a worker are given to others."""
MAX_ANSWER_DELAY_S = 1.0
"""Seconds after which a report is answered in any case."""


class LeaseRequest(BaseModel):
    """A worker's report on its use of a limit, and what it wants."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    limit: str
    """Name of the limit."""
    number: int
    """Number of the report among those of the worker; an answer to an earlier one is ignored."""
    applied: int
    """Number of the last report whose answer the worker has applied."""
    slots: int
    """Number of slots in that answer, or 0."""
    kept: int
    """Number of requests that it may have in flight until the answer; at least those in flight now."""
    wanted: int
    """Number of slots that it could use, including those in use."""
    starts: tuple[int, ...] = ()
    """Estimated tokens of each request that waits to be started; only if a rate is set."""
    unused: int = 0
    """Number of granted starts that are returned."""
    tokens: int = 0
    """Tokens of finished requests, less their estimates, and less the estimates of returned starts."""
    throttled: float | None = None
    """Seconds that the provider asks to wait, 0 if it does not say, in a response that the rate limit is exceeded; None
    if there was no such response."""


class Lease(BaseModel):
    """What a worker may use of a limit until it has reported again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    slots: int
    """Maximum number of requests in flight; if more are, no new one may be sent."""
    starts: int = 0
    """Number of requests that may be started by the rate, the first of those reported."""
    is_scarce: bool = False
    """Whether the workers together want more slots than there are, so that unused ones should be returned at once."""


@dataclass(slots=True)
class _Holder:
    """A worker at a limit.

    Attributes:
        request: its last report.
        held: number of requests that it may have in flight.
        seen: time of its last report.
        turn: time since which it has had slots; None if it has none.
        starts: estimated tokens of the requests whose start was granted by the answer to the last report.
        served: number of grants of starts to any worker, at the last one to this.
        is_waiting: whether its last report has not been answered.
        is_scarce: whether it knows that slots are scarce.
    """

    request: LeaseRequest
    held: int
    seen: float
    turn: float | None = None
    starts: tuple[int, ...] = ()
    served: int = 0
    is_waiting: bool = True
    is_scarce: bool = False


class SharedLimit:
    """The limit of one model, address and key. Times are in seconds, by any clock that never goes back."""

    def __init__(self, connections: int, rate: Rate, now: float, *, share: float = 1.0) -> None:
        """Set up a limit without holders.

        Args:
            connections: maximum number of requests in flight.
            rate: maximum numbers of requests and tokens per minute.
            now: the current time.
            share: share of the limits that applies at first, between 0 and 1.
        """
        self._connections = connections
        self._share = _Recovering(share, now)
        self._rate_share = _Recovering(share, now)
        self._requests = None if rate.requests is None else _Bucket(rate.requests, now)
        self._tokens = None if rate.tokens is None else _Bucket(rate.tokens, now)
        self._holders: dict[int, _Holder] = {}
        self._paused_until = self._episode_until = now
        self._shares: dict[int, int] = {}
        self._divided = self._wanted = 0
        self._served = 0

    @property
    def held(self) -> int:
        """Number of requests that workers may have in flight."""
        return sum(holder.held for holder in self._holders.values())

    def allowed(self, now: float) -> int:
        """Number of requests that may be in flight: at least 1, except while a provider asked all to wait."""
        if now < self._paused_until:
            return 0
        return max(1, math.floor(self._connections * self._share.at(now) + _ROUNDING))

    def report(self, worker: int, request: LeaseRequest, now: float) -> bool:
        """Take up a worker's report; return whether leases of others may change.

        Args:
            worker: its number.
            request: its report.
            now: the current time.
        """
        held, shares = self.held, self._shares
        for silent in [name for name, holder in self._holders.items() if now - holder.seen > LOST_AFTER_S]:
            self.forget(silent)
        if request.throttled is not None:
            self._throttle(request.throttled, now)
        if (holder := self._holders.get(worker)) is None:
            holder = self._holders[worker] = _Holder(request, held=request.kept, seen=now)
        elif holder.turn is not None and now - holder.turn >= SLOT_TURN_S:  # to the end of the queue
            self._holders[worker] = self._holders.pop(worker)
            holder.turn = now
        self._settle(holder, request, now)
        holder.request, holder.held, holder.seen, holder.is_waiting = request, request.kept, now, True
        self._divide(now)
        return self.held < held or self._shares != shares or request.throttled is not None

    def offer(self, worker: int, now: float, *, is_final: bool = False) -> Lease | None:
        """Return the answer to the last report of a worker; None if it should wait, as nothing changes for the worker.

        Args:
            worker: its number.
            now: the current time.
            is_final: whether to return a lease in any case.
        """
        holder = self._holders[worker]
        request = holder.request
        if (allowed := self.allowed(now)) != self._divided:
            self._divide(now)
        free = allowed - (self.held - holder.held)
        slots = max(0, min(self._shares[worker], free))
        starts = request.starts[: self._granted(holder, request.starts[: max(0, slots - request.kept)], now)]
        is_scarce = self._wanted > allowed
        may_start = slots > request.kept and (bool(starts) or not request.starts)
        must_return = slots < request.slots or (is_scarce and not holder.is_scarce and request.wanted <= request.kept)
        if not (may_start or must_return or not request.wanted or is_final):
            return None
        self._start(holder, starts)
        if slots and holder.turn is None:
            holder.turn = now
        elif not slots:
            holder.turn = None
        holder.held, holder.is_waiting, holder.is_scarce = max(request.kept, slots), False, is_scarce
        return Lease(slots=slots, starts=len(starts), is_scarce=is_scarce)

    def forget(self, worker: int) -> None:
        """Give the slots of a lost worker to others."""
        if self._holders.pop(worker, None) is not None:
            self._divided = -1  # to be divided again

    def next_change(self, worker: int, now: float) -> float:
        """Seconds until the lease of a waiting worker may change although no worker reports anything."""
        if now < self._paused_until:
            return self._paused_until - now
        holder = self._holders.get(worker)
        if holder is None or not holder.request.starts:
            return math.inf
        share = self._rate_share.at(now)
        return max((bucket.wait(amount, share) for bucket, amount in self._needed(holder)), default=math.inf)

    def _throttle(self, seconds: float, now: float) -> None:
        pause = min(seconds, MAX_PAUSE_S)
        self._paused_until = max(self._paused_until, now + pause)
        if now < self._episode_until:
            return
        self._episode_until = now + max(THROTTLE_WINDOW_S, pause)
        # Unused slots do not relieve the provider, so the number of those in use is halved.
        in_flight = min(self.held, self._connections * self._share.at(now)) / self._connections
        self._share = _Recovering(in_flight * BACKOFF_FACTOR, self._episode_until)
        self._rate_share = _Recovering(self._rate_share.at(now) * BACKOFF_FACTOR, self._episode_until)

    def _divide(self, now: float) -> None:
        """Divide the slots evenly, but give no worker more than it wants; the rest goes to the first in the queue."""
        wanted = {worker: holder.request.wanted for worker, holder in self._holders.items()}
        self._divided, self._wanted = self.allowed(now), sum(wanted.values())
        self._shares = _even_shares(self._divided, wanted)

    def _settle(self, holder: _Holder, request: LeaseRequest, now: float) -> None:
        """Correct the account: by what requests have used, and by the last answer if the worker ignored it."""
        has_learned = request.applied == holder.request.number
        lost = () if has_learned else holder.starts
        holder.starts, holder.is_scarce = (), holder.is_scarce and has_learned
        share = self._rate_share.at(now)
        amounts = ((self._requests, -request.unused - len(lost)), (self._tokens, request.tokens - sum(lost)))
        for bucket, amount in amounts:
            if bucket is not None:
                bucket.refill(now, share)
                bucket.take(amount)

    def _granted(self, holder: _Holder, starts: Sequence[int], now: float) -> int:
        """How many of the requests that wait may be started by the rate; nothing is taken yet."""
        needed = self._needed(holder)
        share = self._rate_share.at(now)
        for bucket, _ in needed:
            bucket.refill(now, share)
        if not starts or not all(bucket.has(amount) for bucket, amount in needed):
            return 0
        waiting = len(self._waiting_for_starts())
        requests, tokens = 1, starts[0]
        for granted, estimate in enumerate(starts[1:], 1):
            requests, tokens = requests + waiting, tokens + estimate * waiting
            amounts = ((self._requests, requests), (self._tokens, tokens))
            if not all(bucket.has(amount) for bucket, amount in amounts if bucket is not None):
                return granted
        return len(starts)

    def _needed(self, holder: _Holder) -> list[tuple[_Bucket, float]]:
        """What each bucket must contain before a worker may start a request: enough for those before it, too."""
        firsts = [one.request.starts[0] for one in self._waiting_for_starts() if one.served < holder.served]
        firsts += holder.request.starts[:1]
        needed: list[tuple[_Bucket, float]] = []
        if self._requests is not None:
            needed.append((self._requests, len(firsts)))
        if self._tokens is not None:
            capacity = self._tokens.capacity
            needed.append((self._tokens, sum(min(estimate, capacity) for estimate in firsts)))
        return needed

    def _waiting_for_starts(self) -> list[_Holder]:
        return [
            holder
            for worker, holder in self._holders.items()
            if holder.is_waiting and holder.request.starts and holder.request.kept < self._shares.get(worker, 0)
        ]

    def _start(self, holder: _Holder, starts: tuple[int, ...]) -> None:
        if not starts:
            return
        self._served += 1
        holder.served, holder.starts = self._served, starts
        if self._requests is not None:
            self._requests.take(len(starts))
        if self._tokens is not None:
            self._tokens.take(sum(starts))


def _even_shares(total: int, wanted: Mapping[int, int]) -> dict[int, int]:
    order = sorted(wanted, key=wanted.__getitem__)
    shares: dict[int, int] = {}
    left = total
    for position, worker in enumerate(order):
        level, extra = divmod(left, len(order) - position)
        if wanted[worker] > level:
            unsatisfied = [one for one in wanted if one not in shares]
            return shares | {one: level + (index < extra) for index, one in enumerate(unsatisfied)}
        shares[worker] = wanted[worker]
        left -= wanted[worker]
    return shares


_ROUNDING = 1e-9


class _Recovering:
    """A share of a limit, between 0 and 1, that recovers with time."""

    def __init__(self, value: float, since: float) -> None:
        self._value = value
        self._since = since

    def at(self, now: float) -> float:
        return min(1.0, self._value + max(0.0, now - self._since) / RECOVERY_S)


class _Bucket:
    """An amount that grows at a constant rate up to its capacity, that of one second; debts are allowed."""

    def __init__(self, per_minute: int, now: float) -> None:
        self.capacity = max(1.0, per_minute / 60)
        self._per_second = per_minute / 60
        self._level = self.capacity
        self._at = now

    def refill(self, now: float, share: float) -> None:
        self._level = min(self.capacity, self._level + (now - self._at) * self._per_second * share)
        self._at = now

    def has(self, amount: float) -> bool:
        return self._level + _ROUNDING >= amount

    def take(self, amount: float) -> None:
        self._level = min(self.capacity, self._level - amount)

    def wait(self, amount: float, share: float) -> float:
        """Seconds from the last refill until the bucket contains an amount."""
        return max(0.0, amount - self._level) / (self._per_second * max(share, _ROUNDING))


class LimitService:
    """Answers the requests of workers for leases; one limit per name, each with the same settings."""

    def __init__(
        self, execution: Execution, *, is_restarted: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Set up the service.

        Args:
            execution: connections and rate of each limit.
            is_restarted: whether workers used the limits before, so that each starts at half of its value.
            clock: returns the current time in seconds.
        """
        self._connections, self._rate = execution.connections, execution.rate
        self._share = BACKOFF_FACTOR if is_restarted else 1.0
        self._clock = clock
        self._limits: dict[str, SharedLimit] = {}
        self._pending: dict[str, dict[int, asyncio.Event]] = {}

    async def serve(self, worker: int, payload: Mapping[str, Any]) -> dict[str, Any] | None:
        """Answer a `LeaseRequest` with a `Lease`, after at most a second; with None if another one has replaced it.

        Args:
            worker: the number of the worker, whose requests arrive in the order of their numbers.
            payload: the request.
        """
        request = LeaseRequest.model_validate(payload)
        now = self._clock()
        if request.limit not in self._limits:
            self._limits[request.limit] = SharedLimit(self._connections, self._rate, now, share=self._share)
            self._pending[request.limit] = {}
        limit, pending = self._limits[request.limit], self._pending[request.limit]
        if limit.report(worker, request, now):
            _wake(pending.values())
        elif worker in pending:
            pending[worker].set()
        changed = pending[worker] = asyncio.Event()
        end = now + MAX_ANSWER_DELAY_S
        while (lease := limit.offer(worker, now, is_final=now >= end)) is None:
            await _wait(changed, min(end - now, limit.next_change(worker, now)))
            if pending.get(worker) is not changed:
                return None
            changed.clear()
            now = self._clock()
        del pending[worker]
        if lease.starts:  # another worker may be the next
            _wake(pending.values())
        return lease.model_dump()

    def lost(self, worker: int) -> None:
        """Give the slots of a lost worker to others."""
        for name, limit in self._limits.items():
            limit.forget(worker)
            _wake(self._pending[name].values())
            self._pending[name].pop(worker, None)


def _wake(pending: Iterable[asyncio.Event]) -> None:
    for changed in pending:
        changed.set()


async def _wait(changed: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await changed.wait()
    except TimeoutError:
        pass
