"""What was measured, what it has to be, and how both are written down."""

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
        unit: of the figures; empty where they are ratios or counts.
        original: the figure of the original implementation; None where there is none.
        target: what must be reached; None where the figure is for information.
        is_least: whether the target is the least allowed, and not the most.
        values: what was measured, once for every repeat.
        digits: after the decimal point.
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
        """The figure that counts."""
        return statistics.median(self.values)

    @property
    def is_reached(self) -> bool:
        """Whether the median is on the right side of the target."""
        if self.target is None:
            return True
        return self.median >= self.target if self.is_least else self.median <= self.target

    def as_json(self) -> dict[str, Any]:
        """The row with its median and whether it is reached."""
        values = [round(value, 4) for value in self.values]
        return asdict(self) | {"values": values, "median": round(self.median, 4), "is_reached": self.is_reached}


def write(results: Results, file: Path = FILE) -> None:
    """Write results down."""
    file.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read(file: Path = FILE) -> Results:
    """The results that were written down last."""
    results: Results = json.loads(file.read_text(encoding="utf-8"))
    return results
