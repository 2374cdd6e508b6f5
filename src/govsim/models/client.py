"""The interface of language models: settings, completions, and the protocol of a model."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from pydantic import JsonValue

from govsim.config import ReplyFormat, Sampling, Scalar
from govsim.journal import RequestLine
from govsim.models.question import Message
from govsim.models.structured import Schema

# Inspect logs provider messages, including secrets, and the settings that it omits; govsim reports both itself.
logging.getLogger("inspect_ai").addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSettings:
    """A language model and its settings.

    Attributes:
        name: the model, as provider/name.
        args: arguments of its provider.
        sampling: sampling settings.
        extra_body: fields added to the body of every request.
        system_role: the role of system messages.
        replies: the format of replies.
        member: the member that it answers for, or `framework`; models with the same settings are shared regardless.
    """

    name: str
    args: Mapping[str, Scalar] = field(default_factory=dict)
    sampling: Sampling = field(default_factory=Sampling)
    extra_body: Mapping[str, JsonValue] = field(default_factory=dict)
    system_role: Literal["system", "user"] = "system"
    replies: ReplyFormat = "text"
    member: str = field(default="", compare=False)

    @property
    def key(self) -> str:
        """A key that is equal for identical settings."""
        parts = [self.name, dict(self.args), self.sampling.model_dump(), dict(self.extra_body), self.system_role]
        parts.append(self.replies)
        return json.dumps(parts, sort_keys=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """A model's reply to one prompt, and the request. Counts are None if the provider does not report them."""

    text: str
    stop_reason: str
    seconds: float
    reasoning: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    cost: float | None = None
    retries: int = 0
    response_id: str | None = None
    fallback: str | None = None
    request: RequestLine | None = None


class LanguageModel(Protocol):
    """Any model that completes a prompt."""

    name: str

    async def complete(self, messages: Sequence[Message], schema: Schema | None = None) -> Completion:
        """Complete a prompt.

        Args:
            messages: the prompt.
            schema: the JSON schema that the reply must match; None for a text reply.

        Raises:
            ProviderError: the provider failed, and retries failed or are pointless.
            ContextTooLong: the prompt exceeds the model's context.
        """
