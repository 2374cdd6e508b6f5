"""Workers with models of their own, connected to one driver: limits, rate-limit responses and the budget are shared."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from govsim.config import Budget, Execution, Rate, nested
from govsim.config import merge as merged
from govsim.jobs import RunJob, execute, plan_runs
from govsim.journal import Call, first_difference, read_journal
from govsim.models.budget import BudgetAccount
from govsim.models.command_budget import BudgetService, RemoteBudget
from govsim.models.fake.provider import FakeAPI
from govsim.models.leases import Limits
from govsim.models.limits import LimitService
from govsim.models.pool import OpenModels
from tests.faulty_server import MODEL, FaultyServer, serving
from tests.living import Live

SETTINGS: dict[str, Any] = {"models.default": MODEL, "world.months": 2}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyServer]:
    monkeypatch.setenv("FAKE_API_KEY", "none-needed")
    with serving() as running:
        running.faults.latency = 0.15
        monkeypatch.setenv("FAKE_BASE_URL", running.address())
        yield running


@dataclass
class Driver:
    """The services of a driver, in this process."""

    execution: Execution
    limits: LimitService = field(init=False)
    budget: BudgetService = field(init=False)

    def __post_init__(self) -> None:
        self.limits = LimitService(self.execution)
        self.budget = BudgetService(BudgetAccount(self.execution.budget, "budget"))

    async def execute(self, jobs: list[RunJob], workers: int) -> None:
        """Deal jobs to workers and execute them all at once."""
        await asyncio.gather(*(self._work(number, jobs[number::workers]) for number in range(workers)))

    async def _work(self, number: int, jobs: list[RunJob]) -> None:
        line = Line(self, number)
        models = OpenModels(self.execution, limits=Limits(self.execution, line))
        budget = RemoteBudget(line)
        try:
            await asyncio.gather(
                *(execute(job, self.execution, models, command=budget.account(str(job.path))) for job in jobs)
            )
        finally:
            await models.aclose()


@dataclass
class Line:
    """The connection of a worker, with messages that take a millisecond."""

    driver: Driver
    worker: int

    async def call(self, service: str, payload: Mapping[str, Any]) -> Any:
        await asyncio.sleep(0.001)
        if service == "budget":
            return await self.driver.budget.serve(self.worker, payload)
        return await self.driver.limits.serve(self.worker, payload)


def jobs_in(folder: Path, execution: Execution, settings: Mapping[str, Any] = SETTINGS) -> list[RunJob]:
    layers = merged({"scenario": "fishery"}, *(nested(key, value) for key, value in settings.items()))
    return plan_runs(layers, execution.model_copy(update={"out": folder}))


def test_two_workers_use_the_connections_of_one_model_together(
    server: FaultyServer, tmp_path: Path, live: Live
) -> None:
    execution = Execution(connections=5, runs=4)
    jobs = jobs_in(tmp_path / "shared", execution)
    asyncio.run(Driver(execution).execute(jobs, workers=2))
    assert server.most_in_flight == 5
    alone = live("fishery", SETTINGS, runs=4)
    for job, run in zip(jobs, alone, strict=True):
        assert first_difference(read_journal(job.path), run.journal) is None


def test_a_429_to_one_worker_lowers_the_rate_of_both_and_every_run_is_completed(
    server: FaultyServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("govsim.models.limits.THROTTLE_WINDOW_S", 0.5)
    monkeypatch.setattr("govsim.models.limits.RECOVERY_S", 1e6)  # none during the test, however long it takes
    server.faults.capacity, server.faults.latency = 3, 0.05
    execution = Execution(connections=40, runs=4, backoff=0.01, retries=20)
    jobs = jobs_in(tmp_path, execution, SETTINGS | {"world.months": 1})
    driver = Driver(execution)
    asyncio.run(driver.execute(jobs, workers=2))
    assert {read_journal(job.path).status for job in jobs} == {"completed"}
    assert server.excess > 0
    (limit,) = driver.limits._limits.values()
    assert limit.allowed(time.monotonic()) < 40
    calls = [call for job in jobs for call in read_journal(job.path).of(Call)]
    assert sum(call.retries for call in calls) == server.excess


@pytest.mark.parametrize("limit", [1, 40, 63])
def test_workers_stop_at_the_budget_of_the_command(server: FaultyServer, tmp_path: Path, limit: int) -> None:
    execution = Execution(budget=Budget(calls=limit), runs=4)
    jobs = jobs_in(tmp_path, execution)
    asyncio.run(Driver(execution).execute(jobs, workers=2))
    journals = [read_journal(job.path) for job in jobs]
    assert {journal.status for journal in journals} == {"over-budget"}
    assert sum(len(list(journal.of(Call))) for journal in journals) == limit == server.requests["all"]
    reasons = {journal.end.reason for journal in journals if journal.end}
    assert reasons == {f"budget.calls: limit of {limit} reached (used {limit}); raise it to continue"}


def test_a_rate_limits_requests_of_one_process_and_changes_no_answer(live: Live, tmp_path: Path) -> None:
    settings = {"models.default": "fake/society", "world.months": 1}
    began = time.monotonic()
    [limited] = live("fishery", settings, rate=Rate(requests=600))
    assert time.monotonic() - began >= (len(limited.calls()) - 10) / 10
    [unlimited] = live("fishery", settings, folder=tmp_path / "unlimited")
    assert first_difference(limited.journal, unlimited.journal) is None


def test_a_model_in_this_process_has_separate_slots_and_no_rate(monkeypatch: pytest.MonkeyPatch, live: Live) -> None:
    monkeypatch.setattr(FakeAPI, "max_connections", lambda self: 3)
    [run] = live("fishery", {"models.default": "fake/society", "world.months": 1}, rate=Rate(requests=1))
    assert len(run.calls()) == 21
    assert run.journal.status == "completed"


def test_a_rate_of_tokens_counts_what_replies_report(live: Live) -> None:
    settings = {"models.default": "fake/society", "world.months": 1}
    began = time.monotonic()
    [limited] = live("fishery", settings, rate=Rate(tokens=120_000))
    tokens = sum(call.tokens or 0 for call in limited.calls())
    largest = max(call.tokens or 0 for call in limited.calls())
    least = (tokens - 2_000 - 7 * largest) / 2_000
    assert least > 0.5, "what exceeds the tokens of one second, and those of replies in flight"
    assert time.monotonic() - began >= least
