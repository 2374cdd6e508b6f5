"""Any of the paper's tables, with runs of ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from govsim.analysis.paper.assembling import Section, assembled
from govsim.analysis.paper.differences import our_differences
from govsim.analysis.paper.ours import our_rows
from govsim.analysis.paper.printed import differences_of, printed_in
from govsim.analysis.paper.studies import study_table
from govsim.analysis.paper.tables import PaperTable
from govsim.analysis.tables.cells import broken_note
from govsim.analysis.tables.table import Table

if TYPE_CHECKING:
    import pandas as pd

_INTERVALS = (
    "Ours: Wilson's interval for the survival rate, Student's t (±) for means over runs; a single run has none."
)
_DIFFERENCES = (
    "Ours: differences with Newcombe's interval for the survival rate and a t interval for means, of runs of the same "
    "seed where there are enough (pairs). Survival time is compared by restricted means, in which runs that stopped "
    "early count for as long as they were watched, but for those whose answers could not be read."
)
_CENSORED = "Runs that stopped early are left out, as neither survived nor collapsed, and counted as left out."


def beside_paper(runs: pd.DataFrame, table: PaperTable, *, broken: int = 0) -> Table:
    """A table of the paper, with runs of ours beside its printed figures.

    Args:
        runs: a frame of runs, as `read_runs_for` gives it for this table.
        table: as `paper_table` gives it.
        broken: journals that could not be read and are in no row.

    Raises:
        AnalysisError: the frame counts from another month than the table.
    """
    if table.kind in {"sub-skills", "dialogue"}:
        return study_table(table)
    sections = [_differences(runs, table)] if table.kind == "differences" else list(_means(runs, table))
    notes = [_DIFFERENCES if table.kind == "differences" else _INTERVALS, _CENSORED]
    return assembled(table, sections, [*notes, *([broken_note(broken)] if broken else [])])


def _means(runs: pd.DataFrame, table: PaperTable) -> Iterator[Section]:
    for block in table.blocks:
        yield Section(condition=block.condition, ours=our_rows(runs, table, block), printed=printed_in(block.printed))


def _differences(runs: pd.DataFrame, table: PaperTable) -> Section:
    level, baseline = table.blocks
    return Section(
        condition=f"{level.condition} - {baseline.condition}",
        ours=our_differences(runs, table),
        printed=differences_of(printed_in(level.printed), printed_in(baseline.printed)),
    )
