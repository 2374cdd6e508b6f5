"""Retrieval of memories: the paper's score, computed by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from govsim.agents.generative import Memory, ScoredMemory, in_order_of_time, score
from govsim.agents.generative.settings import Generative


def memory(id_: int, day: int = 1, importance: int = 1) -> Memory:
    return Memory(
        id=id_,
        type="thought",
        description=f"thought {id_}",
        created=date(2024, 1, day),
        expires=date(2024, 3, 31),
        importance=importance,
    )


def scored(memories: list[Memory], relevance: list[float], **settings: Any) -> list[ScoredMemory]:
    return score(memories, relevance, lambda one: float(one.importance or 1), Generative(**settings))


def test_the_score_weighs_recency_importance_and_relevance_as_the_paper_does() -> None:
    old, middle, new = memory(0, day=1, importance=10), memory(1, day=5, importance=4), memory(2, day=9, importance=1)
    best = scored([old, middle, new], [0.25, 1.0, 0.0])
    assert [item.memory.id for item in best] == [0, 1, 2]
    assert [item.recency for item in best] == pytest.approx([0.9801, 0.99, 1.0])
    assert [item.importance for item in best] == pytest.approx([1.0, 1 / 3, 0.0])
    assert [item.relevance for item in best] == [0.25, 1.0, 0.0]
    assert [item.score for item in best] == pytest.approx(
        [0.5 * 0.9801 + 3 + 2 * 0.25, 0.5 * 0.99 + 3 / 3 + 2, 0.5 * 1.0]
    )


def test_the_newest_memory_is_the_most_recent_in_any_order() -> None:
    memories = [memory(2, day=9), memory(0, day=1), memory(1, day=5)]
    recency = {item.memory.id: item.recency for item in scored(memories, [0, 0, 0])}
    assert recency == pytest.approx({2: 1.0, 1: 0.99, 0: 0.99**2})


def test_among_memories_of_one_day_the_last_stored_is_the_most_recent() -> None:
    recency = {item.memory.id: item.recency for item in scored([memory(0), memory(1), memory(2)], [0, 0, 0])}
    assert recency == pytest.approx({2: 1.0, 1: 0.99, 0: 0.99**2})


def test_the_day_counts_before_the_order_of_storing() -> None:
    recency = {item.memory.id: item.recency for item in scored([memory(0, day=9), memory(1, day=1)], [0, 0])}
    assert recency == pytest.approx({0: 1.0, 1: 0.99})


def test_equal_scores_are_ordered_by_id() -> None:
    memories = [memory(3), memory(1), memory(2)]
    assert [item.memory.id for item in scored(memories, [0.5] * 3, recency_weight=0)] == [1, 2, 3]


def test_more_important_and_more_relevant_memories_come_first() -> None:
    assert [item.memory.id for item in scored([memory(0), memory(1, importance=2)], [0, 0])] == [1, 0]
    assert [item.memory.id for item in scored([memory(0), memory(1)], [0.1, 0])] == [0, 1]


def test_weights_and_decay_come_from_the_settings() -> None:
    settings = {"recency_weight": 1, "importance_weight": 10, "relevance_weight": 100, "recency_decay": 0.5}
    best = scored([memory(0, day=1, importance=10), memory(1, day=2, importance=1)], [0.0, 1.0], **settings)
    assert [(item.memory.id, item.score) for item in best] == [(1, 101.0), (0, 10.5)]


def test_every_rating_from_1_to_10_is_spread_over_0_to_1() -> None:
    spread = {rating: scored([memory(0, importance=rating)], [0])[0].importance for rating in range(1, 11)}
    assert spread == pytest.approx({rating: (rating - 1) / 9 for rating in range(1, 11)})
    assert (spread[1], spread[10]) == (0.0, 1.0)


def test_nothing_to_remember_scores_nothing() -> None:
    assert scored([], []) == []


def test_each_memory_needs_its_relevance() -> None:
    with pytest.raises(ValueError, match="zip"):
        scored([memory(0), memory(1)], [0.5])


def test_memories_are_shown_once_oldest_first_and_ties_by_id() -> None:
    found = [memory(3, day=2), memory(1, day=9), memory(2, day=2), memory(3, day=2), memory(0, day=9), memory(4, day=1)]
    assert [one.id for one in in_order_of_time(found)] == [4, 2, 3, 0, 1]


def test_recency_can_favour_the_oldest_memory() -> None:
    memories = [memory(2, day=9), memory(0, day=1), memory(1, day=5)]
    recency = {item.memory.id: item.recency for item in scored(memories, [0, 0, 0], recency_from="oldest")}
    assert recency == pytest.approx({0: 1.0, 1: 0.99, 2: 0.99**2})
