"""Sending a request until it is answered, with waits that somebody may watch."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import count
from typing import TypeVar

from govsim.config import Execution
from govsim.errors import GovSimError
from govsim.models.failures import Failure

LONGEST_WAIT = 60.0
LONGEST_WAIT_ASKED_FOR = 300.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """A pause before a request is sent again.

    Attributes:
        model: whose request.
        reason: why the last one failed, in two or three words.
        seconds: how long it lasts.
        until: when it is over, by the monotonic clock.
    """

    model: str
    reason: str
    seconds: float
    until: float

    def told(self, now: float) -> str:
        """In words, as in `waiting 30 s: 429 from openai`."""
        provider = self.model.rpartition("/")[0] or self.model
        left = max(self.until - now, 0.0)
        return f"waiting {left:.0f} s: {self.reason} from {provider.removeprefix('openai-api/')}"


WaitListener = Callable[[Wait], None]


class GaveUp(Exception):
    """A request failed, and is not sent again.

    Attributes:
        failure: the last one.
        attempts: how often it was sent.
    """

    def __init__(self, failure: Failure, attempts: int) -> None:
        super().__init__(failure.text)
        self.failure = failure
        self.attempts = attempts


@dataclass(frozen=True, slots=True, kw_only=True)
class Persistence:
    """How patiently the requests of a model are sent.

    Attributes:
        model: the name of the model.
        execution: how often, and with which waits.
        judge: what an error means.
        tell: who hears of waits.
    """

    model: str
    execution: Execution
    judge: Callable[[Exception], Failure]
    tell: WaitListener | None = None

    async def until_answered(self, send: Callable[[], Awaitable[T]]) -> tuple[T, int]:
        """Send a request until it is answered: the answer, and how often it was sent again.

        Raises:
            GaveUp: it failed, and sending it again did not help or cannot help.
        """
        # A plain loop: a retrying library would take as much processor time for each call as writing the journal.
        for attempt in count(1):
            try:
                return await send(), attempt - 1
            except GovSimError:
                raise
            except Exception as error:
                failure = self.judge(error)
                if attempt > failure.retries(self.execution.retries):
                    raise GaveUp(failure, attempt) from error
            await self._wait(failure, attempt)
        raise AssertionError("unreachable")

    async def _wait(self, failure: Failure, attempt: int) -> None:
        seconds = wait_before_retry(failure, attempt, self.execution.backoff)
        if self.tell is not None:
            until = time.monotonic() + seconds
            self.tell(Wait(model=self.model, reason=failure.cause, seconds=seconds, until=until))
        await _sleep(seconds)


def wait_before_retry(failure: Failure, attempt: int, backoff: float) -> float:
    """Seconds to wait after the failure of an attempt, counted from 1: doubled each time, or what is asked for."""
    seconds: float = min(backoff * 2 ** (attempt - 1), LONGEST_WAIT)
    asked_for = failure.retry_after
    return seconds if asked_for is None else min(max(asked_for, seconds), LONGEST_WAIT_ASKED_FOR)


async def _sleep(seconds: float) -> None:
    await asyncio.sleep(seconds)
