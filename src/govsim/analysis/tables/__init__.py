"""Tables: one type, one place that formats numbers, and a renderer for every format."""

from typing import TYPE_CHECKING

from govsim.lazy import lazy_names

if TYPE_CHECKING:
    from govsim.analysis.tables.accounts import format_spending, spending_table, standings_table
    from govsim.analysis.tables.cells import cells_table, format_table
    from govsim.analysis.tables.comparisons import comparisons_table
    from govsim.analysis.tables.formats import FORMATS, render, render_tables
    from govsim.analysis.tables.table import Column, Entry, Place, Table
else:
    __getattr__ = lazy_names(__name__)

__all__ = [
    "FORMATS",
    "Column",
    "Entry",
    "Place",
    "Table",
    "cells_table",
    "comparisons_table",
    "format_spending",
    "format_table",
    "render",
    "render_tables",
    "spending_table",
    "standings_table",
]
