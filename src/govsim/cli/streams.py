"""Standard output and error: text in any encoding, and what happens when nothing can be written to them."""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
from typing import TextIO, cast

from govsim.characters import escaped

_READABLE = {
    **dict.fromkeys("–—−‑‐―─━═", "-"),
    **dict.fromkeys("│┃║", "|"),
    **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╯╰╞╡╪", "+"),
    **dict.fromkeys("“”„‟″«»", '"'),
    **dict.fromkeys("‘’‚‹›", "'"),
    **dict.fromkeys("\u00a0\u2002\u2003\u2009\u202f", " "),
    **dict.fromkeys("·•", "*"),
    **{"…": "...", "→": "->", "←": "<-", "≤": "<=", "≥": ">=", "×": "x", "÷": "/", "±": "+-", "≈": "~", "≠": "!="},
    **{"²": "^2", "³": "^3", "█": "#", "€": "EUR", "✓": "+", "✔": "+", "✗": "x", "★": "*"},
}
"""What stands for a sign where the encoding of a stream has none; any other character is written as its number."""

_ERRORS = "govsim-readable"
_BROKEN_PIPE_CODE = 141
"""The exit code of a program that was ended by a closed pipe (128 + SIGPIPE)."""


class OutputFailed(Exception):
    """Standard output cannot be written.

    Attributes:
        reason: what to say about it; empty where the reader has closed a pipe, as `head` does.
        exit_code: the exit code of the command.
    """

    def __init__(self, error: OSError) -> None:
        is_closed = isinstance(error, BrokenPipeError) or (error.errno == errno.EINVAL and os.name == "nt")
        self.reason = "" if is_closed else f"the output cannot be written ({error.strerror or error})"
        self.exit_code = _BROKEN_PIPE_CODE if is_closed else 1
        super().__init__(self.reason)


class _Results(io.TextIOWrapper):
    """Standard output, whose write errors differ in type from those of files."""

    def write(self, text: str, /) -> int:
        try:
            return super().write(text)
        except OSError as error:
            raise OutputFailed(error) from error

    def flush(self) -> None:
        try:
            super().flush()
        except OSError as error:
            raise OutputFailed(error) from error


class _Messages(io.TextIOWrapper):
    """Standard error, which stops nothing when it cannot be written: runs go on, and their journals tell the rest."""

    def write(self, text: str, /) -> int:
        try:
            return super().write(text)
        except OSError:
            return len(text)

    def flush(self) -> None:
        try:
            super().flush()
        except OSError:
            return


def set_up_streams() -> None:
    """Let both streams take any text, whatever their encoding; streams that a test has replaced are left alone."""
    codecs.register_error(_ERRORS, _substituted)
    if sys.stdout is None or sys.stdout is sys.__stdout__:
        sys.stdout = _reopened(sys.stdout, 1, _Results)
    if sys.stderr is None or sys.stderr is sys.__stderr__:
        sys.stderr = _reopened(sys.stderr, 2, _Messages)


def leave_output() -> None:
    """Let what is still to be written to standard output go nowhere, so that ending the process does not fail too."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)


def _reopened(stream: TextIO | None, number: int, kind: type[io.TextIOWrapper]) -> TextIO:
    if stream is None:  # closed by whoever started the process; a file opened later must not get its number
        return cast(TextIO, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123 - kept open to the end
    binary = open(number, "wb", closefd=False)  # noqa: SIM115 - kept open to the end
    is_terminal = stream.isatty()
    return kind(binary, encoding=stream.encoding, errors=_ERRORS, line_buffering=is_terminal or kind is _Messages)


def _substituted(error: UnicodeError) -> tuple[str, int]:
    """A codec's error handler: signs become similar ones, other characters are written as JSON writes them."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    refused = error.object[error.start : error.end]
    return "".join(_READABLE.get(character) or escaped(character) for character in refused), error.end
