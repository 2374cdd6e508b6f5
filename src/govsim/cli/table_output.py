"""Printing tables on stdout."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from govsim.analysis.tables.formats import choose_columns, render, render_tables
from govsim.analysis.tables.table import Table
from govsim.characters import escaped
from govsim.cli.console import say
from govsim.cli.options import TableFormat
from govsim.errors import ConfigError


def say_table(table: Table, format: TableFormat, columns: Sequence[str] = ()) -> None:  # noqa: A002
    """Print a table on stdout.

    Args:
        table: the table.
        format: the format in which it is printed.
        columns: names of the columns to print; all columns when empty.

    Raises:
        AnalysisError: there is no such column.
    """
    [chosen] = choose_columns({table.name: table}, columns, format).values()
    _say_formatted(render(chosen, format), format)


def say_tables(tables: Mapping[str, Table], format: TableFormat, columns: Sequence[str] = ()) -> None:  # noqa: A002
    """Print several tables on stdout; tables without any of the named columns are not printed.

    Raises:
        AnalysisError: there is no such column, or there are several tables and the format is CSV.
    """
    _say_formatted(render_tables(choose_columns(tables, columns, format), format), format)


def column_names(text: str | None) -> tuple[str, ...]:
    """Return the names in the value of `--columns`; none if the option was not given.

    Raises:
        ConfigError: the value has no names.
    """
    if text is None:
        return ()
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if not names:
        raise ConfigError("--columns: must be names separated by commas, as in --columns condition,gain")
    return names


def _say_formatted(text: str, format: TableFormat) -> None:  # noqa: A002
    """Print a table on stdout. JSON is escaped to ASCII if the encoding of stdout is not a Unicode encoding."""
    is_plain = format != "json" or (sys.stdout.encoding or "utf-8").lower().startswith("utf")
    say(text if is_plain else "".join(char if char.isascii() else escaped(char) for char in text))
