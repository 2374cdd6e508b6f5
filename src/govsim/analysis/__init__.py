"""What journals say: measures, intervals, tables. Reads journals and nothing else."""

from typing import TYPE_CHECKING

from govsim.lazy import lazy_names

if TYPE_CHECKING:
    from govsim.analysis.cells import Cell, cells_of, table_frame
    from govsim.analysis.costs import spending, spent
    from govsim.analysis.export import write_frames
    from govsim.analysis.frames import runs_frame
    from govsim.analysis.intervals import Estimate, mean_interval, rate_interval
    from govsim.analysis.paper.reproduction import compare_with_paper
    from govsim.analysis.paper.tables import paper_table
    from govsim.analysis.published import published_dialogue, published_notes, published_results, published_subskills
    from govsim.analysis.registration import read_registration
    from govsim.analysis.results import Results, load
    from govsim.analysis.runs import RunMeasures, read_run
    from govsim.analysis.statistics.comparison import compare, compare_measures, comparisons_frame
    from govsim.analysis.statistics.comparison_results import Comparison
    from govsim.analysis.status import CellState, in_cells, seconds_left
    from govsim.analysis.tables.accounts import format_spending, spending_table, status_table
    from govsim.analysis.tables.cells import cells_table, format_table
    from govsim.analysis.tables.comparisons import comparisons_table
    from govsim.analysis.tables.formats import render, render_tables
    from govsim.analysis.tables.table import Table
else:
    __getattr__, __dir__ = lazy_names(__name__)

__all__ = [
    "Cell",
    "CellState",
    "Comparison",
    "Estimate",
    "Results",
    "RunMeasures",
    "Table",
    "cells_of",
    "cells_table",
    "compare",
    "compare_measures",
    "compare_with_paper",
    "comparisons_frame",
    "comparisons_table",
    "format_spending",
    "format_table",
    "in_cells",
    "load",
    "mean_interval",
    "paper_table",
    "published_dialogue",
    "published_notes",
    "published_results",
    "published_subskills",
    "rate_interval",
    "read_registration",
    "read_run",
    "render",
    "render_tables",
    "runs_frame",
    "seconds_left",
    "spending",
    "spending_table",
    "spent",
    "status_table",
    "table_frame",
    "write_frames",
]
