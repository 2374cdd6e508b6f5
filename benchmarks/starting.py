"""Duration of commands and of a run, from the start of Python to its end: ``python -m benchmarks.starting``.

Every value is for a new process whose files are in the system's cache. Elapsed times need an idle machine; on a busy
one the processor time is more informative.
Exits with 1 if a target is missed.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import govsim
from benchmarks import page, results
from benchmarks.__main__ import machine
from benchmarks.results import Row

FILE = Path(__file__).with_name("starting.json")

PACKAGES = ("govsim", "numpy", "pandas", "pydantic", "scipy", "typer")
REPEATS = 7
JOURNALS = 20
RUN = "import govsim; govsim.run('fishery', agent='policy:fair-share', out={out!r})"
COMMANDS = {"table": 1.0, "status": 0.6, "cost": 0.6, "--help": None}
"""Commands, and their maximum durations in seconds."""


class Taken(NamedTuple):
    """Elapsed time and processor time of a program, in seconds."""

    seconds: float
    processor: float


def main() -> int:
    """Measure, print the results, and optionally write them."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.starting", description="Measure the duration of commands."
    )
    parser.add_argument("--repeats", type=int, default=REPEATS, help="number of measurements of each value")
    parser.add_argument("--json", dest="is_json", action="store_true", help="print the results as JSON")
    parser.add_argument(
        "--write",
        dest="is_written",
        action="store_true",
        help="write starting.json and update the table in docs/performance.md",
    )
    chosen = parser.parse_args()
    with TemporaryDirectory() as folder:
        rows = measure(Path(folder), chosen.repeats)
    found: results.Results = {
        "machine": machine(),
        "versions": {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
        "repeats": chosen.repeats,
        "rows": [row.as_json() for row in rows],
    }
    if chosen.is_written:
        results.write(found, FILE)
        page.put(page.tables_of_starts(found))
    print(json.dumps(found, indent=1) if chosen.is_json else page.tables_of_starts(found)["starts"])
    return 0 if all(row.is_reached for row in rows) else 1


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
    sys.exit(main())
