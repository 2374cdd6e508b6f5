"""The base of all events, and how an event is written as a line of a journal."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field
from pydantic_core import PydanticSerializationError

from govsim.config.section import Frozen
from govsim.errors import JournalError

SCHEMA_VERSION = 3

FIRST_READING_RULE = 1
"""Version of the rule by which replies were read for journals that name none and record no values."""

READING_RULE = 2
"""Version of the rule by which replies are read now, in `models.reply_format`; raised whenever the rule changes."""

MOST = 2**53
"""Up to here a float holds every whole number, so that whatever reads a journal can count with it."""

Whole = Annotated[int, Field(ge=0, le=MOST)]
"""An amount, or a number that counts something."""

Expense = Annotated[float, Field(ge=0, le=1e12)]
"""Dollars or seconds."""

_SURROGATE = re.compile("[\ud800-\udfff]")

Identity = tuple[str | int, ...]

LONGEST_LINE = 64 * 2**20
"""Bytes that a line can have, its line break left out.

The longest lines hold one message or one reply. Where a model's context takes two million tokens, that is some eight
million characters, each of which is at most six bytes in JSON: 48 MB. What is longer comes from no model, and who reads
it as a line fills the memory for nothing.
"""

LONGEST_LINE_WORDS = "64 MiB"
"""The same in words."""


JournalKind = Literal["run", "study"]
"""What a journal records: a run, or a study."""

RUNS_AND_STUDIES: frozenset[JournalKind] = frozenset({"run", "study"})
"""Both of them."""


class Event(Frozen):
    """Something that a journal records, in one line; the base of every kind of event.

    A kind of event is a class that declares `kind: Literal["vote"] = "vote"` and its fields, and is registered under
    that name in `EVENTS`. The fields `month`, `phase`, `member`, `purpose`, `ordinal`, `attempt` and `hash`, as far as
    it has them, identify an event: no two events of a journal agree in all of them and in their kind.

    Attributes:
        journals: what the journals record in which such events can occur.
        is_stored_once: whether a journal holds an event once, however often it is recorded.
        is_compared: whether comparisons read such events; False, for events of govsim alone, where they say how a run
            was carried out, not what came of it.
        clock_fields: fields that say when, where, how fast, at what price or by what request something happened; no
            comparison reads them.
    """

    journals: ClassVar[frozenset[JournalKind]] = frozenset({"run"})
    is_stored_once: ClassVar[bool] = False
    is_compared: ClassVar[bool] = True
    clock_fields: ClassVar[frozenset[str]] = frozenset()

    kind: str  # first, so that a reader can pass over lines it does not need

    @property
    def identity(self) -> Identity:
        """What identifies this event in its journal: month, phase, member, kind, purpose, ordinal, attempt, hash."""
        return self.identity_as(self.kind)

    def identity_as(self, kind: str) -> Identity:
        """The identity that an event of another kind has in this one's place."""
        own = self.identifying
        place = (own.get("month", 0), own.get("phase", ""), own.get("member", ""))
        which = (own.get("purpose", ""), own.get("ordinal", 0), own.get("attempt", 0))
        return (*place, kind, *which, own.get("hash", ""))

    @property
    def identifying(self) -> Mapping[str, Any]:
        """The fields that identify it, as far as it has them, among others."""
        return self.__dict__  # attribute access to a missing field is slow in pydantic


def comparable(event: Event) -> dict[str, Any]:
    """What two events must agree in to be the same, as it stands in a line: everything but the clock fields."""
    content: dict[str, Any] = json.loads(_content_of(event))
    return {key: value for key, value in content.items() if key not in event.clock_fields}


def line_of(event: Event) -> bytes:
    """The line of a journal that an event is written as; halves of characters in its texts are replaced.

    Raises:
        JournalError: it is longer than a line that can be read.
    """
    line = _content_of(event)
    if len(line) > LONGEST_LINE:
        raise JournalError(
            f"a line of kind {event.kind} is longer than {LONGEST_LINE_WORDS}, so it cannot be journalled"
        )
    return line + b"\n"


def _content_of(event: Event) -> bytes:
    try:
        return event.model_dump_json().encode()
    except PydanticSerializationError:
        content = json.dumps(event.model_dump(), ensure_ascii=False, separators=(",", ":"), default=list)
        return whole_characters(content).encode()


@lru_cache(maxsize=256)
def message_hash(role: str, content: str) -> str:
    """The name of a message in a journal: 16 hexadecimal digits over role and content."""
    return sha256(f"{role}\n{whole_characters(content)}".encode()).hexdigest()[:16]


def whole_characters(text: str) -> str:
    """A text without surrogates, halves of characters that no file can hold: each becomes a replacement character.

    A question mark in its place would change what a text says.
    """
    return _SURROGATE.sub("\ufffd", text)
