"""Measures of several levels side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nicegui import ui

from govsim.web.parts.table import Head, Table, lines, numbers
from govsim.web.parts.texts import amount, ends
from govsim.web.theme import short

if TYPE_CHECKING:
    from govsim.web.choosing import Side


def sides(found: Sequence[Side], by: str) -> None:
    """A row for each level, a column for each measure.

    Args:
        found: the levels.
        by: what they are levels of, as in `condition`.
    """
    measures = dict.fromkeys((one.name, one.label) for side in found for one in side.measures)
    table = Table("Measures", (Head(text=by.capitalize()), *numbers("Runs", *(label for _, label in measures))))
    for side in found:
        with table.row() as cell:
            with cell(), ui.element("span").classes("who"):
                ui.element("span").classes("key").style(f"background: {side.colour}")
                ui.label(short(side.level, 60))
            runs = f"{side.runs:,}" if side.runs == side.counted else f"{side.counted:,} of {side.runs:,}"
            lines(cell, runs)
            for measure in side.measures:
                lines(cell, amount(measure.estimate.value, digits=1), ends(measure.estimate))
