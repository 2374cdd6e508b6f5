from __future__ import annotations

import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest

from govsim.journal import read_journal
from govsim.web.folder import Folder
from govsim.web.processes import Processes, Started, estimate, journals_of

WORDS = ("fishery", "--model=fake/society", "--months=2", "-Mlatency_ms=100")


def begun(started: Started, out: Path) -> str:
    folder, end = Folder(out), time.monotonic() + 60
    while not (names := journals_of(folder, started)):
        assert time.monotonic() < end
        time.sleep(0.05)
    return names[0]


def test_a_command_is_started_stopped_and_resumed(tmp_path: Path) -> None:
    processes = Processes()
    started = processes.start((*WORDS, f"--out={tmp_path}"))
    name = begun(started, tmp_path)
    started.journals.append(name)
    assert processes.starter_of(name) is started
    assert processes.starter_of("another.jsonl") is None
    processes.stop(started)
    assert started.is_stopping
    processes.stop(started)  # as by a double click: a second interrupt would leave the journal open
    assert started.process.wait(timeout=60) == 130
    assert not started.is_stopping
    assert started.error == ""
    assert read_journal(tmp_path / name).status == "cancelled"
    processes.resume(started)
    assert started.process.wait(timeout=60) == 0
    assert read_journal(tmp_path / name).status == "completed"
    assert "run the same command again to resume" in started.output
    assert started.command.startswith("govsim run fishery --model=fake/society")
    log = started.log
    processes.close()
    assert not log.exists()


def test_running_command_is_not_started_twice_and_ended_one_is_not_stopped(tmp_path: Path) -> None:
    processes = Processes()
    started = processes.start((*WORDS, f"--out={tmp_path}"))
    before = started.process
    processes.resume(started)
    assert started.process is before
    processes.stop(started)
    started.process.wait(timeout=60)
    processes.stop(started)
    assert not started.is_running
    processes.close()


@pytest.mark.parametrize(("code", "told"), [(0, ""), (1, "govsim: the last"), (2, "govsim: the last"), (130, "")])
def test_failed_command_has_an_error_message(tmp_path: Path, code: int, told: str) -> None:
    log = tmp_path / "1.txt"
    log.write_text("govsim: the first\ngovsim: the last\nand more\n")
    process = subprocess.Popen([sys.executable, "-S", "-c", f"raise SystemExit({code})"])
    process.wait()
    assert Started(number=1, arguments=(), process=process, log=log, at=0).error == told


def test_commands_are_not_started_where_not_allowed(tmp_path: Path) -> None:
    processes = Processes(is_allowed=False)
    with pytest.raises(PermissionError, match="runs cannot be started from this page"):
        processes.start((*WORDS, f"--out={tmp_path}"))
    assert processes.all == []


def test_estimate_calls_no_model_and_errors_are_returned(tmp_path: Path) -> None:
    is_told, said = estimate((*WORDS, f"--out={tmp_path}"))
    assert is_told
    assert "No model was called." in said
    assert max(map(len, said.splitlines())) <= 100
    heading, names = next(pair for pair in pairwise(said.splitlines()) if "output" in pair[0])
    assert heading.index("output") == names.index("tokens", names.index("tokens") + 1)
    assert list(tmp_path.rglob("*.jsonl")) == []
    is_told, said = estimate(("fishery", "--months=0", f"--out={tmp_path}"))
    assert not is_told
    assert "world.months" in said
