"""What journals say: measures, intervals, tables. Reads journals and nothing else."""

from typing import TYPE_CHECKING

from govsim.lazy import lazy_names

if TYPE_CHECKING:
    from govsim.analysis.cells import Cell, LeftOut, cells_of, table_frame
    from govsim.analysis.costs import Spent, spending, spent
    from govsim.analysis.dialogue import (
        annotation_sample,
        read_annotations,
        write_annotation_sheet,
    )
    from govsim.analysis.export import write_frames
    from govsim.analysis.frames import layouts, runs_frame, runs_layout
    from govsim.analysis.intervals import CONFIDENCE, Estimate, mean_interval, rate_interval
    from govsim.analysis.measures import (
        MEASURES,
        CountedRun,
        Floats,
        Harvests,
        Measure,
        efficiency,
        equality,
        gain,
        gains,
        is_survivor,
        optimum,
        over_usage,
        over_usage_granted,
        share_of_optimum,
        survival_time,
    )
    from govsim.analysis.paper.beside import beside_paper
    from govsim.analysis.paper.tables import PaperTable, paper_table
    from govsim.analysis.published import (
        paper_label,
        published_dialogue,
        published_notes,
        published_results,
        published_subskills,
    )
    from govsim.analysis.results import Results, load
    from govsim.analysis.runs import RunMeasures, harvests_of, measures_of, read_run
    from govsim.analysis.statistics.comparison import adjusted, compare, compare_measures, comparisons_frame
    from govsim.analysis.statistics.results import Comparison
    from govsim.analysis.statistics.survival import (
        Lifetimes,
        SurvivalCurve,
        lifetimes_of,
        log_rank,
        restricted_mean,
        survival_curve,
    )
    from govsim.analysis.status import CellStanding, JobStanding, in_cells, seconds_left
    from govsim.analysis.tables.accounts import format_spending, spending_table, standings_table
    from govsim.analysis.tables.cells import cells_table, format_table
    from govsim.analysis.tables.comparisons import comparisons_table
    from govsim.analysis.tables.formats import render, render_tables
    from govsim.analysis.tables.table import Table
else:
    __getattr__ = lazy_names(__name__)

__all__ = [
    "CONFIDENCE",
    "MEASURES",
    "Cell",
    "CellStanding",
    "Comparison",
    "CountedRun",
    "Estimate",
    "Floats",
    "Harvests",
    "JobStanding",
    "LeftOut",
    "Lifetimes",
    "Measure",
    "PaperTable",
    "Results",
    "RunMeasures",
    "Spent",
    "SurvivalCurve",
    "Table",
    "adjusted",
    "annotation_sample",
    "beside_paper",
    "cells_of",
    "cells_table",
    "compare",
    "compare_measures",
    "comparisons_frame",
    "comparisons_table",
    "efficiency",
    "equality",
    "format_spending",
    "format_table",
    "gain",
    "gains",
    "harvests_of",
    "in_cells",
    "is_survivor",
    "layouts",
    "lifetimes_of",
    "load",
    "log_rank",
    "mean_interval",
    "measures_of",
    "optimum",
    "over_usage",
    "over_usage_granted",
    "paper_label",
    "paper_table",
    "published_dialogue",
    "published_notes",
    "published_results",
    "published_subskills",
    "rate_interval",
    "read_annotations",
    "read_run",
    "render",
    "render_tables",
    "restricted_mean",
    "runs_frame",
    "runs_layout",
    "seconds_left",
    "share_of_optimum",
    "spending",
    "spending_table",
    "spent",
    "standings_table",
    "survival_curve",
    "survival_time",
    "table_frame",
    "write_annotation_sheet",
    "write_frames",
]
