"""Tables of amounts for a terminal."""

from __future__ import annotations

from collections.abc import Sequence


def with_total(table: Sequence[Sequence[str]], *, keys: int) -> str:
    """A table of amounts as plain text: its first row is the head, its last one the total, each set off by a rule.

    Args:
        table: rows of equal length.
        keys: how many columns say what a row is about; they are set flush left, the others flush right.
    """
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    lines = ["  ".join(_aligned(row, widths, keys)).rstrip() for row in table]
    rule = "─" * max(map(len, lines))
    return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1]])


def _aligned(row: Sequence[str], widths: Sequence[int], keys: int) -> list[str]:
    return [
        text.ljust(width) if column < keys else text.rjust(width)
        for column, (text, width) in enumerate(zip(row, widths, strict=True))
    ]
