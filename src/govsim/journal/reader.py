"""Reading of journals, completely or only selected kinds of event."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from govsim.characters import counted, status_text
from govsim.errors import JournalError, TruncatedJournal, out_of_files
from govsim.journal.events import End, Header, Status
from govsim.journal.follow import Follower
from govsim.journal.line import JOURNAL_SUFFIX, Event, JournalKind
from govsim.journal.study_lines import Study

E = TypeVar("E", bound=Event)

Broken = Callable[[JournalError], None]
"""Called with an error for each journal that is skipped because it cannot be read; and with a `TruncatedJournal` for
each journal whose truncated last line is ignored."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class JournalContent:
    """The content of a journal of a run or study.

    Attributes:
        path: path of the file.
        events: all lines after the first, in the order of the file.
        complete_bytes: length in bytes of the part that consists of complete lines.
        partial_line: the truncated last line; empty if there is none.
        unknown: number of events of each kind that no installed package defines, in the order of the file; including
            those that were skipped.
    """

    path: Path
    events: tuple[Event, ...]
    complete_bytes: int
    partial_line: str = ""
    unknown: Mapping[str, int] = field(default_factory=dict)

    def __repr__(self) -> str:
        status = status_text(self.status or "unfinished")
        return f"<{type(self).__name__}: {self.path.name}, {status}, {counted(len(self.events), 'event')}>"

    def of(self, kind: type[E]) -> Iterator[E]:
        """Yield all events of one kind, in the order of the file."""
        return (event for event in self.events if isinstance(event, kind))

    @property
    def end(self) -> End | None:
        """The last `end` event, unless a later session continues the run; None if there is none."""
        last: End | None = None
        for event in self.events:
            if event.kind in ("end", "session"):
                last = event if isinstance(event, End) else None
        return last

    @property
    def status(self) -> Status | None:
        """The status at the end; None while the run is running, or if it was killed."""
        end = self.end
        return end.status if end else None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Journal(JournalContent):
    """The content of a run's journal.

    Attributes:
        header: the header, its first line.
    """

    header: Header


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class StudyJournal(JournalContent):
    """The content of a study's journal.

    Attributes:
        header: the header, its first line.
    """

    header: Study


def check_all_known(journal: Journal | StudyJournal, operation: str) -> None:
    """Reject an operation that requires a journal without events of unknown kinds.

    Args:
        journal: the journal, read with any selection of kinds.
        operation: past participle of the operation, as in `replayed`.

    Raises:
        JournalError: it contains events of unknown kinds; names kinds and plug-ins.
    """
    if not journal.unknown:
        return
    plugins = journal.header.plugins if isinstance(journal, Journal) else {}
    wanted = ", ".join(f"{package} {version}" for package, version in plugins.items()) or "the plug-in that wrote them"
    raise JournalError(
        f"{journal.path}: cannot be {operation}, as no installed package defines events of kind "
        f"{', '.join(sorted(journal.unknown))}; install {wanted}"
    )


def read_journal(path: Path | str, kinds: Collection[str] | None = None, on_truncated: Broken | None = None) -> Journal:
    """Read the journal of a run.

    Args:
        path: the file.
        kinds: kinds of event to read; others are skipped. All if None.
        on_truncated: called with an error if the last line is truncated, and therefore ignored.

    Raises:
        JournalError: the file cannot be read, is not a journal, has a newer version, or a line in it is damaged or
            repeated; names the line. A truncated last line is not an error.
    """
    found = _read(Path(path), kinds, "run", on_truncated)
    assert isinstance(found, Journal)
    return found


def read_study(
    path: Path | str, kinds: Collection[str] | None = None, on_truncated: Broken | None = None
) -> StudyJournal:
    """Read the journal of a study.

    Args:
        path: the file.
        kinds: kinds of event to read; others are skipped. All if None.
        on_truncated: as for `read_journal`.

    Raises:
        JournalError: as `read_journal`.
    """
    found = _read(Path(path), kinds, "study", on_truncated)
    assert isinstance(found, StudyJournal)
    return found


def read_any(path: Path, kinds: Collection[str] | None = None) -> Journal | StudyJournal:
    """Read the journal of a run or of a study.

    Args:
        path: the file.
        kinds: kinds of event to read; others are skipped. All if None.

    Raises:
        JournalError: as `read_journal`.
    """
    return _read(path, kinds, None)


def _unreadable(path: Path, error: OSError) -> str:
    """Return why a journal cannot be read, and what can be."""
    if path.is_dir():
        return f"is a folder; give one of the journals in it (files ending in {JOURNAL_SUFFIX})"
    if isinstance(error, FileNotFoundError):
        return f"there is no such journal; runs write theirs to runs/SCENARIO/CONDITION/SOCIETY/seed-N{JOURNAL_SUFFIX}"
    return f"cannot be read ({error.strerror or error})"


def _read(
    path: Path, kinds: Collection[str] | None, kind: JournalKind | None, on_truncated: Broken | None = None
) -> Journal | StudyJournal:
    """Read a journal by following it once, to its current end."""
    follower = Follower(path, kinds=kinds, journal=kind)
    try:
        header, events = follower.header_and_events()
    except OSError as error:
        if (limit := out_of_files(error)) is not None:
            raise limit from error
        raise JournalError(f"{path}: {_unreadable(path, error)}") from error
    if follower.partial_line and on_truncated is not None:
        line = follower.number + 1
        on_truncated(
            TruncatedJournal(f"{path}, line {line}: is truncated and was ignored; the rest of the journal was read")
        )
    end, partial, unknown = follower.complete_bytes, follower.partial_line.decode(errors="replace"), follower.unknown
    if isinstance(header, Header):
        return Journal(
            path=path, header=header, events=events, complete_bytes=end, partial_line=partial, unknown=unknown
        )
    return StudyJournal(
        path=path, header=header, events=events, complete_bytes=end, partial_line=partial, unknown=unknown
    )
