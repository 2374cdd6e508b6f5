"""What a page is put together from: tables and figures, with their numbers to take along."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any

import pandas as pd

from govsim.analysis.figures import Drawn
from govsim.analysis.frames import csv_of
from govsim.analysis.intervals import Estimate
from govsim.analysis.sheets.entries import dollars as known_dollars
from govsim.analysis.sheets.entries import p_text

NOTHING = "–"
"""Stands for what does not exist."""

SHOWN_ROWS = 200
"""The most rows of a figure's numbers that stand in the page; the file beside it has all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One cell of a table.

    Attributes:
        text: what it says.
        below: what stands below that in smaller letters.
    """

    text: str
    below: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of a page.

    Attributes:
        name: its name, and that of its file.
        heading: the heads of its columns.
        rows: its rows.
        words: how many of the first columns hold words; the others hold numbers.
        link: a data URI with the same as CSV; empty for none.
    """

    name: str
    heading: tuple[str, ...]
    rows: tuple[tuple[Entry, ...], ...]
    words: int = 1
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A figure of a page.

    Attributes:
        name: the figure's name.
        title: what it shows.
        caption: how to read it.
        image: a data URI.
        numbers: what it was drawn from, shortened.
        rows: how many rows that has in full.
    """

    name: str
    title: str
    caption: str
    image: str
    numbers: Table
    rows: int


def picture(drawn: Drawn, name: str = "") -> Picture:
    """A figure as a part of a page.

    Args:
        drawn: the figure.
        name: what it is called on the page, where that is not its own name.
    """
    name = name or drawn.name
    return Picture(
        name=name,
        title=drawn.title,
        caption=drawn.caption,
        image=data_uri("image/svg+xml", drawn.content("svg")),
        numbers=table_of(drawn.frame, name),
        rows=len(drawn.frame),
    )


def table_of(frame: pd.DataFrame, name: str) -> Table:
    """A frame as a table: its first rows to look at, and all of it as a file."""
    rows = (
        tuple(Entry(text=_plain(value)) for value in row)
        for row in frame.head(SHOWN_ROWS).itertuples(index=False, name=None)
    )
    return Table(
        name=name,
        heading=tuple(map(str, frame.columns)),
        rows=tuple(rows),
        words=len(frame.columns),
        link=csv_link(frame),
    )


def csv_link(frame: pd.DataFrame) -> str:
    """A frame as the address of a file that stands in the page itself."""
    return data_uri("text/csv;charset=utf-8", csv_of(frame))


def data_uri(media_type: str, content: bytes) -> str:
    """Content as an address that holds it."""
    return f"data:{media_type};base64,{b64encode(content).decode()}"


def entries(texts: Iterable[object]) -> tuple[Entry, ...]:
    """Texts as entries of a row."""
    return tuple(text if isinstance(text, Entry) else Entry(text=str(text)) for text in texts)


def estimated(estimate: Estimate, runs: int, digits: int = 1) -> Entry:
    """An estimate with its interval below, and with its n where that is not the number of counted runs.

    Args:
        estimate: the estimate.
        runs: counted runs.
        digits: decimals.
    """
    if estimate.value is None:
        return Entry(text=NOTHING)
    below = interval(estimate.low, estimate.high, digits)
    if estimate.n != runs:
        below = f"{below} n = {estimate.n}".strip()
    return Entry(text=f"{estimate.value:.{digits}f}", below=below)


def interval(low: float | None, high: float | None, digits: int = 1) -> str:
    """The ends of an interval; empty where there is none."""
    if low is None or high is None:
        return ""
    return f"[{_rounded(low, digits)}, {_rounded(high, digits)}]"


def number(value: float | None, digits: int = 1) -> str:
    """A number, or a dash where there is none."""
    return NOTHING if value is None or isnan(value) else _rounded(value, digits)


def p_value(p: float | None) -> str:
    """A p value, or a dash where there is none."""
    return p_text(p).replace("<", "< ")


def dollars(cost: float | None) -> str:
    """An amount of money; where it is unknown, that."""
    return "unknown" if cost is None else known_dollars(cost)


def amount(count: int | None) -> str:
    """A whole amount; where it is unknown, that."""
    return "unknown" if count is None else f"{count:,}"


def counts(parts: Sequence[tuple[int, str]]) -> str:
    """Counts as in a sentence, without those of nothing."""
    return ", ".join(f"{count} {what}" for count, what in parts if count)


def _rounded(value: float, digits: int) -> str:
    text = f"{value:.{digits}f}"
    return text.removeprefix("-") if float(text) == 0 else text.replace("-", "−")


def _plain(value: Any) -> str:
    if pd.isna(value):
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)
