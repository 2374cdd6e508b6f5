"""A worker's part of the limits shared by all workers of a command.

Slots are used again for later requests without asking, so that the number of messages depends on the number of workers,
and hardly on that of requests.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from types import TracebackType
from typing import Any, Protocol

from govsim.config import Execution, Rate
from govsim.models.limits import Lease, LeaseRequest, LimitService

SERVICE = "limits"
"""Name of the service that grants leases."""

PAUSE = 0.005
"""Minimum number of seconds before a report is replaced by another."""

MAX_STARTS = 100
"""Maximum number of waiting requests whose estimates are reported at once."""


class Caller(Protocol):
    """The connection of a worker to the driver of its command."""

    async def call(self, service: str, payload: Mapping[str, Any]) -> Any:
        """Call a service of the driver and return its answer; errors of the service are raised."""


class Limits:
    """The limits of a worker, one for each model, address and key."""

    def __init__(self, execution: Execution, driver: Caller) -> None:
        """Prepare limits; none is used yet.

        Args:
            execution: whether a rate is set.
            driver: the driver, which grants leases.
        """
        self._rate = execution.rate
        self._driver = driver
        self._limits: dict[str, LeasedLimit] = {}

    @classmethod
    def in_process(cls, execution: Execution) -> Limits:
        """Limits that only this process uses."""
        return cls(execution, _Direct(LimitService(execution)))

    def of(self, name: str) -> LeasedLimit:
        """Return the limit with this name."""
        if name not in self._limits:
            self._limits[name] = LeasedLimit(name, self._rate, self._driver)
        return self._limits[name]

    async def aclose(self) -> None:
        """Stop the exchanges with the driver; call it before the event loop ends."""
        for limit in self._limits.values():
            await limit.aclose()


class _Direct:
    """A driver in the same process."""

    def __init__(self, service: LimitService) -> None:
        self._service = service

    async def call(self, service: str, payload: Mapping[str, Any]) -> Any:
        return await self._service.serve(0, payload)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A request that waits for a permit, and its estimated tokens; the result is the estimate that counts for it."""

    permit: asyncio.Future[int]
    tokens: int


class Permit:
    """Permission to send one request, from entering this context until leaving it."""

    def __init__(self, limit: LeasedLimit, estimate: int) -> None:
        self._limit = limit
        self._estimate = estimate
        self._tokens: int | None = None

    async def __aenter__(self) -> Permit:
        """Wait until a request may be sent."""
        self._estimate = await self._limit.acquire(self._estimate)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Pass the slot on."""
        self._limit.release(self._estimate, self._tokens)

    def count(self, tokens: int | None) -> None:
        """Set the tokens of the request and its reply; None if unknown, so that the estimate counts."""
        self._tokens = tokens

    def throttle(self, seconds: float | None) -> None:
        """Report that the provider's rate limit is exceeded, and the seconds that it asks to wait."""
        self._limit.throttle(seconds or 0.0)


class LeasedLimit:
    """A worker's part of one limit.

    Attributes:
        counts_tokens: whether requests need an estimate of their tokens.
    """

    def __init__(self, name: str, rate: Rate, driver: Caller) -> None:
        """Prepare the limit; it holds no slot before a permit is requested.

        Args:
            name: its name.
            rate: the rate of all workers together.
            driver: the driver, which grants leases.
        """
        self.counts_tokens = rate.tokens is not None
        self._name = name
        self._driver = driver
        self._has_rate = rate.is_limited
        self._number = self._applied = 0
        self._slots = self._held = self._in_use = self._most_in_use = 0
        self._is_scarce = False
        self._waiting = deque[_Waiting]()
        self._starts = deque[int]()
        self._tokens = 0
        self._throttled: float | None = None
        self._news = asyncio.Event()
        self._exchanges: asyncio.Task[None] | None = None
        self._calls = set[asyncio.Task[Any]]()

    def permit(self, tokens: int = 0) -> Permit:
        """A permit to send one request.

        Args:
            tokens: estimated tokens of the prompt and its reply.
        """
        return Permit(self, tokens)

    async def acquire(self, tokens: int) -> int:
        """Wait until a request may be sent; return the estimate that counts for it, which may be that of another one.

        Args:
            tokens: its estimated tokens.
        """
        if not self._waiting and self._may_start:
            return self._start()
        waiting = _Waiting(asyncio.get_running_loop().create_future(), tokens)
        self._waiting.append(waiting)
        self._report()
        try:
            return await waiting.permit
        except asyncio.CancelledError:
            if waiting in self._waiting:
                self._waiting.remove(waiting)
            elif not waiting.permit.cancelled():
                self.release(waiting.permit.result(), 0)
            raise

    def release(self, estimate: int, tokens: int | None) -> None:
        """End a request.

        Args:
            estimate: the estimate that `acquire` returned.
            tokens: the tokens of the request and its reply; None if unknown.
        """
        in_use = self._in_use
        self._in_use -= 1
        if tokens is not None:
            self._tokens += tokens - estimate
        self._admit()
        is_free = self._in_use < in_use
        if is_free and (self._is_scarce or self._in_use >= self._slots):
            self._news.set()
        if self._waiting and (is_free or self._tokens):  # the rate does not allow another request yet
            self._news.set()

    def throttle(self, seconds: float) -> None:
        """Report that the provider's rate limit is exceeded; no request is sent before the driver's answer."""
        self._throttled = max(seconds, self._throttled or 0.0)
        self._slots = 0
        self._report()

    async def aclose(self) -> None:
        """Stop the exchanges with the driver."""
        tasks = [*self._calls, *([] if self._exchanges is None else [self._exchanges])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._slots = self._held = 0

    @property
    def _may_start(self) -> bool:
        return self._in_use < self._slots and (not self._has_rate or bool(self._starts))

    def _start(self) -> int:
        self._in_use += 1
        self._most_in_use = max(self._most_in_use, self._in_use)
        return self._starts.popleft() if self._has_rate else 0

    def _admit(self) -> None:
        """Start requests that wait."""
        while self._waiting and self._may_start:
            waiting = self._waiting.popleft()
            if not waiting.permit.done():
                waiting.permit.set_result(self._start())

    def _report(self) -> None:
        """Let the driver know what has changed."""
        if self._exchanges is None or self._exchanges.done():
            self._news = asyncio.Event()
            self._exchanges = asyncio.create_task(self._exchange_until_idle())
        self._news.set()

    async def _exchange_until_idle(self) -> None:
        """Exchange reports and leases until nothing is held."""
        try:
            while self._held or self._in_use or self._news.is_set() or self._tokens:
                self._news.clear()
                await self._exchange()
        except asyncio.CancelledError:
            for waiting in self._waiting:
                waiting.permit.cancel()
            raise
        except Exception as error:  # noqa: BLE001 - it is raised in those who wait
            self._fail(error)

    async def _exchange(self) -> None:
        """Send a report, and wait for its answer or for something else to report."""
        request = self._as_request()
        earliest = asyncio.get_running_loop().time() + PAUSE
        answer = asyncio.create_task(self._call(request))
        self._calls.add(answer)
        answer.add_done_callback(self._calls.discard)
        news = asyncio.create_task(self._news.wait())
        try:
            await asyncio.wait((answer, news), return_when=asyncio.FIRST_COMPLETED)
        finally:
            news.cancel()
        if not answer.done():
            await asyncio.wait((answer,), timeout=max(0.0, earliest - asyncio.get_running_loop().time()))
        if answer.done():
            self._apply(request, Lease.model_validate(answer.result()))

    async def _call(self, request: LeaseRequest) -> Any:
        try:
            return await self._driver.call(SERVICE, request.model_dump())
        except Exception:
            if request.number != self._number:
                return None  # the answer is not needed
            raise

    def _apply(self, request: LeaseRequest, lease: Lease) -> None:
        self._applied, self._slots, self._is_scarce = request.number, lease.slots, lease.is_scarce
        self._held = max(request.kept, lease.slots)  # as the driver sees it
        self._starts.extend(request.starts[: lease.starts])
        self._admit()
        if self._waiting or (self._is_scarce and self._in_use < self._held):
            self._news.set()

    def _as_request(self) -> LeaseRequest:
        """The report; what it contains is not reported again."""
        unused = () if self._waiting else tuple(self._starts)
        self._starts = deque() if unused else self._starts
        waiting, granted = len(self._waiting), len(self._starts)
        last = granted + MAX_STARTS if self._has_rate else 0
        wanted = max(self._in_use + waiting, 0 if self._is_scarce else self._most_in_use)
        self._is_scarce = self._is_scarce or waiting > 0
        kept = self._in_use if self._is_scarce else max(self._in_use, min(self._slots, wanted))
        self._slots = min(self._slots, kept)  # until the answer
        self._number += 1
        request = LeaseRequest(
            limit=self._name,
            number=self._number,
            applied=self._applied,
            slots=self._slots,
            kept=kept,
            wanted=wanted,
            starts=tuple(one.tokens for one in islice(self._waiting, granted, last)),
            unused=len(unused),
            tokens=self._tokens - sum(unused),
            throttled=self._throttled,
        )
        self._most_in_use = self._in_use
        self._tokens, self._throttled = 0, None
        return request

    def _fail(self, error: Exception) -> None:
        """Raise an error in all who wait."""
        self._slots = self._held = 0
        waiting, self._waiting = self._waiting, deque()
        for one in waiting:
            if not one.permit.done():
                one.permit.set_exception(error)
