"""Settings of generative agents."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from govsim.config import Section


class Generative(Section):
    """Settings of the generative agent's memory: retrieval and its scoring."""

    relevance: Literal["lexical", "openai-api", "sentence-transformers"] = "lexical"
    """Measure of a memory's relevance to a query: shared words (`lexical`), or embeddings from an API
    (`openai-api`) or computed locally (`sentence-transformers`)."""
    embedding_model: str | None = None
    """Name of the embedding model; required unless relevance is `lexical`."""
    query_prefix: str = ""
    """Text placed before each query for the embedding model, as some models require."""
    stop_words: bool = True
    """Whether lexical relevance ignores the scenario's own words, such as those for the place and the members, as most
    memories contain them."""
    reflection_query: Literal["decision", "activity"] = "decision"
    """Query for memories in the reflection: `decision` lists words that concern decisions (the template `query`), and
    `activity` is the scenario's word for what members do, as in the paper."""
    recency_weight: float = Field(0.5, ge=0)
    """Weight of recency in the retrieval score."""
    importance_weight: float = Field(3.0, ge=0)
    """Weight of importance in the retrieval score."""
    relevance_weight: float = Field(2.0, ge=0)
    """Weight of relevance in the retrieval score."""
    recency_decay: float = Field(0.99, gt=0, le=1)
    """Base of the recency score: recency is this value to the power of the memory's rank from the newest."""
    recency_from: Literal["newest", "oldest"] = "newest"
    """Memory with rank 0 in the recency score, which favours it."""
    always_retrieved: Literal["additional", "included"] = "additional"
    """Whether memories that are always retrieved (stock, catch, agreement) are `additional` to the number of memories
    retrieved for each query, or `included` in it."""
    agreements: Literal["newest", "all"] = "newest"
    """Agreed limits that are always retrieved: only the `newest`, or `all` that are still remembered."""
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
    insights: Annotated[int, Field(ge=1, le=100)] | Literal["memories"] = 3
    """Maximum number of insights generated at the end of a month: a number, or `memories` for as many as memories are
    retrieved."""
    reflects_on_month: bool = True
    """Whether the reflection retrieves the stock and the catches of the current month."""
    retrieve_chats: bool = False
    """Whether summaries of discussions can be retrieved."""

    @model_validator(mode="after")
    def _has_a_model(self) -> Self:
        if self.relevance != "lexical" and not self.embedding_model:
            raise ValueError(f"relevance = {self.relevance}: requires embedding_model; set it too")
        return self
