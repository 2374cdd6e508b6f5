"""Pages of tables in LaTeX: which rows and notes fit on a page."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

LINES = {r"\footnotesize": 40, r"\scriptsize": 50}
"""Maximum lines of a table on a page, by its font: as many as fit an article of 12 points, the largest size."""

_NOTE = 86
"""Characters of a line of a note."""

MOST = 80
"""Characters of a line in the smallest letters of a table in LaTeX."""

LEAD = r"\addlinespace "
"""The start of a row with a label, which spans all columns."""


def pages_of(rows: Sequence[list[str]], room: float) -> list[list[list[str]]]:
    """The rows of each page: as few pages as possible, of similar length.

    A label stays with the row below it and is repeated on the next page, and a remark stays with its row.

    Args:
        rows: the rows in LaTeX.
        room: maximum lines of a page.
    """
    blocks = _blocks(rows)
    fewest = _filled(blocks, room)
    shorter = (_filled(blocks, lines) for lines in range(1, ceil(room)))
    return next((pages for pages in shorter if len(pages) == len(fewest)), fewest)


def _blocks(rows: Sequence[list[str]]) -> list[list[list[str]]]:
    """Rows that stay together: a row with the label above and the remark below it."""
    blocks: list[list[list[str]]] = []
    for row in rows:
        is_remark = _spans(row) and not _is_label(row)
        if not blocks or not (is_remark or _is_label(blocks[-1][-1])):
            blocks.append([])
        blocks[-1].append(row)
    return blocks


def _filled(blocks: Sequence[list[list[str]]], room: float) -> list[list[list[str]]]:
    """Pages with as many blocks as fit; a page that continues a label begins with it."""
    pages: list[list[list[str]]] = [[]]
    label: list[list[str]] = []
    used = 0.0
    for block in blocks:
        height = sum(map(height_of, block))
        if pages[-1] and used + height > room:
            pages.append([] if _is_label(block[0]) else [*label])
            used = sum(map(height_of, pages[-1]))
        label = block[:1] if _is_label(block[0]) else label
        pages[-1] += block
        used += height
    return pages


def _spans(row: Sequence[str]) -> bool:
    """Whether a row is a label or a remark, which spans all columns."""
    return r"\multicolumn" in row[0]


def _is_label(row: Sequence[str]) -> bool:
    return row[0].startswith(LEAD)


def height_of(row: Sequence[str]) -> float:
    """The lines of a row, with the space above it.

    They are those of its longest cell, whose intervals can have two, or of a text that spans all columns.
    """
    first, *_ = row
    if not _spans(row):
        return max(sum(1 + part.startswith("[") for part in cell.split(r"\par ")) for cell in row)
    text = first[first.rindex(r"\raggedright") :]
    return 1 + len(text) // MOST + _is_label(row) / 2


def pages_of_notes(notes: Sequence[str], room: float) -> list[list[str]]:
    """The notes below the last table and, if they do not fit there, those of pages of their own.

    Args:
        notes: the notes in LaTeX.
        room: the free lines below the last table.
    """
    pages: list[list[str]] = [[]]
    heights = [0.4 + ceil(len(note) / _NOTE) for note in notes]
    if sum(heights) > room:
        pages.append([])
    used = 0.0
    for note, height in zip(notes, heights, strict=True):
        if pages[-1] and used + height > LINES[r"\footnotesize"] and len(pages) > 1:
            pages.append([])
            used = 0.0
        pages[-1].append(f"\\par\\smallskip{{\\raggedright\\footnotesize {note}\\par}}\n")
        used += height
    return pages
