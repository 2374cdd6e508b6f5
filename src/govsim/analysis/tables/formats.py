"""Every format that tables are written in, and those for programs among them: JSON and CSV."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from govsim.analysis.tables.markup import as_html, as_latex, as_markdown
from govsim.analysis.tables.table import Table, flat
from govsim.analysis.tables.text import as_text
from govsim.characters import without_formula
from govsim.errors import AnalysisError
from govsim.lazy import pandas as pd


def as_json(table: Table) -> str:
    """The records of a table as a JSON list; what does not exist is null."""
    return json.dumps(table.records, ensure_ascii=False, indent=2, allow_nan=False)


def as_csv(table: Table) -> str:
    """The records of a table as CSV with a line of names, without a newline at the end; what does not exist is empty.

    It has the columns of `Table.frame`. Before a text that a spreadsheet would compute stands an apostrophe.
    """
    rows = [{name: _harmless(value) for name, value in flat(record).items()} for record in table.records]
    return pd.DataFrame(rows, dtype=object).to_csv(index=False, lineterminator="\n").removesuffix("\n")


FORMATS: Mapping[str, Callable[[Table], str]] = {
    "text": as_text,
    "markdown": as_markdown,
    "latex": as_latex,
    "csv": as_csv,
    "json": as_json,
    "html": as_html,
}
"""What a table can be written as. CSV and JSON are for programs and carry more than a reader is shown."""


def render(table: Table, format: str = "text") -> str:  # noqa: A002  the option's name
    """A table in one of the `FORMATS`, without a newline at the end.

    Raises:
        AnalysisError: there is no such format.
    """
    check_format(format)
    return FORMATS[format](table).rstrip("\n")


def render_tables(tables: Mapping[str, Table], format: str = "text") -> str:  # noqa: A002  the option's name
    """Several tables in one of the formats, without a newline at the end.

    For readers they stand one after the other, with each note below the first table that it is about; as JSON they
    are one object with a list of rows for each name.

    Raises:
        AnalysisError: there is no such format; or several tables are to be one CSV file.
    """
    check_format(format)
    if format == "json":
        return json.dumps({name: table.records for name, table in tables.items()}, ensure_ascii=False, indent=2)
    if format == "csv" and len(tables) > 1:
        raise AnalysisError(f"format = csv: holds one table; choose one of {', '.join(tables)}")
    return "\n\n".join(render(table, format) for table in _noted_once(tables.values()))


def check_format(format: str) -> None:  # noqa: A002  the option's name
    """Refuse a format that tables cannot be written in.

    Raises:
        AnalysisError: there is no such format.
    """
    if format not in FORMATS:
        raise AnalysisError(f"format = {format}: must be one of {', '.join(FORMATS)}")


def _noted_once(tables: Iterable[Table]) -> Iterator[Table]:
    told: set[str] = set()
    for table in tables:
        yield replace(table, notes=tuple(note for note in table.notes if note not in told))
        told.update(table.notes)


def _harmless(value: object) -> object:
    return without_formula(value) if isinstance(value, str) else value
