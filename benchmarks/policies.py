"""Duration of what needs no language model, in one process: runs of policies, games and a tournament.

``python -m benchmarks.policies`` measures all; ``--write`` updates docs/performance.md. On a busy machine, the
processor time is more informative than the elapsed time. Exits with 1 if a target is missed.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import govsim
from benchmarks import game, separate, tournament
from benchmarks.results import Row

FILE = Path(__file__).with_name("policies.json")

PACKAGES = ("govsim", "numpy", "pandas", "pydantic")

RUNS, MONTHS, MILLISECONDS = 400, 12, 5
"""Runs of a call, their months, and the target for each run."""

POLICIES = ("fair-share", "conditional", "tremble")
"""Policies that sustain the stock, so that no run ends early: without memory, with memory, and at random."""


def measure(folder: Path, repeats: int) -> list[Row]:
    """Measure runs of policies with their journals, games, and a tournament (once)."""
    govsim.run("fishery", agent="policy:fair-share", out=folder / "warm")
    taken = [[_run(policy, folder / f"{number}") for policy in POLICIES] for number in range(repeats)]
    runs = []
    for policy, of_policy in zip(POLICIES, zip(*taken, strict=True), strict=True):
        elapsed, processor = zip(*of_policy, strict=True)
        what = f"run of `{policy}`, {MONTHS} months, one of {RUNS}"
        runs += [
            Row(what=what, values=list(elapsed), unit="ms", target=MILLISECONDS, digits=1),
            Row(what=f"{what}: processor time", values=list(processor), unit="ms", target=MILLISECONDS, digits=1),
        ]
    return [*runs, *game.rows(repeats), *tournament.rows()]


def _run(policy: str, out: Path) -> tuple[float, float]:
    """Return elapsed milliseconds and milliseconds of processor time for one of many runs, including its journal."""
    began, before = time.perf_counter(), time.process_time()
    found = govsim.run("fishery", agent=f"policy:{policy}", months=MONTHS, runs=RUNS, out=out)
    elapsed, processor = time.perf_counter() - began, time.process_time() - before
    assert all(result.months == MONTHS for result in found.results), policy
    return 1000 * elapsed / RUNS, 1000 * processor / RUNS


if __name__ == "__main__":
    sys.exit(separate.main("policies", "runs of policies, games and a tournament", measure, PACKAGES, repeats=5))
