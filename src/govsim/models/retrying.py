"""Retries of requests, with waits that can be observed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import count
from typing import TypeVar

from govsim.config import Execution
from govsim.errors import GovSimError
from govsim.models.failures import Failure, FailureKind
from govsim.models.leases import LeasedLimit

MAX_WAIT = 60.0
MAX_REQUESTED_WAIT = 300.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """A wait before a retry.

    Attributes:
        model: the name of the model.
        reason: why the last attempt failed, in two or three words.
        seconds: its duration.
        until: its end, by the monotonic clock.
    """

    model: str
    reason: str
    seconds: float
    until: float

    def describe(self, now: float) -> str:
        """Describe the wait, as in `waiting 30 s: 429 from openai`."""
        provider = self.model.rpartition("/")[0] or self.model
        left = max(self.until - now, 0.0)
        return f"waiting {left:.0f} s: {self.reason} from {provider.removeprefix('openai-api/')}"


WaitListener = Callable[[Wait], None]


class GaveUp(Exception):
    """A request failed permanently.

    Attributes:
        failure: the last failure.
        attempts: number of attempts.
    """

    def __init__(self, failure: Failure, attempts: int) -> None:
        super().__init__(failure.text)
        self.failure = failure
        self.attempts = attempts


@dataclass(frozen=True, slots=True, kw_only=True)
class Persistence:
    """The retry policy for the requests of a model.

    Attributes:
        model: the name of the model.
        execution: number of retries, and waits.
        classify: returns the failure that an error represents.
        on_wait: called with each wait.
        limit: the limit of the model that is shared with other processes, or its rate; None if there is none.
    """

    model: str
    execution: Execution
    classify: Callable[[Exception], Failure]
    on_wait: WaitListener | None = None
    limit: LeasedLimit | None = None

    async def until_answered(
        self,
        send: Callable[[], Awaitable[T]],
        *,
        estimate: Callable[[], int] = lambda: 0,
        tokens_of: Callable[[T], int | None] = lambda answer: None,
    ) -> tuple[T, int]:
        """Send a request until it is answered; return the answer and the number of retries.

        Args:
            send: sends the request once.
            estimate: estimates the tokens of the request; called only if tokens are limited.
            tokens_of: returns the tokens of the request and its answer; None if unknown.

        Raises:
            GaveUp: it failed, and retries failed or are pointless.
        """
        # A plain loop: a library for retries would use as much processor time per call as writing the journal.
        for attempt in count(1):
            try:
                answer = await (send() if self.limit is None else self._within(self.limit, send, estimate, tokens_of))
                return answer, attempt - 1
            except GovSimError:
                raise
            except Exception as error:
                failure = self.classify(error)
                if attempt > failure.retries(self.execution.retries):
                    raise GaveUp(failure, attempt) from error
            await self._wait(failure, attempt)
        raise AssertionError("unreachable")

    async def _within(
        self,
        limit: LeasedLimit,
        send: Callable[[], Awaitable[T]],
        estimate: Callable[[], int],
        tokens_of: Callable[[T], int | None],
    ) -> T:
        """Send a request once the limit allows it."""
        async with limit.permit(estimate() if limit.counts_tokens else 0) as permit:
            try:
                answer = await send()
            except GovSimError:
                raise
            except Exception as error:
                if (failure := self.classify(error)).kind is FailureKind.RATE_LIMIT:
                    permit.throttle(failure.retry_after)
                raise
            permit.count(tokens_of(answer))
            return answer

    async def _wait(self, failure: Failure, attempt: int) -> None:
        seconds = wait_before_retry(failure, attempt, self.execution.backoff)
        if self.on_wait is not None:
            until = time.monotonic() + seconds
            self.on_wait(Wait(model=self.model, reason=failure.cause, seconds=seconds, until=until))
        await _sleep(seconds)


def wait_before_retry(failure: Failure, attempt: int, backoff: float) -> float:
    """Return the seconds to wait after a failed attempt: ``min(backoff * 2 ** (attempt - 1), MAX_WAIT)``.

    If the provider asks to wait longer, that is obeyed up to `MAX_REQUESTED_WAIT` seconds.

    Args:
        failure: why the attempt failed.
        attempt: number of the attempt, from 1.
        backoff: seconds to wait after the first attempt.
    """
    seconds: float = min(backoff * 2 ** (attempt - 1), MAX_WAIT)
    requested = failure.retry_after
    return seconds if requested is None else min(max(requested, seconds), MAX_REQUESTED_WAIT)


async def _sleep(seconds: float) -> None:
    await asyncio.sleep(seconds)
