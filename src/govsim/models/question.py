"""Questions to language models, and their replies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from govsim.config import ReplyFormat
from govsim.journal.line import Role, message_hash
from govsim.models.fields import Field, Value
from govsim.models.structured import Schema, schema_of


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message of a prompt."""

    role: Role
    content: str

    @cached_property
    def hash(self) -> str:
        """Identifies the message in a journal: 16 hexadecimal digits, computed from role and content."""
        return message_hash(self.role, self.content)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A part of a prompt that may be omitted if the whole prompt exceeds the model's context.

    Attributes:
        kind: the summary of a past month, a memory, or an utterance of a discussion.
        text: its text.
        is_essential: whether it is never omitted.
    """

    kind: Literal["month", "memory", "line"]
    text: str
    is_essential: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A prompt that is composed from passages.

    Attributes:
        compose: returns the messages for the included passages; the last message ends with the lines of the fields.
        passages: all passages, those of each kind oldest first.
    """

    compose: Callable[[Sequence[Passage]], tuple[Message, ...]]
    passages: tuple[Passage, ...] = ()

    @property
    def messages(self) -> tuple[Message, ...]:
        """The whole prompt."""
        return self.compose(self.passages)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question to a model.

    Attributes:
        purpose: the purpose, as in `harvest` or `line`; with month, phase and member it identifies the question.
        prompt: the prompt.
        fields: the fields that the reply must contain.
        again: returns the text of a retry for the reason why a reply could not be parsed.
        replies: the format of the reply.
    """

    purpose: str
    prompt: Prompt
    fields: tuple[Field, ...]
    again: Callable[[str], str]
    replies: ReplyFormat = "text"

    @property
    def schema(self) -> Schema | None:
        """The JSON schema that the reply must match; None for a text reply."""
        return schema_of(self.fields) if self.replies == "structured" else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """The month and phase in which a question is asked, and the site in a run with several."""

    month: int
    phase: str
    site: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A reply that could not be parsed.

    Attributes:
        reason: why it could not be parsed.
        stop_reason: why the reply ended.
        has_only_reasoning: whether it was empty except for reasoning.
    """

    reason: str
    stop_reason: str
    has_only_reasoning: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The parsed answer to a question.

    Attributes:
        values: the parsed values by field tag; complete unless `invalid`.
        invalid: why the last attempt could not be parsed; None if it could.
        refusals: all attempts if none could be parsed; otherwise empty.
    """

    values: dict[str, Value]
    invalid: str | None = None
    refusals: tuple[Refusal, ...] = ()

    def text(self, tag: str) -> str | None:
        """The text of a tag; None if there is none."""
        value = self.values.get(tag)
        return value if isinstance(value, str) else None

    def number(self, tag: str) -> int | None:
        """The number of a tag; None if there is none."""
        value = self.values.get(tag)
        return value if isinstance(value, int) else None
