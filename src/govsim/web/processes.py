"""Runs started from a page: each is a process that executes `govsim run`."""

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
from textwrap import fill

from nicegui import run

from govsim.characters import visible
from govsim.config import DEFAULT, condition_names, protocol_names
from govsim.errors import ConfigError, JournalError
from govsim.journal import Session, only_below, read_journal
from govsim.plugins import GOVSIM, installed
from govsim.scenarios import scenario_names
from govsim.web.folder import Folder

_AGENTS = ("generative", "direct", "policy:fair-share", "policy:greedy", "policy:random", "policy:fixed:10")
_PROGRAM = (sys.executable, "-m", "govsim.cli.main", "run")
_WIDTH = 100  # characters of a line of an estimate
_LONGEST = 20_000
_PAUSE = 0.4
_TIME_PRECISION = 5 * 10**9  # nanoseconds; file systems store times less precisely than clocks
_STOPPING = 10.0  # seconds that closing journals may take, in which a second stop is ignored
_SUCCESSFUL_CODES = (0, 130)  # finished, and interrupted


@dataclass(slots=True, kw_only=True)
class Started:
    """A command started from a page.

    Attributes:
        number: the number of the command.
        arguments: the arguments of `govsim run`.
        process: its current or last process.
        log: the file with its output.
        at: the time of its last start, in nanoseconds.
        journals: the names of the journals that it has created.
        stopped: when its process was interrupted, in seconds of the monotonic clock; None if it was not.
    """

    number: int
    arguments: tuple[str, ...]
    process: subprocess.Popen[bytes]
    log: Path
    at: int
    journals: list[str] = field(default_factory=list)
    stopped: float | None = None

    @property
    def is_running(self) -> bool:
        """Whether its process is running."""
        return self.process.poll() is None

    @property
    def is_stopping(self) -> bool:
        """Whether it was interrupted recently and is closing its journals."""
        return self.stopped is not None and time.monotonic() - self.stopped < _STOPPING and self.is_running

    @property
    def state(self) -> tuple[int, bool, bool]:
        """The state that determines which buttons are shown."""
        return self.process.pid, self.is_running, self.is_stopping

    @property
    def error(self) -> str:
        """Its error message; empty if it is running, was stopped, or has finished."""
        if self.process.poll() in (None, *_SUCCESSFUL_CODES):
            return ""
        lines = [line for line in self.output.splitlines() if line.startswith("govsim: ")]
        return lines[-1] if lines else ""

    @property
    def command(self) -> str:
        """The command as typed in a shell."""
        return shlex.join(["govsim", "run", *self.arguments])

    @property
    def output(self) -> str:
        """The end of its output."""
        try:
            with self.log.open("rb") as file:
                file.seek(max(0, self.log.stat().st_size - _LONGEST))
                return visible(file.read().decode(errors="replace"))
        except OSError:
            return ""


class Processes:
    """All commands started from pages, in order.

    Args:
        is_allowed: whether commands may be started.
    """

    def __init__(self, *, is_allowed: bool = True) -> None:
        self._is_allowed = is_allowed
        self._started: list[Started] = []
        self._numbers = count(1)
        self._logs: tempfile.TemporaryDirectory[str] | None = None

    @property
    def all(self) -> list[Started]:
        """All commands, the latest first."""
        return self._started[::-1]

    def start(self, arguments: Sequence[str]) -> Started:
        """Start a command.

        Args:
            arguments: the arguments of `govsim run`.

        Raises:
            PermissionError: commands may not be started.
            OSError: the process cannot be started.
        """
        number = next(self._numbers)
        started = self._execute(number, tuple(arguments))
        self._started.append(started)
        return started

    def resume(self, started: Started) -> None:
        """Run the same command again, which resumes its runs; do nothing if it is running.

        Args:
            started: the command.

        Raises:
            PermissionError: commands may not be started.
            OSError: the process cannot be started.
        """
        if not started.is_running:
            again = self._execute(started.number, started.arguments)
            started.process, started.at, started.stopped = again.process, again.at, None

    def stop(self, started: Started) -> None:
        """Interrupt a command as Ctrl-C does: its runs close their journals and can be resumed.

        A second interrupt ends it immediately, without end events; it is sent only some time after the first.

        Args:
            started: the command.
        """
        if started.is_running and not started.is_stopping:
            started.stopped = time.monotonic()
            started.process.send_signal(signal.SIGINT)

    def starter_of(self, name: str) -> Started | None:
        """The command that created a journal; None if it was not started from a page."""
        return next((one for one in self.all if name in one.journals), None)

    async def watch(self, folder: Folder) -> None:
        """Find the journals that the commands create, until the server stops.

        Args:
            folder: the folder of the journals.
        """
        while True:
            await asyncio.sleep(_PAUSE)
            for one in self._started:
                if one.is_running or not one.journals:
                    one.journals += await run.io_bound(journals_of, folder, one) or []

    def close(self) -> None:
        """Delete the output files; running commands continue."""
        if self._logs is not None:
            self._logs.cleanup()

    def _execute(self, number: int, arguments: tuple[str, ...]) -> Started:
        if not self._is_allowed:
            raise PermissionError(errno.EPERM, "runs cannot be started from this page")
        if self._logs is None:
            self._logs = tempfile.TemporaryDirectory(prefix="govsim-view-")
        log = Path(self._logs.name) / f"{number}.txt"
        with log.open("ab") as file:
            process = subprocess.Popen(
                [*_PROGRAM, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # an interrupt of the viewer must not reach them
                env={**os.environ, "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"},
            )
        return Started(number=number, arguments=arguments, process=process, log=log, at=time.time_ns())


def journals_of(folder: Folder, started: Started) -> list[str]:
    """Return the new journals of a command.

    Args:
        folder: the folder of the journals.
        started: the command.
    """
    return [
        found.name
        for found in folder.contents().journals
        if found.stamp is not None
        and found.stamp.time >= started.at - _TIME_PRECISION
        and found.name not in started.journals
        and _writer_of(folder, found.name) == started.process.pid
    ]


def _writer_of(folder: Folder, name: str) -> int | None:
    """The process of the last session of a journal; None if it is unreadable."""
    try:
        with only_below(folder.root):
            sessions = list(read_journal(folder.path_of(name), kinds=["session"]).of(Session))
    except JournalError:
        return None
    return sessions[-1].process if sessions else None


def estimate(arguments: Sequence[str], seconds: float = 120) -> tuple[bool, str]:
    """Run `govsim run --estimate`.

    Args:
        arguments: the arguments of `govsim run`.
        seconds: the time limit.

    Returns:
        Whether it succeeded, and its output.
    """
    try:
        done = subprocess.run(
            [*_PROGRAM, *arguments, "--estimate"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
            check=False,
            env={**os.environ, "NO_COLOR": "1", "COLUMNS": str(_WIDTH)},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return False, f"govsim: the estimate failed ({type(error).__name__})"
    output = done.stdout if done.returncode == 0 else done.stderr or done.stdout
    lines = visible(output.decode(errors="replace")).strip("\n").splitlines()
    return done.returncode == 0, "\n".join(line if len(line) <= _WIDTH else fill(line, _WIDTH) for line in lines)


def agents_offered() -> tuple[str, ...]:
    """The agents in the selection, including those of installed plug-ins; others can be typed."""
    kinds = (point.name for point in installed(f"{GOVSIM}.agents"))
    policies = (f"policy:{point.name}" for point in installed(f"{GOVSIM}.policies"))
    return tuple(dict.fromkeys((*_AGENTS, *kinds, *policies)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The input of the form for a new run. An empty value or None keeps the default.

    Attributes:
        scenario: the name of a scenario.
        condition: the name of a condition.
        protocol: the name of a protocol.
        model: the language model, as provider/name.
        agent: how members decide.
        members: the number of members.
        months: the maximum number of months.
        runs: the number of runs.
        seed: the seed of the first run.
        max_cost: the maximum cost of the command, in dollars.
        max_tokens: the maximum number of tokens of the command.
        price: dollars per million tokens, as `INPUT/OUTPUT`.
        settings: other settings, one `KEY=VALUE` a line.
        model_args: model arguments, one `NAME=VALUE` a line.
    """

    scenario: str = "fishery"
    condition: str = DEFAULT
    protocol: str = DEFAULT
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


def arguments_of(form: Form, out: Path) -> tuple[str, ...]:
    """Return the arguments of `govsim run`. Each option and its value are one argument, so that no value is an option.

    Args:
        form: the input.
        out: the folder for the journals.

    Raises:
        ConfigError: the scenario, condition or protocol is unknown, a price is given without a model, or a text
            contains a control character.
    """
    for what, value, offered in (
        ("scenario", form.scenario, scenario_names()),
        ("condition", form.condition, condition_names()),
        ("protocol", form.protocol, protocol_names()),
    ):
        if value not in offered:
            raise ConfigError(f"{what} = {value}: choose from {', '.join(offered)}")
    if form.price and not form.model:
        raise ConfigError("price: needs a model; set it as PROVIDER/NAME")
    arguments = (form.scenario, *_options(form), f"--out={out}")
    if invalid := next(
        (one for one in arguments if any(unicodedata.category(char) in ("Cc", "Cs") for char in one)), None
    ):
        raise ConfigError(f"{visible(invalid)}: contains a control character; remove it")
    return arguments


def _options(form: Form) -> Iterator[str]:
    presets = {"condition": form.condition, "protocol": form.protocol}
    yield from (f"--{name}={value}" for name, value in presets.items() if value != DEFAULT)
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
