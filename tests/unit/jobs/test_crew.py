"""Workers without processes: what a crew leaves behind."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from govsim.config import Execution
from govsim.jobs.distribution.crew import Crew, LinkLost
from govsim.jobs.distribution.messages import DriverMessage, Quit, Ready, ServiceRequest, WorkerMessage
from govsim.models.leases import SERVICE as LIMITS
from govsim.models.limits import LeaseRequest, LimitService


class SlowService(LimitService):
    """Limits whose requests take a while to end when they are cancelled."""

    async def serve(self, worker: int, payload: Mapping[str, Any]) -> dict[str, Any] | None:
        try:
            return await super().serve(worker, payload)
        finally:
            for _ in range(20):
                await asyncio.sleep(0)


class WaitingWorker:
    """A connection to a worker that has a slot, waits for more, and ends when it is told to or at once."""

    def __init__(self, *, is_lost: bool) -> None:
        self._is_ending = asyncio.Event()
        self._is_lost = is_lost
        wanted = (("one", 1, 0), ("one", 2, 1))  # only the first report can be answered at once
        self._reports: list[WorkerMessage] = [Ready(), *(self._request(*one) for one in wanted)]

    @staticmethod
    def _request(limit: str, number: int, kept: int) -> ServiceRequest:
        fields = LeaseRequest(limit=limit, number=number, applied=number - 1, slots=kept, kept=kept, wanted=2)
        return ServiceRequest(number=number, service=LIMITS, payload=fields.model_dump())

    async def send(self, messages: list[DriverMessage]) -> None:
        if any(isinstance(message, Quit) for message in messages):
            self._is_ending.set()

    async def receive(self) -> list[WorkerMessage]:
        if self._reports:
            reports, self._reports = self._reports, []
            return reports
        if not self._is_lost:
            await self._is_ending.wait()
        raise LinkLost

    async def end(self, *, has_runs: bool) -> None:
        assert not has_runs


@pytest.mark.parametrize("is_lost", [False, True], ids=["closed", "lost"])
async def test_requests_to_services_have_ended_when_the_crew_is_closed(*, is_lost: bool) -> None:
    crew = Crew(
        lambda number: asyncio.sleep(0, WaitingWorker(is_lost=is_lost)),
        most=1,
        services={LIMITS: SlowService(Execution(connections=1))},
        on_wait=lambda wait: None,
        pause=0.001,
    )
    await crew.with_room()
    await crew.aclose()
    assert asyncio.all_tasks() == {asyncio.current_task()}
