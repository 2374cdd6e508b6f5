"""Reading a journal: whole, or only the kinds of line one needs."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from govsim.errors import JournalError
from govsim.journal.events import (
    EVENT,
    SCHEMA_VERSION,
    End,
    Event,
    Header,
    MessageLine,
    Status,
    message_hash,
)

E = TypeVar("E", bound=Event)

SUFFIX = ".jsonl"

_FIRST = b'{"kind":"header"'


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
    try:
        with path.open("rb") as file:
            start = file.readline().rstrip(b"\0")
    except OSError:
        return False  # reading it will say what is wrong
    return not start.endswith(b"\n") and start[: len(_FIRST)] == _FIRST[: len(start)]


def find_journals(folder: Path) -> list[Path]:
    """All run journals below a folder, in a fixed order; files of runs that are only about to begin are none.

    Raises:
        JournalError: there is no such folder, or nothing in it.
    """
    if folder.is_file():
        return [folder]
    if not folder.is_dir():
        raise JournalError(f"{folder}: there is no such folder or journal")
    paths = sorted(path for path in folder.rglob(f"*{SUFFIX}") if not is_unbegun(path))
    if not paths:
        raise JournalError(
            f"{folder}: holds no journals (files ending in {SUFFIX}); start one with: govsim run fishery"
        )
    return paths


def read_journal(path: Path | str, kinds: Collection[str] | None = None) -> Journal:
    """Read a journal.

    Args:
        path: the file.
        kinds: kinds of line to read; others are passed over unread. All when None.

    Raises:
        JournalError: the file cannot be read, is no journal, is of a newer version, or a line in it is broken; names
            the line. A torn last line is no error.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise JournalError(f"{path}: cannot be read ({error.strerror or error})") from error
    whole, _, torn = content.rpartition(b"\n")
    lines = whole.split(b"\n") if whole else []
    if not lines:
        raise JournalError(f"{path}: is empty or was cut in its first line; there is nothing to read")
    header = _header(path, lines[0])
    wanted = None if kinds is None else tuple(f'{{"kind":"{kind}"'.encode() for kind in {*kinds, "end", "session"})
    events = tuple(
        _event(path, number, line)
        for number, line in enumerate(lines[1:], start=2)
        if wanted is None or line.startswith(wanted) or not line.startswith(b'{"kind":"')
    )
    return Journal(
        path=path,
        header=header,
        events=events,
        whole_bytes=len(content) - len(torn),
        torn=torn.decode(errors="replace"),
    )


def _header(path: Path, line: bytes) -> Header:
    version = _schema_version(line)
    if version is not None and version > SCHEMA_VERSION:
        raise JournalError(
            f"{path}: schema_version = {version} is newer than {SCHEMA_VERSION}, which this version of govsim reads; "
            "update govsim"
        )
    event = _event(path, 1, line)
    if not isinstance(event, Header):
        raise JournalError(f"{path}, line 1: is no header, so this is no journal of govsim")
    return event


def _schema_version(line: bytes) -> int | None:
    """The version that a header names, whatever else stands in it; None when it names none."""
    try:
        content = json.loads(line)
    except ValueError:
        return None
    version = content.get("schema_version") if isinstance(content, dict) else None
    return version if isinstance(version, int) else None


def _event(path: Path, number: int, line: bytes) -> Event:
    try:
        event = EVENT.validate_json(line)
        if isinstance(event, MessageLine) and event.hash != message_hash(event.role, event.content):
            raise JournalError(f"{path}, line {number}: the message is not the one that its hash names")
        return event
    except ValidationError as error:
        detail = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in detail["loc"][1:])
        raise JournalError(
            f"{path}, line {number}: is no line of a journal ({where + ': ' if where else ''}{detail['msg']})"
        ) from error
