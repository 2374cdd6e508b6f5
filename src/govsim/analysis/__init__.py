"""What journals say: measures, intervals, tables. Reads journals and nothing else."""

from govsim.analysis.frames import Frames, read_frames, runs_frame
from govsim.analysis.intervals import CONFIDENCE, Estimate, mean_interval, rate_interval
from govsim.analysis.measures import (
    Floats,
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
from govsim.analysis.plain_text import with_total
from govsim.analysis.published import published_dialogue, published_notes, published_results, published_subskills
from govsim.analysis.runs import Harvests, RunMeasures, RunStatus, harvests_of, measures_of, read_run, read_runs
from govsim.analysis.sheets import Sheet, cells_sheet, format_table, render, sheet_frame
from govsim.analysis.spending import format_spending, spending
from govsim.analysis.statistics import (
    Comparison,
    Lifetimes,
    SurvivalCurve,
    adjusted,
    compare,
    comparisons_frame,
    lifetimes_of,
    log_rank,
    restricted_mean,
    survival_curve,
)
from govsim.analysis.status import CellStanding, RunStanding, seconds_left, standings
from govsim.analysis.table import Cell, Estimates, LeftOut, cells_of, table_frame

__all__ = [
    "CONFIDENCE",
    "Cell",
    "CellStanding",
    "Comparison",
    "Estimate",
    "Estimates",
    "Floats",
    "Frames",
    "Harvests",
    "LeftOut",
    "Lifetimes",
    "RunMeasures",
    "RunStanding",
    "RunStatus",
    "SurvivalCurve",
    "adjusted",
    "cells_of",
    "compare",
    "comparisons_frame",
    "efficiency",
    "equality",
    "format_spending",
    "format_table",
    "gain",
    "gains",
    "harvests_of",
    "is_survivor",
    "lifetimes_of",
    "log_rank",
    "mean_interval",
    "measures_of",
    "optimum",
    "over_usage",
    "over_usage_granted",
    "published_dialogue",
    "published_notes",
    "published_results",
    "published_subskills",
    "rate_interval",
    "read_frames",
    "read_run",
    "read_runs",
    "restricted_mean",
    "runs_frame",
    "seconds_left",
    "share_of_optimum",
    "spending",
    "standings",
    "survival_curve",
    "survival_time",
    "table_frame",
    "with_total",
]
