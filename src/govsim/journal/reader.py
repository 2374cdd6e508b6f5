"""Reading a journal: whole, or only the kinds of line one needs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, TypeVar

from govsim.errors import JournalError, out_of_files
from govsim.journal.decoding import KIND, REMEDY, BrokenLine, Decoder, header_in
from govsim.journal.difference import place_of
from govsim.journal.events import End, Header, Status
from govsim.journal.line import Event, Identity
from govsim.journal.opening import opened
from govsim.journal.study_lines import Study
from govsim.journal.whole_lines import WholeLines

E = TypeVar("E", bound=Event)

_OTHER_FILES = {
    b"\x1f\x8b": "is compressed; unpack it first",
    b"\xef\xbb\xbf": "begins with a byte order mark; save it as UTF-8 without one",
    b"\xff\xfe": "is UTF-16; save it as UTF-8",
    b"\xfe\xff": "is UTF-16; save it as UTF-8",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """A journal as it was read, whatever it is about.

    Attributes:
        path: where it lies.
        events: all lines after the first, in the order of the file.
        whole_bytes: length of the part that consists of whole lines.
        torn: the beginning of a last line that was never finished; empty when there is none.
        unknown: how many events it has of each kind that no installed package defines, in the order of the file;
            those that were passed over are counted too.
    """

    path: Path
    events: tuple[Event, ...]
    whole_bytes: int
    torn: str = ""
    unknown: Mapping[str, int] = field(default_factory=dict)

    def of(self, kind: type[E]) -> Iterator[E]:
        """All events of one kind, in the order of the file."""
        return (event for event in self.events if isinstance(event, kind))

    @property
    def end(self) -> End | None:
        """How it ended, when it has: its last `end`, unless a later session continues it."""
        last: End | None = None
        for event in self.events:
            if event.kind in ("end", "session"):
                last = event if isinstance(event, End) else None
        return last

    @property
    def status(self) -> Status | None:
        """The status at the end; None while the run goes on, or when it was killed."""
        end = self.end
        return end.status if end else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal(Lines):
    """A run's journal as it was read.

    Attributes:
        header: its first line.
    """

    header: Header


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyJournal(Lines):
    """A study's journal as it was read.

    Attributes:
        header: its first line.
    """

    header: Study


def check_all_known(journal: Journal | StudyJournal, deed: str) -> None:
    """Refuse what can only be done with a journal whose events are all of known kinds.

    Args:
        journal: as it was read, whatever kinds were asked for.
        deed: what cannot be done otherwise, as in `replayed`.

    Raises:
        JournalError: it has events of unknown kinds; names kinds and plug-ins.
    """
    if not journal.unknown:
        return
    plugins = journal.header.plugins if isinstance(journal, Journal) else {}
    wanted = ", ".join(f"{package} {version}" for package, version in plugins.items()) or "the plug-in that wrote them"
    raise JournalError(
        f"{journal.path}: cannot be {deed}, as no installed package defines events of kind "
        f"{', '.join(sorted(journal.unknown))}; install {wanted}"
    )


def read_journal(path: Path | str, kinds: Collection[str] | None = None) -> Journal:
    """Read the journal of a run.

    Args:
        path: the file.
        kinds: kinds of line to read; others are passed over unread. All when None.

    Raises:
        JournalError: the file cannot be read, is no journal, is of a newer version, or a line in it is broken or
            stands there twice; names the line. A torn last line is no error.
    """
    found = read_any(Path(path), kinds)
    if not isinstance(found, Journal):
        raise JournalError(f"{path}, line 1: begins the journal of a study, not of a run")
    return found


def read_study(path: Path | str, kinds: Collection[str] | None = None) -> StudyJournal:
    """Read the journal of a study.

    Args:
        path: the file.
        kinds: kinds of line to read; others are passed over unread. All when None.

    Raises:
        JournalError: as `read_journal`.
    """
    found = read_any(Path(path), kinds)
    if not isinstance(found, StudyJournal):
        raise JournalError(f"{path}, line 1: begins the journal of a run, not of a study")
    return found


def read_any(path: Path, kinds: Collection[str] | None = None) -> Journal | StudyJournal:
    """Read the journal of a run or of a study.

    Args:
        path: the file.
        kinds: kinds of line to read; others are passed over unread. All when None.

    Raises:
        JournalError: as `read_journal`.
    """
    try:
        with opened(path) as file:
            return _read(path, file, kinds)
    except OSError as error:
        if (limit := out_of_files(error)) is not None:
            raise limit from error
        raise JournalError(f"{path}: cannot be read ({error.strerror or error})") from error


def _read(path: Path, file: BinaryIO, kinds: Collection[str] | None) -> Journal | StudyJournal:
    _refuse_other_files(path, file)
    lines = WholeLines(file)
    first = next(lines, None)
    if first is None:
        raise JournalError(
            f"{path}, line 1: {lines.problem}; {REMEDY}"
            if lines.problem
            else f"{path}: is empty or was cut in its first line; there is nothing to read"
        )
    header = _header(path, first)
    only = None if kinds is None else {*kinds, "session", "end"}
    decoder = Decoder("run" if isinstance(header, Header) else "study", only)
    events = tuple(_events(path, lines, decoder))
    if lines.problem:
        raise JournalError(f"{path}, line {lines.number + 1}: {lines.problem}; {REMEDY}")
    end, torn = lines.whole_bytes, lines.rest.decode(errors="replace")
    if isinstance(header, Header):
        return Journal(path=path, header=header, events=events, whole_bytes=end, torn=torn, unknown=decoder.unknown)
    return StudyJournal(path=path, header=header, events=events, whole_bytes=end, torn=torn, unknown=decoder.unknown)


def _refuse_other_files(path: Path, file: BinaryIO) -> None:
    start = file.read(max(map(len, _OTHER_FILES)))
    for of_others, what in _OTHER_FILES.items():
        if start.startswith(of_others):
            raise JournalError(f"{path}: {what}")
    file.seek(0)


def _header(path: Path, line: bytes) -> Header | Study:
    try:
        return header_in(line)
    except BrokenLine as error:
        raise _refused(path, 1, error) from error


def _events(path: Path, lines: Iterable[bytes], decoder: Decoder) -> Iterator[Event]:
    """The events after the header."""
    seen: dict[Identity, int] = {}
    for number, line in enumerate(lines, start=2):
        if line.startswith(decoder.passed_over) and line.endswith(b"}") and line.find(KIND, 1) < 0:
            continue  # decided here and not in a function, as this is so of most lines of most files
        try:
            event = decoder.event_in(line)
        except BrokenLine as error:
            raise _refused(path, number, error) from error
        if event is None:
            continue
        if event.is_compared and (first := seen.setdefault(event.identity, number)) != number:
            raise JournalError(f"{path}, line {number}: repeats line {first} ({place_of(event)}); {REMEDY}")
        yield event


def _refused(path: Path, number: int, error: BrokenLine) -> JournalError:
    return JournalError(f"{path}, line {number}: {error.what}" + (f"; {error.remedy}" if error.remedy else ""))
