"""Runs that are started from the page: each is a process of its own, `govsim run` as anybody would call it."""

from __future__ import annotations

import asyncio
import errno
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from nicegui import run

from govsim.characters import visible
from govsim.config import condition_names
from govsim.errors import ConfigError, JournalError
from govsim.journal import Session, only_below, read_journal
from govsim.plugins import GOVSIM, installed
from govsim.scenarios import scenario_names
from govsim.web.folder import Folder

_AGENTS = ("generative", "direct", "policy:fair-share", "policy:greedy", "policy:random", "policy:fixed:10")
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
    def state(self) -> tuple[int, bool, bool]:
        """What tells whether its buttons are still the right ones: its process, and what that does."""
        return self.process.pid, self.is_going_on, self.is_stopping

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
            raise PermissionError(errno.EPERM, "runs cannot be started from this page")
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
        return False, f"govsim: the estimate failed ({type(error).__name__})"
    said = done.stdout if done.returncode == 0 else done.stderr or done.stdout
    return done.returncode == 0, visible(said.decode(errors="replace")).strip()


def agents_offered() -> tuple[str, ...]:
    """Agents that are offered, those of plug-ins by the names that they are installed under; others can be typed."""
    kinds = (point.name for point in installed(f"{GOVSIM}.agents"))
    policies = (f"policy:{point.name}" for point in installed(f"{GOVSIM}.policies"))
    return tuple(dict.fromkeys((*_AGENTS, *kinds, *policies)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What is to be run. Nothing, or None, leaves a setting as it is.

    Attributes:
        scenario: a scenario's name.
        condition: a condition's name.
        model: the language model, as provider/name.
        agent: how members decide.
        members: how many there are.
        months: the most months.
        runs: how many runs.
        seed: of the first.
        max_cost: the most dollars that the command may cost.
        max_tokens: the most tokens that it may use.
        price: dollars for a million tokens, as `INPUT/OUTPUT`.
        settings: any keys of the experiment, a line `KEY=VALUE` each.
        model_args: arguments of the model, a line `NAME=VALUE` each.
    """

    scenario: str = "fishery"
    condition: str = "default"
    model: str = ""
    agent: str = "generative"
    members: int | None = None
    months: int | None = None
    runs: int | None = None
    seed: int | None = None
    max_cost: float | None = None
    max_tokens: int | None = None
    price: str = ""
    settings: str = ""
    model_args: str = ""


def words_of(form: Form, out: Path) -> tuple[str, ...]:
    """The words that follow `govsim run`. Each option and its value are one word, so that no value is an option.

    Args:
        form: what is to be run.
        out: the folder of its journals.

    Raises:
        ConfigError: the scenario or condition is none of those that are offered, a price is given without a model, or
            a text holds a character that no command can hold.
    """
    for what, value, offered in (
        ("scenario", form.scenario, scenario_names()),
        ("condition", form.condition, condition_names()),
    ):
        if value not in offered:
            raise ConfigError(f"{what} = {value}: choose from {', '.join(offered)}")
    if form.price and not form.model:
        raise ConfigError("price: needs a model; set it as PROVIDER/NAME")
    words = (form.scenario, *_options(form), f"--out={out}")
    if unfit := next(
        (word for word in words if any(unicodedata.category(char) in ("Cc", "Cs") for char in word)), None
    ):
        raise ConfigError(f"{visible(unfit)}: contains a control character; remove it")
    return words


def _options(form: Form) -> Iterator[str]:
    if form.condition != "default":
        yield f"--condition={form.condition}"
    given = {
        "model": form.model.strip(),
        "agent": form.agent.strip(),
        "months": form.months,
        "runs": form.runs,
        "seed": form.seed,
        "max-cost": form.max_cost,
        "max-tokens": form.max_tokens,
        "price": f"{form.model.strip()}={form.price.strip()}" if form.price else "",
    }
    yield from (f"--{name}={value}" for name, value in given.items() if value not in (None, ""))
    if form.members is not None:
        yield f"--set=society.members={form.members}"
    yield from (f"--set={line}" for line in _lines(form.settings))
    yield from (f"-M{line}" for line in _lines(form.model_args))


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
