"""Commands for measurements that ``python -m benchmarks`` does not include; each has its own file and table."""

from __future__ import annotations

import argparse
import json
import platform
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import page, results
from benchmarks.__main__ import machine
from benchmarks.results import Row

Measure = Callable[[Path, int], list[Row]]
"""Takes an empty folder and the number of measurements of each value; returns the rows of the table."""


def main(module: str, what: str, measure: Measure, packages: Sequence[str], *, repeats: int) -> int:
    """Measure, print the results, and optionally write them; return 1 if a target is missed.

    Args:
        module: name of the module, which is also that of its results file and its table in docs/performance.md.
        what: what is measured, for the help.
        measure: measures it.
        packages: packages whose versions are recorded.
        repeats: default number of measurements of each value.
    """
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{module}", description=f"Measure {what}.")
    parser.add_argument("--repeats", type=int, default=repeats, help="number of measurements of each value")
    parser.add_argument("--json", dest="is_json", action="store_true", help="print the results as JSON")
    written = f"write {module}.json and update the table in docs/performance.md"
    parser.add_argument("--write", dest="is_written", action="store_true", help=written)
    chosen = parser.parse_args()
    with TemporaryDirectory() as folder:
        rows = measure(Path(folder), chosen.repeats)
    found: results.Results = {
        "machine": machine(),
        "versions": {"python": platform.python_version(), **{name: version(name) for name in packages}},
        "repeats": chosen.repeats,
        "rows": [row.as_json() for row in rows],
    }
    tables = page.tables_of(module, found)
    if chosen.is_written:
        results.write(found, results.FILE.with_name(f"{module}.json"))
        page.put(tables)
    print(json.dumps(found, indent=1) if chosen.is_json else tables[module])
    return 0 if all(row.is_reached for row in rows) else 1
