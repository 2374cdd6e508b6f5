"""Shared limits with messages that take arbitrary times: never exceeded, and nobody waits forever."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govsim.config import Execution, Rate
from govsim.models.leases import LeasedLimit, Limits
from govsim.models.limits import LimitService

COUNTS = st.integers(1, 4)


@pytest.fixture(autouse=True, scope="module")
def no_answer_without_a_reason() -> Iterator[None]:
    """Let the driver answer a report only if something has changed, so that a missing report is noticed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("govsim.models.limits.MAX_ANSWER_DELAY_S", 600.0)
        yield


class Line:
    """A connection whose requests keep their order, while answers may overtake each other."""

    def __init__(self, service: LimitService, worker: int, draws: random.Random) -> None:
        self._service = service
        self._worker = worker
        self._draws = draws
        self._last = asyncio.Lock()

    async def call(self, service: str, payload: Mapping[str, Any]) -> Any:
        async with self._last:
            await pause(self._draws)
            answering = asyncio.create_task(self._service.serve(self._worker, payload))
            try:
                await asyncio.sleep(0)  # it has reported, and may wait for an answer
            except asyncio.CancelledError:
                answering.cancel()
                await asyncio.wait([answering])
                raise
        found = await answering
        await pause(self._draws)
        return found


async def pause(draws: random.Random) -> None:
    for _ in range(draws.randrange(5)):
        await asyncio.sleep(0)
    if draws.random() < 0.05:
        await asyncio.sleep(0.002)


@dataclass
class Provider:
    """What a provider sees, and the number of requests that are not given up."""

    draws: random.Random
    throttles: float = 0.0
    in_flight: int = 0
    most: int = 0
    answered: int = 0
    kept: int = 0

    async def request(self, limit: LeasedLimit) -> None:
        async with limit.permit(self.draws.randrange(100)) as permit:
            self.in_flight += 1
            self.most = max(self.most, self.in_flight)
            try:
                await pause(self.draws)
                permit.count(self.draws.choice([None, 0, 10, 200]))
                if self.draws.random() < self.throttles:
                    permit.throttle(self.draws.choice([None, 0.0, 0.01]))
                self.answered += 1
            finally:
                self.in_flight -= 1


async def society(provider: Provider, limit: LeasedLimit, requests: int) -> None:
    """Send requests, some at once and some one after the other; give some of them up."""
    for _ in range(requests):
        tasks = [asyncio.create_task(provider.request(limit)) for _ in range(provider.draws.choice([1, 1, 5]))]
        provider.kept += len(tasks)
        if provider.draws.random() < 0.2:
            await pause(provider.draws)
            tasks[0].cancel()
            provider.kept -= 1
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize("rate", [Rate(), Rate(requests=10**7, tokens=10**9)])
@given(seed=st.integers(0, 2**32), workers=COUNTS, societies=COUNTS, connections=st.integers(1, 9))
def test_limits_are_never_exceeded_and_every_worker_is_served(
    rate: Rate, seed: int, workers: int, societies: int, connections: int
) -> None:
    provider = Provider(random.Random(seed), throttles=0.02 if seed % 2 else 0.0)
    execution = Execution(connections=connections, rate=rate)

    async def everybody() -> None:
        service = LimitService(execution)
        all_limits = [Limits(execution, Line(service, worker, provider.draws)) for worker in range(workers)]
        async with asyncio.timeout(30):
            await asyncio.gather(
                *(society(provider, limits.of("model"), 3) for limits in all_limits for _ in range(societies))
            )
        for limits in all_limits:
            await limits.aclose()

    asyncio.run(everybody())
    assert provider.most <= connections
    assert provider.in_flight == 0
    assert provider.answered >= provider.kept, "every request that is not given up is answered"
