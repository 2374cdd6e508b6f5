"""Lexical relevance of memories to a query."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from govsim.agents.generative import LexicalRelevance

MEMORIES = [
    "The lake held 100 tons of fish.",
    "Kate promised to catch less next month.",
    "We agreed on a limit for everyone at the lake.",
    "The sheep were hungry.",
]

words = st.lists(st.sampled_from(["lake", "fish", "the", "Kate", "limit", "agreed", "ümlaut", "李雷", "7", "", "!"]))
texts = words.map(" ".join)


async def test_the_text_that_shares_most_with_the_query_has_1_and_what_shares_nothing_has_0() -> None:
    relevance = await LexicalRelevance().of(MEMORIES, ["the limit at the lake", "fish", "hungry sheep"])
    assert relevance.shape == (3, 4)
    assert relevance.argmax(axis=1).tolist() == [2, 0, 3]
    assert relevance.max(axis=1).tolist() == [1.0, 1.0, 1.0]
    assert 0 < relevance[0, 0] < 1
    assert (relevance[0, 1], relevance[0, 3]) == (0, 0)
    assert relevance[1].tolist() == [1, 0, 0, 0]


async def test_case_and_punctuation_do_not_matter() -> None:
    relevance = await LexicalRelevance().of(["KATE, promised!", "Sheep."], ["kate promised", "SHEEP?"])
    assert relevance.tolist() == [[1, 0], [0, 1]]


async def test_a_rare_word_counts_more_than_a_frequent_one() -> None:
    memories = ["lake water", "lake boats", "lake shore", "promise kept"]
    [row] = await LexicalRelevance().of(memories, ["lake promise"])
    assert row[3] == 1
    assert 0 < row[0] < 1


@pytest.mark.parametrize("query", ["", "the of and", "zebra", "!?", "\n"])
async def test_a_query_without_known_words_is_relevant_to_nothing(query: str) -> None:
    assert (await LexicalRelevance().of(MEMORIES, [query])).tolist() == [[0, 0, 0, 0]]


@pytest.mark.parametrize("memories", [[""], ["", "!"], ["the", "of"]])
async def test_empty_texts_are_relevant_to_nothing(memories: list[str]) -> None:
    assert (await LexicalRelevance().of(memories, ["the lake", ""])).tolist() == [[0] * len(memories)] * 2


async def test_an_empty_text_among_others_is_relevant_to_nothing() -> None:
    assert (await LexicalRelevance().of(["", "lake", "!"], ["lake"])).tolist() == [[0, 1, 0]]


async def test_without_texts_or_queries_there_is_nothing_to_measure() -> None:
    assert (await LexicalRelevance().of([], ["lake"])).shape == (1, 0)
    assert (await LexicalRelevance().of(MEMORIES, [])).shape == (0, 4)


async def test_the_queries_do_not_influence_each_other() -> None:
    together = await LexicalRelevance().of(MEMORIES, ["lake", "zebra", "Kate"])
    apart = [await LexicalRelevance().of(MEMORIES, [query]) for query in ("lake", "zebra", "Kate")]
    assert np.array_equal(together, np.vstack(apart))


@given(memories=st.lists(texts, min_size=1, max_size=6), queries=st.lists(texts, min_size=1, max_size=4))
async def test_relevance_is_between_0_and_1_for_any_words(memories: list[str], queries: list[str]) -> None:
    relevance = await LexicalRelevance().of(memories, queries)
    assert relevance.shape == (len(queries), len(memories))
    assert np.isfinite(relevance).all()
    assert ((relevance >= 0) & (relevance <= 1)).all()
    assert set(relevance.max(axis=1).tolist()) <= {0.0, 1.0}


async def test_cached_indexes_do_not_change_relevance() -> None:
    kept = LexicalRelevance()
    for texts in (MEMORIES, MEMORIES, MEMORIES[1:], [*MEMORIES, "a zebra at the lake"], [], ["", "!"], MEMORIES):
        queries = ["the limit at the lake", "fish", "zebra"]
        assert (await kept.of(texts, queries)).tolist() == (await LexicalRelevance().of(texts, queries)).tolist()
