"""A run that was stopped at any point is resumed by the same command, and ends as if uninterrupted.

Tests that kill and interrupt processes are in tests/soak.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from govsim.agents import Policy, Request
from govsim.config import Execution, merge, nested
from govsim.errors import JournalMismatch
from govsim.jobs import execute_all, plan_runs, prepare, replay
from govsim.journal import Asked, Call, first_difference, read_journal, sole_writer
from tests.living import Live, Lived

SETTINGS: dict[str, Any] = {
    "models.default": "fake/society",
    "models.args": {"catch": 14, "catch.Luke": 9},
    "world.months": 5,
    "world.collapse": 0,
    "members.Emma.agent": "direct",
    "members.Jack.agent": "policy:random",
}


def test_a_truncated_journal_is_resumed_to_the_same_end(live: Live, tmp_path: Path) -> None:
    whole = live("fishery", SETTINGS, condition="newcomer")[0].journal
    content = whole.path.read_bytes()
    for part, share in enumerate((0.0, 0.0001, 0.03, 0.2, 0.35, 0.5, 0.77, 0.9, 0.999)):
        folder = tmp_path / f"part-{part}"
        path = folder / whole.path.relative_to(tmp_path / "runs")
        path.parent.mkdir(parents=True)
        path.write_bytes(content[: int(len(content) * share)] if share else b"")
        [again] = live("fishery", SETTINGS, condition="newcomer", folder=folder)
        assert again.journal.path == path
        assert first_difference(whole, again.journal) is None
        assert again.journal.partial_line == ""


def test_no_recorded_answer_is_requested_again(live: Live) -> None:
    [whole] = live("fishery", SETTINGS)
    lines = whole.journal.path.read_bytes().splitlines(keepends=True)
    kept = lines[: len(lines) // 2]
    answered = sum(line.startswith(b'{"kind":"call"') for line in kept)
    whole.journal.path.write_bytes(b"".join(kept))
    [again] = live("fishery", SETTINGS)
    asked_after = [event for event in again.journal.events[len(kept) - 1 :] if isinstance(event, Asked)]
    calls = list(again.journal.of(Call))
    assert len(asked_after) == len(calls) - answered
    assert len({call.identity for call in calls}) == len(calls)


def test_a_finished_run_is_unchanged(live: Live) -> None:
    [first] = live("fishery", SETTINGS)
    before = first.journal.path.read_bytes()
    live("fishery", SETTINGS)
    assert first.journal.path.read_bytes() == before


def test_the_journal_of_another_experiment_is_rejected_and_unchanged(live: Live, tmp_path: Path) -> None:
    [run] = live("fishery", SETTINGS)
    before = run.journal.path.read_text()
    run.journal.path.write_text(before.replace('"growth":2.0', '"growth":3.0', 1))
    changed = run.journal.path.read_bytes()
    with pytest.raises(JournalMismatch, match=r"world.growth was 3.0 and is now 2.0"):
        live("fishery", SETTINGS)
    assert run.journal.path.read_bytes() == changed


def test_other_prompts_and_another_version_are_rejected_unless_accepted(live: Live) -> None:
    [run] = live("fishery", SETTINGS | {"world.months": 1})
    content = run.journal.path.read_text()
    lines = content.splitlines(keepends=True)
    run.journal.path.write_text("".join(lines[:1]).replace("All of you live from", "All of you earn by", 1))
    with pytest.raises(JournalMismatch, match=r"templates.rules has changed; resume anyway with --accept-version"):
        live("fishery", SETTINGS | {"world.months": 1})
    run.journal.path.write_text(lines[0].replace('"govsim":"', '"govsim":"0.0.', 1))
    with pytest.raises(JournalMismatch, match=r"was started with govsim 0\.0"):
        live("fishery", SETTINGS | {"world.months": 1})
    [again] = live("fishery", SETTINGS | {"world.months": 1}, accept_version=True)
    assert again.journal.status == "completed"


def test_another_version_of_a_used_plug_in_is_rejected_unless_accepted(
    live: Live, plug_in: Callable[..., None]
) -> None:
    class Modest(Policy):
        """Asks for one unit."""

        name = "modest"

        def harvest(self, request: Request, rng: np.random.Generator) -> int:
            return 1

    plug_in("policies", "modest", Modest)
    settings = {"agents.default": "policy:modest", "world.months": 1}
    [run] = live("fishery", settings)
    header = run.journal.path.read_text().splitlines(keepends=True)[0]
    assert '"plugins":{"govsim-toys":"1.2"}' in header
    run.journal.path.write_text(header.replace('"govsim-toys":"1.2"', '"govsim-toys":"1.1"'))
    with pytest.raises(
        JournalMismatch,
        match=r"was started with govsim-toys 1\.1, but 1\.2 is installed; resume anyway with --accept-version",
    ):
        live("fishery", settings)
    [again] = live("fishery", settings, accept_version=True)
    assert again.journal.status == "completed"


def test_an_interrupted_run_is_closed_as_cancelled_and_continues(live: Live, tmp_path: Path) -> None:
    slow = SETTINGS | {"models.args": {"latency_ms": 30, "catch": 8}}
    layers = merge({"scenario": "fishery"}, *(nested(key, value) for key, value in slow.items()))
    how = Execution(out=tmp_path / "runs")
    plans = plan_runs(layers, how)

    async def interrupted() -> None:
        task = asyncio.create_task(execute_all(plans, prepare(plans, how)))
        await asyncio.sleep(0.5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(interrupted())
    stopped = read_journal(plans[0].path)
    assert stopped.status == "cancelled"
    [continued] = live("fishery", slow)
    assert continued.journal.status == "completed"
    [unbroken] = live("fishery", slow, folder=tmp_path / "other")
    assert first_difference(continued.journal, unbroken.journal) is None


def test_further_runs_do_not_change_the_first_ones(live: Live) -> None:
    three = live("fishery", SETTINGS, runs=3)
    before = [run.journal.path.read_bytes() for run in three]
    five = live("fishery", SETTINGS, runs=5, parallel=2)
    assert [run.journal.path.read_bytes() for run in five[:3]] == before
    assert [run.journal.header.experiment.seed for run in five] == [0, 1, 2, 3, 4]
    assert {run.journal.status for run in five} <= {"completed", "collapsed"}


def test_a_model_that_answers_differently_after_a_resume_changes_no_records(live: Live) -> None:
    """As with real models: a question that was in flight gets a new answer, with new consequences."""
    [first] = live("fishery", SETTINGS)
    content = first.journal.path.read_bytes()
    for share in (0.31, 0.52, 0.83):
        kept = content[: int(len(content) * share)]
        header, _, rest = kept.partition(b"\n")
        other = header.replace(b'"args":{"catch":14', b'"args":{"catch":12', 1)
        assert other != header
        first.journal.path.write_bytes(other + b"\n" + rest)
        [again] = _lives_on(live, first.journal.path)
        assert again.journal.status in ("completed", "collapsed")
        assert again.journal.path.read_bytes().startswith((other + b"\n" + rest).rpartition(b"\n")[0])
        assert asyncio.run(replay(again.journal.path)).difference is None


def _lives_on(live: Live, path: Path) -> list[Lived]:
    """Resume a journal with another catch, in the folder of its settings."""
    settings = SETTINGS | {"models.args": {"catch": 12, "catch.Luke": 9}}
    [fresh] = live("fishery", settings | {"world.months": 5})
    fresh.journal.path.write_bytes(path.read_bytes())
    return live("fishery", settings)


def test_a_journal_that_cannot_be_resumed_does_not_affect_other_runs(live: Live) -> None:
    runs = live("fishery", SETTINGS, runs=3)
    whole = [run.journal.path.read_bytes() for run in runs]
    for run, content in zip(runs, whole, strict=True):
        run.journal.path.write_bytes(content[: len(content) // 2])
    spoilt = runs[1].journal.path
    spoilt.write_bytes(spoilt.read_bytes().replace(b'"values":{"Answer":14}', b'"values":{"Answer":13}', 1))
    left = spoilt.read_bytes().rpartition(b"\n")[0]
    with pytest.raises(JournalMismatch, match=r"seed-1\.jsonl: memory, month 1, phase harvest, member John.* 13"):
        live("fishery", SETTINGS, runs=3)
    assert spoilt.read_bytes().startswith(left)
    for run in (runs[0], runs[2]):
        assert read_journal(run.journal.path).status in ("completed", "collapsed")


def test_a_journal_just_finished_by_another_process_is_unchanged(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between reading a journal and locking it, the previous lock holder may have ended the run."""
    [run] = live("fishery", SETTINGS)
    finished = run.journal.path.read_bytes()
    run.journal.path.write_bytes(finished[: len(finished) // 2])

    held = []

    @contextmanager
    def held_later(path: Path) -> Iterator[None]:
        held.append(path)
        if len(held) == 2:  # the first call is only a trial
            path.write_bytes(finished)
        with sole_writer(path):
            yield

    monkeypatch.setattr("govsim.jobs.lifecycle.sole_writer", held_later)
    live("fishery", SETTINGS)
    assert len(held) == 2
    assert run.journal.path.read_bytes() == finished


def test_a_full_disk_leaves_a_resumable_journal(live: Live, tmp_path: Path) -> None:
    """A limit on file sizes simulates the full disk: a line is written in part, and then writing fails."""
    command = [
        *(sys.executable, "-c", _LIMITED, "run", "fishery", "--model", "fake/society", "--months", "3"),
        *("-M", "latency_ms=1", "--out", str(tmp_path / "full")),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=dict(os.environ))
    assert done.returncode == 2
    assert re.search(r"^govsim: .*seed-0\.jsonl: the journal cannot be written \(.*\); free space", done.stderr, re.M)
    assert "Traceback" not in done.stderr
    [path] = (tmp_path / "full").rglob("*.jsonl")
    assert path.stat().st_size == 60_000
    assert read_journal(path).partial_line
    settings = {"models.default": "fake/society", "models.args": {"latency_ms": 1}, "world.months": 3}
    [continued] = live("fishery", settings, folder=tmp_path / "full")
    [unbroken] = live("fishery", settings, folder=tmp_path / "unbroken")
    assert continued.journal.path == path
    assert first_difference(continued.journal, unbroken.journal) is None


_LIMITED = """
import resource, signal, sys
from govsim.cli.main import main
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
main()
"""
