"""Tables as plain text for a terminal."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from io import StringIO
from itertools import groupby, zip_longest
from textwrap import wrap

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from govsim.analysis.tables.table import Entry, Table, has_value, joined
from govsim.characters import visible

WIDTH = 100
"""Characters of a line if the output is not a terminal and `COLUMNS` is not set."""

NARROWEST, WIDEST = 60, 140
"""Minimum and maximum characters of a line."""

_GAP = 2
_ARRANGEMENTS = ((_GAP, False, False), (_GAP, True, False), (1, True, False), (_GAP, True, True), (1, True, True))
"""The arrangements of columns, of which the first that fits is used: the gap between columns, whether headings have two
lines, and whether texts are wrapped between words."""

_TEXT_LINES = 3
"""Maximum lines of a wrapped text next to figures with fewer lines; to wrap it further would add lines to its row."""

_INSET = 12
"""Maximum indentation of the second and further lines of a row."""


_MEASURED = ("number", "estimate", "difference")
"""Kinds of values of columns that can follow below the others."""

_SPARSE = "Columns with values in few rows:"


def text_width() -> int:
    """Return the characters of a line: `COLUMNS` if it is set, otherwise those of the terminal, without one `WIDTH`."""
    if not sys.stdout.isatty() and not os.environ.get("COLUMNS"):
        return WIDTH
    return min(max(shutil.get_terminal_size((WIDTH, 0)).columns, NARROWEST), WIDEST)


def as_text(table: Table, width: int | None = None, *, is_condensed: bool = True) -> str:
    """Format a table as plain text: labels above their rows, remarks below them, then the notes.

    A table without rows has no heading.

    Columns that do not fit next to each other continue on further lines of their row. No line is longer than the width.
    No number is broken, and no word that fits on a line. If there are further lines, columns that have values in less
    than half of the rows follow below the others, with these rows only.

    Args:
        table: the table.
        width: characters of a line; by default that of `text_width`.
        is_condensed: whether values that all rows share are stated once instead of in a column.

    Returns:
        Lines without a newline at the end.
    """
    line = width or text_width()
    if is_condensed:
        table = table.condensed(keeps_labels=True)  # a label that all rows share is printed once, above them
    table, sparse = _without_sparse(table, line)
    parts: list[RenderableType] = [*_paragraph(table.title), ""] if table.is_titled else []
    parts += _grid_of(table, line)
    if sparse is not None:
        parts += ["", *_grid_of(sparse, line)]
    notes = (*table.notes, *(f"{mark}: {text}" for mark, text in table.footnotes.items()))
    return _printed(
        [
            *parts,
            *([""] if notes and parts and parts[-1] else []),
            *(part for note in notes for part in _paragraph(note)),
        ],
        line,
    )


def _grid_of(table: Table, line: int) -> list[RenderableType]:
    """The facts, headings and rows of a table."""
    layout = _Layout(table, line)
    rule = Text("─" * layout.width)
    parts: list[RenderableType] = []
    parts += [part for fact in table.facts for part in _paragraph(fact)]
    if table.rows or table.last_row is not None:
        parts += [*([""] if table.facts else []), *layout.heading(), rule]
    for label, rows in groupby(table.rows, key=lambda row: _joined_at(table, row, "label")):
        parts += [*([""] if label and parts[-1] is not rule else []), *_paragraph(label)]
        for row in rows:
            parts += [*layout.lines(row), *_paragraph(_joined_at(table, row, "remark"), inset=_GAP)]
    if table.last_row is not None:
        parts += [rule, *layout.lines(table.last_row)]
    return parts


def _without_sparse(table: Table, line: int) -> tuple[Table, Table | None]:
    """A table whose columns do not fit on one line, and its sparse columns as a table of the rows with values there.

    There is only one table if its columns fit on one line, if it has a total, or if no column is sparse.
    """
    rows, figures = table.rows, table.at("figure")
    if table.last_row is not None or _Layout(table, line).is_on_one_line:
        return table, None
    apart = [
        number
        for number in figures
        if table.columns[number].kind in _MEASURED and 2 * sum(has_value(row[number]) for row in rows) < len(rows)
    ]
    if not apart:
        return table, None
    kept = [place for place, row in enumerate(rows) if any(has_value(row[number]) for number in apart)]
    shown = table.data if table.shown is None else table.shown
    columns = [number for number in range(len(table.columns)) if number in {*apart, *table.at("label", "stub")}]
    sparse = replace(
        table,
        columns=tuple(table.columns[number] for number in columns),
        shown=[shown[place] for place in kept],
        facts=(_SPARSE,),
        marks={
            (new, name): marks
            for new, old in enumerate(kept)
            for (place, name), marks in table.marks.items()
            if place == old
        },
    )
    others = tuple(column for number, column in enumerate(table.columns) if number not in apart)
    return replace(table, columns=others), sparse


def _printed(parts: Iterable[RenderableType], width: int) -> str:
    """Render parts with rich, without colours."""
    file = StringIO()
    console = Console(file=file, width=width, color_system=None, markup=False, highlight=False, force_jupyter=False)
    for part in parts:
        console.print(part)
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines()).rstrip("\n")


def _paragraph(text: str, inset: int = 0) -> list[RenderableType]:
    """Return a text to be wrapped between words; nothing if it is empty."""
    return [Padding(Text(clean(text)), (0, 0, 0, inset))] if text else []


class _Layout:
    """The columns next to each other: their widths, and the lines of a row over which they are distributed.

    If texts and numbers do not fit on one line even with wrapped texts, but the numbers do, the texts of a row get a
    line of their own.
    """

    def __init__(self, table: Table, line: int) -> None:
        self._table = table
        self._line = line
        self._texts_apart: tuple[int, ...] = ()
        self._set_columns(table.at("stub", "figure"))
        texts, figures = table.at("stub"), table.at("figure")
        if self._total > line and texts and figures:
            self._texts_apart = texts
            self._set_columns(figures)
            if self._total > line:
                self._texts_apart = ()
                self._set_columns(table.at("stub", "figure"))
        self._blocks = list(self._folded())
        self.width = max((self._width_of(block) for block in self._blocks), default=0)

    @property
    def is_on_one_line(self) -> bool:
        """Whether all figures of a row are next to each other."""
        return len(self._blocks) == 1

    def heading(self) -> Iterator[RenderableType]:
        """The headings, with their last lines on the same level."""
        yield from _paragraph("; ".join(self._table.columns[number].title for number in self._texts_apart))
        yield from (self._grid(block, self._heads, vertical="bottom") for block in self._blocks)

    def lines(self, row: Sequence[Entry]) -> Iterator[RenderableType]:
        """The values of a row, each with its further lines below; no lines after the last one with a value."""
        yield from _paragraph("; ".join(row[number].value for number in self._texts_apart if row[number].value))
        entries = [row[number] for number in self._numbers]
        valued = [
            place
            for place, block in enumerate(self._blocks)
            if any(has_value(entries[number]) or entries[number].marks for number in block)
        ]
        for place, block in enumerate(self._blocks[: max(valued, default=0) + 1]):
            if place == 0 or any(entries[number].lines for number in block):
                texts = [tuple(map(clean, entry.lines)) for entry in entries]
                yield self._grid(block, texts, [_marks(entry) for entry in entries])

    def _set_columns(self, numbers: Sequence[int]) -> None:
        table = self._table
        rows = [*table.rows, *([table.last_row] if table.last_row is not None else [])]
        self._numbers = numbers
        self._columns = [table.columns[number] for number in numbers]
        self._texts = [[clean(line) for row in rows for line in row[number].lines] for number in numbers]
        self._marks = [max((len(_marks(row[number])) for row in rows), default=0) for number in numbers]
        for self._gap, has_two_lines, is_wrapped in _ARRANGEMENTS:
            self._heads = [
                in_two_lines(column.title) if has_two_lines or column.unit else (column.title,)
                for column in self._columns
            ]
            self._widths = [
                max(map(cell_len, (*head, *texts)), default=0)
                for head, texts in zip(self._heads, self._texts, strict=True)
            ]
            if is_wrapped:
                self._wrap_texts()
            if self._total <= self._line:
                break

    def _wrap_texts(self) -> None:
        """Narrow the text columns, the widest first, until all columns fit or no text can be wrapped further.

        If they do not fit even then, a text column gets a third of the line, or the width of its longest word.
        """
        natural = list(self._widths)
        texts = [number for number, column in enumerate(self._columns) if column.place == "stub"]
        least = {number: self._narrowest(number) for number in texts}
        while self._total > self._line:
            wide = [number for number, width in least.items() if self._widths[number] > width]
            if not wide:
                for number in texts:
                    self._widths[number] = min(natural[number], max(self._longest_word(number), self._line // 3))
                return
            widest = max(wide, key=lambda number: self._widths[number])
            self._widths[widest] -= 1

    def _narrowest(self, number: int) -> int:
        """The width at which no word of a column is broken and no wrapped text makes its row higher."""
        figures = self._table.at("figure")
        lines = max([_TEXT_LINES, *(len(row[place].lines) for row in self._table.rows for place in figures)])
        width = self._longest_word(number)
        for text in dict.fromkeys(self._texts[number]):
            while width < cell_len(text) and len(wrap(text, width)) > lines:
                width += 1
        return width

    def _longest_word(self, number: int) -> int:
        texts = (*self._texts[number], *self._heads[number])
        return min(max((cell_len(word) for text in texts for word in text.split()), default=0), self._line)

    @property
    def _total(self) -> int:
        return self._width_of(range(len(self._columns)))

    def _width_of(self, block: range) -> int:
        inset = self._inset if block.start or self._texts_apart else 0
        return inset + sum(self._wide(number) for number in block) + self._gap * (len(block) - 1)

    def _wide(self, number: int) -> int:
        return self._widths[number] + (self._marks[number] + 1 if self._marks[number] else 0)

    @property
    def _inset(self) -> int:
        if self._texts_apart:
            return self._gap
        return min(self._widths[0] + self._gap, _INSET) if self._widths else 0

    def _folded(self) -> Iterator[range]:
        """The columns on each line of a row: as many as fit."""
        start = 0
        for number in range(1, len(self._columns)):
            if self._width_of(range(start, number + 1)) > self._line:
                yield range(start, number)
                start = number
        yield range(start, len(self._columns))

    def _grid(
        self, block: range, texts: Sequence[Sequence[str]], marks: Sequence[str] = (), vertical: str = "top"
    ) -> Grid:
        grid = Grid.grid(padding=(0, self._gap, 0, 0), pad_edge=False)
        cells = []
        if block.start or self._texts_apart:
            grid.add_column(width=max(self._inset - self._gap, 0))
            cells.append(Text())
        for number in block:
            is_text = self._columns[number].place == "stub"
            grid.add_column(width=self._wide(number), no_wrap=not is_text, vertical=vertical)  # type: ignore[arg-type]
            cells.append(Text("\n".join(self._cell(number, texts[number], marks[number] if marks else ""))))
        grid.add_row(*cells)
        return grid

    def _cell(self, number: int, lines: Sequence[str], mark: str) -> Iterator[str]:
        """The lines of a cell: figures are right-aligned, with space for footnote marks behind them."""
        width, room = self._widths[number], self._wide(number) - self._widths[number]
        for line, behind in zip_longest(lines or ("",), (mark,) if mark else (), fillvalue=""):
            lead = "" if self._columns[number].place == "stub" else " " * (width - cell_len(line))
            yield lead + line + (f" {behind}".ljust(room) if behind else "")


def clean(text: str) -> str:
    """A text on one line, with control characters escaped."""
    return visible(" ".join(text.split()))


def in_two_lines(heading: str) -> tuple[str, ...]:
    """A heading on one line if it is one word, otherwise on two of minimum width, without a comma between them."""
    words = heading.split()
    cuts = [(" ".join(words[:cut]).removesuffix(","), " ".join(words[cut:])) for cut in range(1, len(words))]
    return min(cuts, key=lambda lines: (max(map(cell_len, lines)), cell_len(lines[0]))) if cuts else (heading,)


def _joined_at(table: Table, row: Sequence[Entry], place: str) -> str:
    pairs = [(column, entry) for column, entry in zip(table.columns, row, strict=True) if column.place == place]
    return joined([column for column, _ in pairs], [entry for _, entry in pairs])


def _marks(entry: Entry) -> str:
    return ",".join(entry.marks)
