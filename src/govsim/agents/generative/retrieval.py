"""Retrieval scores of memories: a weighted sum of recency, importance and relevance (Piatti et al. 2024, appendix)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from govsim.agents.generative.memory import MAX_IMPORTANCE, MIN_IMPORTANCE, Memory
from govsim.agents.generative.settings import Generative


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredMemory:
    """A memory with the parts of its score, each in 0..1, and their weighted sum."""

    memory: Memory
    recency: float
    importance: float
    relevance: float
    score: float


def score(
    memories: Sequence[Memory],
    relevance: Sequence[float],
    importance_of: Callable[[Memory], float],
    settings: Generative,
) -> list[ScoredMemory]:
    """Score memories for one query, best first; ties go to the lower id.

    ``0.5 · recency + 3 · importance + 2 · relevance`` with the paper's weights, where recency is 0.99 to the power of
    the memory's rank from the newest (or from the oldest, depending on `recency_from`), and importance is
    ``(s − 1) / 9`` of its rating s.

    Args:
        memories: candidates for retrieval.
        relevance: relevance of each candidate to the query, in 0..1.
        importance_of: returns a memory's rating, 1 to 10.
        settings: the weights, the decay and the direction of ranks.
    """
    is_newest_first = settings.recency_from == "newest"
    ordered = sorted(memories, key=lambda memory: (memory.created, memory.id), reverse=is_newest_first)
    rank = {memory.id: index for index, memory in enumerate(ordered)}
    scored = []
    for memory, relevant in zip(memories, relevance, strict=True):
        recency = settings.recency_decay ** rank[memory.id]
        importance = (importance_of(memory) - MIN_IMPORTANCE) / (MAX_IMPORTANCE - MIN_IMPORTANCE)
        total = (
            settings.recency_weight * recency
            + settings.importance_weight * importance
            + settings.relevance_weight * float(relevant)
        )
        scored.append(
            ScoredMemory(memory=memory, recency=recency, importance=importance, relevance=float(relevant), score=total)
        )
    return sorted(scored, key=lambda item: (-item.score, item.memory.id))


def in_order_of_time(memories: Sequence[Memory]) -> list[Memory]:
    """Return memories in the order in which they are shown: without duplicates, oldest first, ties by id."""
    return sorted({memory.id: memory for memory in memories}.values(), key=lambda memory: (memory.created, memory.id))
