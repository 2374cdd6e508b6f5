"""Transient provider failures only cost time; a permanent failure ends a run, which can be resumed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from govsim.config import Execution, merge, nested
from govsim.jobs import RunJob, execute_all, plan_runs, prepare
from govsim.journal import Asked, Call, Journal, first_difference, read_journal
from tests.faulty_server import ALWAYS_READABLE, ANSWER_FAULTS, MODEL, TRANSPORT_FAULTS, FaultyServer, serving
from tests.living import Live
from tests.soak.conftest import Figure, Size
from tests.soak.societies import LIVES, SETTINGS, TOGETHER, happened

FOR_GOOD = ("429 with seconds", "500", "503", "dropped", "dropped in the middle", "truncated", "a page", "hang")
SLOW = ("slow drip", "hang")
QUICK = [kind for kind in TRANSPORT_FAULTS if kind not in SLOW]
ASKED_AGAIN = [kind for kind in ANSWER_FAULTS if kind not in ALWAYS_READABLE]
CATCHES = {"catch": SETTINGS.catch} | {f"catch.{name}": units for name, units in SETTINGS.catches.items()}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyServer]:
    monkeypatch.setenv("FAKE_API_KEY", "none-needed")
    with serving(settings=SETTINGS) as found:
        yield found


def test_societies_survive_faults_with_unchanged_decisions(
    group: int, size: Size, server: FaultyServer, live: Live, tmp_path: Path, figure: Figure
) -> None:
    server.faults.transport, server.faults.answers, server.faults.seed = 0.3, 0.1, group
    server.faults.transports = QUICK * 10 + list(SLOW)  # slow faults are rarer, as each lasts until the timeout
    names = [f"{group}-{number}" for number in range(TOGETHER)]
    settings = [{"world.months": size.faulty_months, "seed": group} | life for life in LIVES.values()]
    asyncio.run(_live_together(names, settings, server, tmp_path))
    for name, life in zip(names, settings, strict=True):
        [path] = (tmp_path / name).rglob("*.jsonl")
        journal = read_journal(path)
        condition, scenario, own = _apart(life)
        [faultless] = live(
            scenario, own | {"models.default": "fake/society", "models.args": CATCHES}, condition=condition
        )
        assert journal.status == faultless.journal.status in ("completed", "collapsed")
        assert happened(journal) == happened(faultless.journal)
        _check_nothing_is_lost(journal, name, server, figure)
        figure("faults: societies whose decisions are those of the faultless run", 1)


def _check_nothing_is_lost(journal: Journal, name: str, server: FaultyServer, figure: Figure) -> None:
    """Check that failed requests were retried and counted, and unreadable answers were recorded with their reasons."""
    calls = list(journal.of(Call))
    asked = sorted(asked.identity_as("call") for asked in journal.of(Asked))
    assert asked == sorted(call.identity for call in calls)
    last = {(call.month, call.phase, call.member, call.purpose, call.ordinal): call for call in calls}
    assert [call for call in last.values() if call.refused is not None] == []
    failed = server.faults_of(name, list(TRANSPORT_FAULTS))
    refused = [call for call in calls if call.refused is not None]
    retries = sum(call.retries for call in calls)
    assert retries >= server.requests[name] - len(calls)
    late = retries - failed  # none, unless a busy machine delays a good answer or its question too long
    assert late >= 0
    assert 0 <= server.faults_of(name, ASKED_AGAIN) - len(refused) <= late
    assert all(call.refused for call in refused)
    figure("faults: good answers that came too late on a busy machine", late)
    figure("faults: requests", server.requests[name])
    figure("faults: transport faults, each counted as a retry", failed)
    figure("faults: answers that were odd", server.faults_of(name, list(ANSWER_FAULTS)))
    figure("faults: answers of no use, each in the journal with its reason", len(refused))


async def _live_together(names: list[str], settings: list[dict[str, Any]], server: FaultyServer, folder: Path) -> None:
    async def one(name: str, life: dict[str, Any]) -> None:
        how = Execution(
            out=folder / name, base_url=server.address(name), retries=12, backoff=0.002, timeout=4, connections=5
        )
        plans = _plans(life | {"models.default": MODEL}, how)
        await execute_all(plans, prepare(plans, how))

    async with asyncio.TaskGroup() as group:
        for name, life in zip(names, settings, strict=True):
            group.create_task(one(name, life))


def _plans(life: dict[str, Any], how: Execution) -> list[RunJob]:
    condition, scenario, own = _apart(life)
    layers = merge({"scenario": scenario}, *(nested(key, value) for key, value in own.items()))
    return plan_runs(layers, how, condition=condition)


def _apart(life: dict[str, Any]) -> tuple[str | None, str, dict[str, Any]]:
    own = {key: value for key, value in life.items() if key not in ("condition", "scenario")}
    return life.get("condition"), life.get("scenario", "fishery"), own


@pytest.mark.parametrize("kind", FOR_GOOD)
def test_a_provider_that_never_recovers_fails_the_run_which_can_be_resumed(
    kind: str, server: FaultyServer, live: Live, tmp_path: Path, figure: Figure
) -> None:
    settings = {"models.default": MODEL, "world.months": 2}
    how = {"base_url": server.address("run"), "retries": 2, "backoff": 0.001, "timeout": 1 if kind == "hang" else 30}
    server.faults.transport, server.faults.transports, server.faults.healthy = 1, [kind], 23
    [stopped] = live("fishery", settings, **how)
    end = stopped.journal.end
    assert end is not None
    assert end.status == "failed"
    assert f"model {MODEL}" in (end.reason or "")
    assert "after 3 attempts" in (end.reason or "")
    answered = len(stopped.calls())
    in_flight = len(list(stopped.journal.of(Asked))) - answered
    assert answered == server.faults.healthy
    assert server.requests["run"] <= answered + 3 * in_flight

    server.faults.transport = 0
    [continued] = live("fishery", settings, **how | {"timeout": 30})
    [faultless] = live("fishery", settings, **how | {"timeout": 30}, folder=tmp_path / "faultless")
    assert first_difference(continued.journal, faultless.journal) is None
    figure("faults: runs whose provider failed for good, continued: all the same", 1)


def test_a_run_without_a_server_fails_and_can_be_resumed(server: FaultyServer, live: Live) -> None:
    settings = {"models.default": MODEL, "world.months": 1}
    [failed] = live("fishery", settings, base_url="http://127.0.0.1:9/v1", retries=1, backoff=0.001)
    assert failed.journal.status == "failed"
    assert "connection refused after 2 attempts" in (failed.journal.end.reason or "")  # type: ignore[union-attr]
    [continued] = live("fishery", settings, base_url=server.address())
    assert continued.journal.status == "completed"


@pytest.mark.parametrize("fault", ANSWER_FAULTS)
def test_no_single_unusual_answer_changes_a_decision(fault: str, server: FaultyServer, live: Live) -> None:
    server.faults.answers, server.faults.odd_answers = 1, [fault]
    [odd] = live("fishery", {"models.default": MODEL, "world.months": 1}, base_url=server.address("odd"))
    settings = {"models.default": "fake/society", "models.args": CATCHES, "world.months": 1}
    [faultless] = live("fishery", settings)
    assert happened(odd.journal) == happened(faultless.journal)
    assert {call.attempt for call in odd.calls()} == ({0, 1, 2} if fault in ASKED_AGAIN else {0})


def test_an_answer_that_is_never_readable_is_forfeited_and_not_a_number(
    server: FaultyServer, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.faulty_server.MOST_IN_A_ROW", 3)
    server.faults.answers, server.faults.odd_answers = 1, ["refusal"]
    settings = {"models.default": MODEL, "world.months": 1, "society.max_invalid": 1.0}
    [run] = live("fishery", settings, base_url=server.address("never"))
    [harvest] = run.harvests
    assert harvest.asked == {}
    assert len(harvest.invalid) == 5
    assert {call.refused for call in run.calls(purpose="harvest")} == {'The line "Answer:" is missing.'}
