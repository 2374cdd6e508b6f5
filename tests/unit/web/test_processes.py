from __future__ import annotations

import time
from pathlib import Path

from govsim.journal import read_journal
from govsim.web.folder import Folder
from govsim.web.processes import Processes, Started, begun_by, estimate

WORDS = ("fishery", "--model=fake/society", "--months=2", "-Mlatency_ms=100")


def begun(started: Started, out: Path) -> str:
    folder, end = Folder(out), time.monotonic() + 60
    while not (names := begun_by(folder, started)):
        assert time.monotonic() < end
        time.sleep(0.05)
    return names[0]


def test_a_command_is_started_stopped_and_resumed(tmp_path: Path) -> None:
    processes = Processes()
    started = processes.start((*WORDS, f"--out={tmp_path}"))
    name = begun(started, tmp_path)
    started.journals.append(name)
    assert processes.that_runs(name) is started
    assert processes.that_runs("another.jsonl") is None
    processes.stop(started)
    assert started.process.wait(timeout=60) == 130
    assert read_journal(tmp_path / name).status == "cancelled"
    processes.resume(started)
    assert started.process.wait(timeout=60) == 0
    assert read_journal(tmp_path / name).status == "completed"
    assert "the same command continues where it stopped" in started.said
    assert started.command.startswith("govsim run fishery --model=fake/society")
    log = started.log
    processes.close()
    assert not log.exists()


def test_what_goes_on_is_not_started_twice_and_what_has_ended_is_not_stopped(tmp_path: Path) -> None:
    processes = Processes()
    started = processes.start((*WORDS, f"--out={tmp_path}"))
    before = started.process
    processes.resume(started)
    assert started.process is before
    processes.stop(started)
    started.process.wait(timeout=60)
    processes.stop(started)
    assert not started.is_going_on
    processes.close()


def test_an_estimate_asks_nobody_and_an_error_is_told(tmp_path: Path) -> None:
    is_told, said = estimate((*WORDS, f"--out={tmp_path}"))
    assert is_told
    assert "Nobody was asked." in said
    assert list(tmp_path.rglob("*.jsonl")) == []
    is_told, said = estimate(("fishery", "--months=0", f"--out={tmp_path}"))
    assert not is_told
    assert "world.months" in said
