"""Tidy frames of runs, members, months and decisions, with documented columns."""

from govsim.analysis.frames.columns import (
    DECISIONS,
    KEYS,
    LAYOUTS,
    MEMBERS,
    MONTHS,
    RUNS,
    Column,
    Layout,
    typed_frame,
)
from govsim.analysis.frames.export import check_format, csv_of, describe_columns, write_frames
from govsim.analysis.frames.reading import FRAME_KINDS, FrameBuilder, Frames, Rows, cell_of, read_frames, runs_frame

__all__ = [
    "DECISIONS",
    "FRAME_KINDS",
    "KEYS",
    "LAYOUTS",
    "MEMBERS",
    "MONTHS",
    "RUNS",
    "Column",
    "FrameBuilder",
    "Frames",
    "Layout",
    "Rows",
    "cell_of",
    "check_format",
    "csv_of",
    "describe_columns",
    "read_frames",
    "runs_frame",
    "typed_frame",
    "write_frames",
]
