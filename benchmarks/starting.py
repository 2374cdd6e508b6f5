"""Duration of commands and of a run, from the start of Python to its end: ``python -m benchmarks.starting``.

Every value is for a new process whose files are in the system's cache. Elapsed times need an idle machine; on a busy
one the processor time is more informative.
Exits with 1 if a target is missed.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import govsim
from benchmarks import separate
from benchmarks.results import Row

FILE = Path(__file__).with_name("starting.json")

PACKAGES = ("govsim", "numpy", "pandas", "pydantic", "scipy", "typer")
JOURNALS = 20
RUN = "import govsim; govsim.run('fishery', agent='policy:fair-share', out={out!r})"
COMMANDS = {"table": 1.0, "status": 0.6, "cost": 0.6, "--help": None}
"""Commands, and their maximum durations in seconds."""


class Taken(NamedTuple):
    """Elapsed time and processor time of a program, in seconds."""

    seconds: float
    processor: float


def measure(folder: Path, repeats: int) -> list[Row]:
    """Measure all, interleaved so that noise of the machine affects all alike, after one warm-up round."""
    journals = folder / "journals"
    govsim.run("fishery", model="fake/society", months=12, runs=JOURNALS, out=journals)
    programs = {name: ["-m", "govsim", name, *([] if name.startswith("-") else [str(journals)])] for name in COMMANDS}
    taken: dict[str, list[Taken]] = {name: [] for name in ("run", *programs)}
    for number in range(repeats + 1):
        run = ["-c", RUN.format(out=str(folder / f"run-{number}"))]
        for name, program in {"run": run, **programs}.items():
            found = _taken_by(program)
            taken[name] += [found] if number else []
    names = {name: name if name.startswith("-") else f"{name}, {JOURNALS} journals" for name in COMMANDS}
    rows = _rows("run of policies, 12 months", taken["run"], 0.7)
    for name, target in COMMANDS.items():
        rows += _rows(f"govsim {names[name]}", taken[name], target)
    return rows


def _rows(what: str, taken: Sequence[Taken], target: float | None) -> list[Row]:
    return [
        Row(what=what, values=[one.seconds for one in taken], unit="s", target=target, digits=2),
        Row(what=f"{what}: processor time", values=[one.processor for one in taken], unit="s", digits=2),
    ]


def _taken_by(program: Sequence[str]) -> Taken:
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *program], capture_output=True, check=True)
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Taken(seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


if __name__ == "__main__":
    sys.exit(separate.main("starting", "the duration of commands", measure, PACKAGES, repeats=7))
