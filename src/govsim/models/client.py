"""What language models are to those who ask them: which model, how it is asked, and what it returned."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from pydantic import JsonValue

from govsim.config import Replies, Sampling, Scalar
from govsim.journal import RequestLine
from govsim.models.question import Message
from govsim.models.structured import Schema

# Inspect logs what providers say, secrets included, and what it leaves out of requests: both are reported by govsim.
logging.getLogger("inspect_ai").addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSettings:
    """A language model, and how it is asked.

    Attributes:
        name: the model, as provider/name.
        args: arguments that its provider is opened with.
        sampling: how replies are drawn.
        extra_body: fields added to the body of every request.
        system_role: the role that system messages are sent in.
        replies: the form of replies.
    """

    name: str
    args: Mapping[str, Scalar] = field(default_factory=dict)
    sampling: Sampling = field(default_factory=Sampling)
    extra_body: Mapping[str, JsonValue] = field(default_factory=dict)
    system_role: Literal["system", "user"] = "system"
    replies: Replies = "text"

    @property
    def key(self) -> str:
        """The same for models that are asked alike."""
        parts = [self.name, dict(self.args), self.sampling.model_dump(), dict(self.extra_body), self.system_role]
        parts.append(self.replies)
        return json.dumps(parts, sort_keys=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What a model returned for one prompt, and what was sent. Counts are None where the provider does not tell."""

    text: str
    stop_reason: str
    seconds: float
    reasoning: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    cost: float | None = None
    retries: int = 0
    request: RequestLine | None = None


class LanguageModel(Protocol):
    """Whatever completes a prompt."""

    name: str

    async def complete(self, messages: Sequence[Message], schema: Schema | None = None) -> Completion:
        """Complete a prompt.

        Args:
            messages: the prompt.
            schema: the JSON schema that the reply is to match; None for a reply in text.

        Raises:
            ProviderError: the provider failed, and sending again did not help or cannot help.
            ContextTooLong: the prompt does not fit into the model's context.
        """
