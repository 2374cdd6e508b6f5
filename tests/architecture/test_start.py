"""Commands load only the packages that they need, so that they start quickly."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from govsim.cli.main import COMMANDS, loaded

SLOW = ("inspect_ai", "scipy.stats", "statsmodels", "matplotlib", "nicegui")
"""Packages whose import takes a large part of a second each."""


@pytest.fixture
def loaded_by(tmp_path: Path) -> Callable[[str], set[str]]:
    """The modules that a separate program has loaded when it ends."""

    def run(code: str) -> set[str]:
        report = "\nimport sys\nprint('LOADED:', *sys.modules)"
        program = [sys.executable, "-c", code + report]
        done = subprocess.run(program, capture_output=True, text=True, timeout=120, check=True, cwd=tmp_path)
        return set(done.stdout.splitlines()[-1].split()[1:])

    return run


Loaded = Callable[[str], set[str]]

RUN = "import govsim; runs = govsim.run('fishery', agent='policy:fair-share', months=2, runs=2)\n"


def command(*words: str) -> str:
    """A command of the command line, in this process."""
    return f"{RUN}from govsim.cli.main import app\napp({list(words)!r}, standalone_mode=False)"


def test_a_run_of_policies_loads_no_analysis(loaded_by: Loaded) -> None:
    found = loaded_by(RUN)
    assert not found & {*SLOW, "govsim.analysis", "govsim.web", "govsim.studies", "pandas", "scipy"}


def test_the_measures_of_a_run_are_loaded_on_access(loaded_by: Loaded) -> None:
    found = loaded_by(f"{RUN}assert runs.measures[0].values['survival_time'] == 2")
    assert not found & {*SLOW, "pandas"}


def help_lines() -> Iterator[tuple[str, ...]]:
    """`--help` of the program, and of every command and subcommand."""
    yield ("--help",)
    for name in COMMANDS:
        yield from _help_lines_of(loaded(name), name)


def _help_lines_of(command: Any, *names: str) -> Iterator[tuple[str, ...]]:
    yield (*names, "--help")
    for name, subcommand in getattr(command, "commands", {}).items():
        yield from _help_lines_of(subcommand, *names, name)


@pytest.mark.parametrize("words", list(help_lines()), ids=" ".join)
def test_help_loads_no_statistics_data_frames_plots_or_pages(loaded_by: Loaded, words: tuple[str, ...]) -> None:
    found = loaded_by(f"from govsim.cli.main import app\napp({list(words)!r}, standalone_mode=False)")
    assert not found & {*SLOW, "scipy", "pandas"}
    module = f"govsim.cli.{words[0].replace('-', '_')}"
    assert len(words) == 1 or module in found, "the command itself is loaded"


def test_every_command_and_subcommand_is_found() -> None:
    lines = list(help_lines())
    assert len(lines) > len(COMMANDS) + 1
    assert {("dialogue", "judge", "--help"), ("skills", "correlate", "--help")} <= set(lines)


@pytest.mark.parametrize("name", ["table", "status", "cost"])
def test_commands_on_journals_load_no_statistics_data_frames_or_plots(loaded_by: Loaded, name: str) -> None:
    assert not loaded_by(command(name, "runs")) & {*SLOW, "pandas"}


def test_estimates_do_not_load_statistics(loaded_by: Loaded) -> None:
    code = "from govsim.analysis import mean_interval, rate_interval\nmean_interval([1.0, 2.0]), rate_interval([True])"
    assert not loaded_by(code) & {*SLOW, "pandas"}


def test_the_packages_of_analysis_load_nothing_on_import(loaded_by: Loaded) -> None:
    found = loaded_by("import govsim.analysis, govsim.analysis.statistics")
    assert not found & {*SLOW, "pandas", "numpy"}
