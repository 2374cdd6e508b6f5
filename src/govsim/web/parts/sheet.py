"""A table of analysis on a page, with its shares drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nicegui import ui

from govsim.characters import shortened, visible
from govsim.web.parts.marks import drawn, key
from govsim.web.parts.words import notes
from govsim.web.theme import card

if TYPE_CHECKING:
    from govsim.web.judged import Mark, Shown

_MOST = 300


def sheet(found: Shown) -> None:
    """A card with a table; where its rows tell shares, these are drawn too.

    Args:
        found: the table.
    """
    has_marks = len(found.marks) == len(found.rows)
    with card(found.title):
        with ui.element("div").classes("scroll"), ui.element("table").classes("plain"):
            with ui.element("thead"), ui.element("tr"):
                for number, heading in enumerate(found.heading):
                    if number == found.words and has_marks:
                        ui.element("th").props('scope=col aria-label="Drawn"')
                    with ui.element("th").classes(_kind(found, number)).props("scope=col"):
                        ui.label(heading)
            with ui.element("tbody"):
                before: Sequence[Sequence[str]] = ()
                for place, row in enumerate(found.rows[:_MOST]):
                    _row(found, row, before, found.marks[place] if has_marks else None)
                    before = row
        if len(found.rows) > _MOST:
            ui.label(f"{len(found.rows) - _MOST:,} more rows are not shown; govsim dialogue writes all.").classes(
                "soft"
            )
        if has_marks:
            key(has_paper=any(mark.paper is not None for mark in found.marks))
        notes(found.notes)


def _kind(found: Shown, number: int) -> str:
    return "words" if number < found.words else "right"


def _row(found: Shown, row: Sequence[Sequence[str]], before: Sequence[Sequence[str]], mark: Mark | None) -> None:
    """A row; words that are those of the row above are not said again."""
    same = 0
    while same < found.words - 1 and before and row[same] == before[same]:
        same += 1
    with ui.element("tr"):
        for number, lines in enumerate(row):
            if number == found.words and mark is not None:
                with ui.element("td"):
                    drawn(mark.value, mark.low, mark.high, mark.paper)
            with ui.element("td").classes(_kind(found, number)):
                if number < same:
                    continue
                for place, line in enumerate(lines):
                    ui.label(visible(shortened(line, 120))).classes("cell-range" if place else "")
