"""The formats of a sheet, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from govsim.analysis.sheets.data import as_csv, as_json
from govsim.analysis.sheets.markup import as_latex, as_markdown
from govsim.analysis.sheets.plain import as_text
from govsim.analysis.sheets.sheet import Sheet
from govsim.errors import AnalysisError

FORMATS: Mapping[str, Callable[[Sheet], str]] = {
    "text": as_text,
    "markdown": as_markdown,
    "latex": as_latex,
    "csv": as_csv,
    "json": as_json,
}
"""What a sheet can be written as. The last two are for programs and carry more than a reader is shown."""


def render(sheet: Sheet, format: str = "text") -> str:  # noqa: A002  the option's name
    """A sheet in one of the `FORMATS`, without a newline at the end.

    Raises:
        AnalysisError: there is no such format.
    """
    if format not in FORMATS:
        raise AnalysisError(f"format = {format}: must be one of {', '.join(FORMATS)}")
    return FORMATS[format](sheet)
