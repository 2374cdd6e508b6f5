"""Settings of generative agents."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from govsim.config import Section


class Generative(Section):
    """The generative agent's memory: what is retrieved, and how it is scored."""

    relevance: Literal["lexical", "openai-api", "sentence-transformers"] = "lexical"
    """How a memory's relevance to a query is measured: by shared words, or by embeddings."""
    embedding_model: str | None = None
    """Name of the embedding model, where relevance is measured by embeddings."""
    recency_weight: float = Field(0.5, ge=0)
    """Weight of recency in the retrieval score."""
    importance_weight: float = Field(3.0, ge=0)
    """Weight of importance in the retrieval score."""
    relevance_weight: float = Field(2.0, ge=0)
    """Weight of relevance in the retrieval score."""
    recency_decay: float = Field(0.99, gt=0, le=1)
    """Recency is this, to the power of the memory's rank from the newest."""
    top_acting: int = Field(10, ge=0)
    """Memories retrieved for a decision, as on the harvest."""
    top_reflecting: int = Field(10, ge=0)
    """Memories retrieved for insights."""
    top_talking: int = Field(5, ge=0)
    """Memories retrieved for each query in a talk."""
    lines_queried: int = Field(4, ge=1)
    """How many of a talk's last lines are queries."""
    lifetime_days: int = Field(63, ge=1, le=20_000)
    """How long thoughts and chats are remembered. (More would not fit into the calendar after the last month.)"""
    insights: int = Field(3, ge=1, le=100)
    """The most insights drawn at the end of a month."""
    retrieve_chats: bool = False
    """Whether summaries of talks can be retrieved."""

    @model_validator(mode="after")
    def _has_a_model(self) -> Self:
        if self.relevance != "lexical" and not self.embedding_model:
            raise ValueError(f"relevance = {self.relevance}: name the embedding_model too")
        return self
