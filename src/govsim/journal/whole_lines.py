"""The lines of a file, read one after the other, so that no file takes more memory than its longest line may."""

from __future__ import annotations

from typing import BinaryIO, Self

from govsim.journal.line import LONGEST_LINE, LONGEST_LINE_WORDS

TOO_LONG_LINE = f"is longer than {LONGEST_LINE_WORDS}, which no line of a journal is"
"""What is wrong with a line that has no end."""


class WholeLines:
    """Iterates over the finished lines of a file, without their line breaks.

    It ends at the end of the file, or where a line is longer than a line of a journal can be; `problem` tells which.

    Args:
        file: an open file, read from where it stands.

    Attributes:
        number: how many lines were given.
        whole_bytes: the bytes of these, line breaks included.
        rest: the beginning of a last line that has no line break; empty where there is none, or not yet.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.number = 0
        self.whole_bytes = 0
        self.rest = b""

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        line = b"" if self.rest else self._file.readline(LONGEST_LINE + 1)
        if not line.endswith(b"\n"):
            self.rest = self.rest or line
            raise StopIteration
        self.number += 1
        self.whole_bytes += len(line)
        return line[:-1]

    @property
    def problem(self) -> str | None:
        """What is wrong with the line where it ended; None where the file ended there."""
        return TOO_LONG_LINE if len(self.rest) > LONGEST_LINE else None
