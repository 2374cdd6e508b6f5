"""Limits of the requests to a model, shared by all workers of a command and held in its driver.

A limit consists of a number of requests in flight and, if set, of requests and tokens per minute. A worker leases a
number of slots, each for one request at a time, and reports its use at least once a second; see
`govsim.models.leases`. Slots are divided evenly among the workers that want them. A response that the rate limit is
exceeded, to any worker, halves the limit for all, which then recovers within minutes.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from govsim.config import Execution, Rate

CUT = 0.5
"""Factor of a limit after a response that the rate limit is exceeded, and after a restart."""
EPISODE = 10.0
"""Seconds in which further such responses have no effect: they answer requests sent before the first."""
RECOVERY = 120.0
"""Seconds in which a limit recovers from 0 to its full value, starting after the episode."""
MAX_PAUSE = 300.0
"""Maximum number of seconds that a provider may ask all workers to wait."""
TURN = 1.0
"""Seconds after which a worker passes a slot on, if there are fewer slots than workers."""
SILENCE = 30.0
"""Seconds without a report after which the slots of a worker are given to others."""
PATIENCE, PATIENCE_OF_IDLE = 0.1, 1.0
"""Seconds before a request for slots is answered although there are none, by a worker with and without requests in
flight. Until the answer, the former cannot report that some have ended."""


class LeaseRequest(BaseModel):
    """A worker's report on its use of a limit, and what it wants. Until the answer, it does not exceed `in_use`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    limit: str
    """Name of the limit."""
    in_use: int
    """Number of its requests in flight."""
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
    """What a worker may use of a limit until its next report, at most a second later."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    slots: int
    """Maximum number of requests in flight; if more are, no new one may be sent."""
    starts: int | None
    """Number of requests that may be started, the first of those reported; None if no rate is set."""
    is_scarce: bool
    """Whether some worker wants more slots than it has, so that unused ones should be returned at once."""


@dataclass(slots=True)
class _Holder:
    """A worker at a limit.

    Attributes:
        request: its last report.
        held: number of requests that it may have in flight.
        slots: number of slots in its last lease.
        seen: time of its last report.
        turn: time since which it has had slots.
        is_waiting: whether its last report has not been answered.
        served: number of times that any worker was granted starts, when it was last.
    """

    request: LeaseRequest
    held: int
    slots: int
    seen: float
    turn: float
    is_waiting: bool = True
    served: int = 0


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
        self._has_rate = rate.is_limited
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
        for silent in [name for name, holder in self._holders.items() if now - holder.seen > SILENCE]:
            self.forget(silent)
        holder = self._holders.get(worker)
        if request.throttled is not None:
            self._throttle(request.throttled, now)
        if holder is None:
            self._holders[worker] = _Holder(request, held=request.in_use, slots=request.in_use, seen=now, turn=now)
        else:
            holder.request, holder.held, holder.seen, holder.is_waiting = request, request.in_use, now, True
            if holder.slots and now - holder.turn >= TURN:  # to the end of the queue
                self._holders[worker] = self._holders.pop(worker)
                holder.turn = now
        self._settle(request, now)
        self._shares = self._divided(now)
        return self.held < held or self._shares != shares or request.throttled is not None

    def offer(self, worker: int, now: float, *, is_final: bool = False) -> Lease | None:
        """Return the lease of a worker that has reported; None if it should wait, as nothing would change for it.

        Args:
            worker: its number.
            now: the current time.
            is_final: whether to return a lease in any case.
        """
        if (holder := self._holders.get(worker)) is None:
            return Lease(slots=0, starts=None, is_scarce=True)
        request = holder.request
        self._shares = self._divided(now)
        free = self.allowed(now) - (self.held - holder.held)
        slots = max(0, min(self._shares[worker], free))
        starts = self._granted(holder, request.starts[: max(0, slots - request.in_use)], now)
        may_start = slots > request.in_use and (starts > 0 or not request.starts)
        is_satisfied = slots >= request.wanted and not request.starts
        if not (may_start or is_satisfied or slots < holder.slots or is_final):
            return None
        self._start(holder, request.starts[:starts])
        if not holder.slots:
            holder.turn = now
        holder.held, holder.slots, holder.is_waiting = max(request.in_use, slots), slots, False
        return Lease(slots=slots, starts=starts if self._has_rate else None, is_scarce=self._is_scarce(now))

    def forget(self, worker: int) -> None:
        """Give the slots of a lost worker to others."""
        self._holders.pop(worker, None)

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
        pause = min(seconds, MAX_PAUSE)
        self._paused_until = max(self._paused_until, now + pause)
        if now < self._episode_until:
            return
        self._episode_until = now + max(EPISODE, pause)
        # Slots that nobody uses do not relieve the provider, so the number of those in use is halved.
        in_flight = min(self.held, self._connections * self._share.at(now)) / self._connections
        self._share = _Recovering(in_flight * CUT, self._episode_until)
        self._rate_share = _Recovering(self._rate_share.at(now) * CUT, self._episode_until)

    def _divided(self, now: float) -> dict[int, int]:
        """Divide the slots evenly, but give no worker more than it wants; the rest goes to the first in the queue."""
        wanted = {worker: holder.request.wanted for worker, holder in self._holders.items()}
        order = sorted(wanted, key=wanted.__getitem__)
        shares: dict[int, int] = {}
        left = self.allowed(now)
        for position, worker in enumerate(order):
            level, extra = divmod(left, len(order) - position)
            if wanted[worker] > level:
                unsatisfied = [one for one in wanted if one not in shares]
                return shares | {one: level + (place < extra) for place, one in enumerate(unsatisfied)}
            shares[worker] = wanted[worker]
            left -= wanted[worker]
        return shares

    def _is_scarce(self, now: float) -> bool:
        return sum(holder.request.wanted for holder in self._holders.values()) > self.allowed(now)

    def _settle(self, request: LeaseRequest, now: float) -> None:
        share = self._rate_share.at(now)
        for bucket, amount in ((self._requests, -request.unused), (self._tokens, request.tokens)):
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
            if holder.is_waiting and holder.request.starts and holder.request.in_use < self._shares.get(worker, 0)
        ]

    def _start(self, holder: _Holder, starts: Sequence[int]) -> None:
        if not starts:
            return
        self._served += 1
        holder.served = self._served
        if self._requests is not None:
            self._requests.take(len(starts))
        if self._tokens is not None:
            self._tokens.take(sum(starts))


_ROUNDING = 1e-9


class _Recovering:
    """A share of a limit, between 0 and 1, that recovers with time."""

    def __init__(self, value: float, since: float) -> None:
        self._value = value
        self._since = since

    def at(self, now: float) -> float:
        return min(1.0, self._value + max(0.0, now - self._since) / RECOVERY)


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
        self._share = CUT if is_restarted else 1.0
        self._clock = clock
        self._limits: dict[str, SharedLimit] = {}
        self._changed: dict[str, asyncio.Event] = {}

    async def serve(self, worker: int, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Answer a `LeaseRequest` with a `Lease`, after at most a second.

        Args:
            worker: the number of the worker.
            payload: the request.
        """
        request = LeaseRequest.model_validate(payload)
        now = self._clock()
        if request.limit not in self._limits:
            self._limits[request.limit] = SharedLimit(self._connections, self._rate, now, share=self._share)
            self._changed[request.limit] = asyncio.Event()
        limit = self._limits[request.limit]
        if limit.report(worker, request, now):
            self._announce(request.limit)
        end = now + (PATIENCE if request.in_use else PATIENCE_OF_IDLE)
        while (lease := limit.offer(worker, now, is_final=now >= end)) is None:
            await self._next_change(request.limit, min(end - now, limit.next_change(worker, now)))
            now = self._clock()
        if lease.starts:  # the next one may be first now
            self._announce(request.limit)
        return lease.model_dump()

    def lost(self, worker: int) -> None:
        """Give the slots of a lost worker to others."""
        for name, limit in self._limits.items():
            limit.forget(worker)
            self._announce(name)

    def _announce(self, name: str) -> None:
        """Wake up those who wait for a change of a limit."""
        self._changed[name].set()
        self._changed[name] = asyncio.Event()

    async def _next_change(self, name: str, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._changed[name].wait()
        except TimeoutError:
            pass
