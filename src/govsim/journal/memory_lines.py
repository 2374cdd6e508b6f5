"""Events of a run's journal about the memories of members: stored and retrieved ones."""

from __future__ import annotations

from typing import Literal

from govsim.config.section import Frozen
from govsim.journal.kinds import EVENTS
from govsim.journal.line import Event, Whole


@EVENTS.register
class MemoryLine(Event):
    """A memory is stored in a member's memory stream."""

    kind: Literal["memory"] = "memory"
    month: Whole
    phase: str
    member: str
    ordinal: Whole
    """Index of the memory within the member's memory stream, from 0."""
    type: Literal["event", "thought", "chat", "action"]
    """An observed event, a thought, the summary of a discussion (`chat`), or an action of the member."""
    description: str
    """Text of the memory, one sentence."""
    created: str
    """The date the memory refers to."""
    expires: str
    """The last date on which it is remembered."""
    importance: Whole | None
    """1 to 10; null if the model's rating could not be parsed."""
    is_always_retrieved: bool = False
    """Whether it is part of every prompt until it expires, regardless of its score."""
    is_agreement: bool = False
    """Whether it is an agreed limit, which is superseded by a newer one."""


class Scored(Frozen):
    """One retrieved memory with the parts of its score, each in 0..1."""

    memory: Whole
    """Ordinal of the memory."""
    recency: float
    """Recency among the memories that could be retrieved."""
    importance: float
    """Scaled importance rating."""
    relevance: float
    """Relevance to the query."""
    score: float
    """Weighted sum of recency, importance and relevance."""


@EVENTS.register
class Retrieval(Event):
    """Memories retrieved by a member for one query."""

    kind: Literal["retrieval"] = "retrieval"
    month: Whole
    phase: str
    member: str
    purpose: str
    """Purpose of the question for which memories were retrieved."""
    ordinal: Whole
    """Index of the retrieval among those of the member in this phase, from 0."""
    query: str
    """Query text."""
    memories: tuple[Scored, ...]
    """Retrieved memories, best first."""
