"""Following a journal as it grows: only what is new is read, only whole lines, and each line is validated once."""

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
"""What `Follower.news` gives at once, about; the rest comes the next time."""

_KNOWN = 256
_LONGEST_PROBLEM = 300
_CHANGED = "the journal has changed or cannot be read; load the page again"
_OTHER_FILES = {
    b"\x1f\x8b": ("is compressed", "unpack it first"),
    b"\xef\xbb\xbf": ("begins with a byte order mark", "save it as UTF-8 without one"),
    b"\xff\xfe": ("is UTF-16", "save it as UTF-8"),
    b"\xfe\xff": ("is UTF-16", "save it as UTF-8"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What tells whether a file is still the one that was read: size in bytes, time in nanoseconds, and more."""

    size: int
    time: int
    inode: int
    mode: int  # a file that may be read again has not changed otherwise


def stamp_of(path: Path) -> Stamp:
    """The state of a file.

    Raises:
        OSError: it is not there, or is no ordinary file.
    """
    if not path.is_file():
        raise FileNotFoundError(2, "is no file")
    return _stamp_from(path.stat())


def _stamp_from(state: os.stat_result) -> Stamp:
    return Stamp(size=state.st_size, time=state.st_mtime_ns, inode=state.st_ino, mode=state.st_mode)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a line stands in its file: the byte that it begins at, and how many it has."""

    start: int
    length: int


class Tail:
    """Reads a file to its last whole line, again and again.

    No file takes more memory than its longest line may. A file that is no journal, or has a line that is longer than
    any line of a journal, is left alone after that has been said, until another file lies there.

    Args:
        path: the file.
        below: the folder that it must not lie outside of, by any link; as for `opened` when None.

    Attributes:
        number: of the line that was read last, from 1.
        whole_bytes: the bytes of all whole lines that were read, line breaks included.
        torn: the beginning of a last line that is not finished; empty where there is none.
    """

    def __init__(self, path: Path, below: Path | None = None) -> None:
        self.path = path
        self._below = below
        self.start_over()

    def start_over(self) -> None:
        """Read from the beginning the next time."""
        self.number = self.whole_bytes = 0
        self.torn = self._first = self._last = b""
        self._stamp: Stamp | None = None
        self._is_over = False

    def give_up(self) -> None:
        """Read nothing more of this file."""
        self._is_over = True

    def has_been_replaced(self) -> bool:
        """Whether another file lies there now, or the same one was cut or written anew.

        Raises:
            OSError: nothing lies there.
        """
        if self._stamp is None:
            return False
        now = stamp_of(self.path)
        if now.inode != self._stamp.inode or now.size < self.whole_bytes:
            return True
        return now != self._stamp and not self._goes_on()

    def has_news(self) -> bool:
        """Whether the file is another than when it was read last, or was not read to its end.

        Raises:
            OSError: nothing lies there.
        """
        now = stamp_of(self.path)
        return not self._is_over and (now != self._stamp or self.whole_bytes + len(self.torn) != now.size)

    def lines(self, most_bytes: float = float("inf"), most_lines: float = float("inf")) -> Iterator[bytes]:
        """The whole lines that have come since the last time, without their line breaks.

        Args:
            most_bytes: how many bytes, about, are read at once.
            most_lines: how many lines are.

        Raises:
            OSError: the file cannot be read.
            BrokenLine: it is no journal, or a line is longer than any line of a journal.
        """
        with opened(self.path, self._below) as file:
            self._stamp = _stamp_from(os.fstat(file.fileno()))
            if not self.number:
                self._refuse_other_files(file.read(3))
            most_bytes, most_lines = self.whole_bytes + most_bytes, self.number + most_lines
            file.seek(self.whole_bytes)
            self.torn = b""
            try:
                while self.whole_bytes < most_bytes and self.number < most_lines:
                    line = file.readline(LONGEST_LINE + 1)
                    if not line.endswith(b"\n"):
                        self._tear(line)
                        return
                    self.number += 1
                    self.whole_bytes += len(line)
                    self._last = line
                    if self.number == 1:
                        self._first = line[:_KNOWN]
                    yield line[:-1]
            finally:
                self._last = self._last[-_KNOWN:]

    @property
    def place(self) -> Place:
        """Where the line stands that `lines` has given last; to be asked for before it gives the next."""
        return Place(start=self.whole_bytes - len(self._last), length=max(0, len(self._last) - 1))

    def _refuse_other_files(self, start: bytes) -> None:
        for of_others, (what, remedy) in _OTHER_FILES.items():
            if start.startswith(of_others):
                self._first = of_others
                self.give_up()
                raise BrokenLine(what, remedy)

    def _tear(self, line: bytes) -> None:
        if len(line) <= LONGEST_LINE:
            self.torn = line
            return
        self._first = self._first or line[:_KNOWN]
        self.number += 1
        self.give_up()
        raise BrokenLine(f"is longer than {LONGEST_LINE_WORDS}, which no line of a journal is")

    def _goes_on(self) -> bool:
        """Whether what was read still stands there, by how it began and ended: a run begun anew begins alike."""
        with opened(self.path, self._below) as file:
            is_first = file.read(len(self._first)) == self._first
            file.seek(self.whole_bytes - len(self._last))
            return is_first and file.read(len(self._last)) == self._last


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """A line of a journal that has come.

    Attributes:
        line: its number, from 1; 0 where something is wrong with the file as a whole.
        place: where it stands.
        event: the event that it records; None where it records none that can be read.
        problem: what is wrong with it; None where nothing is.
    """

    line: int
    place: Place
    event: Event | None = None
    problem: str | None = None


class Follower:
    """Reads and validates a journal as it grows, by whichever processes, one after the other, write it.

    Args:
        path: the journal.
        below: as for `Tail`.
        kinds: kinds of event to give, beside sessions and ends; others are passed over unread. All when None.
        journal: what the journal must record; either when None.
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
    def torn(self) -> bytes:
        """The beginning of a last line that is not finished."""
        return self._tail.torn

    @property
    def whole_bytes(self) -> int:
        """Bytes of the whole lines that were read."""
        return self._tail.whole_bytes

    @property
    def unknown(self) -> Counter[str]:
        """How many events of each kind came that no installed package defines."""
        return self._validation.unknown

    def has_news(self) -> bool:
        """As `Tail.has_news`."""
        return self._tail.has_news()

    def starts_over(self) -> bool:
        """Begin anew where another journal lies there by now, or the same one was cut or written anew; whether so.

        Raises:
            OSError: nothing lies there.
        """
        is_another = self._tail.has_been_replaced()
        if is_another:
            self._tail.start_over()
            self._validation = Validation(self._kinds, self._journal)
        return is_another

    def header_and_events(self) -> tuple[Header | Study, tuple[Event, ...]]:
        """All that stands in the journal by now.

        Raises:
            OSError: the file cannot be read.
            JournalError: it is no journal, or a line in it cannot be read; names it.
        """
        try:
            events = tuple(self._validation.events(self._tail.lines()))
        except BrokenLine as error:
            raise JournalError(error.told_of(self.path, self._tail.number)) from error
        header = self._validation.header
        if header is None:
            raise JournalError(f"{self.path}: is empty or was cut in its first line; there is nothing to read")
        return header, events[1:]

    def news(self) -> list[News]:
        """The next lines that have come, broken ones included; empty where there are none.

        Raises:
            OSError: the file cannot be read.
        """
        found: list[News] = []
        if not self.has_news():
            return found
        lines = self._tail.lines(MOST_BYTES, MOST_LINES)
        is_over = False
        while not is_over:
            try:
                for event in self._validation.events(lines):
                    found.append(News(line=self._tail.number, place=self._tail.place, event=event))
                is_over = True
            except BrokenLine as error:
                problem = shortened(error.what, _LONGEST_PROBLEM)
                found.append(News(line=self._tail.number, place=self._tail.place, problem=problem))
                if self._validation.header is None:
                    self._tail.give_up()
                    is_over = True
        return found


def event_at(path: Path, place: Place, kind: type[E], below: Path | None = None) -> E:
    """The event in a line of a run's journal.

    Args:
        path: the journal.
        place: of the line.
        kind: what it is an event of.
        below: as for `Tail`.

    Raises:
        JournalError: something else stands there by now, or the file cannot be read.
    """
    try:
        with opened(path, below) as file:
            file.seek(place.start)
            event = Decoder("run").event_in(file.read(place.length))
    except (OSError, BrokenLine) as error:
        raise JournalError(_CHANGED) from error
    if not isinstance(event, kind):
        raise JournalError(_CHANGED)
    return event
