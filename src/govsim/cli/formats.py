"""What commands that tell something can tell it as."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    """Plain text, or JSON for a program."""

    TEXT = "text"
    JSON = "json"


class TableFormat(StrEnum):
    """For a reader, for a paper, for a program; the formats of `govsim.analysis.tables`."""

    TEXT = "text"
    MARKDOWN = "markdown"
    LATEX = "latex"
    CSV = "csv"
    JSON = "json"
    HTML = "html"
