"""Relevance of memories to a query: by shared words (BM25), or by cosine similarity of embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from govsim.models.embedding import RecordedEmbedder

if TYPE_CHECKING:
    import bm25s

Similarity = npt.NDArray[np.float64]


class Relevance(Protocol):
    """A measure of relevance."""

    async def of(self, texts: Sequence[str], queries: Sequence[str]) -> Similarity:
        """Return the relevance in 0..1, of shape (queries, texts)."""


class LexicalRelevance:
    """BM25 over the given texts, scaled so that the best text for a query has 1; 0 if no word is shared."""

    def __init__(self, stop_phrases: Sequence[str] = ()) -> None:
        """Set up.

        Args:
            stop_phrases: phrases whose words are ignored in texts and queries, besides English stop words.
        """
        self._ignored = frozenset(word for words in _words_of(stop_phrases) for word in words)
        self._words: dict[str, list[str]] = {}
        self._texts: tuple[str, ...] = ()
        self._index: bm25s.BM25 | None = None

    async def of(self, texts: Sequence[str], queries: Sequence[str]) -> Similarity:
        """Return the relevance in 0..1, of shape (queries, texts); see `Relevance`."""
        index = self._index_of(tuple(texts))
        rows = np.zeros((len(queries), len(texts)))
        if index is None or not queries:
            return rows
        for row, query in zip(rows, _words_of(queries), strict=True):
            known = [word for word in query if word in index.vocab_dict and word not in self._ignored]
            scores = np.asarray(index.get_scores(known), dtype=float) if known else row
            if (best := scores.max()) > 0:
                row[:] = scores / best
        return rows

    def _index_of(self, texts: tuple[str, ...]) -> bm25s.BM25 | None:
        """Return the index of texts, cached for the next call with the same texts; None if they contain no words."""
        import bm25s

        if texts != self._texts:
            new = [text for text in texts if text not in self._words]
            self._words |= zip(new, _words_of(new), strict=True)
            words = [[word for word in self._words[text] if word not in self._ignored] for text in texts]
            self._texts, self._index = texts, bm25s.BM25() if any(words) else None
            if self._index is not None:
                self._index.index(words, show_progress=False)
        return self._index


def _words_of(texts: Sequence[str]) -> list[list[str]]:
    if not texts:
        return []
    import bm25s

    lower = [text.lower() for text in texts]
    words: list[list[str]] = bm25s.tokenize(lower, stopwords="en", return_ids=False, show_progress=False)
    return words


class VectorRelevance:
    """Cosine similarity of embeddings; negative values are set to 0."""

    def __init__(self, embedder: RecordedEmbedder, query_prefix: str = "") -> None:
        """Set up.

        Args:
            embedder: the embedding model.
            query_prefix: text placed before each query.
        """
        self._embedder = embedder
        self._query_prefix = query_prefix

    async def of(self, texts: Sequence[str], queries: Sequence[str]) -> Similarity:
        """Return the relevance in 0..1, of shape (queries, texts); see `Relevance`."""
        prefixed = [f"{self._query_prefix}{query}" for query in queries]
        vectors = np.asarray(await self._embedder.embed([*prefixed, *texts]), dtype=float)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit = vectors / np.where(lengths > 0, lengths, 1)
        return np.clip(unit[: len(queries)] @ unit[len(queries) :].T, 0, 1)
