"""A table of analysis on a page, with its shares drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nicegui import ui

from govsim.web.parts.marks import drawn, key
from govsim.web.parts.table import Head, Table, lines, numbers
from govsim.web.parts.texts import notes
from govsim.web.theme import card, short

if TYPE_CHECKING:
    from govsim.web.dialogue import Mark, Shown

_MOST = 300


def sheet(found: Shown) -> None:
    """A card with a table; where its rows tell shares, these are drawn too.

    Args:
        found: the table.
    """
    has_marks = len(found.marks) == len(found.rows)
    with card(found.title):
        table = Table(found.title, _heads(found, has_marks=has_marks))
        before: Sequence[str] = ()
        for place, row in enumerate(found.rows[:_MOST]):
            if row.group and row.group != before:
                table.group(_joined(row.group))
            before = row.group
            _row(table, row.words, row.numbers, found.marks[place] if has_marks else None)
        if len(found.rows) > _MOST:
            ui.label(f"{len(found.rows) - _MOST:,} more rows are not shown; govsim dialogue show writes all.").classes(
                "soft"
            )
        if has_marks:
            key(has_paper=any(mark.paper is not None for mark in found.marks))
        notes(found.notes)


def _heads(found: Shown, *, has_marks: bool) -> tuple[Head, ...]:
    drawing = (Head(text="Drawn", kind="drawn"),) if has_marks else ()
    heading = [text[:1].upper() + text[1:] for text in found.heading]
    return (Head(text=heading[0]), *drawing, *numbers(*heading[1:]))


def _joined(words: Sequence[str]) -> str:
    return short(" · ".join(word for word in words if word), 120)


def _row(table: Table, words: Sequence[str], values: Sequence[Sequence[str]], mark: Mark | None) -> None:
    with table.row() as cell:
        lines(cell, _joined(words))
        if mark is not None:
            with cell():
                drawn(mark.value, mark.low, mark.high, mark.paper)
        for value in values:
            lines(cell, *value)
