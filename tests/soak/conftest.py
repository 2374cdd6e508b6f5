"""Sizes of the soak tests, and the table of their results.

Some tests in this folder are part of `make test`, with a few short cases. Those that start processes, browsers or many
societies need `--soak`, which also increases number and size of the others.
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
        kills: number of killed societies, most of them killed once and some up to three times.
        evaluations: number of killed evaluations by Inspect.
        cuts: number of truncated journals, in addition to those truncated in each kind of line.
        locks: number of pairs of processes that compete for a folder.
        signals: number of interruptions of a command.
        interruptions: ways of interrupting it.
        faulty: groups of societies with an unreliable provider.
        faulty_months: maximum number of months of these societies.
        watchers: number of browsers that watch a running run.
        watched_seconds: duration of watching.
        distributed: number of societies that worker processes run while some are killed.
    """

    kills: int
    evaluations: int
    cuts: int
    locks: int
    signals: int
    interruptions: tuple[str, ...]
    faulty: int
    faulty_months: int
    watchers: int
    watched_seconds: int
    distributed: int


INTERRUPTIONS = {
    "Ctrl-C": (signal.SIGINT,),
    "Ctrl-C twice": (signal.SIGINT, signal.SIGINT),
    "terminated": (signal.SIGTERM,),
}
"""The signals of each way of stopping a command."""

SMALL = Size(
    kills=0,
    evaluations=0,
    cuts=6,
    locks=0,
    signals=0,
    interruptions=(),
    faulty=0,
    faulty_months=0,
    watchers=0,
    watched_seconds=0,
    distributed=0,
)
FULL = Size(
    kills=30,
    evaluations=4,
    cuts=200,
    locks=4,
    signals=12,
    interruptions=tuple(INTERRUPTIONS),
    faulty=50 // TOGETHER,
    faulty_months=6,
    watchers=5,
    watched_seconds=600,
    distributed=200,
)

COUNTED = {
    "kill": "kills",
    "evaluation": "evaluations",
    "cut": "cuts",
    "lock": "locks",
    "signal_number": "signals",
    "group": "faulty",
}
"""Consecutive parameters, up to a size."""


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
    """A healthy but slow server, so that processes are killed while they wait."""
    with serving(settings=SETTINGS) as server:
        server.faults.latency = 0.04
        yield server


@pytest.fixture(scope="session")
def unbroken(slow_server: FaultyServer, tmp_path_factory: pytest.TempPathFactory) -> Unbroken:
    """The folder of an undisturbed society, which is simulated once and read by many tests."""
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
