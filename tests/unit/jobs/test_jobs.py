"""Jobs as values, executors other than the local one, and what calls have taken."""

from __future__ import annotations

import asyncio
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from govsim.config import Execution
from govsim.errors import JournalMismatch
from govsim.jobs import Amount, Job, JobResult, RunJob, carry_out, carry_out_all, plan_runs, prepare
from govsim.jobs.cost import amounts_of
from govsim.journal import Call, Event, Listener, known_sum
from govsim.models.pool import OpenModels
from govsim.models.prices import Prices


def planned(out: Path, runs: int = 2) -> list[RunJob]:
    return plan_runs({"models": {"default": "fake/society"}, "world": {"months": 1}}, Execution(out=out, runs=runs))


class Elsewhere:
    """Carries jobs out from what could be sent to another process: a job, how it is carried out, events, a result."""

    def __init__(self) -> None:
        self.is_closed = False

    async def carry_out(self, job: Job[Any], listener: Listener | None = None) -> JobResult:
        sent: tuple[RunJob, Execution] = pickle.loads(pickle.dumps((job, Execution())))
        models = OpenModels(sent[1])

        def heard(event: Event) -> None:
            if listener is not None:
                listener(pickle.loads(pickle.dumps(event)))

        result: JobResult = pickle.loads(pickle.dumps(await carry_out(*sent, models, heard)))
        await models.aclose()
        return result

    async def aclose(self) -> None:
        self.is_closed = True


def test_runs_can_be_carried_out_elsewhere_from_what_can_be_pickled(out: Path) -> None:
    jobs, heard, executor = planned(out), list[tuple[Job[Any], Event]](), Elsewhere()
    results = asyncio.run(carry_out_all(jobs, executor, lambda job, event: heard.append((job, event))))
    assert [(result.path, result.status) for result in results] == [(job.path, "completed") for job in jobs]
    assert {job.path for job, _ in heard} == {job.path for job in jobs}
    assert {"call", "end"} <= {event.kind for _, event in heard}
    assert executor.is_closed
    again = asyncio.run(carry_out_all(jobs, prepare(jobs, Execution(out=out))))
    assert [result.was_finished for result in again] == [True, True]


def test_one_that_cannot_be_continued_is_told_when_the_others_have_ended(out: Path) -> None:
    jobs = planned(out)
    asyncio.run(carry_out_all(jobs[:1], prepare(jobs[:1], Execution(out=out))))
    other = replace(jobs[1], path=jobs[0].path)
    with pytest.raises(JournalMismatch, match="is the journal of another experiment: seed was 0 and is now 1"):
        asyncio.run(carry_out_all([other, jobs[1]], Elsewhere()))
    assert jobs[1].path.exists()


@pytest.mark.parametrize(
    ("told", "amount"),
    [
        (
            {"input_tokens": 3, "output_tokens": 4, "cost": 0.5},
            Amount(calls=1, input_tokens=3, output_tokens=4, cost=0.5),
        ),
        ({"input_tokens": 3}, Amount(calls=1, input_tokens=3, output_tokens=None, cost=None)),
        ({}, Amount(calls=1, input_tokens=None, output_tokens=None, cost=None)),
        ({"stop_reason": "content_filter"}, Amount(calls=1)),
    ],
    ids=["told", "half told", "untold", "withheld"],
)
def test_what_is_unknown_of_one_call_is_unknown_of_all(told: dict[str, Any], amount: Amount) -> None:
    about = {"month": 1, "phase": "harvest", "member": "Kate", "purpose": "harvest", "ordinal": 0, "attempt": 0}
    call = Call.model_validate(
        {**about, "model": "some/model", "messages": (), "reply": "", "stop_reason": "stop", "seconds": 0.0, **told}
    )
    assert amounts_of([call], Prices()) == {"some/model": amount}
    other = Amount(calls=1, input_tokens=1, output_tokens=1, cost=1.0)
    assert (amount + other).cost == known_sum((amount.cost, 1.0))
    assert call.tokens == (7 if "output_tokens" in told else None)
