"""Keeping prompts inside a context: what is oldest goes first, what is essential stays, and no more goes than must."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from govsim.models.question import Message, Passage, Prompt
from govsim.models.shortening import can_be_shortened, count_tokens, fit

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


def test_a_prompt_that_fits_is_sent_whole_and_nothing_is_said_of_it() -> None:
    whole = ALL.messages
    for limit in (None, count_tokens(whole), count_tokens(whole) + 1):
        fitted = fit(ALL, limit)
        assert fitted.messages == whole
        assert fitted.shortened is None


@pytest.mark.parametrize("gone", range(1, 6))
def test_passages_go_in_order_and_no_more_of_them_than_must(gone: int) -> None:
    kept = [passage for passage in ALL.passages if passage.text.split()[0] not in ORDER[:gone]]
    limit = count_tokens(ALL.compose(kept))
    fitted = fit(ALL, limit)
    assert shown(fitted.messages[0].content) == [passage.text.split()[0] for passage in kept]
    assert fitted.shortened is not None
    assert fitted.shortened.tokens == limit == fitted.shortened.limit
    left_out = (fitted.shortened.months, fitted.shortened.memories, fitted.shortened.lines)
    assert left_out == (min(gone, 2), min(max(gone - 2, 0), 2), max(gone - 4, 0))
    assert fit(ALL, limit + 1).messages == fitted.messages


def test_what_is_essential_stays_even_where_it_does_not_fit() -> None:
    fitted = fit(ALL, 10)
    assert shown(fitted.messages[0].content) == ["agreed", "opening", "last"]
    assert fitted.shortened is not None
    assert fitted.shortened.tokens > fitted.shortened.limit == 10


def test_a_prompt_with_nothing_to_lose_is_left_as_it_is() -> None:
    bare = prompt(passage("memory", "agreed", is_essential=True))
    assert not can_be_shortened(bare)
    assert can_be_shortened(ALL)
    assert fit(bare, 10).messages == bare.messages
    assert fit(bare, 10).shortened is None


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("", 0), ("fished", 1), ("fishery", 2), ("a b c d ", 5), ("2024-01-30", 10), ("湖里有魚", 12), ("Kate: 7", 4)],
)
def test_tokens_are_counted_from_above(text: str, tokens: int) -> None:
    assert count_tokens([Message(role="user", content=text)]) == 8 + tokens
