"""Duration of a tournament of all policies, with every mixture of two: ``python -m benchmarks.tournament``.

Takes about a minute of processor time. `benchmarks.policies` includes it.
"""

from __future__ import annotations

import resource
import time

from benchmarks import page
from benchmarks.results import Row
from govsim.config import experiment_from
from govsim.tournament import default_policies, mixtures_of, play

RUNS, PROCESSES, SECONDS = 200, 2, 120
"""Runs of each society, processes, and the target."""


def rows() -> list[Row]:
    """Measure a tournament once. On idle processors, the elapsed time is the processor time of each process."""
    experiment = experiment_from({})
    policies = default_policies(experiment)
    societies = len(mixtures_of(policies, len(experiment.society.members)))
    began, before = time.perf_counter(), _processor()
    play(experiment, policies, runs=RUNS, processes=PROCESSES)
    seconds, processor = time.perf_counter() - began, _processor() - before
    what = f"tournament of {len(policies)} policies, {societies:,} societies with {RUNS} seeds, {PROCESSES} processes"
    return [
        Row(what=f"{what}: processor time of each", values=[processor / PROCESSES], unit="s", target=SECONDS),
        Row(what=f"{what}: time", values=[seconds], unit="s"),
    ]


def _processor() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


if __name__ == "__main__":
    print(page.medians([row.as_json() for row in rows()]))
