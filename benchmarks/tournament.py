"""Duration of a tournament of all policies, with every mixture of two: ``python -m benchmarks.tournament``.

Takes two to three minutes of processor time. Exits with 1 if the target is missed, which needs two idle processors.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time

from govsim.config import experiment_from
from govsim.tournament import default_policies, mixtures_of, play

RUNS, PROCESSES, TARGET = 200, 2, 120.0


def main() -> int:
    """Measure, and print the results."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tournament", description="Measure a tournament.")
    parser.add_argument("--runs", type=int, default=RUNS, help="number of runs of each society")
    parser.add_argument("--processes", type=int, default=PROCESSES, help="number of processes")
    chosen = parser.parse_args()
    experiment = experiment_from({})
    policies = default_policies(experiment)
    societies = len(mixtures_of(policies, len(experiment.society.members)))
    began = time.perf_counter()
    play(experiment, policies, runs=chosen.runs, processes=chosen.processes)
    seconds = time.perf_counter() - began
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    processor = sum(one.ru_utime + one.ru_stime for one in used)
    what = f"tournament of {len(policies)} policies, {societies:,} societies, {chosen.runs} runs of each"
    print(f"{what}: {seconds:.0f} s (target {TARGET:.0f} s), {processor:.0f} s of processor time")
    return 1 if seconds > TARGET else 0


if __name__ == "__main__":
    sys.exit(main())
