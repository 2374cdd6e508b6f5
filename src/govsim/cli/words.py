"""What is said to a person."""

from __future__ import annotations

import typer

from govsim.characters import visible


def say(text: str, *, err: bool = False) -> None:
    """Print a text on stdout, or stderr; no character in it reaches the terminal as a command to it."""
    typer.echo(visible(text), err=err)


def months(count: int) -> str:
    """A number of months, as in "1 month"."""
    return f"{count} month" if count == 1 else f"{count} months"
