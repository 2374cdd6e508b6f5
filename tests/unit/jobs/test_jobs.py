"""Jobs as values, executors other than the local one, and usage of calls."""

from __future__ import annotations

import asyncio
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from govsim.config import Execution
from govsim.errors import JournalMismatch
from govsim.jobs import Amount, Executor, Job, JobResult, RunJob, execute, execute_all, plan_runs, prepare
from govsim.jobs.amounts import amounts_of
from govsim.journal import Call, Event, Listener, known_sum
from govsim.models.pool import OpenModels
from govsim.models.prices import Prices


def planned(out: Path, runs: int = 2) -> list[RunJob]:
    return plan_runs({"models": {"default": "fake/society"}, "world": {"months": 1}}, Execution(out=out, runs=runs))


class Elsewhere(Executor):
    """Executes jobs from pickled values: a job, its execution settings, events, a result."""

    name: ClassVar[str] = "elsewhere"

    def __init__(self) -> None:
        super().__init__(Execution())
        self.is_closed = False

    async def execute(self, job: Job[Any], listener: Listener | None = None) -> JobResult:
        sent: tuple[RunJob, Execution] = pickle.loads(pickle.dumps((job, Execution())))
        models = OpenModels(sent[1])

        def heard(event: Event) -> None:
            if listener is not None:
                listener(pickle.loads(pickle.dumps(event)))

        result: JobResult = pickle.loads(pickle.dumps(await execute(*sent, models, heard)))
        await models.aclose()
        return result

    async def aclose(self) -> None:
        self.is_closed = True


def test_runs_can_be_executed_in_another_process_from_pickled_values(out: Path) -> None:
    jobs, heard, executor = planned(out), list[tuple[Job[Any], Event]](), Elsewhere()
    results = asyncio.run(execute_all(jobs, executor, lambda job, event: heard.append((job, event))))
    assert [(result.path, result.status) for result in results] == [(job.path, "completed") for job in jobs]
    assert {job.path for job, _ in heard} == {job.path for job in jobs}
    assert {"call", "end"} <= {event.kind for _, event in heard}
    assert executor.is_closed
    again = asyncio.run(execute_all(jobs, prepare(jobs, Execution(out=out))))
    assert [result.was_finished for result in again] == [True, True]


def test_a_journal_that_cannot_be_resumed_is_reported_after_the_other_jobs_have_ended(out: Path) -> None:
    jobs = planned(out)
    asyncio.run(execute_all(jobs[:1], prepare(jobs[:1], Execution(out=out))))
    other = replace(jobs[1], path=jobs[0].path)
    with pytest.raises(JournalMismatch, match="belongs to another experiment: seed was 0 and is now 1"):
        asyncio.run(execute_all([other, jobs[1]], Elsewhere()))
    assert jobs[1].path.exists()


@pytest.mark.parametrize(
    ("reported", "amount"),
    [
        (
            {"input_tokens": 3, "output_tokens": 4, "cost": 0.5},
            Amount(calls=1, input_tokens=3, output_tokens=4, cost=0.5),
        ),
        ({"input_tokens": 3}, Amount(calls=1, input_tokens=3, output_tokens=None, cost=None)),
        ({}, Amount(calls=1, input_tokens=None, output_tokens=None, cost=None)),
        ({"stop_reason": "content_filter"}, Amount(calls=1)),
    ],
    ids=["reported", "partly reported", "unreported", "withheld"],
)
def test_a_value_unknown_for_one_call_is_unknown_for_the_total(reported: dict[str, Any], amount: Amount) -> None:
    about = {"month": 1, "phase": "harvest", "member": "Kate", "purpose": "harvest", "ordinal": 0, "attempt": 0}
    call = Call.model_validate(
        {**about, "model": "some/model", "messages": (), "reply": "", "stop_reason": "stop", "seconds": 0.0, **reported}
    )
    assert amounts_of([call], Prices()) == {"some/model": amount}
    other = Amount(calls=1, input_tokens=1, output_tokens=1, cost=1.0)
    assert (amount + other).cost == known_sum((amount.cost, 1.0))
    assert call.tokens == (7 if "output_tokens" in reported else None)
