"""From a line of a journal to the event that it records."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json, to_json

from govsim.characters import shortened
from govsim.journal.difference import place_of
from govsim.journal.events import Header, MessageLine
from govsim.journal.kinds import UnknownEvent, class_of
from govsim.journal.line import SCHEMA_VERSION, Event, Identity, JournalKind, message_hash
from govsim.journal.migrations import upgraded
from govsim.journal.study_lines import Study
from govsim.plugins import is_name

FIRST = (b'{"kind":"header"', b'{"kind":"study"')
"""How the first line of a journal begins: of a run's, and of a study's."""

KIND = b'{"kind":"'
"""How every line begins that govsim writes."""

REMEDY = "put a whole copy in its place, or move it away and run again"


class BrokenLine(Exception):
    """A line cannot be read.

    Attributes:
        what: what is wrong with it.
        remedy: what to do.
    """

    def __init__(self, what: str, remedy: str = REMEDY) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy

    def told_of(self, path: object, line: int) -> str:
        """The error as a user is told of it: the file, the line (0 for the file as a whole), and what to do."""
        where = f"{path}, line {line}" if line else f"{path}"
        return f"{where}: {self.what}" + (f"; {self.remedy}" if self.remedy else "")


class Validation:
    """Validates the lines of one journal in their order: its header, then events, each of which stands there once.

    Args:
        kinds: kinds of event to give, beside sessions and ends; others are passed over unread. All when None.
        journal: what the journal must record; either when None.

    Attributes:
        header: its first line; None until it has come, and where it is none.
        number: how many lines have come.
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
        """How many events of each kind came that no installed package defines, those not given included."""
        return self._decoder.unknown

    def events(self, lines: Iterable[bytes]) -> Iterator[Event]:
        """The events in the next lines, the header first; after an error it can be called again with the other lines.

        Raises:
            BrokenLine: a line is broken or cannot stand there.
        """
        for line in lines:
            self.number += 1
            if line.startswith(self._decoder.passed_over) and line.endswith(b"}") and line.find(KIND, 1) < 0:
                continue  # decided here and not in a function, as this is so of most lines of most files
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
            raise BrokenLine(f"begins the journal of a {kind}, not of a {self._journal}", "")
        self.header, self._decoder = header, Decoder(kind, self._only)
        return header

    def _check_once(self, event: Event) -> None:
        if event.is_compared and (first := self._seen.setdefault(event.identity, self.number)) != self.number:
            raise BrokenLine(f"repeats line {first} ({place_of(event)})")


class Decoder:
    """Gives the events in the lines of one journal after the first.

    Args:
        journal: what the journal records.
        only: the kinds of event to give; all when None.

    Attributes:
        unknown: how many events of each kind came that no installed package defines, those not given included.
        passed_over: the starts of lines that hold events of other kinds, as far as such lines came; where no other line
            hides behind it, such a line need not be decoded.
    """

    def __init__(self, journal: JournalKind, only: Collection[str] | None = None) -> None:
        self.unknown: Counter[str] = Counter()
        self.passed_over: tuple[bytes, ...] = ()
        self._journal = journal
        self._only = only
        self._by_kind: dict[str, type[Event]] = {}
        self._known: dict[bytes, type[Event]] = {}  # by the start of their lines, as in {"kind":"call

    def event_in(self, line: bytes) -> Event | None:
        """The event in a line without its line break; None where it is of no kind that is asked for.

        Raises:
            BrokenLine: there is none, or none that can occur there.
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
        if not is_name(kind) or self._class_of(kind) is not UnknownEvent:
            raise _broken("kind: is there twice")
        self.unknown[kind] += 1

    def _class_of(self, kind: str) -> type[Event]:
        """As `class_of`, which is asked once, as a plug-in that cannot be used gives a warning each time."""
        if kind not in self._by_kind:
            self._by_kind[kind] = class_of(kind)
        return self._by_kind[kind]

    def _model_of(self, line: bytes) -> type[Event] | None:
        """The class of a line's event; None where it is of no kind that is asked for."""
        kind = _kind_in(line)
        model = self._class_of(kind)
        if model in (Header, Study):
            raise BrokenLine("is a second header, where another journal begins")
        if self._journal not in model.journals:
            raise BrokenLine(f"kind = {kind}: belongs into another journal")
        start = KIND + kind.encode()
        if self._only is not None and kind not in self._only and line.startswith(start) and _is_alone(line):
            if model is UnknownEvent:
                self.unknown[kind] += 1
            else:
                self.passed_over += (start + b'"',)
            return None
        self._known[start] = model
        return model


def _is_alone(line: bytes) -> bool:
    """Whether no other line hides behind this one, where a line break was lost; decoding such a line says so."""
    return line.endswith(b"}") and line.find(KIND, 1) < 0


def _check_hash(event: Event) -> None:
    assert isinstance(event, MessageLine)
    if event.hash != message_hash(event.role, event.content):
        raise BrokenLine("the message is not the one that its hash names")


def header_in(line: bytes) -> Header | Study:
    """The header in the first line of a journal, whose settings are read as leniently as those of a user.

    Raises:
        BrokenLine: there is none, or it is of a newer version.
    """
    version = content.get("schema_version") if isinstance(content := _content_of(line), dict) else None
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise BrokenLine(
            f"schema_version = {_quoted(version)} is newer than {SCHEMA_VERSION}, which this version of govsim reads",
            "update govsim",
        )
    model = class_of(_kind_in(line))
    if model not in (Header, Study):
        raise BrokenLine("is no header, so this is no journal of govsim", "")
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
    """The header's line, written anew where its version had another form."""
    if type(version) is not int or (header := upgraded(content, version)) is content:
        return line
    return to_json(header, inf_nan_mode="constants")


def _kind_in(line: bytes) -> str:
    """The kind of the event in a line.

    Raises:
        BrokenLine: it names none.
    """
    if line.startswith(KIND):
        start = line[len(KIND) : line.find(b'"', len(KIND))].decode("ascii", "replace")
        if is_name(start):
            return start
    try:
        content = from_json(line)
    except ValueError as error:
        raise _broken(f"Invalid JSON: {_at_byte(str(error))}") from error
    if not isinstance(content, dict):
        raise _broken("it is no JSON object")
    kind = content.get("kind")
    if not isinstance(kind, str):
        raise _broken("kind: there is none" if kind is None else "kind: must be text")
    if not is_name(kind):
        raise _broken(f"kind = {_quoted(kind)}: no kind has such a name")
    return kind


def _content_of(line: bytes) -> Any:
    """What a line holds; None where it is no JSON."""
    try:
        return from_json(line)
    except ValueError:
        return None


def _broken(reason: str) -> BrokenLine:
    return BrokenLine(f"is no line of a journal ({reason})")


def _reason(error: ValidationError) -> str:
    detail = error.errors(include_url=False, include_input=False)[0]
    message = _at_byte(detail["msg"]).removeprefix("Value error, ")
    where = ".".join(_quoted(part) for part in detail["loc"])
    return f"{where}: {message}" if where and not message.startswith(where) else message


def _at_byte(message: str) -> str:
    return re.sub(r" at line \d+ column (\d+)", r" at byte \1", message)


def _quoted(value: object) -> str:
    return shortened(str(value), 60)
