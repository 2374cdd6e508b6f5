"""Time and memory for reading 1,000 journals of 12 months, on one core.

Run with ``python benchmarks/reading.py``; prints JSON. One society is simulated with the fake model and its journal is
copied with other seeds, so that about 700 MB are written to a temporary folder.
"""

from __future__ import annotations

import json
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd

import govsim
from govsim.analysis import format_table, load
from govsim.analysis.results import RUN_FRAMES

RUNS = 1_000


def write(folder: Path, runs: int = RUNS) -> None:
    """Write journals that differ only in their seeds."""
    (result,) = govsim.run("fishery", model="fake/society", model_args={"catch": 9}, out=folder).results
    header, _, rest = result.path.read_bytes().partition(b"\n")
    for seed in range(1, runs):
        other = header.replace(b'"seed":0', b'"seed":%d' % seed)
        (result.path.parent / f"seed-{seed}.jsonl").write_bytes(other + b"\n" + rest)


def frames_of(folder: Path) -> list[pd.DataFrame]:
    """The data frames of runs."""
    results = load(folder, frames=RUN_FRAMES)
    return [getattr(results, name) for name in RUN_FRAMES]


def seconds_of(what: Callable[[], object]) -> float:
    """Seconds that a call takes."""
    began = time.perf_counter()
    what()
    return round(time.perf_counter() - began, 2)


def main() -> None:
    """Measure the table and the frames."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder)
        found: dict[str, float] = {
            "table, seconds": seconds_of(lambda: format_table(load(folder, frames=("runs",)).cells)),
            "frames, seconds": seconds_of(lambda: frames_of(folder)),
        }
    found["most memory, MB"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    print(json.dumps({f"{RUNS} journals of 12 months": found}, indent=2))


if __name__ == "__main__":
    main()
