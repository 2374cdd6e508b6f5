"""The outcome of executing runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from govsim.lazy import pandas as pd

if TYPE_CHECKING:
    from govsim.analysis import Cell, Results, RunMeasures, Table
    from govsim.analysis.results import FromMonth
    from govsim.jobs import JobResult


@dataclass(frozen=True, kw_only=True, repr=False)
class Runs:
    """Runs and their results. Journals are read when measures or data frames are needed.

    In a notebook, the table of measures is displayed; `print` shows it as text.

    Attributes:
        results: status and journal of each run.
        folder: the folder with the journals.
        interrupted: a summary of the missing runs if the runs were interrupted; otherwise empty.
    """

    results: tuple[JobResult, ...]
    folder: Path = field(default_factory=Path)
    interrupted: str = ""

    @cached_property
    def measures(self) -> tuple[RunMeasures, ...]:
        """The measures of each run, in the order of `results`."""
        from govsim.analysis import read_run

        return tuple(read_run(result.path) for result in self.results)

    @cached_property
    def cells(self) -> Sequence[Cell]:
        """The runs by group; the runs of a group differ only in their seed."""
        from govsim.analysis import cells_of

        return cells_of(self.measures)

    def table(self) -> Table:
        """The measures as a table with one row per group of runs that differ only in their seed."""
        from govsim.analysis import cells_table

        return cells_table(self.cells)

    def frame(self) -> pd.DataFrame:
        """The measures as a data frame with one row per group of runs that differ only in their seed."""
        from govsim.analysis import table_frame

        return table_frame(self.cells)

    def load(self, frames: str | Collection[str] | None = None, *, from_month: FromMonth = 1) -> Results:
        """Load the journals as data frames.

        Args:
            frames: the data frames to load, as for `govsim.load`; all if None.
            from_month: first month that counts for gain, efficiency and equality, from 1; or a function of the
                condition.

        Raises:
            JournalError: a journal cannot be read.
            AnalysisError: there is no such frame, or `from_month` is less than 1.
        """
        from govsim.analysis import results
        from govsim.library.arguments import names_in

        chosen = names_in("frames", results.ALL if frames is None else frames) or ()
        paths = [result.path for result in self.results]
        return results.load(self.folder, frames=chosen, from_month=from_month, only=paths)

    def __repr__(self) -> str:
        from govsim.characters import status_text

        counts = Counter(result.status for result in self.results)
        ended = ", ".join(f"{count} {status_text(status)}" for status, count in counts.items()) or "none started"
        return f"<Runs: {ended}; print() shows the measures>"

    def __str__(self) -> str:
        from govsim.analysis import format_table

        parts = [self.interrupted, format_table(self.cells) if self.results else "No run has started."]
        return "\n\n".join(part for part in parts if part)

    def _repr_html_(self) -> str:
        from govsim.analysis import render

        if not self.results:
            return "<p>No run has started.</p>"
        return "".join([f"<p>{escape(self.interrupted)}</p>"] * bool(self.interrupted) + [render(self.table(), "html")])
