"""`kill -9` at any instant: the same command resumes, and ends as if uninterrupted."""

from __future__ import annotations

import random
import time
from pathlib import Path

from govsim.journal import Call, read_journal
from tests.faulty_server import FaultyServer
from tests.soak.conftest import Figure, Unbroken
from tests.soak.societies import COMMANDS, bytes_in, carry_through, check_same, command, start

LONGEST_LIFE = 5.0
"""Default maximum of seconds before a process is killed; it may have ended by then."""


def test_a_society_killed_at_any_instant_ends_as_if_uninterrupted(
    kill: int, unbroken: Unbroken, slow_server: FaultyServer, tmp_path: Path, figure: Figure
) -> None:
    draws = random.Random(f"kill {kill}")
    society = list(COMMANDS)[kill % len(COMMANDS)]
    words = command(society, tmp_path, slow_server.address(f"kill-{kill}"))
    for _ in range(draws.choice((1, 1, 2, 3))):
        _live_until_killed(words, tmp_path, bytes_in(unbroken(society)), draws)
        for row in _states(tmp_path):
            figure(row, 1)
        kept = {path: _whole_lines(path) for path in tmp_path.rglob("*.jsonl")}
    carry_through(words)
    assert all(path.read_bytes().startswith(content) for path, content in kept.items())
    check_same(unbroken(society), tmp_path)
    for path in kept:
        calls = [call.identity for call in read_journal(path).of(Call)]
        assert len(set(calls)) == len(calls), "nothing that was answered is asked again"
    figure("kills: societies killed, continued and compared: all the same", 1)


def _live_until_killed(words: list[str], folder: Path, most: int, draws: random.Random) -> None:
    """Kill a process at a random instant: after a number of written bytes, or of seconds."""
    written = bytes_in(folder)
    goal = written + draws.random() * (most - written) if draws.random() < 0.75 else most
    deadline = time.monotonic() + (60 if goal < most else draws.uniform(0, LONGEST_LIFE))
    process = start(words)
    while bytes_in(folder) <= goal and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.004)  # polling without a pause would slow down the command
    time.sleep(draws.choice((0.0, 0.0, draws.uniform(0, 0.03))))
    process.kill()
    process.communicate(timeout=60)


def _states(folder: Path) -> list[str]:
    """States of the journals of a killed process, as rows of the table."""
    found = list(folder.rglob("*.jsonl"))
    rows = ["kills: processes killed"]
    if not found:
        return [*rows, "kills: before a journal was begun"]
    for path in found:
        if not (content := path.read_bytes()).count(b"\n"):
            rows.append("kills: journals left empty or within the first line")
            continue
        journal = read_journal(path)
        if journal.status is not None:
            rows.append("kills: journals that had ended before")
            continue
        last = journal.events[-1].kind if journal.events else "header"
        rows.append(f"kills: journals left after a line of kind {last}")
        if not content.endswith(b"\n"):
            rows.append("kills: journals left within a line")
    return rows


def _whole_lines(path: Path) -> bytes:
    return path.read_bytes().rpartition(b"\n")[0]
