"""Decoding and validation of the lines of a journal."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json, to_json

from govsim.characters import shortened
from govsim.config.section import problem_of
from govsim.journal.difference import place_of
from govsim.journal.events import Header, MessageLine
from govsim.journal.kinds import UnknownEvent, class_of
from govsim.journal.line import SCHEMA_VERSION, Event, Identity, JournalKind, message_hash
from govsim.journal.migrations import upgraded
from govsim.journal.study_lines import Study
from govsim.plugins import is_extension_name

FIRST = (b'{"kind":"header"', b'{"kind":"study"')
"""Start of the first line of the journal of a run, and of a study."""

KIND = b'{"kind":"'
"""Start of every line written by govsim."""

REMEDY = "replace it with an intact copy, or move it to another folder and run again"


class BrokenLine(Exception):
    """A line is damaged or invalid.

    Attributes:
        what: description of the problem.
        remedy: advice to the user.
    """

    def __init__(self, what: str, remedy: str = REMEDY) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy

    def message(self, path: object, line: int) -> str:
        """Return the full error message, with the file, the line (0 for the file as a whole), and the advice."""
        where = f"{path}, line {line}" if line else f"{path}"
        return f"{where}: {self.what}" + (f"; {self.remedy}" if self.remedy else "")


class Validation:
    """Validates the lines of one journal in order: its header, then events without duplicates.

    Args:
        kinds: kinds of event to return, in addition to sessions and ends; others are skipped. All if None.
        journal: the required kind of journal; either if None.

    Attributes:
        header: the header; None until it has been read, or if the first line is not a header.
        number: number of lines read so far.
    """

    def __init__(self, kinds: Collection[str] | None = None, journal: JournalKind | None = None) -> None:
        self.header: Header | Study | None = None
        self.number = 0
        self._only = None if kinds is None else {*kinds, "session", "end"}
        self._journal = journal
        self._decoder = Decoder("run")
        self._seen: dict[Identity, int] = {}

    @property
    def unknown(self) -> Counter[str]:
        """Number of events of each kind that no installed package defines, including those not returned."""
        return self._decoder.unknown

    def events(self, lines: Iterable[bytes]) -> Iterator[Event]:
        """Yield the events in the next lines, the header first; can be called again with further lines after an error.

        Raises:
            BrokenLine: a line is damaged or not allowed at its place.
        """
        for line in lines:
            self.number += 1
            if line.startswith(self._decoder.skipped) and line.endswith(b"}") and line.find(KIND, 1) < 0:
                continue  # checked inline instead of in a function, as it applies to most lines of most files
            if self.header is None:
                yield self._begin(line)
                continue
            event = self._decoder.event_in(line)
            if event is not None:
                self._check_once(event)
                yield event

    def _begin(self, line: bytes) -> Header | Study:
        header = header_in(line)
        kind: JournalKind = "run" if isinstance(header, Header) else "study"
        if self._journal not in (None, kind):
            raise BrokenLine(f"is the header of the journal of a {kind}, not of a {self._journal}", "")
        self.header, self._decoder = header, Decoder(kind, self._only)
        return header

    def _check_once(self, event: Event) -> None:
        if event.is_compared and (first := self._seen.setdefault(event.identity, self.number)) != self.number:
            raise BrokenLine(f"is a duplicate of line {first} ({place_of(event)})")


class Decoder:
    """Decodes the lines of one journal after the header.

    Args:
        journal: the kind of journal.
        only: the kinds of event to return; all if None.

    Attributes:
        unknown: number of events of each kind that no installed package defines, including those not returned.
        skipped: starts of lines with events of other kinds seen so far. Such a line need not be decoded, unless another
            line is joined to it.
    """

    def __init__(self, journal: JournalKind, only: Collection[str] | None = None) -> None:
        self.unknown: Counter[str] = Counter()
        self.skipped: tuple[bytes, ...] = ()
        self._journal = journal
        self._only = only
        self._by_kind: dict[str, type[Event]] = {}
        self._known: dict[bytes, type[Event]] = {}  # by the start of the line, as in {"kind":"call

    def event_in(self, line: bytes) -> Event | None:
        """Decode a line without its line break; return None if its kind is not selected.

        Raises:
            BrokenLine: the line is not a valid event, or not one allowed in this journal.
        """
        model = self._known.get(line[: line.find(b'"', len(KIND))]) or self._model_of(line)
        if model is None:
            return None
        try:
            event = model.model_validate_json(line, strict=True)
        except ValidationError as error:
            raise _broken(_reason(error)) from error
        if model is MessageLine:
            _check_hash(event)
        elif model is UnknownEvent:
            self._count(event.kind)
        return event

    def _count(self, kind: str) -> None:
        if not is_extension_name(kind) or self._class_of(kind) is not UnknownEvent:
            raise _broken("kind: is given twice")
        self.unknown[kind] += 1

    def _class_of(self, kind: str) -> type[Event]:
        """Cached `class_of`, as it issues a warning each time for a plug-in that cannot be used."""
        if kind not in self._by_kind:
            self._by_kind[kind] = class_of(kind)
        return self._by_kind[kind]

    def _model_of(self, line: bytes) -> type[Event] | None:
        """Return the class of a line's event; None if its kind is not selected."""
        kind = _kind_in(line)
        model = self._class_of(kind)
        if model in (Header, Study):
            raise BrokenLine("is a second header; another journal starts here")
        if self._journal not in model.journals:
            raise BrokenLine(f"kind = {kind}: is not allowed in the journal of a {self._journal}")
        start = KIND + kind.encode()
        if self._only is not None and kind not in self._only and line.startswith(start) and _is_alone(line):
            if model is UnknownEvent:
                self.unknown[kind] += 1
            else:
                self.skipped += (start + b'"',)
            return None
        self._known[start] = model
        return model


def _is_alone(line: bytes) -> bool:
    """Whether no other line is joined to this one by a lost line break; decoding a joined line reports the error."""
    return line.endswith(b"}") and line.find(KIND, 1) < 0


def _check_hash(event: Event) -> None:
    assert isinstance(event, MessageLine)
    if event.hash != message_hash(event.role, event.content):
        raise BrokenLine("the content of the message does not match its hash")


_OF_HEADERS = {"schema_version", "experiment", "subject"}
"""Keys, some of which a header has even if it is damaged."""

_FOREIGN = "is not the header of a journal; this is not a govsim journal, or its beginning is missing"


def header_in(line: bytes) -> Header | Study:
    """Decode the header in the first line of a journal; its settings are parsed as leniently as a user's.

    Raises:
        BrokenLine: the line is not a header, or its schema version is newer.
    """
    version = content.get("schema_version") if isinstance(content := _content_of(line), dict) else None
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise BrokenLine(
            f"schema_version = {_quoted(version)} is newer than {SCHEMA_VERSION}, the newest that this version of "
            "govsim reads",
            "update govsim",
        )
    try:
        model = class_of(_kind_in(line))
    except BrokenLine as error:
        raise BrokenLine(_FOREIGN, "") from error
    is_foreign = isinstance(content, dict) and not _OF_HEADERS & content.keys()
    if model not in (Header, Study) or is_foreign:
        raise BrokenLine(_FOREIGN, "")
    try:
        event = model.model_validate_json(_in_present_form(line, content, version))
    except ValidationError as error:
        raise _broken(_reason(error)) from error
    assert isinstance(event, Header | Study)
    if type(version) is not int or event.schema_version < 1:
        raise BrokenLine(
            f"schema_version = {_quoted(json.dumps(version))}: must be a whole number from 1 to {SCHEMA_VERSION}"
        )
    return event


def _in_present_form(line: bytes, content: Any, version: Any) -> bytes:
    """Return the line of the header, migrated to the current schema if its version is older."""
    if type(version) is not int or (header := upgraded(content, version)) is content:
        return line
    return to_json(header, inf_nan_mode="constants")


def _kind_in(line: bytes) -> str:
    """Return the kind of the event in a line.

    Raises:
        BrokenLine: the line has no valid kind.
    """
    if line.startswith(KIND):
        start = line[len(KIND) : line.find(b'"', len(KIND))].decode("ascii", "replace")
        if is_extension_name(start):
            return start
    try:
        content = from_json(line)
    except ValueError as error:
        raise _broken(f"invalid JSON: {_at_byte(str(error))}") from error
    if not isinstance(content, dict):
        raise _broken("it is not a JSON object")
    kind = content.get("kind")
    if not isinstance(kind, str):
        raise _broken("kind: is missing" if kind is None else "kind: must be text")
    if not is_extension_name(kind):
        raise _broken(f"kind = {_quoted(kind)}: is not a valid name")
    return kind


def _content_of(line: bytes) -> Any:
    """Parse a line; None if it is not JSON."""
    try:
        return from_json(line)
    except ValueError:
        return None


def _broken(reason: str) -> BrokenLine:
    return BrokenLine(f"is not a valid journal line ({reason})")


def _reason(error: ValidationError) -> str:
    detail = error.errors(include_url=False, include_input=False)[0]
    message = _at_byte(problem_of(detail)).removeprefix("value error, ")
    where = ".".join(_quoted(part) for part in detail["loc"])
    return f"{where}: {message}" if where and not message.startswith(where) else message


def _at_byte(message: str) -> str:
    return re.sub(r" at line \d+ column (\d+)", r" at byte \1", message)


def _quoted(value: object) -> str:
    return shortened(str(value), 60)
