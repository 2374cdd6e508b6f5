"""What is said to a person."""

from __future__ import annotations

import sys

from govsim.characters import counted, escaped, visible
from govsim.cli.options import TableFormat

INTERRUPTED_CODE = 130
"""The exit code of a command that was interrupted (128 + SIGINT)."""


def say(text: str, *, err: bool = False) -> None:
    """Print a text on stdout, or stderr; no character in it reaches the terminal as a command to it."""
    stream = sys.stderr if err else sys.stdout
    stream.write(f"{visible(text)}\n")
    stream.flush()


def say_table(table: str, format: TableFormat) -> None:  # noqa: A002  as the option is called
    """Print a table on stdout. JSON stays the same JSON where the stream's encoding lacks some of its characters."""
    is_plain = format != "json" or (sys.stdout.encoding or "utf-8").lower().startswith("utf")
    say(table if is_plain else "".join(char if char.isascii() else escaped(char) for char in table))


def months(count: int) -> str:
    """A number of months, as in "1 month"."""
    return counted(count, "month")


class SaidOnce:
    """Says each text once, on stderr."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def say(self, text: str) -> bool:
        """Say a text unless it has been said; whether it is said now."""
        is_new = text not in self._said
        if is_new:
            self._said.add(text)
            say(text, err=True)
        return is_new
