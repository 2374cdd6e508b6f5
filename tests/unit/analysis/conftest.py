"""Small journals, written as a run writes them."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

import pytest

from govsim.commons import (
    ALLOCATIONS,
    Demand,
    State,
    Stream,
    generator,
    group_threshold,
    member_threshold,
    state_at_start,
    take,
)
from govsim.config import Experiment, experiment_from
from govsim.journal import Call, Cause, End, Event, Harvest, Header, Month, Recorder, Session, Status
from govsim.scenarios import PROMPTS_VERSION, Scenario, load_scenario

Asked = Mapping[str, int | None]
"""Units by member; None for a decision that was forfeited."""


@dataclass(kw_only=True)
class Run:
    """What a journal is made from."""

    asked: Sequence[Asked] = (dict.fromkeys(("John", "Kate", "Jack", "Emma", "Luke"), 100),)
    settings: Mapping[str, Any] = field(default_factory=dict)
    status: Status | Literal["running"] | None = "collapsed"
    cause: Cause | None = None
    calls: Sequence[Call] = ()
    said: Sequence[Event] = ()
    society: str = "generative"
    scenario: Scenario | None = None
    wording: str | None = None


@pytest.fixture(scope="session")
def write_journal() -> Callable[..., Path]:
    """Writes the journal of a `Run`; the harvests follow from what is asked."""

    def write(path: Path, **run: Any) -> Path:
        with Recorder(path) as recorder:
            for event in _events(Run(**run)):
                recorder.write(event)
        return path

    return write


@pytest.fixture
def write_run(tmp_path: Path, write_journal: Callable[..., Path]) -> Callable[..., Path]:
    """Writes the journal of a `Run` under a name below `tmp_path`."""
    return lambda name, **run: write_journal(tmp_path / name, **run)


@pytest.fixture(scope="session")
def make_call() -> Callable[..., Call]:
    """Makes a call of John's in month 1: 10 tokens in, 5 out, for a cent."""

    def make(purpose: str = "harvest", attempt: int = 0, **changes: Any) -> Call:
        content: dict[str, Any] = {
            **{"month": 1, "phase": "harvest", "member": "John", "ordinal": 0, "model": "mock/one", "messages": ()},
            **{"reply": "Answer: 10", "stop_reason": "stop", "seconds": 0.5},
            **{"input_tokens": 10, "output_tokens": 5, "cost": 0.01},
        }
        return Call(purpose=purpose, attempt=attempt, **{**content, **changes})

    return make


def _events(run: Run) -> list[Event]:
    experiment = experiment_from({"models": {"default": "mock/one"}}, run.settings)
    scenario = run.scenario or load_scenario(experiment.scenario)
    header = Header(
        experiment=experiment,
        scenario=scenario,
        society=run.society,
        versions={"govsim": "0.1.0"},
        prompts_version=PROMPTS_VERSION,
        wording=run.wording,
    )
    here = {"process": os.getpid(), "host": platform.node()} if run.status == "running" else {}
    session = Session(at="2024-01-01T00:00:00Z", execution={}, **here)
    events: list[Event] = [header, session, *_months(experiment, run.asked), *run.calls, *run.said]
    if run.status not in (None, "running"):
        reason = None if run.status in ("completed", "collapsed") else "it was stopped"
        at = "2024-01-01T00:01:00Z"
        events.append(End(status=run.status, months=len(run.asked), reason=reason, cause=run.cause, at=at))
    return events


def _months(experiment: Experiment, asked_by_month: Sequence[Asked]) -> list[Event]:
    world, stock = experiment.world, experiment.world.stock_at_start
    events: list[Event] = []
    for month, asked in enumerate(asked_by_month, start=1):
        state = replace(state_at_start(world, tuple(asked)), stock=stock, month=month)
        events.append(Month(month=month, date="2024-01-01", stock=stock, members=state.members))
        harvest = _harvest(state, asked, experiment.seed)
        events.append(harvest)
        stock = harvest.stock_after_growth
    return events


def _harvest(state: State, asked: Asked, seed: int) -> Harvest:
    demands = [Demand(member=name, units=units) for name, units in asked.items() if units is not None]
    draws = partial(generator, seed, Stream.ALLOCATION, state.month)
    outcome = take(state, demands, draws, ALLOCATIONS.get("proportional", key="world.allocation"))
    return Harvest(
        month=state.month,
        stock_before=state.stock,
        threshold=group_threshold(state),
        member_threshold=member_threshold(state),
        asked=dict(outcome.asked),
        granted=dict(outcome.granted),
        invalid={name: "no number" for name, units in asked.items() if units is None},
        stock_after_harvest=outcome.stock_after_harvest,
        stock_after_growth=state.grown(outcome.stock_after_harvest),
        is_collapsed=outcome.is_collapsed,
    )
