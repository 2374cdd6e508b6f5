"""Sheets as plain text for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby, zip_longest

from govsim.analysis.sheets.sheet import Column, Entry, Sheet
from govsim.characters import visible

WIDTH = 100
"""Characters that lines are wrapped at; rows of figures may be longer, unless they are folded."""

_GAP = 2


def as_text(sheet: Sheet) -> str:
    """A sheet as plain text: labels above their rows, remarks below, then the notes.

    Returns:
        Lines without a newline at the end.
    """
    shown = _Shown(sheet)
    lines = [*_wrapped(sheet.caption), *([""] if sheet.caption else []), *shown.heading()]
    lines.append("─" * max(WIDTH, *map(len, lines)))
    for label, rows in groupby(sheet.rows, key=lambda row: _joined(sheet, row, "label")):
        lines += _wrapped(label)
        for row in rows:
            lines += shown.figures(row)
            lines += _wrapped(_joined(sheet, row, "remark"), indent=2)
        lines.append("")
    for note in (*sheet.notes, *(f"{mark}: {text}" for mark, text in sheet.footnotes.items())):
        lines += _wrapped(note)
    return visible("\n".join(lines))


class _Shown:
    """The columns that stand side by side, with their widths."""

    def __init__(self, sheet: Sheet) -> None:
        self._numbers = sheet.at("stub", "figure")
        self._columns = [sheet.columns[number] for number in self._numbers]
        self._marks = [max((len(_marks(row[number])) for row in sheet.rows), default=0) for number in self._numbers]
        self._widths = [
            max(
                column.width,
                *map(len, column.heading),
                *(len(line) for row in sheet.rows for line in row[number].lines),
            )
            for column, number in zip(self._columns, self._numbers, strict=True)
        ]

        self._blocks = list(self._folded()) if sheet.is_folded else [range(len(self._columns))]

    def _folded(self) -> Iterator[range]:
        """The columns of each line of a row: as many as fit; further lines are set in below the second column."""
        start, used = 0, 0
        for number in range(len(self._columns)):
            width = len(self._placed(number, self._columns[number], "", ""))
            if number > start and used + width > WIDTH:
                yield range(start, number)
                start, used = number, self._inset
            used += width
        yield range(start, len(self._columns))

    @property
    def _inset(self) -> int:
        """Characters that further lines of a row are set in by: the first column."""
        return len(self._placed(0, self._columns[0], "", ""))

    def heading(self) -> Iterator[str]:
        upper, lower = zip(*(column.heading for column in self._columns), strict=True)
        for block in self._blocks:
            if any(upper[number] for number in block):
                yield self._line(block, upper)
            yield self._line(block, lower)

    def figures(self, row: Sequence[Entry]) -> Iterator[str]:
        """The values, and below them line by line what belongs to them, where anything does."""
        entries = [row[number] for number in self._numbers]
        marks = [_marks(entry) for entry in entries]
        nothing = [""] * len(entries)
        lines = list(zip_longest(*(entry.lines or ("",) for entry in entries), fillvalue=""))
        for block in self._blocks:
            for place, below in enumerate(lines):
                if any(below[number] for number in block):
                    yield self._line(block, below, nothing if place else marks)

    def _line(self, block: range, texts: Sequence[str], marks: Sequence[str] = ()) -> str:
        parts = [
            self._placed(number, self._columns[number], texts[number], marks[number] if marks else "")
            for number in block
        ]
        return (" " * self._inset if block.start else "") + "".join(parts).rstrip()

    def _placed(self, number: int, column: Column, text: str, mark: str) -> str:
        width, marked = self._widths[number], f" {mark}".ljust(1 + self._marks[number]) if self._marks[number] else ""
        if column.place == "stub":
            return f"{text.ljust(width)}{marked}{' ' * _GAP}"
        gap = _GAP if number and self._columns[number - 1].place == "figure" else 0
        return f"{text.rjust(width + gap)}{marked}"


def _joined(sheet: Sheet, row: Sequence[Entry], place: str) -> str:
    placed = ((column, entry) for column, entry in zip(sheet.columns, row, strict=True) if column.place == place)
    return "; ".join(f"{column.prefix}{entry.value}" for column, entry in placed if entry.value)


def _marks(entry: Entry) -> str:
    return ",".join(entry.marks)


def _wrapped(text: str, indent: int = 0) -> list[str]:
    first, following = " " * indent, " " * (indent + 2 if indent else 0)
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=following, break_on_hyphens=False)
