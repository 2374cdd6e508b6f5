"""What is said to a person."""

from __future__ import annotations

from collections.abc import Iterable

import typer

from govsim.characters import visible
from govsim.journal import Event, RequestLine


def say(text: str, *, err: bool = False) -> None:
    """Print a text on stdout, or stderr; no character in it reaches the terminal as a command to it."""
    typer.echo(visible(text), err=err)


def months(count: int) -> str:
    """A number of months, as in "1 month"."""
    return f"{count} month" if count == 1 else f"{count} months"


def duration(seconds: float) -> str:
    """A length of time, as in "40 s", "12 min" or "3 h 05 min"."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"


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
