"""The memory stream: what a member remembers, since when, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from statistics import median

from govsim.agents.protocol import MemoryType
from govsim.agents.sentences import quoted

MOST_IMPORTANT = 10
LEAST_IMPORTANT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """One thing remembered.

    Attributes:
        id: counts the member's memories, from 0.
        type: an event it witnessed, a thought, a summary of a talk, or what it did.
        description: one sentence.
        created: the day it is about.
        expires: the last day on which it is remembered.
        importance: 1 to 10; None when the model's rating could not be read.
        is_always_retrieved: whether it comes to mind whatever its score.
        topic: what it is about, where a newer memory of the same topic supersedes it, as for agreed limits.
    """

    id: int
    type: MemoryType
    description: str
    created: date
    expires: date
    importance: int | None
    is_always_retrieved: bool = False
    topic: str | None = None

    @property
    def is_rated(self) -> bool:
        """Whether words and importance are a model's, and not given by the simulation."""
        return self.type in ("thought", "chat") and self.topic is None

    def __str__(self) -> str:
        told = quoted(self.description) if self.is_rated else self.description
        return f"{self.created.isoformat()}: {told}"


class MemoryStream:
    """Everything one member remembers, in the order in which it was stored."""

    def __init__(self) -> None:
        self._memories: list[Memory] = []

    def __len__(self) -> int:
        return len(self._memories)

    def store(self, memory: Memory) -> None:
        """Remember something from now on."""
        self._memories.append(memory)

    def alive(self, today: date) -> list[Memory]:
        """What is remembered today. Of several on one topic, such as agreed limits, only the newest."""
        alive = [memory for memory in self._memories if memory.created <= today <= memory.expires]
        newest = {memory.topic: memory.id for memory in alive}
        return [memory for memory in alive if memory.topic is None or newest[memory.topic] == memory.id]

    def importance_of(self, memory: Memory) -> float:
        """A memory's importance; where the rating could not be read, the median of this member's ratings."""
        if memory.importance is not None:
            return float(memory.importance)
        rated = [other.importance for other in self._memories if other.importance is not None and other.is_rated]
        return float(median(rated)) if rated else (LEAST_IMPORTANT + MOST_IMPORTANT) / 2
