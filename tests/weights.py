"""Embeddings in place of those of a downloaded model."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import ClassVar


class Weights:
    """Embeddings that depend only on the text, in place of a downloaded model."""

    texts: ClassVar[list[str]] = []

    class SentenceTransformer:
        def __init__(self, name: str) -> None:
            assert name == "mixedbread-ai/mxbai-embed-large-v1"

        def encode(self, texts: Sequence[str], *, show_progress_bar: bool) -> list[list[float]]:
            Weights.texts += texts
            return [[byte / 255 for byte in sha256(text.encode()).digest()[:8]] for text in texts]
