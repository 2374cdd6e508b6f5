"""Incremental reading of a journal as it grows: only new, complete lines are read, and each is validated once."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from govsim.characters import shortened
from govsim.errors import JournalError
from govsim.journal.decoding import BrokenLine, Decoder, Validation
from govsim.journal.events import Header
from govsim.journal.line import LONGEST_LINE, LONGEST_LINE_WORDS, Event, JournalKind
from govsim.journal.safe_open import opened
from govsim.journal.study_lines import Study

E = TypeVar("E", bound=Event)

MOST_BYTES, MOST_LINES = 16 * 2**20, 20_000
"""Approximate maximum that `Follower.new_lines` returns at once; the rest follows with the next call."""

_KNOWN = 256
_LONGEST_PROBLEM = 300
_CHANGED = "the journal has changed or cannot be read; reload the page"
_OTHER_FORMATS = {
    b"\x1f\x8b": ("is compressed", "unpack it first"),
    b"\xef\xbb\xbf": ("starts with a byte order mark", "save it as UTF-8 without one"),
    b"\xff\xfe": ("is encoded as UTF-16", "save it as UTF-8"),
    b"\xfe\xff": ("is encoded as UTF-16", "save it as UTF-8"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """State of a file, to detect changes: size in bytes, modification time in nanoseconds, inode and mode."""

    size: int
    time: int
    inode: int
    mode: int  # a file that has become readable has not changed otherwise


def stamp_of(path: Path) -> Stamp:
    """Return the state of a file.

    Raises:
        OSError: the file does not exist, or is not a regular file.
    """
    if not path.is_file():
        raise FileNotFoundError(2, "is not a file")
    return _stamp_from(path.stat())


def _stamp_from(state: os.stat_result) -> Stamp:
    return Stamp(size=state.st_size, time=state.st_mtime_ns, inode=state.st_ino, mode=state.st_mode)


@dataclass(frozen=True, slots=True, kw_only=True)
class ByteRange:
    """Position of a line in its file: the offset of its first byte, and its length in bytes."""

    start: int
    length: int


class Tail:
    """Reads the complete lines of a growing file, repeatedly.

    Memory use is bounded by the maximum length of a line. A file that is not a journal, or has a line longer than the
    maximum, is not read further after the error has been reported, until it is replaced by another file.

    Args:
        path: the file.
        below: the folder that must contain the file, after resolving links; as for `opened` if None.

    Attributes:
        number: number of the last line read, from 1.
        complete_bytes: length in bytes of all complete lines read, including line breaks.
        partial_line: start of an incomplete last line; empty if there is none.
    """

    def __init__(self, path: Path, below: Path | None = None) -> None:
        self.path = path
        self._below = below
        self.restart()

    def restart(self) -> None:
        """Read from the beginning next time."""
        self.number = self.complete_bytes = 0
        self.partial_line = self._first = self._last = b""
        self._stamp: Stamp | None = None
        self._is_stopped = False

    def stop_reading(self) -> None:
        """Read nothing more of this file."""
        self._is_stopped = True

    def has_been_replaced(self) -> bool:
        """Whether the file has been replaced by another one, truncated or rewritten.

        Raises:
            OSError: the file does not exist.
        """
        if self._stamp is None:
            return False
        now = stamp_of(self.path)
        if now.inode != self._stamp.inode or now.size < self.complete_bytes:
            return True
        return now != self._stamp and not self._is_continuation()

    def has_more(self) -> bool:
        """Whether the file has changed since it was last read, or was not read to its end.

        Raises:
            OSError: the file does not exist.
        """
        now = stamp_of(self.path)
        return not self._is_stopped and (now != self._stamp or self.complete_bytes + len(self.partial_line) != now.size)

    def lines(self, most_bytes: float = float("inf"), most_lines: float = float("inf")) -> Iterator[bytes]:
        """Yield the complete lines added since the last call, without line breaks.

        Args:
            most_bytes: approximate maximum number of bytes to read.
            most_lines: maximum number of lines to read.

        Raises:
            OSError: the file cannot be read.
            BrokenLine: the file is not a journal, or a line exceeds the maximum length.
        """
        with opened(self.path, self._below) as file:
            self._stamp = _stamp_from(os.fstat(file.fileno()))
            if not self.number:
                self._reject_other_formats(file.read(3))
            most_bytes, most_lines = self.complete_bytes + most_bytes, self.number + most_lines
            file.seek(self.complete_bytes)
            self.partial_line = b""
            try:
                while self.complete_bytes < most_bytes and self.number < most_lines:
                    line = file.readline(LONGEST_LINE + 1)
                    if not line.endswith(b"\n"):
                        self._keep_partial(line)
                        return
                    self.number += 1
                    self.complete_bytes += len(line)
                    self._last = line
                    if self.number == 1:
                        self._first = line[:_KNOWN]
                    yield line[:-1]
            finally:
                self._last = self._last[-_KNOWN:]

    @property
    def location(self) -> ByteRange:
        """Position of the last line yielded by `lines`; must be read before the next line is yielded."""
        return ByteRange(start=self.complete_bytes - len(self._last), length=max(0, len(self._last) - 1))

    def _reject_other_formats(self, start: bytes) -> None:
        for signature, (what, remedy) in _OTHER_FORMATS.items():
            if start.startswith(signature):
                self._first = signature
                self.stop_reading()
                raise BrokenLine(what, remedy)

    def _keep_partial(self, line: bytes) -> None:
        if len(line) <= LONGEST_LINE:
            self.partial_line = line
            return
        self._first = self._first or line[:_KNOWN]
        self.number += 1
        self.stop_reading()
        raise BrokenLine(f"is longer than {LONGEST_LINE_WORDS}, the maximum length of a line in a journal")

    def _is_continuation(self) -> bool:
        """Whether the part already read is unchanged, by its first and last line (restarted runs start alike)."""
        with opened(self.path, self._below) as file:
            is_first = file.read(len(self._first)) == self._first
            file.seek(self.complete_bytes - len(self._last))
            return is_first and file.read(len(self._last)) == self._last


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLine:
    """A new line of a journal.

    Attributes:
        line: number of the line, from 1; 0 if the problem concerns the file as a whole.
        location: position of the line.
        event: the event; None if the line is invalid.
        problem: description of the problem; None if the line is valid.
    """

    line: int
    location: ByteRange
    event: Event | None = None
    problem: str | None = None


class Follower:
    """Reads and validates a journal as it grows, even if several processes write it one after another.

    Args:
        path: the journal.
        below: as for `Tail`.
        kinds: kinds of event to return, in addition to sessions and ends; others are skipped. All if None.
        journal: the required kind of journal; either if None.
    """

    def __init__(
        self,
        path: Path,
        below: Path | None = None,
        *,
        kinds: Collection[str] | None = None,
        journal: JournalKind | None = None,
    ) -> None:
        self.path = path
        self._kinds, self._journal = kinds, journal
        self._tail = Tail(path, below)
        self._validation = Validation(kinds, journal)

    @property
    def partial_line(self) -> bytes:
        """Start of an incomplete last line."""
        return self._tail.partial_line

    @property
    def number(self) -> int:
        """Number of complete lines read."""
        return self._tail.number

    @property
    def complete_bytes(self) -> int:
        """Length in bytes of the complete lines read."""
        return self._tail.complete_bytes

    @property
    def unknown(self) -> Counter[str]:
        """Number of events of each kind that no installed package defines."""
        return self._validation.unknown

    def has_more(self) -> bool:
        """See `Tail.has_more`."""
        return self._tail.has_more()

    def restart_if_replaced(self) -> bool:
        """Restart if the journal has been replaced by another one, truncated or rewritten; return whether it was.

        Raises:
            OSError: the file does not exist.
        """
        is_replaced = self._tail.has_been_replaced()
        if is_replaced:
            self._tail.restart()
            self._validation = Validation(self._kinds, self._journal)
        return is_replaced

    def header_and_events(self) -> tuple[Header | Study, tuple[Event, ...]]:
        """Return the current content of the journal.

        Raises:
            OSError: the file cannot be read.
            JournalError: the file is not a journal, or a line is damaged; names the line.
        """
        try:
            events = tuple(self._validation.events(self._tail.lines()))
        except BrokenLine as error:
            raise JournalError(error.message(self.path, self._tail.number)) from error
        header = self._validation.header
        if header is None:
            raise JournalError(f"{self.path}: is empty or truncated in its first line; delete it to start its run over")
        return header, events[1:]

    def new_lines(self) -> list[NewLine]:
        """Return the next new lines, including invalid ones; empty if there are none.

        Raises:
            OSError: the file cannot be read.
        """
        found: list[NewLine] = []
        if not self.has_more():
            return found
        lines = self._tail.lines(MOST_BYTES, MOST_LINES)
        is_finished = False
        while not is_finished:
            try:
                for event in self._validation.events(lines):
                    found.append(NewLine(line=self._tail.number, location=self._tail.location, event=event))
                is_finished = True
            except BrokenLine as error:
                problem = shortened(error.what, _LONGEST_PROBLEM)
                found.append(NewLine(line=self._tail.number, location=self._tail.location, problem=problem))
                if self._validation.header is None:
                    self._tail.stop_reading()
                    is_finished = True
        return found


def event_at(path: Path, location: ByteRange, kind: type[E], below: Path | None = None) -> E:
    """Read the event in a line of a run's journal.

    Args:
        path: the journal.
        location: position of the line.
        kind: the expected class of the event.
        below: as for `Tail`.

    Raises:
        JournalError: the position contains something else by now, or the file cannot be read.
    """
    try:
        with opened(path, below) as file:
            file.seek(location.start)
            event = Decoder("run").event_in(file.read(location.length))
    except (OSError, BrokenLine) as error:
        raise JournalError(_CHANGED) from error
    if not isinstance(event, kind):
        raise JournalError(_CHANGED)
    return event
