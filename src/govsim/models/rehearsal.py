"""Models that rehearse: they answer at once as the fake model does, and cost what real ones would."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

import numpy as np

from govsim.config import LOCAL
from govsim.models.client import Completion, LanguageModel, ModelSettings
from govsim.models.embedding import Embedder, EmbedderSettings, Vectors
from govsim.models.fake.society import FakeSettings, reply, tokens
from govsim.models.prices import Prices, Tokens
from govsim.models.question import Message, turns
from govsim.models.structured import Schema

WORDS = 60
"""Words of each text and of the reasoning before each decision in a rehearsal: what talkative models write."""

MANY = 1_000_000
"""Lines and insights of a rehearsal: as many as are asked for."""


class Rehearsal:
    """Models of which each answers as the fake model does, and talks as much as talkative ones."""

    def __init__(self, prices: Prices, **settings: Any) -> None:
        """Nothing is asked yet.

        Args:
            prices: what models cost.
            **settings: how the fake model answers, as in `FakeSettings`.
        """
        self._settings = FakeSettings(words=WORDS, **settings)
        self._prices = prices
        self._read = Prefixes()

    def language_model(self, settings: ModelSettings) -> LanguageModel:
        """See `Models`; a model on this machine keeps what several prompts begin with."""
        return _Rehearsing(settings.name, self._prices, self._settings, self._read if settings.name == LOCAL else None)

    def embedder(self, settings: EmbedderSettings) -> Embedder:
        """See `Models`."""
        return _Indifferent(settings.model)


class _Rehearsing:
    """A model that costs what the price says."""

    def __init__(self, name: str, prices: Prices, settings: FakeSettings, read: Prefixes | None) -> None:
        self.name = name
        self._prices = prices
        self._settings = settings
        self._read = read

    async def complete(self, messages: Sequence[Message], schema: Schema | None = None) -> Completion:
        sent = turns(messages)
        text = reply(sent, self._settings, schema)
        read, written = sum(tokens(content) for _, content in sent), tokens(text)
        cost = self._prices.cost(self.name, Tokens(read=read, written=written))
        return Completion(
            text=text,
            stop_reason="stop",
            seconds=0.0,
            input_tokens=read,
            cached_tokens=None if self._read is None else self._read.cached(sent),
            output_tokens=written,
            cost=None if cost is None else cost.dollars,
        )


class Prefixes:
    """Prompts that a model has read. They are kept sorted: the longest shared beginning is shared with a neighbour."""

    def __init__(self) -> None:
        self._texts: list[str] = []

    def cached(self, sent: Sequence[tuple[str, str]]) -> int:
        """Tokens at the beginning of a prompt that were read before; the prompt counts as read from now on."""
        text = "".join(content for _, content in sent)
        place = bisect_left(self._texts, text)
        shared = max((_shared(text, other) for other in self._texts[max(place - 1, 0) : place + 1]), default=0)
        self._texts.insert(place, text)
        return min(tokens(text[:shared]) if shared else 0, sum(tokens(content) for _, content in sent))


def _shared(one: str, other: str) -> int:
    """Characters that two texts begin with alike."""
    return next(
        (place for place, (mine, yours) in enumerate(zip(one, other, strict=False)) if mine != yours),
        min(len(one), len(other)),
    )


class _Indifferent:
    """Finds everything equally relevant."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def embed(self, texts: Sequence[str]) -> Vectors:
        return np.ones((len(texts), 1), dtype=np.float32)
