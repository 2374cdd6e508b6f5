"""A table of words and numbers; on a phone each row becomes a card, and each value says what it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Literal

from nicegui import ui

from govsim.web.theme import short

Kind = Literal["words", "mark", "number", "drawn"]

Cell = Callable[[], AbstractContextManager[ui.element]]
"""Begins the next cell of a row."""

_SHORT = 13


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What stands above a column.

    Attributes:
        text: it; of what is drawn it is only heard.
        kind: words and marks are set flush left, and on a phone words have a line of their own; numbers are set flush
            right; drawings are for eyes alone, and numbers stand beside them.
    """

    text: str
    kind: Kind = "words"


def are_short(heads: Sequence[str]) -> bool:
    """Whether four names fit side by side on a phone, in a line each; otherwise three values of a row stand there."""
    return max(map(len, heads)) <= _SHORT


def numbers(*texts: str) -> tuple[Head, ...]:
    """Heads of columns that hold numbers."""
    return tuple(Head(text=text, kind="number") for text in texts)


class Table:
    """A table. The first cell of a row says what the row is about.

    Args:
        label: what it shows, for who cannot see it.
        heads: what stands above its columns.
        is_stacked: whether rows become cards on a phone; tables that are narrow anyway stay as they are.
        is_tall: whether it may be so tall that it scrolls by itself.
    """

    def __init__(self, label: str, heads: Sequence[Head], *, is_stacked: bool = True, is_tall: bool = False) -> None:
        self._heads = heads
        with ui.element("div").classes("scroll tall" if is_tall else "scroll") as place:
            table = ui.element("table").classes("plain is-stacked" if is_stacked else "plain")
        if is_tall:
            place.props("tabindex=0 role=region")
            place.props["aria-label"] = label
        table.props["aria-label"] = label
        table.classes("by-four" if are_short([head.text for head in heads]) else "")
        with table:
            with ui.element("thead"), ui.element("tr"):
                for head in heads:
                    _head(head)
            self._body = ui.element("tbody")

    def group(self, text: str, below: str = "") -> None:
        """Say what the rows that follow have in common.

        Args:
            text: it.
            below: what stands under it, smaller.
        """
        spans = f"scope=colgroup colspan={len(self._heads)}"
        with self._body, ui.element("tr").classes("group"), ui.element("th").props(spans):
            ui.label(text)
            if below:
                ui.label(below).classes("cell-range")

    @contextmanager
    def row(self) -> Iterator[Cell]:
        """Begin a row; what comes out begins its cells, from the left."""
        heads = iter(enumerate(self._heads))
        with self._body, ui.element("tr"):
            yield lambda: _cell(*next(heads))
            for place, head in heads:  # what was not filled is drawn too, or the lines between rows have gaps
                with _cell(place, head):
                    pass


def _head(head: Head) -> None:
    with ui.element("th").classes(head.kind).props("scope=col"):
        ui.label(head.text).classes("heard" if head.kind == "drawn" else "")


@contextmanager
def _cell(place: int, head: Head) -> Iterator[ui.element]:
    tag = ui.element("td") if place else ui.element("th").props("scope=row")
    tag.classes(head.kind)
    tag.props["data-label"] = head.text
    with tag:
        yield tag


def lines(cell: Cell, *texts: str) -> None:
    """Fill the next cell with a value, and what belongs to it, such as its interval, smaller below.

    Args:
        cell: begins it.
        *texts: the value and what stands below it; empty ones are left out.
    """
    with cell():
        for place, text in enumerate(texts):
            if text or not place:
                ui.label(short(text, 160)).classes("cell-range" if place else "")
