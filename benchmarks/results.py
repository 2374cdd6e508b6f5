"""Measured values, their targets, and the file that stores them."""

from __future__ import annotations

import json
import statistics
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("results.json")

Results = dict[str, Any]
"""The content of results.json: machine, versions, repeats, rows, growth, profile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table.

    Attributes:
        what: what is measured.
        unit: unit of the values; empty for ratios and counts.
        original: the value of the original implementation; None if there is none.
        target: the target; None if there is none.
        is_least: whether the target is a minimum instead of a maximum.
        values: the measured values, one per repeat.
        digits: number of decimal places.
    """

    what: str
    values: list[float]
    unit: str = ""
    original: str | None = None
    target: float | None = None
    is_least: bool = False
    digits: int = 0

    @property
    def median(self) -> float:
        """The median of the values, which is compared with the target."""
        return statistics.median(self.values)

    @property
    def is_reached(self) -> bool:
        """Whether the median meets the target."""
        if self.target is None:
            return True
        return self.median >= self.target if self.is_least else self.median <= self.target

    def as_json(self) -> dict[str, Any]:
        """The row as JSON, with its median and whether the target is reached."""
        values = [round(value, 4) for value in self.values]
        return asdict(self) | {"values": values, "median": round(self.median, 4), "is_reached": self.is_reached}


def write(results: Results, file: Path = FILE) -> None:
    """Write results to a file."""
    file.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read(file: Path = FILE) -> Results:
    """Read results from a file."""
    results: Results = json.loads(file.read_text(encoding="utf-8"))
    return results
