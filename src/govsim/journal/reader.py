"""Reading a journal: whole, or only the kinds of line one needs."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import from_json

from govsim.characters import shortened
from govsim.errors import JournalError
from govsim.journal.difference import place_of
from govsim.journal.events import (
    EVENT,
    KINDS,
    SCHEMA_VERSION,
    UNCOMPARED,
    End,
    Event,
    Header,
    Identity,
    MessageLine,
    Status,
    message_hash,
)

E = TypeVar("E", bound=Event)
T = TypeVar("T")

Broken = Callable[[JournalError], None]
"""Told of each journal that is left out because it cannot be read, and why."""

SUFFIX = ".jsonl"

_KIND = b'{"kind":"'
_FIRST = b'{"kind":"header"'
_OTHER_FILES = {
    b"\x1f\x8b": "is compressed; unpack it first",
    b"\xef\xbb\xbf": "begins with a byte order mark; save it as UTF-8 without one",
    b"\xff\xfe": "is UTF-16; save it as UTF-8",
    b"\xfe\xff": "is UTF-16; save it as UTF-8",
}
_REMEDY = "put a whole copy in its place, or move it away and run again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """A run's journal as it was read.

    Attributes:
        path: where it lies.
        header: its first line.
        events: all lines after it, in the order of the file.
        whole_bytes: length of the part that consists of whole lines.
        torn: the beginning of a last line that was never finished; empty when there is none.
    """

    path: Path
    header: Header
    events: tuple[Event, ...]
    whole_bytes: int
    torn: str = ""

    def of(self, kind: type[E]) -> Iterator[E]:
        """All events of one kind, in the order of the file."""
        return (event for event in self.events if isinstance(event, kind))

    @property
    def end(self) -> End | None:
        """How the run ended, when it has: its last `end`, unless a later session continues it."""
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


def is_unbegun(path: Path) -> bool:
    """Whether a journal holds nothing yet: it is empty, or was cut within its first line.

    Where the power failed, some file systems leave zeros in the place of what had not reached the disk.
    """
    if not path.is_file():
        return False  # reading it will say what is wrong
    try:
        with path.open("rb") as file:
            start = file.readline(len(_FIRST) + 1)
            start += b"" if start.endswith(b"\n") else file.readline()[-1:]
    except OSError:
        return False
    start = start.rstrip(b"\0")
    return not start.endswith(b"\n") and start[: len(_FIRST)] == _FIRST[: len(start)]


def find_journals(folder: Path, broken: Broken | None = None) -> list[Path]:
    """All run journals below a folder, in a fixed order; files of runs that are only about to begin are none.

    Args:
        folder: where they lie, at any depth; links to folders are not followed.
        broken: told of what lies there and cannot be read; raised when None.

    Raises:
        JournalError: there is no such folder, or nothing in it.
    """
    if folder.is_file():
        return [folder]
    if not folder.is_dir():
        raise JournalError(f"{folder}: there is no such folder or journal")
    tell = broken or _refuse
    paths: list[Path] = []
    for path in sorted(_files_below(folder, tell)):
        if not path.is_file():
            tell(JournalError(f"{path}: is no file that can be read; move it away"))
        elif not is_unbegun(path):
            paths.append(path)
    if not paths:
        raise JournalError(
            f"{folder}: holds no journals (files ending in {SUFFIX}); start one with: govsim run fishery"
        )
    return paths


def read_each(folder: Path, read: Callable[[Path], T], broken: Broken | None = None) -> list[T]:
    """What is read from each journal below a folder, in the order of `find_journals`.

    Args:
        folder: where they lie, or one journal.
        read: from a journal's path to what is wanted of it.
        broken: told of each journal that cannot be read, which is then left out; raised when None.

    Raises:
        JournalError: there is no journal there, or none of them can be read.
    """
    tell = _refuse if broken is None or folder.is_file() else broken
    paths, found = find_journals(folder, tell), []
    for path in paths:
        try:
            found.append(read(path))
        except JournalError as error:
            tell(error)
    if not found:
        raise JournalError(f"{folder}: none of its journals can be read")
    return found


def read_journal(path: Path | str, kinds: Collection[str] | None = None) -> Journal:
    """Read a journal.

    Args:
        path: the file.
        kinds: kinds of line to read; others are passed over unread. All when None.

    Raises:
        JournalError: the file cannot be read, is no journal, is of a newer version, or a line in it is broken or
            stands there twice; names the line. A torn last line is no error.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise JournalError(f"{path}: cannot be read ({error.strerror or error})") from error
    for start, what in _OTHER_FILES.items():
        if content.startswith(start):
            raise JournalError(f"{path}: {what}")
    whole, _, torn = content.rpartition(b"\n")
    lines = whole.split(b"\n") if whole else []
    if not lines:
        raise JournalError(f"{path}: is empty or was cut in its first line; there is nothing to read")
    return Journal(
        path=path,
        header=_header(path, lines[0]),
        events=tuple(_events(path, lines, kinds)),
        whole_bytes=len(content) - len(torn),
        torn=torn.decode(errors="replace"),
    )


def _refuse(error: JournalError) -> None:
    raise error


def _files_below(folder: Path, broken: Broken) -> Iterator[Path]:
    def unreadable(error: OSError) -> None:
        broken(JournalError(f"{error.filename}: cannot be read ({error.strerror}); journals in it are left out"))

    for place, _, names in os.walk(folder, onerror=unreadable):
        yield from (Path(place, name) for name in names if name.endswith(SUFFIX))


def _header(path: Path, line: bytes) -> Header:
    version = _schema_version(line)
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise JournalError(
            f"{path}: schema_version = {_quoted(version)} is newer than {SCHEMA_VERSION}, which this version of "
            "govsim reads; update govsim"
        )
    event = _event(path, 1, line)
    if not isinstance(event, Header):
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


def _events(path: Path, lines: list[bytes], kinds: Collection[str] | None) -> Iterator[Event]:
    """The lines after the first, those that are passed over left out."""
    unwanted = () if kinds is None else KINDS - {*kinds, "header", "session", "end"}
    passed_over = tuple(_KIND + kind.encode() + b'"' for kind in unwanted)
    seen: dict[Identity, int] = {}
    for number, line in enumerate(lines[1:], start=2):
        # Where a line break was lost another line hides behind one that is passed over; reading both says so.
        if passed_over and line.startswith(passed_over) and line.endswith(b"}") and line.find(_KIND, 1) < 0:
            continue
        if line.startswith(_FIRST):
            raise JournalError(f"{path}, line {number}: is a second header, where another journal begins; {_REMEDY}")
        event = _event(path, number, line)
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
