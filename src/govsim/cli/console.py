"""Printing text on stdout and stderr."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from textwrap import fill

from govsim.characters import counted, visible

INTERRUPTED_CODE = 130
"""The exit code of a command that was interrupted (128 + SIGINT)."""

_NARROWEST = 24


def say(text: str, *, err: bool = False) -> None:
    """Print a text on stdout or stderr, with control characters escaped."""
    stream = sys.stderr if err else sys.stdout
    stream.write(f"{visible(text)}\n")
    stream.flush()


def wrapped(text: str, *, lead: str = "") -> str:
    """Wrap a paragraph between words to the width of the terminal; keep it on one line if stdout is not a terminal.

    Args:
        text: the paragraph.
        lead: text before its first line; further lines are indented by its length. It gets a line of its own if it
            leaves too little space.
    """
    if not sys.stdout.isatty():
        return f"{lead}{text}".rstrip()
    width = shutil.get_terminal_size().columns
    indent = " " * len(lead)
    if lead.strip() and len(lead) + _NARROWEST > width:
        return f"{lead.rstrip()}\n{wrapped(text, lead=' ' * 4)}"
    return fill(
        text, width, initial_indent=lead, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def wrapped_lines(text: str, leads: Sequence[str] = ()) -> str:
    """Wrap each line of a text between words to the width of the terminal, as `wrapped`.

    Args:
        text: the text.
        leads: beginnings of lines that are repeated at the beginning of their further lines.
    """
    if not sys.stdout.isatty():
        return text
    return "\n".join(_wrapped_line(line, leads) for line in text.split("\n"))


def _wrapped_line(line: str, leads: Sequence[str]) -> str:
    lead = next((one for one in leads if line.startswith(one)), "")
    rest = line.removeprefix(lead)
    indent = lead + rest[: len(rest) - len(rest.lstrip())]
    width = shutil.get_terminal_size().columns
    text = fill(
        rest.lstrip(),
        max(width, len(indent) + _NARROWEST),
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return text or line


def located(text: str, path: object) -> str:
    """Return a text and the path of its file, which has a line of its own if a line of the terminal is too short.

    Paths are not broken, so that they can be copied.
    """
    line = f"{text}  {path}"
    if not sys.stdout.isatty() or len(line) <= shutil.get_terminal_size().columns:
        return line
    return f"{wrapped(text)}\n  {path}"


def months(count: int) -> str:
    """Format a number of months, as in "1 month"."""
    return counted(count, "month")


class PrintedOnce:
    """Prints each text once, on stderr."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def say(self, text: str) -> bool:
        """Print a text unless it has been printed before; return whether it was printed now."""
        is_new = text not in self._said
        if is_new:
            self._said.add(text)
            say(text, err=True)
        return is_new
