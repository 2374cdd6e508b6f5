"""Embeddings of texts, recorded in the journal like any other answer."""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from govsim.config import Execution
from govsim.errors import GovSimError, JournalError, ModelUnavailable, ProviderError
from govsim.journal import Embedding, Recorder
from govsim.lazy import httpx
from govsim.models.endpoints import check_environment, limit_name
from govsim.models.evidence import FailedResponse
from govsim.models.failures import Failure, failure_of
from govsim.models.leases import Limits
from govsim.models.question import Message
from govsim.models.retrying import GaveUp, Persistence, WaitListener
from govsim.models.shortening import count_tokens
from govsim.redaction import redacted

Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedderSettings:
    """The embedding model that measures relevance, and whether it runs on this machine."""

    model: str
    is_local: bool


class Embedder(Protocol):
    """Any model that converts texts to vectors."""

    name: str

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of texts, of shape (texts, dimensions).

        Raises:
            ProviderError: the provider failed permanently.
        """


class EndpointEmbedder:
    """An OpenAI-compatible embeddings endpoint; address and key are in EMBEDDINGS_BASE_URL and EMBEDDINGS_API_KEY."""

    def __init__(
        self, model: str, execution: Execution, on_wait: WaitListener | None = None, limits: Limits | None = None
    ) -> None:
        """Prepare the endpoint.

        Args:
            model: the model's name at the endpoint.
            execution: timeouts and retries.
            on_wait: called with each wait before a retry.
            limits: limits of the requests; None if there are none.

        Raises:
            ModelUnavailable: the address or the key is missing or invalid.
        """
        check_environment("embeddings")
        address = os.environ.get("EMBEDDINGS_BASE_URL") or os.environ.get("OPENAI_BASE_URL")
        key = os.environ.get("EMBEDDINGS_API_KEY") or os.environ.get("OPENAI_API_KEY")
        if not address or not key:
            raise ModelUnavailable(
                f"embedding_model = {model}: its address or key is missing; set EMBEDDINGS_BASE_URL and "
                "EMBEDDINGS_API_KEY for an OpenAI-compatible endpoint"
            )
        self.name = model
        self._url = address.rstrip("/") + "/embeddings"
        self._headers = {"Authorization": f"Bearer {key}"}
        self._execution = execution
        self._persistence = Persistence(
            model=model,
            execution=execution,
            classify=self._classify,
            on_wait=on_wait,
            limit=None if limits is None else limits.of(limit_name(f"embeddings/{model}", address)),
        )

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """The vectors of texts; see `Embedder`."""
        try:
            vectors, _ = await self._persistence.until_answered(
                lambda: self._once(texts),
                estimate=lambda: count_tokens([Message(role="user", content=text) for text in texts]),
            )
        except GaveUp as last:
            failure = last.failure.describe(attempts=last.attempts)
            raise ProviderError(f"embedding_model = {self.name}: {failure}") from last
        return vectors

    def _classify(self, error: Exception) -> Failure:
        failure = failure_of(error, self.name, self._url)
        if isinstance(error, TimeoutError) and not str(error):
            failure = replace(failure, text=f"no complete answer within timeout = {self._execution.timeout:g} seconds")
        return replace(failure, text=redacted(failure.text))

    async def _once(self, texts: Sequence[str]) -> Vectors:
        # The client's own timeout applies to each chunk of an answer: a slow trickle would never end.
        async with asyncio.timeout(self._execution.timeout), httpx.AsyncClient(timeout=None) as client:
            response = await client.post(
                self._url, headers=self._headers, json={"model": self.name, "input": list(texts)}
            )
        response.raise_for_status()
        rows = _rows(response)
        vectors = np.asarray([row["embedding"] for row in rows], dtype=np.float32)
        if vectors.ndim != 2 or len(vectors) != len(texts):
            raise ValueError(f"{len(texts)} texts were sent, but vectors of shape {vectors.shape} were returned")
        return vectors


def _rows(response: httpx.Response) -> list[dict[str, Any]]:
    """Return the rows of an endpoint's response in the order of the texts.

    Raises:
        FailedResponse: the response has a different form.
    """
    try:
        return sorted(response.json()["data"], key=lambda row: int(row["index"]))
    except (ValueError, KeyError, TypeError) as error:
        raise FailedResponse(
            response.text or "the response is empty", response.status_code, response.request
        ) from error


class LocalEmbedder:
    """An embedding model of the sentence-transformers package, on this machine."""

    def __init__(self, model: str) -> None:
        """Load the model.

        Raises:
            ModelUnavailable: the package is not installed, or the model cannot be loaded.
        """
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            raise ModelUnavailable(
                f"embedding_model = {model}: sentence-transformers is not installed; install it with: "
                'pip install "govsim[embeddings]"'
            ) from error
        try:
            self._model = SentenceTransformer(model)
        except (OSError, ValueError) as error:
            raise ModelUnavailable(f"embedding_model = {model}: cannot be loaded ({redacted(str(error))})") from error
        self.name = model

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """The vectors of texts; see `Embedder`."""
        vectors = await asyncio.to_thread(self._model.encode, list(texts), show_progress_bar=False)
        return np.asarray(vectors, dtype=np.float32)


class RecordedEmbedder:
    """Records every vector in the run's journal and requests each text once."""

    def __init__(self, embedder: Embedder, recorder: Recorder) -> None:
        self.name = embedder.name
        self._embedder = embedder
        self._recorder = recorder
        self._known: dict[str, npt.NDArray[np.float32]] = {}
        self._one_at_a_time = asyncio.Lock()

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of texts, of shape (texts, dimensions); see `Embedder`.

        Raises:
            EndOfJournal: the journal is only replayed, and ends before one of them.
        """
        async with self._one_at_a_time:
            missing = [text for text in dict.fromkeys(texts) if not self._is_known(text)]
            if missing:
                for text, vector in zip(missing, await self._embedder.embed(missing), strict=True):
                    self._keep(text, vector)
        return np.stack([self._known[text] for text in texts])

    def _is_known(self, text: str) -> bool:
        if text in self._known:
            return True
        found = self._recorder.recorded(self._line(text, b"").identity)
        if not isinstance(found, Embedding):
            return False
        self._remember(text, np.frombuffer(base64.b64decode(found.vector), dtype="<f4"), JournalError)
        return True

    def _keep(self, text: str, vector: npt.NDArray[np.float32]) -> None:
        self._remember(text, vector, ProviderError)
        self._recorder.write(self._line(text, vector.astype("<f4").tobytes()))

    def _remember(self, text: str, vector: npt.NDArray[np.float32], refuse: type[GovSimError]) -> None:
        first = next(iter(self._known.values()), vector)
        if not len(vector) == len(first) > 0 or not np.isfinite(vector).all():
            raise refuse(
                f"embedding_model = {self.name}: a vector of {len(vector)} numbers was returned; expected {len(first)} "
                "finite numbers"
            )
        self._known[text] = vector

    def _line(self, text: str, vector: bytes) -> Embedding:
        key = sha256(f"{self.name}\n{text}".encode()).hexdigest()[:16]
        return Embedding(hash=key, model=self.name, vector=base64.b64encode(vector).decode())
