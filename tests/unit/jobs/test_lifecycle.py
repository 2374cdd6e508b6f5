"""The `end` event of a failed job."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from govsim.config import Experiment
from govsim.errors import ContextTooLong, OverBudget, ProviderError, ScenarioError, TooManyForfeits
from govsim.jobs.lifecycle import run_to_end
from govsim.journal import Header, Recorder, Status, read_journal
from govsim.scenarios import load_scenario


@pytest.mark.parametrize(
    ("error", "status", "cause"),
    [
        (TooManyForfeits("13 of 60 decisions could not be read"), "failed", "unreadable"),
        (ProviderError("no answer after 7 attempts"), "failed", "provider"),
        (ContextTooLong("the prompt is too long"), "failed", "provider"),
        (ScenarioError("a template names something unknown"), "failed", "error"),
        (ZeroDivisionError("a bug"), "failed", "error"),
        (OverBudget("budget.tokens = 10"), "over-budget", None),
    ],
)
def test_the_end_records_the_cause_of_a_failure(
    tmp_path: Path, error: Exception, status: Status, cause: str | None
) -> None:
    path = tmp_path / "seed-0.jsonl"

    async def live() -> Status:
        raise error

    with Recorder(path) as recorder:
        recorder.write(Header(experiment=Experiment(), scenario=load_scenario("fishery"), society="x", versions={}))
        asyncio.run(run_to_end(live, recorder, path=path))
    end = read_journal(path).end
    assert end is not None
    assert (end.status, end.cause) == (status, cause)
