"""Commands load only the packages that they need, so that they start quickly."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from govsim.cli.main import COMMANDS, loaded

SLOW = {
    *("inspect_ai", "scipy.stats", "statsmodels", "matplotlib", "nicegui", "bm25s", "pandas"),
    *("pettingzoo", "gymnasium", "pyarrow", "openai", "anthropic", "xllamacpp", "ray"),
}
"""Packages whose import takes a large part of a second each; the latter are packages of extras."""

REPORT = "import json, sys; print('LOADED:', json.dumps(sorted(sys.modules)))"


@pytest.fixture
def loaded_after(tmp_path: Path) -> Callable[..., list[set[str]]]:
    """The modules that a separate program has loaded after each of these steps."""

    def run(*steps: str) -> list[set[str]]:
        code = "\n".join(line for step in steps for line in (step, REPORT))
        program = [sys.executable, "-c", code]
        done = subprocess.run(program, capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        lines = (line for line in done.stdout.splitlines() if line.startswith("LOADED: "))
        return [set(json.loads(line.removeprefix("LOADED: "))) for line in lines]

    return run


LoadedAfter = Callable[..., list[set[str]]]

RUN = "import govsim; runs = govsim.run('fishery', agent='policy:fair-share', months=2, runs=2)"


def command(*words: str) -> str:
    """A command of the command line, in this process."""
    return f"from govsim.cli.main import app; app({list(words)!r}, standalone_mode=False)"


def test_a_run_of_policies_and_commands_on_its_journals_load_only_what_they_need(loaded_after: LoadedAfter) -> None:
    measures = "assert runs.measures[0].values['survival_time'] == 2"
    interval = "from govsim.analysis import mean_interval, rate_interval; mean_interval([1, 2]), rate_interval([True])"
    on_journals = [command(name, "runs") for name in ("table", "status", "cost")]
    after_run, *others = loaded_after(RUN, measures, interval, *on_journals)
    assert not after_run & {*SLOW, "govsim.analysis", "govsim.web", "govsim.studies", "scipy"}
    assert len(others) == 5
    assert [found & SLOW for found in others] == [set()] * 5


def help_lines() -> Iterator[tuple[str, ...]]:
    """`--help` of the program, and of every command and subcommand."""
    yield ("--help",)
    for name in COMMANDS:
        yield from _help_lines_of(loaded(name), name)


def _help_lines_of(command: Any, *names: str) -> Iterator[tuple[str, ...]]:
    yield (*names, "--help")
    for name, subcommand in getattr(command, "commands", {}).items():
        yield from _help_lines_of(subcommand, *names, name)


def newly_loaded(lines: Sequence[tuple[str, ...]], found: Sequence[set[str]], modules: set[str]) -> dict[str, set[str]]:
    """Which of these modules each line is the first to load."""
    before = [set[str](), *found]
    pairs = zip(lines, found, before, strict=False)
    return {" ".join(line): new for line, now, then in pairs if (new := (now - then) & modules)}


def test_help_loads_no_statistics_data_frames_plots_or_pages(loaded_after: LoadedAfter) -> None:
    lines = list(help_lines())
    found = loaded_after(*(command(*words) for words in lines))
    assert len(found) == len(lines)
    assert newly_loaded(lines, found, {*SLOW, "scipy"}) == {}
    for words, modules in zip(lines, found, strict=True):
        module = f"govsim.cli.{words[0].replace('-', '_')}"
        assert len(words) == 1 or module in modules, "the command itself is loaded"


def test_every_command_and_subcommand_is_found() -> None:
    lines = list(help_lines())
    assert len(lines) > len(COMMANDS) + 1
    assert {("dialogue", "judge", "--help"), ("skills", "correlate", "--help")} <= set(lines)


def test_the_packages_of_analysis_load_nothing_on_import(loaded_after: LoadedAfter) -> None:
    (found,) = loaded_after("import govsim.analysis, govsim.analysis.statistics")
    assert not found & {*SLOW, "numpy"}
