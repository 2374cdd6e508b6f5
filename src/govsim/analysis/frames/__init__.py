"""Tidy frames of runs, members, months and decisions, with documented columns."""

from govsim.analysis.frames.columns import (
    DECISIONS,
    KEYS,
    MEMBERS,
    MONTHS,
    Column,
    Layout,
    layouts,
    runs_layout,
    typed_frame,
)
from govsim.analysis.frames.export import check_format, csv_of, describe_columns, write_frames
from govsim.analysis.frames.reading import FrameBuilder, Frames, Rows, cell_of, frame_kinds, read_frames, runs_frame

__all__ = [
    "DECISIONS",
    "KEYS",
    "MEMBERS",
    "MONTHS",
    "Column",
    "FrameBuilder",
    "Frames",
    "Layout",
    "Rows",
    "cell_of",
    "check_format",
    "csv_of",
    "describe_columns",
    "frame_kinds",
    "layouts",
    "read_frames",
    "runs_frame",
    "runs_layout",
    "typed_frame",
    "write_frames",
]
