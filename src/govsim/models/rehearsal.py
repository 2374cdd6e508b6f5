"""Models for a dry run: they reply immediately like the fake model, with the token counts of the real models."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

import numpy as np

from govsim.config import LOCAL
from govsim.journal import turns
from govsim.models.client import Completion, LanguageModel, ModelSettings
from govsim.models.embedding import Embedder, EmbedderSettings, Vectors
from govsim.models.fake.member import FakeSettings, reply, tokens
from govsim.models.question import Message
from govsim.models.structured import Schema

WORDS = 60
"""Words of each text, and of the reasoning before each decision, in a dry run: as many as verbose models write."""

MANY = 1_000_000
"""Utterances and insights in a dry run: as many as requested."""


class Rehearsal:
    """A source of models that reply like the fake model, at the length of verbose models."""

    def __init__(self, **settings: Any) -> None:
        """Prepare a dry run.

        Args:
            **settings: settings of the fake model; see `FakeSettings`.
        """
        self._settings = FakeSettings(words=WORDS, **settings)
        self._read = Prefixes()

    def language_model(self, settings: ModelSettings) -> LanguageModel:
        """See `ModelSource`; a local model caches shared prefixes of prompts."""
        return _Rehearsing(settings.name, self._settings, self._read if settings.name == LOCAL else None)

    def embedder(self, settings: EmbedderSettings) -> Embedder:
        """See `ModelSource`."""
        return _Indifferent(settings.model)


class _Rehearsing:
    """A model with the name and the token counts of a real one; the cost follows from them."""

    def __init__(self, name: str, settings: FakeSettings, read: Prefixes | None) -> None:
        self.name = name
        self._settings = settings
        self._read = read

    async def complete(self, messages: Sequence[Message], schema: Schema | None = None) -> Completion:
        sent = turns(messages)
        text = reply(sent, self._settings, schema)
        return Completion(
            text=text,
            stop_reason="stop",
            seconds=0.0,
            input_tokens=sum(tokens(content) for _, content in sent),
            cached_tokens=None if self._read is None else self._read.cached(sent),
            output_tokens=tokens(text),
            cost=None,
        )


class Prefixes:
    """Prompts that a model has read, kept sorted: the longest common prefix is shared with a neighbour."""

    def __init__(self) -> None:
        self._texts: list[str] = []

    def cached(self, sent: Sequence[tuple[str, str]]) -> int:
        """Return the number of tokens in the longest prefix of a prompt that was read before, and add the prompt."""
        text = "".join(content for _, content in sent)
        place = bisect_left(self._texts, text)
        shared = max((_shared(text, other) for other in self._texts[max(place - 1, 0) : place + 1]), default=0)
        self._texts.insert(place, text)
        return min(tokens(text[:shared]) if shared else 0, sum(tokens(content) for _, content in sent))


def _shared(one: str, other: str) -> int:
    """Length in characters of the common prefix of two texts."""
    return next(
        (index for index, (left, right) in enumerate(zip(one, other, strict=False)) if left != right),
        min(len(one), len(other)),
    )


class _Indifferent:
    """An embedder that rates everything as equally relevant."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def embed(self, texts: Sequence[str]) -> Vectors:
        return np.ones((len(texts), 1), dtype=np.float32)
