"""The base class of all events, and their serialization as lines of a journal."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from itertools import groupby
from typing import Annotated, Any, ClassVar, Literal, Protocol

from pydantic import Field
from pydantic_core import PydanticSerializationError

from govsim.config.section import Frozen
from govsim.errors import JournalError

SCHEMA_VERSION = 4

Role = Literal["system", "user", "assistant"]
"""The role of a message's author in the conversation with a model."""

JOURNAL_SUFFIX = ".jsonl"
"""Suffix of the journals of runs, and of no other files."""

STUDY_SUFFIX = ".study"
"""Suffix of the journals of studies."""

FIRST_READING_RULE = 1
"""Version of the parsing rule for replies in journals that state none and record no values."""

READING_RULE = 2
"""Current version of the parsing rule for replies (`models.reply_format`); increased whenever the rule changes."""

MAX_WHOLE = 2**53
"""The largest number such that floats represent all whole numbers up to it, for any program that reads a journal."""

Whole = Annotated[int, Field(ge=0, le=MAX_WHOLE)]
"""A whole amount or count."""

Expense = Annotated[float, Field(ge=0, le=1e12)]
"""Dollars or seconds."""

_SURROGATE = re.compile("[\ud800-\udfff]")

Identity = tuple[str | int, ...]

LONGEST_LINE = 64 * 2**20
"""Maximum length of a line in bytes, without its line break.

The longest lines contain one message or one reply. With a context window of two million tokens, that is about eight
million characters of at most six bytes in JSON: 48 MB. A longer line cannot come from a model, and reading it would
only exhaust memory.
"""

LONGEST_LINE_WORDS = "64 MiB"
"""The same as text."""


JournalKind = Literal["run", "study"]
"""What a journal records: a run or a study."""

RUNS_AND_STUDIES: frozenset[JournalKind] = frozenset({"run", "study"})
"""Both kinds of journal."""


class Event(Frozen):
    """An event, recorded as one line of a journal; base class of all kinds of event.

    A kind of event is a class that declares `kind: Literal["vote"] = "vote"` and its fields, and is registered under
    that name in `EVENTS`. The fields `month`, `phase`, `member`, `purpose`, `ordinal`, `attempt`, `hash` and `site`, if
    present, identify an event together with its kind: no two events of a journal have the same identity.

    Attributes:
        journals: kinds of journal in which such events can occur.
        is_stored_once: whether an event is written only once to a journal, however often it is recorded.
        is_costly: whether it costs money or time to reproduce the event, as for a model's reply. It is then written to
            disk at once.
        is_compared: whether comparisons include such events; False only for built-in events that describe the
            execution of a run, not its results.
        clock_fields: fields that record when, where, how fast, at what cost or by which request something happened;
            comparisons ignore them.
    """

    journals: ClassVar[frozenset[JournalKind]] = frozenset({"run"})
    is_stored_once: ClassVar[bool] = False
    is_costly: ClassVar[bool] = False
    is_compared: ClassVar[bool] = True
    clock_fields: ClassVar[frozenset[str]] = frozenset()

    kind: str  # first, so that a reader can skip lines it does not need
    site: str | None = Field(None, exclude_if=lambda site: site is None, repr=False)
    """Name of the site in a run with several; missing in other runs, and in events that concern all sites."""

    @property
    def in_words(self) -> str | None:
        """The event in a sentence, for pages about the month; None if its fields are shown instead."""
        return None

    @property
    def identity(self) -> Identity:
        """Identity of this event in its journal: month, phase, member, kind, purpose, ordinal, attempt, hash, site."""
        return self.identity_as(self.kind)

    def identity_as(self, kind: str) -> Identity:
        """Return the identity of an event of another kind with the same identifying fields."""
        own = self.identifying
        place = (own.get("month", 0), own.get("phase", ""), own.get("member", ""))
        which = (own.get("purpose", ""), own.get("ordinal", 0), own.get("attempt", 0))
        return (*place, kind, *which, own.get("hash", ""), own.get("site") or "")

    @property
    def identifying(self) -> Mapping[str, Any]:
        """Mapping that contains the identifying fields that the event has, among others."""
        return self.__dict__  # attribute access to a missing field is slow in pydantic


def comparable(event: Event) -> dict[str, Any]:
    """Return the content of an event that comparisons include, as in its line: everything but the clock fields."""
    content: dict[str, Any] = json.loads(_content_of(event))
    return {key: value for key, value in content.items() if key not in event.clock_fields}


def line_of(event: Event) -> bytes:
    """Serialize an event to a line of a journal; lone surrogates in its texts are replaced.

    Raises:
        JournalError: the line exceeds the maximum length.
    """
    line = _content_of(event)
    if len(line) > LONGEST_LINE:
        raise JournalError(
            f"an event of kind {event.kind} is longer than {LONGEST_LINE_WORDS} and cannot be written to the journal"
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
    """Return the hash of a message in a journal: 16 hexadecimal digits over role and content."""
    return sha256(f"{role}\n{whole_characters(content)}".encode()).hexdigest()[:16]


class Sent(Protocol):
    """A message of a prompt."""

    @property
    def role(self) -> Role:
        """Role of its author."""

    @property
    def content(self) -> str:
        """Its text."""


def turns(messages: Sequence[Sent], system_role: Literal["system", "user"] = "system") -> list[tuple[Role, str]]:
    """Return role and content of messages as sent: neighbours with one role are joined, as some chat templates require.

    Args:
        messages: the messages as recorded.
        system_role: the role of system messages; if `user`, they become the beginning of the following user message.
    """

    def role_of(message: Sent) -> Role:
        return system_role if message.role == "system" else message.role

    return [(role, "\n\n".join(message.content for message in group)) for role, group in groupby(messages, key=role_of)]


def whole_characters(text: str) -> str:
    """Replace lone surrogates, which cannot be encoded, by replacement characters.

    A question mark instead would change the meaning of a text.
    """
    return _SURROGATE.sub("\ufffd", text)
