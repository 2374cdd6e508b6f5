"""Reading a journal: whole, or only the kinds of line one needs."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from pydantic import ValidationError
from pydantic_core import from_json

from govsim.characters import shortened
from govsim.errors import JournalError, out_of_files
from govsim.journal.difference import place_of
from govsim.journal.events import (
    EVENT,
    KINDS,
    OF_RUNS,
    OF_STUDIES,
    UNCOMPARED,
    End,
    Event,
    Header,
    MessageLine,
    Status,
)
from govsim.journal.line import SCHEMA_VERSION, Identity, message_hash
from govsim.journal.opening import opened
from govsim.journal.study_lines import Study
from govsim.journal.whole_lines import WholeLines

E = TypeVar("E", bound=Event)

FIRST = (b'{"kind":"header"', b'{"kind":"study"')
"""How the first line of a journal begins: of a run's, and of a study's."""

_KIND = b'{"kind":"'
_OTHER_FILES = {
    b"\x1f\x8b": "is compressed; unpack it first",
    b"\xef\xbb\xbf": "begins with a byte order mark; save it as UTF-8 without one",
    b"\xff\xfe": "is UTF-16; save it as UTF-8",
    b"\xfe\xff": "is UTF-16; save it as UTF-8",
}
_REMEDY = "put a whole copy in its place, or move it away and run again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """A journal as it was read, whatever it is about.

    Attributes:
        path: where it lies.
        events: all lines after the first, in the order of the file.
        whole_bytes: length of the part that consists of whole lines.
        torn: the beginning of a last line that was never finished; empty when there is none.
    """

    path: Path
    events: tuple[Event, ...]
    whole_bytes: int
    torn: str = ""

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
            f"{path}, line 1: {lines.problem}; {_REMEDY}"
            if lines.problem
            else f"{path}: is empty or was cut in its first line; there is nothing to read"
        )
    header = _header(path, first)
    possible = OF_RUNS if isinstance(header, Header) else OF_STUDIES
    events = tuple(_events(path, lines, possible, kinds))
    if lines.problem:
        raise JournalError(f"{path}, line {lines.number + 1}: {lines.problem}; {_REMEDY}")
    whole_bytes, torn = lines.whole_bytes, lines.rest.decode(errors="replace")
    if isinstance(header, Header):
        return Journal(path=path, header=header, events=events, whole_bytes=whole_bytes, torn=torn)
    return StudyJournal(path=path, header=header, events=events, whole_bytes=whole_bytes, torn=torn)


def _refuse_other_files(path: Path, file: BinaryIO) -> None:
    start = file.read(max(map(len, _OTHER_FILES)))
    for of_others, what in _OTHER_FILES.items():
        if start.startswith(of_others):
            raise JournalError(f"{path}: {what}")
    file.seek(0)


def _header(path: Path, line: bytes) -> Header | Study:
    version = _schema_version(line)
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise JournalError(
            f"{path}: schema_version = {_quoted(version)} is newer than {SCHEMA_VERSION}, which this version of "
            "govsim reads; update govsim"
        )
    event = _event(path, 1, line)
    if not isinstance(event, Header | Study):
        raise JournalError(f"{path}, line 1: is no header, so this is no journal of govsim")
    if type(version) is not int or event.schema_version < 1:
        raise JournalError(
            f"{path}, line 1: schema_version = {_quoted(json.dumps(version))}: must be a whole number from 1 to "
            f"{SCHEMA_VERSION}; {_REMEDY}"
        )
    return event


def _schema_version(line: bytes) -> Any:
    """The version that a header names, whatever else stands in it; None when it names none."""
    try:
        content = from_json(line)
    except ValueError:
        return None
    return content.get("schema_version") if isinstance(content, dict) else None


def _events(
    path: Path, lines: Iterable[bytes], possible: Collection[str], kinds: Collection[str] | None
) -> Iterator[Event]:
    """The lines after the first, those that are passed over left out; each of a kind that is possible there."""
    unwanted = () if kinds is None else KINDS - {*kinds, "header", "study", "session", "end"}
    passed_over = tuple(_KIND + kind.encode() + b'"' for kind in unwanted)
    seen: dict[Identity, int] = {}
    for number, line in enumerate(lines, start=2):
        # Where a line break was lost another line hides behind one that is passed over; reading both says so.
        if passed_over and line.startswith(passed_over) and line.endswith(b"}") and line.find(_KIND, 1) < 0:
            continue
        if line.startswith(FIRST):
            raise JournalError(f"{path}, line {number}: is a second header, where another journal begins; {_REMEDY}")
        event = _event(path, number, line)
        if event.kind not in possible:
            raise JournalError(f"{path}, line {number}: kind = {event.kind}: belongs into another journal; {_REMEDY}")
        if not isinstance(event, UNCOMPARED) and (first := seen.setdefault(event.identity, number)) != number:
            raise JournalError(f"{path}, line {number}: repeats line {first} ({place_of(event)}); {_REMEDY}")
        yield event


def _event(path: Path, number: int, line: bytes) -> Event:
    try:
        # A number in quotes is no number. Only the header's settings are read as leniently as those of a user.
        event = EVENT.validate_json(line, strict=number > 1)
    except ValidationError as error:
        raise JournalError(f"{path}, line {number}: is no line of a journal ({_reason(error)}); {_REMEDY}") from error
    if isinstance(event, MessageLine) and event.hash != message_hash(event.role, event.content):
        raise JournalError(f"{path}, line {number}: the message is not the one that its hash names; {_REMEDY}")
    return event


def _reason(error: ValidationError) -> str:
    detail = error.errors(include_url=False, include_input=False)[0]
    if detail["type"] == "union_tag_invalid":
        return f"kind = {_quoted(detail['ctx']['tag'])}: there is no such kind"
    message = re.sub(r" at line \d+ column (\d+)", r" at byte \1", detail["msg"]).removeprefix("Value error, ")
    where = ".".join(_quoted(part) for part in detail["loc"][1:])
    return f"{where}: {message}" if where and not message.startswith(where) else message


def _quoted(value: object) -> str:
    return shortened(str(value), 60)
