"""Keeping prompts inside a model's context: what is oldest is left out first."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from govsim.journal import Shortened
from govsim.models.question import Message, Passage, Prompt

LETTERS_PER_TOKEN = 6
"""Letters of one word that make a token; of anything else every byte does. On texts of words and numbers, tokenizers
need fewer."""

TOKENS_PER_MESSAGE = 8
"""What a chat template adds to each message, and more."""

_WORD = re.compile(r" ?[A-Za-z]+")

_ORDER = ("month", "memory", "line")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A prompt as it is sent, with what was left out of it; None when nothing was."""

    messages: tuple[Message, ...]
    shortened: Shortened | None = None


def count_tokens(messages: Sequence[Message]) -> int:
    """Tokens of messages, counted from above and without any model's tokenizer."""
    return sum(TOKENS_PER_MESSAGE + _tokens(message.content) for message in messages)


def fit(prompt: Prompt, limit: int | None) -> Fitted:
    """A prompt that is no longer than a limit, if leaving passages out can do that; else without all it can lose.

    Past months go first, then memories, then lines of the talk, the oldest of each first.

    Args:
        prompt: the whole of it.
        limit: tokens as `count_tokens` counts them; None for no limit.
    """
    messages = prompt.messages
    if limit is None or count_tokens(messages) <= limit:
        return Fitted(messages=messages)
    going = _in_order_of_going(prompt.passages)
    if not going:
        return Fitted(messages=messages)
    fewest, most = 1, len(going)
    while fewest < most:
        middle = (fewest + most) // 2
        if count_tokens(_without(prompt, going[:middle])) <= limit:
            most = middle
        else:
            fewest = middle + 1
    return _fitted(prompt, going[:most], limit)


def can_be_shortened(prompt: Prompt) -> bool:
    """Whether there is anything that a prompt can lose."""
    return any(not passage.is_essential for passage in prompt.passages)


def _tokens(text: str) -> int:
    words = [word.strip() for word in _WORD.findall(text)]
    rest = _WORD.sub("", text)
    return sum(math.ceil(len(word) / LETTERS_PER_TOKEN) for word in words) + len(rest.encode(errors="replace"))


def _in_order_of_going(passages: Sequence[Passage]) -> list[int]:
    """Places of the passages that may be left out, the first to go first."""
    free = [place for place, passage in enumerate(passages) if not passage.is_essential]
    return sorted(free, key=lambda place: (_ORDER.index(passages[place].kind), place))


def _without(prompt: Prompt, gone: Sequence[int]) -> tuple[Message, ...]:
    left_out = set(gone)
    return prompt.compose([passage for place, passage in enumerate(prompt.passages) if place not in left_out])


def _fitted(prompt: Prompt, gone: Sequence[int], limit: int) -> Fitted:
    messages = _without(prompt, gone)
    kinds = Counter(prompt.passages[place].kind for place in gone)
    return Fitted(
        messages=messages,
        shortened=Shortened(
            limit=limit,
            tokens=count_tokens(messages),
            months=kinds["month"],
            memories=kinds["memory"],
            lines=kinds["line"],
        ),
    )
