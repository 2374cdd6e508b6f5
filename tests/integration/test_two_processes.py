"""Two processes in one folder never write the same journal."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from govsim.errors import JournalError
from govsim.jobs import replay
from govsim.journal import lock, read_journal, sole_writer
from tests.living import Live


def command(folder: Path) -> list[str]:
    return [
        *(sys.executable, "-m", "govsim.cli.main", "run", "fishery", "--model", "fake/society"),
        *("-M", "latency_ms=300", "--months", "2", "--out", str(folder)),
    ]


def test_the_second_process_reports_the_lock_holder_and_writes_nothing(tmp_path: Path) -> None:
    first = subprocess.Popen(
        command(tmp_path / "shared"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(os.environ)
    )
    while not [path for path in (tmp_path / "shared").rglob("*.jsonl") if b'"kind":"call"' in path.read_bytes()]:
        assert first.poll() is None
        time.sleep(0.02)
    second = subprocess.run(
        command(tmp_path / "shared"), capture_output=True, text=True, timeout=60, check=False, env=dict(os.environ)
    )
    assert second.returncode == 2
    assert f"is being written by process {first.pid} on " in second.stderr
    assert len(second.stderr.strip().splitlines()) == 1
    assert first.wait(timeout=60) == 0
    [path] = (tmp_path / "shared").rglob("*.jsonl")
    assert read_journal(path).status == "completed"
    assert asyncio.run(replay(path)).difference is None


def test_a_journal_is_unlocked_when_its_writer_has_exited(tmp_path: Path) -> None:
    path = tmp_path / "seed-0.jsonl"
    holding = "import sys, time, pathlib; from govsim.journal import sole_writer\n"
    holding += "with sole_writer(pathlib.Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", holding, str(path)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    with pytest.raises(JournalError, match="is being written by another process"), sole_writer(path):
        pass
    process.kill()
    process.wait()
    process.stdout.close()
    with sole_writer(path):
        assert path.read_bytes() == b""


def test_one_process_cannot_lock_a_journal_twice(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "seed-0.jsonl"
    with sole_writer(path):
        with pytest.raises(JournalError, match="is being written"), sole_writer(path):
            pass
        with pytest.raises(JournalError, match="is being written"), sole_writer(path):
            pass


@pytest.mark.parametrize("is_begun_anew", [False, True])
def test_a_journal_archived_between_opening_and_locking_is_not_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_begun_anew: bool
) -> None:
    """Otherwise the lock holders of the old and the new file would both write to the new one."""
    path = tmp_path / "seed-0.jsonl"
    hold = lock._hold

    def set_aside_first(file: int, place: Path) -> None:
        place.rename(tmp_path / "seed-0.jsonl.old-1")
        if is_begun_anew:
            place.touch()
        hold(file, place)

    monkeypatch.setattr(lock, "_hold", set_aside_first)
    with (
        pytest.raises(JournalError, match="has just archived it to start over; run the command again"),
        sole_writer(path),
    ):
        pass


def test_nothing_is_started_if_one_of_the_runs_is_locked(live: Live) -> None:
    first, second = live("fishery", {"models.default": "fake/society", "world.months": 1}, runs=2)
    content = second.journal.path.read_bytes()
    first.journal.path.unlink()
    second.journal.path.write_bytes(content[: len(content) // 2])
    with sole_writer(second.journal.path), pytest.raises(JournalError, match=r"seed-1\.jsonl: is being written by"):
        live("fishery", {"models.default": "fake/society", "world.months": 1}, runs=2)
    assert not first.journal.path.exists()
