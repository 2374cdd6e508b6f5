"""What is asked of a language model, and what comes back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Literal

from govsim.config import Replies
from govsim.journal.line import message_hash
from govsim.models.fields import Field, Value
from govsim.models.structured import Schema, schema_of

Role = Literal["system", "user", "assistant"]
"""Whose message it is in the conversation with a model."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message of a prompt."""

    role: Role
    content: str

    @cached_property
    def hash(self) -> str:
        """Names the message in a journal: 16 hexadecimal digits over role and content."""
        return message_hash(self.role, self.content)


def turns(messages: Sequence[Message], system_role: Literal["system", "user"] = "system") -> list[tuple[Role, str]]:
    """Role and content of messages as they are sent: neighbours of one role as one, as some chat templates demand.

    Args:
        messages: as they are recorded.
        system_role: the role that system messages are sent in; as `user` they begin the user message that follows.
    """

    def role_of(message: Message) -> Role:
        return system_role if message.role == "system" else message.role

    return [(role, "\n\n".join(message.content for message in group)) for role, group in groupby(messages, key=role_of)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A part of a prompt, which may be left out where the whole does not fit into the model's context.

    Attributes:
        kind: a past month as it is recounted, a memory, or a line of a talk.
        text: what it says.
        is_essential: whether it is never left out.
    """

    kind: Literal["month", "memory", "line"]
    text: str
    is_essential: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What is sent to a model, as it is put together.

    Attributes:
        compose: from the passages that are shown to the messages; the last one ends with the lines of the fields.
        passages: all that there are, those of each kind oldest first.
    """

    compose: Callable[[Sequence[Passage]], tuple[Message, ...]]
    passages: tuple[Passage, ...] = ()

    @property
    def messages(self) -> tuple[Message, ...]:
        """The whole prompt."""
        return self.compose(self.passages)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One thing to ask a model.

    Attributes:
        purpose: what it is for, as in `harvest` or `line`; with month, phase and member it names the question.
        prompt: what is sent.
        fields: what the reply is to contain.
        again: from the reason why a reply could not be read to what is said when asking once more.
        replies: the form of the reply.
    """

    purpose: str
    prompt: Prompt
    fields: tuple[Field, ...]
    again: Callable[[str], str]
    replies: Replies = "text"

    @property
    def schema(self) -> Schema | None:
        """The JSON schema that the reply is to match; None for a reply in text."""
        return schema_of(self.fields) if self.replies == "structured" else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """When a question is asked."""

    month: int
    phase: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A reply that could not be read.

    Attributes:
        reason: why not.
        stop_reason: why the reply ended.
        has_only_reasoning: whether it was empty but for the model's reasoning.
    """

    reason: str
    stop_reason: str
    has_only_reasoning: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a question was answered with.

    Attributes:
        values: what could be read, by field tag. All of the fields unless `invalid`.
        invalid: why the last attempt could not be read; None when it could.
        refusals: all attempts, where none could be read; else empty.
    """

    values: dict[str, Value]
    invalid: str | None = None
    refusals: tuple[Refusal, ...] = ()

    def text(self, tag: str) -> str | None:
        """The text read for a tag; None when there is none."""
        value = self.values.get(tag)
        return value if isinstance(value, str) else None

    def number(self, tag: str) -> int | None:
        """The number read for a tag; None when there is none."""
        value = self.values.get(tag)
        return value if isinstance(value, int) else None
