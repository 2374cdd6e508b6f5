"""Following a journal as it grows: only what is new is read, and only whole lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from govsim.journal import WholeLines, opened
from govsim.web.folder import Stamp, stamp_of

_STEP = 16 * 2**20
_MOST = 20_000
_KNOWN = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A whole line of a file.

    Attributes:
        number: counted from 1.
        start: the byte that it begins at.
        content: it, without the line break.
        problem: why it cannot be read, and why none after it is; None where it can.
    """

    number: int
    start: int
    content: bytes
    problem: str | None = None


class Tail:
    """Reads a file to its last whole line, again and again.

    Args:
        path: the file.
        below: the folder that it must not lie outside of, by any link; anywhere when None.
    """

    def __init__(self, path: Path, below: Path | None = None) -> None:
        self.path = path
        self._below = below
        self._begin()

    def _begin(self) -> None:
        self._stamp: Stamp | None = None
        self._read = 0
        self._lines = 0
        self._first = self._last = b""
        self.torn = 0
        self._is_endless = False  # whether a line has come that is longer than any can be

    @property
    def whole_bytes(self) -> int:
        """Bytes of the whole lines that were read."""
        return self._read

    def has_been_replaced(self) -> bool:
        """Whether another file lies there now, or the same one was cut or written anew.

        Raises:
            OSError: nothing lies there.
        """
        if self._stamp is None:
            return False
        now = stamp_of(self.path)
        if now.inode != self._stamp.inode or now.size < self._read:
            return True
        return now != self._stamp and not self._goes_on()

    def start_over(self) -> None:
        """Read from the beginning the next time."""
        self._begin()

    def has_news(self) -> bool:
        """Whether the file is another than when it was read last, or was not read to its end.

        Raises:
            OSError: nothing lies there.
        """
        now = stamp_of(self.path)
        return not self._is_endless and (now != self._stamp or self._read + self.torn != now.size)

    def new_lines(self) -> list[Line]:
        """The whole lines that have come since the last time.

        They are at most about 16 MiB or 20,000, the rest the next time. Where one is longer than any line of a journal,
        it comes without its content and with what is wrong, once.

        Raises:
            OSError: the file cannot be read.
        """
        if not self.has_news():
            return []
        now = stamp_of(self.path)
        with opened(self.path, self._below) as file:
            file.seek(self._read)
            lines = WholeLines(file)
            found = [self._numbered(content) for content in self._some(lines)]
        self._stamp = now
        self.torn = len(lines.rest)
        if found:
            self._first = self._first or found[0].content[:_KNOWN]
            self._last = found[-1].content[-_KNOWN:]
        if lines.problem:
            self._is_endless = True
            self._first = self._first or lines.rest[:_KNOWN]
            found.append(Line(number=self._lines + 1, start=self._read, content=b"", problem=lines.problem))
        return found

    def _some(self, lines: WholeLines) -> Iterator[bytes]:
        for content in lines:
            yield content
            if lines.whole_bytes >= _STEP or lines.number >= _MOST:
                return

    def _numbered(self, content: bytes) -> Line:
        line = Line(number=self._lines + 1, start=self._read, content=content)
        self._lines += 1
        self._read += len(content) + 1
        return line

    def _goes_on(self) -> bool:
        """Whether what was read still stands there, by how it began and ended: a run begun anew begins alike."""
        with opened(self.path, self._below) as file:
            is_first = file.read(len(self._first)) == self._first
            file.seek(max(0, self._read - 1 - len(self._last)))
            return is_first and file.read(len(self._last)) == self._last
