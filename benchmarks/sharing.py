"""Requests per second that the limits and the budget shared by workers allow, with workers and driver in one process.

``python -m benchmarks.sharing`` measures; ``--write`` updates docs/performance.md. Requests take no time and messages
are function calls, so that only the bookkeeping is measured, in processor time, which a busy machine disturbs less.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import separate
from benchmarks.results import Row
from govsim.config import Budget, Execution, Rate
from govsim.journal import Call
from govsim.models.budget import BudgetAccount
from govsim.models.command_budget import BudgetService, RemoteBudget
from govsim.models.failures import failure_of
from govsim.models.leases import Limits
from govsim.models.limits import LeaseRequest, LimitService
from govsim.models.retrying import Persistence

FILE = Path(__file__).with_name("sharing.json")

PACKAGES = ("govsim", "pydantic")

SOCIETIES, REQUESTS = 100, 200
"""Societies of a worker, and requests of each."""

WORKERS, OF_EACH, CONNECTIONS = 100, 20, 500
"""Workers, societies of each, and connections, where slots are scarce."""

UNLIMITED = 10**9
"""A rate that never delays a request, but has to be respected."""


@dataclass
class Measured:
    """Seconds of processor time, requests and messages to the driver."""

    seconds: float
    requests: int
    messages: int


class Line:
    """The connection of a worker to the services of a driver in this process."""

    def __init__(self, services: Mapping[str, LimitService | BudgetService], worker: int) -> None:
        self.services = services
        self.worker = worker
        self.messages = 0

    async def call(self, service: str, payload: Mapping[str, Any]) -> Any:
        """Call a service, some turns of the event loop later."""
        self.messages += 1
        await asyncio.sleep(0)
        return await self.services[service].serve(self.worker, payload)


async def _timed(lines: list[Line], requests: int, *societies: Awaitable[None]) -> Measured:
    began = time.process_time()
    await asyncio.gather(*societies)
    return Measured(time.process_time() - began, requests, sum(line.messages for line in lines))


async def leased(execution: Execution, workers: int, societies: int, requests: int) -> Measured:
    """Requests that need a permit."""
    service = LimitService(execution)
    lines = [Line({"limits": service}, worker) for worker in range(workers)]
    limits = [Limits(execution, line) for line in lines]

    async def society(limit: Limits) -> None:
        persistence = Persistence(model="m", execution=execution, classify=failure_of, limit=limit.of("m"))
        for _ in range(requests):
            await persistence.until_answered(_send, estimate=lambda: 1000, tokens_of=lambda answer: 900)

    found = await _timed(
        lines, workers * societies * requests, *(society(limit) for limit in limits for _ in range(societies))
    )
    for limit in limits:
        await limit.aclose()
    return found


async def unleased(requests: int) -> Measured:
    """Requests that ask the driver for a permit and return it, one message each."""
    service = LimitService(Execution(connections=SOCIETIES))
    line = Line({"limits": service}, 0)

    async def society(worker: int) -> None:
        for number in range(requests):
            about = {"limit": "m", "number": number, "applied": number, "slots": 0, "kept": 0}
            await service.serve(worker, LeaseRequest(**about, wanted=1).model_dump())
            await service.serve(worker, LeaseRequest(**about, wanted=0).model_dump())
            line.messages += 2

    return await _timed([line], SOCIETIES * requests, *(society(number) for number in range(SOCIETIES)))


async def budgeted(requests: int) -> Measured:
    """Requests that are reserved and settled."""
    service = BudgetService(BudgetAccount(Budget(cost=1e9), "budget"))
    line = Line({"budget": service}, 0)
    budget = RemoteBudget(line)
    place = {"month": 1, "phase": "harvest", "member": "Kate", "purpose": "harvest", "attempt": 0, "messages": ()}
    answer = {"model": "m", "reply": "", "stop_reason": "stop", "seconds": 1.0, "cost": 1.0}
    calls = [Call(**place, **answer, ordinal=number) for number in range(requests)]

    async def society(number: int) -> None:
        account = budget.account(f"job {number}")
        for call in calls:
            await account.begin()
            await account.spend(call)

    return await _timed([line], SOCIETIES * requests, *(society(number) for number in range(SOCIETIES)))


async def unlimited(requests: int) -> Measured:
    """Requests without shared limits."""
    persistence = Persistence(model="m", execution=Execution(), classify=failure_of)

    async def society() -> None:
        for _ in range(requests):
            await persistence.until_answered(_send)

    return await _timed([], SOCIETIES * requests, *(society() for _ in range(SOCIETIES)))


async def _send() -> None:
    await asyncio.sleep(0)


def measure(folder: Path, repeats: int) -> list[Row]:
    """Measure all; the folder is not used."""
    many = Execution(connections=SOCIETIES)
    scarce = Execution(connections=CONNECTIONS)
    rated = Execution(connections=SOCIETIES, rate=Rate(requests=UNLIMITED, tokens=UNLIMITED))
    cases: dict[str, Callable[[], Awaitable[Measured]]] = {
        "without shared limits": lambda: unlimited(REQUESTS),
        "with leases, 1 worker": lambda: leased(many, 1, SOCIETIES, REQUESTS),
        f"with leases, {WORKERS} workers that share {CONNECTIONS} connections": (
            lambda: leased(scarce, WORKERS, OF_EACH, REQUESTS // 10)
        ),
        "with leases and a rate, 1 worker": lambda: leased(rated, 1, SOCIETIES, REQUESTS),
        "without leases, two messages each": lambda: unleased(REQUESTS // 10),
        "with a budget, 1 worker": lambda: budgeted(REQUESTS // 10),
    }
    taken = [{what: asyncio.run(_one(case)) for what, case in cases.items()} for _ in range(repeats)]
    rows = []
    for what in cases:
        found = [one[what] for one in taken]
        rows.append(Row(what=f"requests a second, {what}", values=[one.requests / one.seconds for one in found]))
        messages = [1000 * one.messages / one.requests for one in found]
        if any(messages):
            rows.append(Row(what=f"messages for 1,000 requests, {what}", values=messages))
    return rows


async def _one(case: Callable[[], Awaitable[Measured]]) -> Measured:
    return await case()


if __name__ == "__main__":
    sys.exit(separate.main("sharing", "limits and budgets shared by workers", measure, PACKAGES, repeats=3))
