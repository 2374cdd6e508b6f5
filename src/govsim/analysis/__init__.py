"""What journals say: measures, intervals, tables. Reads journals and nothing else."""

from typing import TYPE_CHECKING

from govsim.lazy import lazy_names

if TYPE_CHECKING:
    from govsim.analysis.costs import format_spending, spending
    from govsim.analysis.dialogue import (
        annotation_sample,
        dialogue_sheets,
        read_annotations,
        read_dialogue,
        render_sheets,
        write_annotation_sheet,
    )
    from govsim.analysis.evidence import Evidence, read_evidence
    from govsim.analysis.frames import Frames, layouts, read_frames, runs_frame, runs_layout, write_frames
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
    from govsim.analysis.paper import PaperTable, paper_label, paper_sheet, paper_table, read_runs_for
    from govsim.analysis.plain_text import with_total
    from govsim.analysis.published import published_dialogue, published_notes, published_results, published_subskills
    from govsim.analysis.runs import RunMeasures, harvests_of, measures_of, read_run, read_runs
    from govsim.analysis.sheets import Sheet, cells_sheet, comparisons_sheet, format_table, render, sheet_frame
    from govsim.analysis.statistics import (
        Comparison,
        Lifetimes,
        SurvivalCurve,
        adjusted,
        compare,
        compare_measures,
        comparisons_frame,
        lifetimes_of,
        log_rank,
        restricted_mean,
        survival_curve,
    )
    from govsim.analysis.status import CellStanding, RunStanding, seconds_left, standings
    from govsim.analysis.table import Cell, LeftOut, cells_of, table_frame
    from govsim.analysis.unfinished import StudyStanding, study_standings
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
    "Evidence",
    "Floats",
    "Frames",
    "Harvests",
    "LeftOut",
    "Lifetimes",
    "Measure",
    "PaperTable",
    "RunMeasures",
    "RunStanding",
    "Sheet",
    "StudyStanding",
    "SurvivalCurve",
    "adjusted",
    "annotation_sample",
    "cells_of",
    "cells_sheet",
    "compare",
    "compare_measures",
    "comparisons_frame",
    "comparisons_sheet",
    "dialogue_sheets",
    "efficiency",
    "equality",
    "format_spending",
    "format_table",
    "gain",
    "gains",
    "harvests_of",
    "is_survivor",
    "layouts",
    "lifetimes_of",
    "log_rank",
    "mean_interval",
    "measures_of",
    "optimum",
    "over_usage",
    "over_usage_granted",
    "paper_label",
    "paper_sheet",
    "paper_table",
    "published_dialogue",
    "published_notes",
    "published_results",
    "published_subskills",
    "rate_interval",
    "read_annotations",
    "read_dialogue",
    "read_evidence",
    "read_frames",
    "read_run",
    "read_runs",
    "read_runs_for",
    "render",
    "render_sheets",
    "restricted_mean",
    "runs_frame",
    "runs_layout",
    "seconds_left",
    "share_of_optimum",
    "sheet_frame",
    "spending",
    "standings",
    "study_standings",
    "survival_curve",
    "survival_time",
    "table_frame",
    "with_total",
    "write_annotation_sheet",
    "write_frames",
]
