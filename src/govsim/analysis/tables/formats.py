"""The formats of tables, including the machine-readable ones: JSON and CSV."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from govsim.analysis.tables.markup import as_html, as_latex, as_markdown
from govsim.analysis.tables.table import Table, flat
from govsim.analysis.tables.text import as_text
from govsim.characters import without_formula
from govsim.errors import AnalysisError
from govsim.lazy import pandas as pd


def as_json(table: Table) -> str:
    """Format the records of a table as a JSON list; missing values are null."""
    return json.dumps(table.records, ensure_ascii=False, indent=2, allow_nan=False)


def as_csv(table: Table) -> str:
    """Format the records of a table as CSV with a header and without a newline at the end; missing values are empty.

    It has the columns of `Table.frame`. A text that a spreadsheet would evaluate is prefixed with an apostrophe.
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
"""The function that writes each format. CSV and JSON are machine-readable and contain more columns than the others."""

_MACHINE_READABLE = ("csv", "json")


def render(table: Table, format: str = "text") -> str:  # noqa: A002  the option's name
    """Format a table in one of the `FORMATS`, without a newline at the end.

    Raises:
        AnalysisError: there is no such format.
    """
    check_format(format)
    return FORMATS[format](table).rstrip("\n")


def render_tables(tables: Mapping[str, Table], format: str = "text") -> str:  # noqa: A002  the option's name
    """Format several tables in one of the formats, without a newline at the end.

    JSON is one object with a list of rows for each table. In the other formats the tables follow each other; a note
    that several tables share is written below the first of them.

    Raises:
        AnalysisError: there is no such format, or there are several tables and the format is CSV.
    """
    check_format(format)
    if format == "json":
        return json.dumps({name: table.records for name, table in tables.items()}, ensure_ascii=False, indent=2)
    if format == "csv" and len(tables) > 1:
        raise AnalysisError(f"format = csv: holds one table; choose one of {', '.join(tables)}")
    return "\n\n".join(render(table, format) for table in _noted_once(tables.values()))


def choose_columns(
    tables: Mapping[str, Table],
    names: Sequence[str],
    format: str = "text",  # noqa: A002  the option's name
) -> dict[str, Table]:
    """Return tables with the named columns only, in the order of the names; tables that have none of them are dropped.

    Columns that identify a row are kept unless one of them is named. JSON and CSV have other columns than the formats
    for readers: the keys of JSON.

    Args:
        tables: by name.
        names: of columns; none for all columns.
        format: one of the `FORMATS`.

    Raises:
        AnalysisError: no table has a column of this name.
    """
    check_format(format)
    if not names:
        return dict(tables)
    allowed = {name: _column_names(table, format) for name, table in tables.items()}
    known = list(dict.fromkeys(name for several in allowed.values() for name in several))
    for name in names:
        if name not in known:
            raise AnalysisError(f"columns = {name}: there is no such column; choose from {', '.join(known)}")
    kept = {name: table for name, table in tables.items() if set(names) & set(allowed[name])}
    if format in _MACHINE_READABLE:
        return {name: table.choose_records(names) for name, table in kept.items()}
    return {name: table.choose(names) for name, table in kept.items()}


def _column_names(table: Table, format: str) -> tuple[str, ...]:  # noqa: A002  the option's name
    if format in _MACHINE_READABLE:
        return tuple(dict.fromkeys(name for record in table.records for name in record))
    return tuple(column.choice for column in table.columns)


def check_format(format: str) -> None:  # noqa: A002  the option's name
    """Reject a format in which tables cannot be written.

    Raises:
        AnalysisError: there is no such format.
    """
    if format not in FORMATS:
        raise AnalysisError(f"format = {format}: must be one of {', '.join(FORMATS)}")


def _noted_once(tables: Iterable[Table]) -> Iterator[Table]:
    written: set[str] = set()
    for table in tables:
        yield replace(table, notes=tuple(note for note in table.notes if note not in written))
        written.update(table.notes)


def _harmless(value: object) -> object:
    return without_formula(value) if isinstance(value, str) else value
