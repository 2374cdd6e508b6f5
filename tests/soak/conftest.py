"""Sizes of the soak, and the table of what it did.

The tests in this folder are the same in `make test` and in `make soak`; `--soak` only makes them more and larger.
"""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faulty_server import FaultyServer, serving
from tests.soak.societies import SETTINGS, TOGETHER, carry_through, command

Figure = Callable[[str, int], None]
Unbroken = Callable[[str], Path]


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is done.

    Attributes:
        kills: societies that are killed, most of them once and some of them up to three times.
        cuts: journals that are cut, beside those that are cut in each kind of line.
        locks: pairs of processes that want the same folder.
        signals: times that a command is interrupted.
        interruptions: ways in which it is.
        faulty: groups of societies whose provider fails now and then.
        faulty_months: how long these are watched.
        watchers: browsers that watch a run as it goes on.
        watched_seconds: how long they do.
    """

    kills: int
    cuts: int
    locks: int
    signals: int
    interruptions: tuple[str, ...]
    faulty: int
    faulty_months: int
    watchers: int
    watched_seconds: int


INTERRUPTIONS = {
    "Ctrl-C": (signal.SIGINT,),
    "Ctrl-C twice": (signal.SIGINT, signal.SIGINT),
    "terminated": (signal.SIGTERM,),
}
"""The signals of each way in which a command is told to stop."""

SMALL = Size(
    kills=1,
    cuts=6,
    locks=0,
    signals=1,
    interruptions=("Ctrl-C",),
    faulty=1,
    faulty_months=3,
    watchers=1,
    watched_seconds=10,
)
FULL = Size(
    kills=30,
    cuts=200,
    locks=4,
    signals=12,
    interruptions=tuple(INTERRUPTIONS),
    faulty=50 // TOGETHER,
    faulty_months=6,
    watchers=5,
    watched_seconds=600,
)

COUNTED = {"kill": "kills", "cut": "cuts", "lock": "locks", "signal_number": "signals", "group": "faulty"}
"""Parameters that count up, and the size that says how far."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    size = FULL if metafunc.config.getoption("--soak") else SMALL
    for parameter, name in COUNTED.items():
        if parameter in metafunc.fixturenames:
            metafunc.parametrize(parameter, range(getattr(size, name)))
    if "interruption" in metafunc.fixturenames:
        metafunc.parametrize("interruption", size.interruptions)


@pytest.fixture(scope="session")
def size(pytestconfig: pytest.Config) -> Size:
    """How much is done."""
    return FULL if pytestconfig.getoption("--soak") else SMALL


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Figure:
    """Add to a row of the table: `figure("kills", 1)`."""
    return lambda row, count: record_property(f"soak: {row}", count)


@pytest.fixture(scope="session")
def slow_server() -> Iterator[FaultyServer]:
    """A healthy server that takes its time, so that what is killed is killed while it waits."""
    with serving(settings=SETTINGS) as server:
        server.faults.latency = 0.04
        yield server


@pytest.fixture(scope="session")
def unbroken(slow_server: FaultyServer, tmp_path_factory: pytest.TempPathFactory) -> Unbroken:
    """The folder of a society that nobody disturbed; it lives once and is looked at often."""
    folders: dict[str, Path] = {}

    def live(society: str) -> Path:
        if society not in folders:
            folders[society] = tmp_path_factory.mktemp("unbroken")
            carry_through(command(society, folders[society], slow_server.address("unbroken")))
        return folders[society]

    return live


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if not config.getoption("--soak"):
        return
    rows: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in filter(lambda report: isinstance(report, pytest.TestReport), reports):
            for name, count in getattr(report, "user_properties", ()) if report.when == "call" else ():
                if name.startswith("soak: "):
                    rows[name.removeprefix("soak: ")] += count
    terminalreporter.section("soak")
    for name, count in sorted(rows.items()):
        terminalreporter.write_line(f"{name:<72} {count:>9,}")
