"""Tables as plain text for a terminal."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from itertools import groupby, zip_longest

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from govsim.analysis.tables.table import Column, Entry, Table, joined
from govsim.characters import visible

WIDTH = 100
"""Characters of a line where no terminal says how many there are."""

NARROWEST, WIDEST = 60, 140
"""Characters of a line on the narrowest and on the widest terminal."""

_GAP = 2
_WAYS = ((_GAP, False, False), (_GAP, True, False), (1, True, False), (1, True, True), (_GAP, True, True))
"""How columns are put side by side, the first way that fits, or the last: the gap, whether all headings take two lines,
and whether words are wrapped."""

_INSET = 12
"""The most characters that further lines of a row are set in by."""


def text_width() -> int:
    """Characters of a line: those of the terminal that a person looks at, else `WIDTH`."""
    if not sys.stdout.isatty():
        return WIDTH
    return min(max(shutil.get_terminal_size((WIDTH, 0)).columns, NARROWEST), WIDEST)


def as_text(table: Table, width: int | None = None) -> str:
    """A table as plain text: labels above their rows, remarks below, then the notes.

    Figures that do not fit side by side stand on further lines of their row, so that no line is longer than the width,
    and no number or word is broken.

    Args:
        table: the table.
        width: characters of a line; as `text_width` says when None.

    Returns:
        Lines without a newline at the end.
    """
    most = width or text_width()
    layout = _Layout(table, most)
    rule = Text("─" * layout.width)
    parts: list[RenderableType] = [*_paragraph(table.title), ""] if table.is_titled else []
    parts += [*layout.heading(), rule]
    for label, rows in groupby(table.rows, key=lambda row: _told(table, row, "label")):
        parts += [*([""] if label and parts[-1] is not rule else []), *_paragraph(label)]
        for row in rows:
            parts += [*layout.figures(row), *_paragraph(_told(table, row, "remark"), inset=_GAP)]
    if table.last_row is not None:
        parts += [rule, *layout.figures(table.last_row)]
    notes = (*table.notes, *(f"{mark}: {text}" for mark, text in table.footnotes.items()))
    return _printed([*parts, *([""] if notes else []), *(part for note in notes for part in _paragraph(note))], most)


def _printed(parts: Iterable[RenderableType], width: int) -> str:
    """What rich makes of parts, without colours or marks of its own."""
    file = StringIO()
    console = Console(file=file, width=width, color_system=None, markup=False, highlight=False)
    for part in parts:
        console.print(part)
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines()).rstrip("\n")


def _paragraph(text: str, inset: int = 0) -> list[RenderableType]:
    """A text, wrapped between words; nothing where it is empty."""
    return [Padding(Text(clean(text)), (0, 0, 0, inset))] if text else []


class _Layout:
    """Which columns stand side by side, how wide they are, and on how many lines a row stands."""

    def __init__(self, table: Table, width: int) -> None:
        self._numbers = table.at("stub", "figure")
        self._columns = [table.columns[number] for number in self._numbers]
        rows = [*table.rows, *([table.last_row] if table.last_row is not None else [])]
        self._texts = [[clean(line) for row in rows for line in row[number].lines] for number in self._numbers]
        self._marks = [max((len(_marks(row[number])) for row in rows), default=0) for number in self._numbers]
        self._most = width
        for self._gap, self._is_narrow, self._is_wrapped in _WAYS:
            self._arrange()
            if self._total <= width:
                break
        self._blocks = list(self._folded())
        self.width = max((self._width_of(block) for block in self._blocks), default=0)

    def heading(self) -> Iterator[Grid]:
        """The headings of all blocks, their last lines on one level."""
        yield from (self._grid(block, self._heads, vertical="bottom") for block in self._blocks)

    def figures(self, row: Sequence[Entry]) -> Iterator[Grid]:
        """The values, and below them line by line what belongs to them."""
        entries = [row[number] for number in self._numbers]
        for block in self._blocks:
            if not self._blocks.index(block) or any(entries[number].lines for number in block):
                texts = [tuple(map(clean, entry.lines)) for entry in entries]
                yield self._grid(block, texts, [_marks(entry) for entry in entries])

    def _arrange(self) -> None:
        self._heads = [
            in_two_lines(column.title) if self._is_narrow or column.unit else (column.title,)
            for column in self._columns
        ]
        self._widths = [
            self._fitting(column, max(map(cell_len, (*head, *texts)), default=0))
            for column, head, texts in zip(self._columns, self._heads, self._texts, strict=True)
        ]

    def _fitting(self, column: Column, natural: int) -> int:
        """The width of a column: words that are wrapped may take a third of a line, and more where one is longer."""
        if column.place == "figure" or not self._is_wrapped or natural <= self._most // 3:
            return natural
        texts = self._texts[self._columns.index(column)]
        longest = max(cell_len(word) for text in (*texts, column.title) for word in text.split())
        return min(natural, max(longest, self._most // 3))

    @property
    def _total(self) -> int:
        return self._width_of(range(len(self._columns)))

    def _width_of(self, block: range) -> int:
        inset = self._inset if block.start else 0
        return inset + sum(self._wide(number) for number in block) + self._gap * (len(block) - 1)

    def _wide(self, number: int) -> int:
        return self._widths[number] + (self._marks[number] + 1 if self._marks[number] else 0)

    @property
    def _inset(self) -> int:
        return min(self._widths[0] + self._gap, _INSET)

    def _folded(self) -> Iterator[range]:
        """The columns of each line of a row: as many as fit."""
        start = 0
        for number in range(1, len(self._columns)):
            if self._width_of(range(start, number + 1)) > self._most:
                yield range(start, number)
                start = number
        yield range(start, len(self._columns))

    def _grid(
        self, block: range, texts: Sequence[Sequence[str]], marks: Sequence[str] = (), vertical: str = "top"
    ) -> Grid:
        grid = Grid.grid(padding=(0, self._gap, 0, 0), pad_edge=False)
        cells = []
        if block.start:
            grid.add_column(width=self._inset - self._gap)
            cells.append(Text())
        for number in block:
            is_stub = self._columns[number].place == "stub"
            grid.add_column(width=self._wide(number), no_wrap=not is_stub, vertical=vertical)  # type: ignore[arg-type]
            cells.append(Text("\n".join(self._lines(number, texts[number], marks[number] if marks else ""))))
        grid.add_row(*cells)
        return grid

    def _lines(self, number: int, lines: Sequence[str], mark: str) -> Iterator[str]:
        """Lines of a cell: figures flush right, with room for marks behind them."""
        width, room = self._widths[number], self._wide(number) - self._widths[number]
        for line, behind in zip_longest(lines or ("",), (mark,) if mark else (), fillvalue=""):
            lead = "" if self._columns[number].place == "stub" else " " * (width - cell_len(line))
            yield lead + line + (f" {behind}".ljust(room) if behind else "")


def clean(text: str) -> str:
    """A text in one line that nothing takes for a command."""
    return visible(" ".join(text.split()))


def in_two_lines(heading: str) -> tuple[str, ...]:
    """A heading in one line, or in the two that are least wide."""
    words = heading.split()
    cuts = [(" ".join(words[:cut]), " ".join(words[cut:])) for cut in range(1, len(words))]
    return min(cuts, key=lambda lines: (max(map(cell_len, lines)), cell_len(lines[0]))) if cuts else (heading,)


def _told(table: Table, row: Sequence[Entry], place: str) -> str:
    pairs = [(column, entry) for column, entry in zip(table.columns, row, strict=True) if column.place == place]
    return joined([column for column, _ in pairs], [entry for _, entry in pairs])


def _marks(entry: Entry) -> str:
    return ",".join(entry.marks)
