"""Tables as sheets, and every format that a sheet is written in."""

from govsim.analysis.sheets.cells import cells_sheet, format_table
from govsim.analysis.sheets.comparisons import comparisons_sheet
from govsim.analysis.sheets.data import sheet_frame
from govsim.analysis.sheets.formats import FORMATS, render
from govsim.analysis.sheets.sheet import Column, Entry, Place, Sheet

__all__ = [
    "FORMATS",
    "Column",
    "Entry",
    "Place",
    "Sheet",
    "cells_sheet",
    "comparisons_sheet",
    "format_table",
    "render",
    "sheet_frame",
]
