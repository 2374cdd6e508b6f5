"""Measure runs with language models, write results.json, and update its tables in docs/performance.md.

``python -m benchmarks``; start-up times, policies and pages have their own commands (`starting`, `policies` and
`viewing`).

Exits with 1 if a target is missed. Measurements that are compared are interleaved, so that another program on the
machine slows both; absolute times still need an idle machine.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import measuring, page, results
from benchmarks.measuring import Bench

PACKAGES = ("govsim", "inspect-ai", "openai", "bm25s", "jinja2", "pydantic", "numpy")
REPEATS = 5


def main() -> int:
    """Measure, write the results, and report missed targets."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure the speed and size of runs.")
    parser.add_argument("--repeats", type=int, default=REPEATS, help="number of measurements of each value")
    parser.add_argument("--no-embedded", action="store_true", help="skip the embedded model")
    parser.add_argument("--try", dest="is_trial", action="store_true", help="print the tables without writing files")
    chosen = parser.parse_args()
    with TemporaryDirectory() as folder:
        found = measure(Bench(Path(folder), chosen.repeats, _tell), with_embedded=not chosen.no_embedded)
    if chosen.is_trial:
        print(*page.tables(found).values(), sep="\n\n")
    else:
        results.write(found)
        page.write(found)
    missed = [row for row in found["rows"] if not row["is_reached"]]
    for row in missed:
        print(f"missed: {row['what']}: {row['median']} (target {row['target']})", file=sys.stderr)
    return 1 if missed else 0


def measure(bench: Bench, *, with_embedded: bool) -> results.Results:
    """Run all measurements in sequence."""
    rows = [*measuring.societies(bench), *measuring.many_at_once(bench), *measuring.continuing(bench)]
    if with_embedded:
        rows += measuring.embedded_month(bench)
    return {
        "machine": machine(),
        "versions": {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
        "repeats": bench.repeats,
        "rows": [row.as_json() for row in rows],
        "growth": measuring.growth(bench),
        "profile": measuring.profile(bench),
    }


def machine() -> dict[str, Any]:
    """Describe the machine, without its name."""
    return {
        "system": platform.system(),
        "processor": _processor(),
        "processors": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _tell(what: str) -> None:
    print(f"[{time.strftime('%H:%M:%S')}] {what}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
