"""A table before it is written in any format: what a reader sees, and the same as records for a program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from string import ascii_lowercase
from typing import Literal

from pydantic import JsonValue

Place = Literal["label", "stub", "figure", "remark"]
"""Where a column stands. Labels and remarks of a row stand above and below it as text, in columns elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column as a reader sees it.

    Attributes:
        heading: its name and, in a second line, its unit; either may be empty.
        place: where it stands; stubs are set flush left, figures flush right.
        width: the least characters it takes as text.
        prefix: what stands before its entries as text, where these have no heading.
        in_markup: whether Markdown and LaTeX show it.
    """

    heading: tuple[str, str]
    place: Place = "figure"
    width: int = 0
    prefix: str = ""
    in_markup: bool = True

    @property
    def name(self) -> str:
        """Both lines of the heading in one."""
        return " ".join(part for part in self.heading if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What stands in one column of a row.

    Attributes:
        lines: the value, then what belongs to it, such as its interval; empty where there is nothing.
        marks: the footnotes it needs, as keys of the sheet's.
    """

    lines: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()

    @property
    def value(self) -> str:
        """The first line."""
        return self.lines[0] if self.lines else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A table before it is written in any format.

    Attributes:
        caption: what it shows, in a sentence; empty where its rows say so.
        columns: what a reader sees.
        rows: an entry for each column.
        notes: what holds for all of it, one paragraph each.
        footnotes: texts of the marks, in the order in which they are shown.
        is_folded: whether figures that do not fit on a line of text stand on further lines of their row.
        records: the same for a program, one mapping for each row. A value may be an object (an estimate with `value`,
            `low`, `high` and `n`; counts by reason) or a list of texts.
    """

    caption: str = ""
    columns: tuple[Column, ...]
    rows: tuple[tuple[Entry, ...], ...]
    notes: tuple[str, ...] = ()
    footnotes: Mapping[str, str] = field(default_factory=dict)
    is_folded: bool = False
    records: tuple[Mapping[str, JsonValue], ...] = ()

    def at(self, *places: Place) -> tuple[int, ...]:
        """Numbers of the columns that stand at some places."""
        return tuple(number for number, column in enumerate(self.columns) if column.place in places)


def footnote_mark(place: int) -> str:
    """The mark of a footnote by its place, 0 for the first: `a` to `z`, then `aa`, `ab` and so on."""
    before, last = divmod(place, len(ascii_lowercase))
    return (footnote_mark(before - 1) if before else "") + ascii_lowercase[last]


def text_entry(text: str, *marks: str) -> Entry:
    """An entry of one line, or of none where the text is empty."""
    return Entry(lines=(text,) if text else (), marks=marks)
