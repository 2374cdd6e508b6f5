"""Shortening of prompts: the oldest passages are omitted first, essential ones never, and no more than necessary."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from govsim.models.question import Message, Passage, Prompt
from govsim.models.shortening import can_be_shortened, count_tokens, fit_prompt

QUESTION = "How many?"


def passage(kind: str, name: str, *, is_essential: bool = False) -> Passage:
    return Passage(kind=kind, text=f"{name} " * 40, is_essential=is_essential)  # type: ignore[arg-type]


def prompt(*passages: Passage) -> Prompt:
    def compose(shown: Sequence[Passage]) -> tuple[Message, ...]:
        return (Message(role="user", content="\n".join([*(passage.text for passage in shown), QUESTION])),)

    return Prompt(compose=compose, passages=passages)


ALL = prompt(
    passage("month", "January"),
    passage("month", "February"),
    passage("memory", "old"),
    passage("memory", "agreed", is_essential=True),
    passage("memory", "new"),
    passage("line", "opening", is_essential=True),
    passage("line", "first"),
    passage("line", "last", is_essential=True),
)
ORDER = ["January", "February", "old", "new", "first"]


def shown(text: str) -> list[str]:
    return [line.split()[0] for line in text.splitlines() if line != QUESTION]


def test_a_prompt_that_fits_is_sent_unchanged_without_a_record() -> None:
    whole = ALL.messages
    for limit in (None, count_tokens(whole), count_tokens(whole) + 1):
        fitted = fit_prompt(ALL, limit)
        assert fitted.messages == whole
        assert fitted.shortened is None


@pytest.mark.parametrize("gone", range(1, 6))
def test_as_few_passages_as_necessary_are_omitted_in_order(gone: int) -> None:
    kept = [passage for passage in ALL.passages if passage.text.split()[0] not in ORDER[:gone]]
    limit = count_tokens(ALL.compose(kept))
    fitted = fit_prompt(ALL, limit)
    assert shown(fitted.messages[0].content) == [passage.text.split()[0] for passage in kept]
    assert fitted.shortened is not None
    assert fitted.shortened.tokens == limit == fitted.shortened.limit
    excluded = (fitted.shortened.months, fitted.shortened.memories, fitted.shortened.lines)
    assert excluded == (min(gone, 2), min(max(gone - 2, 0), 2), max(gone - 4, 0))
    assert fit_prompt(ALL, limit + 1).messages == fitted.messages


def test_essential_passages_are_kept_even_if_they_do_not_fit() -> None:
    fitted = fit_prompt(ALL, 10)
    assert shown(fitted.messages[0].content) == ["agreed", "opening", "last"]
    assert fitted.shortened is not None
    assert fitted.shortened.tokens > fitted.shortened.limit == 10


def test_a_prompt_without_removable_passages_is_unchanged() -> None:
    bare = prompt(passage("memory", "agreed", is_essential=True))
    assert not can_be_shortened(bare)
    assert can_be_shortened(ALL)
    assert fit_prompt(bare, 10).messages == bare.messages
    assert fit_prompt(bare, 10).shortened is None


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("", 0), ("fished", 1), ("fishery", 2), ("a b c d ", 5), ("2024-01-30", 10), ("湖里有魚", 12), ("Kate: 7", 4)],
)
def test_token_counts_are_upper_bounds(text: str, tokens: int) -> None:
    assert count_tokens([Message(role="user", content=text)]) == 8 + tokens
