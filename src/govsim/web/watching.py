"""Following a journal as it grows: only what is new is read, and only whole lines."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from govsim.web.folder import Stamp, stamp_of

_STEP = 16 * 2**20
_KNOWN = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A whole line of a file.

    Attributes:
        number: counted from 1.
        start: the byte that it begins at.
        content: it, without the line break.
    """

    number: int
    start: int
    content: bytes


class Tail:
    """Reads a file to its last whole line, again and again.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._begin()

    def _begin(self) -> None:
        self._stamp: Stamp | None = None
        self._read = 0
        self._lines = 0
        self._first = self._last = b""
        self.torn = 0

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
        return now != self._stamp or self._read + self.torn != now.size

    def new_lines(self) -> list[Line]:
        """The whole lines that have come since the last time; at most about 16 MiB of them, the rest the next time.

        Raises:
            OSError: the file cannot be read.
        """
        if not self.has_news():
            return []
        now = stamp_of(self.path)
        with self.path.open("rb") as file:
            file.seek(self._read)
            content = file.read(_STEP)
            if content and b"\n" not in content:  # one line that is longer than that
                content += file.read()
        whole, _, torn = content.rpartition(b"\n")
        self._stamp = now
        self.torn = len(torn)
        lines = self._numbered(whole) if len(torn) < len(content) else []
        if lines:
            self._first = self._first or lines[0].content[:_KNOWN]
            self._last = lines[-1].content[-_KNOWN:]
        return lines

    def _numbered(self, whole: bytes) -> list[Line]:
        lines = []
        for content in whole.split(b"\n"):
            self._lines += 1
            lines.append(Line(number=self._lines, start=self._read, content=content))
            self._read += len(content) + 1
        return lines

    def _goes_on(self) -> bool:
        """Whether what was read still stands there, by how it began and ended: a run begun anew begins alike."""
        with self.path.open("rb") as file:
            is_first = file.read(len(self._first)) == self._first
            file.seek(max(0, self._read - 1 - len(self._last)))
            return is_first and file.read(len(self._last)) == self._last
