"""Runs that were started from the page: each is a process of its own, `govsim run` as anybody would call it."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from nicegui import run

from govsim.characters import visible
from govsim.errors import JournalError
from govsim.journal import Session, only_below, read_journal
from govsim.web.folder import Folder

_PROGRAM = (sys.executable, "-m", "govsim.cli.main", "run")
_LONGEST = 20_000
_PAUSE = 0.4
_BEFORE = 5 * 10**9  # file systems tell the time less exactly than clocks
_STOPPING = 10.0  # seconds that closing the journals may take before a stop is taken for a second one
_ENDED_WELL = (0, 130)  # done, and interrupted


@dataclass(slots=True, kw_only=True)
class Started:
    """A command that was given from the page.

    Attributes:
        number: which one it is.
        words: the command's words after `govsim run`.
        process: the process that carries it out, or has.
        log: where it writes what it has to say.
        at: when it was started last, in nanoseconds.
        journals: journals that it has begun, by name.
        stopped: when its process was asked to stop, in seconds of a clock of its own; None where it was not.
    """

    number: int
    words: tuple[str, ...]
    process: subprocess.Popen[bytes]
    log: Path
    at: int
    journals: list[str] = field(default_factory=list)
    stopped: float | None = None

    @property
    def is_going_on(self) -> bool:
        """Whether its process is still there."""
        return self.process.poll() is None

    @property
    def is_stopping(self) -> bool:
        """Whether it was asked to stop a moment ago, and closes its journals."""
        return self.stopped is not None and time.monotonic() - self.stopped < _STOPPING and self.is_going_on

    @property
    def complaint(self) -> str:
        """Why it has ended, in its own words; empty where it goes on, was stopped, or has done all it was to do."""
        if self.process.poll() in (None, *_ENDED_WELL):
            return ""
        lines = [line for line in self.said.splitlines() if line.startswith("govsim: ")]
        return lines[-1] if lines else ""

    @property
    def command(self) -> str:
        """The command as it would be typed."""
        import shlex

        return shlex.join(["govsim", "run", *self.words])

    @property
    def said(self) -> str:
        """The end of what it has said."""
        try:
            with self.log.open("rb") as file:
                file.seek(max(0, self.log.stat().st_size - _LONGEST))
                return visible(file.read().decode(errors="replace"))
        except OSError:
            return ""


class Processes:
    """All commands that were given from the page, in order.

    Args:
        is_allowed: whether any may be given.
    """

    def __init__(self, *, is_allowed: bool = True) -> None:
        self._is_allowed = is_allowed
        self._started: list[Started] = []
        self._numbers = count(1)
        self._logs: tempfile.TemporaryDirectory[str] | None = None

    @property
    def all(self) -> list[Started]:
        """The latest first."""
        return self._started[::-1]

    def start(self, words: Sequence[str]) -> Started:
        """Give a command.

        Args:
            words: what follows `govsim run`.

        Raises:
            PermissionError: none may be given here.
            OSError: it cannot be started.
        """
        number = next(self._numbers)
        started = self._carry_out(number, tuple(words))
        self._started.append(started)
        return started

    def resume(self, started: Started) -> None:
        """Give the same command again, which goes on where it stopped; nothing where it is still there.

        Raises:
            PermissionError: none may be given here.
            OSError: it cannot be started.
        """
        if not started.is_going_on:
            again = self._carry_out(started.number, started.words)
            started.process, started.at, started.stopped = again.process, again.at, None

    def stop(self, started: Started) -> None:
        """Interrupt a command, as Ctrl-C would: its runs close their journals and can be continued.

        A second interrupt would end it at once, with its journals open; it is sent only where the first was long ago.
        """
        if started.is_going_on and not started.is_stopping:
            started.stopped = time.monotonic()
            started.process.send_signal(signal.SIGINT)

    def that_runs(self, name: str) -> Started | None:
        """The command that has begun a journal."""
        return next((one for one in self.all if name in one.journals), None)

    async def watch(self, folder: Folder) -> None:
        """Notice, as long as the server runs, which journals are begun by commands that were given here.

        Args:
            folder: where they write.
        """
        while True:
            await asyncio.sleep(_PAUSE)
            for one in self._started:
                if one.is_going_on or not one.journals:
                    one.journals += await run.io_bound(begun_by, folder, one) or []

    def close(self) -> None:
        """Forget them; those that still go on do so."""
        if self._logs is not None:
            self._logs.cleanup()

    def _carry_out(self, number: int, words: tuple[str, ...]) -> Started:
        if not self._is_allowed:
            raise PermissionError(errno.EPERM, "runs cannot be started from here")
        if self._logs is None:
            self._logs = tempfile.TemporaryDirectory(prefix="govsim-view-")
        log = Path(self._logs.name) / f"{number}.txt"
        with log.open("ab") as file:
            process = subprocess.Popen(
                [*_PROGRAM, *words],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # an interrupt of the viewer is none of theirs
                env={**os.environ, "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"},
            )
        return Started(number=number, words=words, process=process, log=log, at=time.time_ns())


def begun_by(folder: Folder, started: Started) -> list[str]:
    """Journals that a command writes and that are not known to be its own yet.

    Args:
        folder: where they lie.
        started: the command.
    """
    return [
        found.name
        for found in folder.contents().journals
        if found.stamp is not None
        and found.stamp.time >= started.at - _BEFORE
        and found.name not in started.journals
        and _writer_of(folder, found.name) == started.process.pid
    ]


def _writer_of(folder: Folder, name: str) -> int | None:
    """The process that began a journal's last session."""
    try:
        with only_below(folder.root):
            sessions = list(read_journal(folder.path_of(name), kinds=["session"]).of(Session))
    except JournalError:
        return None
    return sessions[-1].process if sessions else None


def estimate(words: Sequence[str], seconds: float = 120) -> tuple[bool, str]:
    """What `govsim run --estimate` says.

    Args:
        words: what follows `govsim run`.
        seconds: how long it may take.

    Returns:
        Whether it could be told, and what was said.
    """
    try:
        done = subprocess.run(
            [*_PROGRAM, *words, "--estimate"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
            check=False,
            env={**os.environ, "NO_COLOR": "1", "COLUMNS": "100"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return False, f"govsim: the estimate could not be made ({type(error).__name__})"
    said = done.stdout if done.returncode == 0 else done.stderr or done.stdout
    return done.returncode == 0, visible(said.decode(errors="replace")).strip()
