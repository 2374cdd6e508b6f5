"""How relevant memories are to a query: by the words they share, or by the angle between their vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from govsim.models.embedding import RecordedEmbedder

Similarity = npt.NDArray[np.float64]


class Relevance(Protocol):
    """A measure of relevance."""

    async def of(self, texts: Sequence[str], queries: Sequence[str]) -> Similarity:
        """Relevance in 0..1, of shape (queries, texts)."""


class LexicalRelevance:
    """BM25 over the texts given, scaled so that the best text for a query has 1; 0 where no word is shared."""

    async def of(self, texts: Sequence[str], queries: Sequence[str]) -> Similarity:
        """Relevance in 0..1, of shape (queries, texts); see `Relevance`."""
        import bm25s

        def words(of: Sequence[str]) -> list[list[str]]:
            tokens: list[list[str]] = bm25s.tokenize(
                [text.lower() for text in of], stopwords="en", return_ids=False, show_progress=False
            )
            return tokens

        corpus = words(texts)
        if not queries or not any(corpus):
            return np.zeros((len(queries), len(texts)))
        index = bm25s.BM25()
        index.index(corpus, show_progress=False)
        vocabulary = set().union(*corpus)
        rows = []
        for query in words(queries):
            known = [word for word in query if word in vocabulary]
            scores = np.asarray(index.get_scores(known), dtype=float) if known else np.zeros(len(texts))
            best = scores.max()
            rows.append(scores / best if best > 0 else np.zeros(len(texts)))
        return np.stack(rows)


class VectorRelevance:
    """Cosine similarity of embeddings; what points away from the query counts as 0."""

    def __init__(self, embedder: RecordedEmbedder) -> None:
        self._embedder = embedder

    async def of(self, texts: Sequence[str], queries: Sequence[str]) -> Similarity:
        """Relevance in 0..1, of shape (queries, texts); see `Relevance`."""
        vectors = np.asarray(await self._embedder.embed([*queries, *texts]), dtype=float)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit = vectors / np.where(lengths > 0, lengths, 1)
        return np.clip(unit[: len(queries)] @ unit[len(queries) :].T, 0, 1)
