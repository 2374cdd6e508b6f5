"""Shortening of prompts to a model's context: the oldest passages are omitted first."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from govsim.journal import Shortened
from govsim.models.question import Message, Passage, Prompt

LETTERS_PER_TOKEN = 6
"""Letters of one word per token; any other byte counts as one token. Tokenizers need fewer tokens for words and
numbers."""

TOKENS_PER_MESSAGE = 8
"""Upper bound on the tokens that a chat template adds to each message."""

_WORD = re.compile(r" ?[A-Za-z]+")

_ORDER = ("month", "memory", "line")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A prompt as sent, with a record of what was omitted; None if nothing was."""

    messages: tuple[Message, ...]
    shortened: Shortened | None = None


def count_tokens(messages: Sequence[Message]) -> int:
    """Return an upper bound on the number of tokens of messages, independent of any model's tokenizer.

    It is the sum over messages of `TOKENS_PER_MESSAGE`, one token per `LETTERS_PER_TOKEN` letters of each word, rounded
    up, and one per UTF-8 byte of everything else.
    """
    return sum(TOKENS_PER_MESSAGE + _tokens(message.content) for message in messages)


def fit_prompt(prompt: Prompt, limit: int | None) -> Fitted:
    """Shorten a prompt to a limit by omitting passages; if that is not enough, omit all that may be omitted.

    Past months are omitted first, then memories, then utterances of the discussion, the oldest of each first.

    Args:
        prompt: the whole prompt.
        limit: maximum number of tokens as counted by `count_tokens`; None for no limit.
    """
    messages = prompt.messages
    if limit is None or count_tokens(messages) <= limit:
        return Fitted(messages=messages)
    removable = _removal_order(prompt.passages)
    if not removable:
        return Fitted(messages=messages)
    fewest, most = 1, len(removable)
    while fewest < most:
        middle = (fewest + most) // 2
        if count_tokens(_without(prompt, removable[:middle])) <= limit:
            most = middle
        else:
            fewest = middle + 1
    return _fitted(prompt, removable[:most], limit)


def can_be_shortened(prompt: Prompt) -> bool:
    """Whether a prompt has passages that may be omitted."""
    return any(not passage.is_essential for passage in prompt.passages)


def _tokens(text: str) -> int:
    words = [word.strip() for word in _WORD.findall(text)]
    rest = _WORD.sub("", text)
    return sum(math.ceil(len(word) / LETTERS_PER_TOKEN) for word in words) + len(rest.encode(errors="replace"))


def _removal_order(passages: Sequence[Passage]) -> list[int]:
    """Positions of the passages that may be omitted, in the order of omission."""
    free = [index for index, passage in enumerate(passages) if not passage.is_essential]
    return sorted(free, key=lambda place: (_ORDER.index(passages[place].kind), place))


def _without(prompt: Prompt, removed: Sequence[int]) -> tuple[Message, ...]:
    omitted = set(removed)
    return prompt.compose([passage for index, passage in enumerate(prompt.passages) if index not in omitted])


def _fitted(prompt: Prompt, removed: Sequence[int], limit: int) -> Fitted:
    messages = _without(prompt, removed)
    kinds = Counter(prompt.passages[place].kind for place in removed)
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
