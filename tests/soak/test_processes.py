"""Processes that compete for a folder, or are stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

from govsim.journal import read_journal
from tests.faulty_server import FaultyServer
from tests.soak.conftest import INTERRUPTIONS, Figure, Unbroken
from tests.soak.societies import bytes_in, carry_through, check_same, command, journals, start

SOCIETY = "two runs at once"


def test_the_second_process_is_informed_of_the_writer_and_a_dead_one_locks_nothing(
    lock: int, unbroken: Unbroken, slow_server: FaultyServer, tmp_path: Path, figure: Figure
) -> None:
    words = command(SOCIETY, tmp_path / "shared", slow_server.address(f"lock-{lock}"))
    usual, slow_server.faults.latency = (
        slow_server.faults.latency,
        0.5,
    )  # the first must still be running when the second starts
    first = start(words)
    _wait_for(first, tmp_path / "shared", 30_000 + 10_000 * lock)
    second = subprocess.run(
        words, capture_output=True, text=True, timeout=60, check=False, env=os.environ | {"FAKE_API_KEY": "none"}
    )
    was_going_on = first.poll() is None
    first.kill()
    first.communicate(timeout=60)
    slow_server.faults.latency = usual
    assert was_going_on
    assert second.returncode == 2
    assert f"is being written by process {first.pid} on " in second.stderr
    carry_through(words)
    check_same(unbroken(SOCIETY), tmp_path / "shared")
    figure("processes: second ones refused with the number of the first", 1)
    figure("processes: locks of dead ones that blocked nobody", 1)


def test_a_terminated_command_resumes_when_it_is_run_again(
    interruption: str,
    signal_number: int,
    unbroken: Unbroken,
    slow_server: FaultyServer,
    tmp_path: Path,
    figure: Figure,
) -> None:
    signals = INTERRUPTIONS[interruption]
    words = command(SOCIETY, tmp_path / "stopped", slow_server.address(f"signal-{signal_number}"))
    process = start(words)
    _wait_for(process, tmp_path / "stopped", 20_000 + 12_000 * signal_number)
    for number in signals:
        process.send_signal(number)
        time.sleep(0.002 * signal_number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode in (130, -signals[0])  # the second Ctrl-C may arrive during the exit
    assert "Traceback" not in errors
    stopped = [read_journal(path) for path in journals(tmp_path / "stopped").values()]
    if signals == (signal.SIGINT,):
        assert errors.endswith("govsim: interrupted; run the same command again to resume\n")
        assert {journal.status for journal in stopped} == {"cancelled"}
    carry_through(words)
    check_same(unbroken(SOCIETY), tmp_path / "stopped")
    figure(f"signals: stopped by {' and '.join(number.name for number in signals)} and continued: all the same", 1)


def _wait_for(process: subprocess.Popen[str], folder: Path, written: int) -> None:
    deadline = time.monotonic() + 60
    while bytes_in(folder) < written:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.001)
