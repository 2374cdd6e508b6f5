"""The memory stream of a member, with creation and expiry dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from statistics import median

from govsim.agents.protocol import MemoryType
from govsim.agents.sentences import quoted

MAX_IMPORTANCE = 10
MIN_IMPORTANCE = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """One memory.

    Attributes:
        id: index of the memory within the member's memory stream, from 0.
        type: an observed event, a thought, a summary of a discussion, or an action of the member.
        description: one sentence.
        created: the day the memory refers to.
        expires: the last day on which it is remembered.
        importance: 1 to 10; None if the model's rating could not be parsed.
        is_always_retrieved: whether it is retrieved regardless of its score.
        topic: topic, if a newer memory of the same topic supersedes it, as for agreed limits.
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
        """Whether text and importance come from a model instead of the simulation."""
        return self.type in ("thought", "chat") and self.topic is None

    def __str__(self) -> str:
        text = quoted(self.description) if self.is_rated else self.description
        return f"{self.created.isoformat()}: {text}"


class MemoryStream:
    """All memories of one member, in the order in which they were stored."""

    def __init__(self, *, keeps_superseded: bool = False) -> None:
        """Set up an empty stream.

        Args:
            keeps_superseded: whether memories of a topic remain after a newer one.
        """
        self._keeps_superseded = keeps_superseded
        self._memories: list[Memory] = []

    def __len__(self) -> int:
        return len(self._memories)

    def store(self, memory: Memory) -> None:
        """Add a memory."""
        self._memories.append(memory)

    def alive(self, today: date) -> list[Memory]:
        """Return the memories that have not expired, without superseded ones unless they are kept."""
        alive = [memory for memory in self._memories if memory.created <= today <= memory.expires]
        if self._keeps_superseded:
            return alive
        newest = {memory.topic: memory.id for memory in alive}
        return [memory for memory in alive if memory.topic is None or newest[memory.topic] == memory.id]

    def importance_of(self, memory: Memory) -> float:
        """Return a memory's importance; if its rating could not be parsed, the median of this member's ratings."""
        if memory.importance is not None:
            return float(memory.importance)
        rated = [other.importance for other in self._memories if other.importance is not None and other.is_rated]
        return float(median(rated)) if rated else (MIN_IMPORTANCE + MAX_IMPORTANCE) / 2
