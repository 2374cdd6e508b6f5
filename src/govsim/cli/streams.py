"""Standard output and error: text in any encoding, and errors of writing to them."""

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
"""Replacements for characters that an encoding lacks; other characters are written as their code."""

_ERRORS = "govsim-readable"
_BROKEN_PIPE_CODE = 141
"""The exit code of a program that was ended by a closed pipe (128 + SIGPIPE)."""


class OutputFailed(Exception):
    """Standard output cannot be written.

    Attributes:
        reason: the error message; empty if the reader has closed a pipe, as `head` does.
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
    """Standard error, whose write errors are ignored: runs continue, and their journals have all results."""

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
    """Let both streams accept any text, regardless of their encoding; streams replaced by a test are not changed."""
    codecs.register_error(_ERRORS, _substituted)
    if sys.stdout is None or sys.stdout is sys.__stdout__:
        sys.stdout = _reopened(sys.stdout, 1, _Results)
    if sys.stderr is None or sys.stderr is sys.__stderr__:
        sys.stderr = _reopened(sys.stderr, 2, _Messages)


def leave_output() -> None:
    """Discard pending output, so that exiting does not fail as well."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)


def _reopened(stream: TextIO | None, number: int, kind: type[io.TextIOWrapper]) -> TextIO:
    if stream is None:  # closed by the parent process; a file opened later must not get its number
        return cast(TextIO, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123 - kept open to the end
    binary = open(number, "wb", closefd=False)  # noqa: SIM115 - kept open to the end
    is_terminal = stream.isatty()
    return kind(binary, encoding=stream.encoding, errors=_ERRORS, line_buffering=is_terminal or kind is _Messages)


def _substituted(error: UnicodeError) -> tuple[str, int]:
    """Replace characters as the error handler of a codec: by similar ones, otherwise escaped as in JSON."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    refused = error.object[error.start : error.end]
    return "".join(_READABLE.get(character) or escaped(character) for character in refused), error.end
