"""What is said to a person."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from govsim.characters import counted, escaped, visible
from govsim.cli.options import TableFormat
from govsim.journal import Event, RequestLine

INTERRUPTED_CODE = 130
"""The exit code of a command that was interrupted (128 + SIGINT)."""


def say(text: str, *, err: bool = False) -> None:
    """Print a text on stdout, or stderr; no character in it reaches the terminal as a command to it."""
    stream = sys.stderr if err else sys.stdout
    stream.write(f"{visible(text)}\n")
    stream.flush()


def say_table(table: str, format: TableFormat) -> None:  # noqa: A002  as the option is called
    """Print a table on stdout. JSON stays the same JSON where the stream's encoding lacks some of its characters."""
    is_plain = format is not TableFormat.JSON or (sys.stdout.encoding or "utf-8").lower().startswith("utf")
    say(table if is_plain else "".join(char if char.isascii() else escaped(char) for char in table))


def months(count: int) -> str:
    """A number of months, as in "1 month"."""
    return counted(count, "month")


class RequestNotes:
    """Says once for each model which settings are not sent to it as they are set: on stderr, as soon as it is known."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def say(self, requests: Iterable[RequestLine]) -> None:
        """Say what is known of requests."""
        for request in requests:
            if request.note and request.note not in self._said:
                self._said.add(request.note)
                say(f"note: {request.note}", err=True)

    def hear(self, event: Event) -> None:
        """Say what an event shows."""
        if isinstance(event, RequestLine):
            self.say([event])
