"""Settings of generative agents."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from govsim.config import Section


class Generative(Section):
    """Settings of the generative agent's memory: retrieval and its scoring."""

    relevance: Literal["lexical", "openai-api", "sentence-transformers"] = "lexical"
    """Measure of a memory's relevance to a query: shared words (`lexical`), or embeddings from an API
    (`openai-api`) or computed locally (`sentence-transformers`)."""
    embedding_model: str | None = None
    """Name of the embedding model; required unless relevance is `lexical`."""
    recency_weight: float = Field(0.5, ge=0)
    """Weight of recency in the retrieval score."""
    importance_weight: float = Field(3.0, ge=0)
    """Weight of importance in the retrieval score."""
    relevance_weight: float = Field(2.0, ge=0)
    """Weight of relevance in the retrieval score."""
    recency_decay: float = Field(0.99, gt=0, le=1)
    """Base of the recency score: recency is this value to the power of the memory's rank from the newest."""
    top_acting: int = Field(10, ge=0)
    """Number of memories retrieved for each query of a decision, such as the harvest."""
    top_reflecting: int = Field(10, ge=0)
    """Number of memories retrieved for insights."""
    top_talking: int = Field(5, ge=0)
    """Number of memories retrieved for each query in a discussion."""
    lines_queried: int = Field(4, ge=1)
    """Number of last utterances of a discussion used as queries."""
    lifetime_days: int = Field(63, ge=1, le=20_000)
    """Days for which thoughts and summaries of discussions are remembered. (Bounded because the calendar ends with the
    year 9999.)"""
    insights: int = Field(3, ge=1, le=100)
    """Maximum number of insights generated at the end of a month."""
    retrieve_chats: bool = False
    """Whether summaries of discussions can be retrieved."""

    @model_validator(mode="after")
    def _has_a_model(self) -> Self:
        if self.relevance != "lexical" and not self.embedding_model:
            raise ValueError(f"relevance = {self.relevance}: requires embedding_model; set it too")
        return self
