"""Embeddings: requested from an endpoint, recorded, and never requested twice."""

from __future__ import annotations

import contextlib
import json
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from govsim.agents.generative import VectorRelevance
from govsim.config import Execution, Rate
from govsim.errors import ModelUnavailable, ProviderError
from govsim.journal import Embedding, read_journal
from govsim.models.embedding import EmbedderSettings, EndpointEmbedder, LocalEmbedder, RecordedEmbedder, Vectors
from govsim.models.pool import OpenModels
from tests.living import Live

QUICK = Execution(retries=2, backoff=0.001)


def letters(text: str) -> list[float]:
    """A vector of a text: the count of each letter."""
    return [float(text.lower().count(letter)) for letter in "abcdefghijklmnopqrstuvwxyz"]


DRIPPING = 200
"""A failure with a successful status whose body never ends."""


class Endpoint(BaseHTTPRequestHandler):
    """An OpenAI-compatible embeddings endpoint with configurable failures."""

    failures: ClassVar[list[int]] = []
    asked: ClassVar[list[dict[str, Any]]] = []
    keys: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        type(self).asked.append(body)
        type(self).keys.append(self.headers["Authorization"])
        if self.failures:
            failure = self.failures.pop(0)
            self.send_response(failure)
            self.end_headers()
            if failure == DRIPPING:
                self._drip()
            return
        data = [{"index": i, "embedding": letters(text)} for i, text in enumerate(body["input"])]
        content = json.dumps({"data": data[::-1]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _drip(self) -> None:
        with contextlib.suppress(ConnectionError):
            for _ in range(500):
                self.wfile.write(b" ")
                time.sleep(0.01)

    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Endpoint]]:
    Endpoint.failures, Endpoint.asked, Endpoint.keys = [], [], []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("EMBEDDINGS_BASE_URL", f"http://127.0.0.1:{server.server_port}/v1/")
    monkeypatch.setenv("EMBEDDINGS_API_KEY", "planted-key")
    yield Endpoint
    server.shutdown()
    server.server_close()
    thread.join()


async def test_vectors_from_the_endpoint_are_read_in_any_order(endpoint: type[Endpoint]) -> None:
    vectors = await EndpointEmbedder("some-model", QUICK).embed(["abc", "zz"])
    assert vectors.tolist() == [letters("abc"), letters("zz")]
    assert endpoint.asked == [{"model": "some-model", "input": ["abc", "zz"]}]
    assert endpoint.keys == ["Bearer planted-key"]


async def test_requests_to_the_endpoint_are_retried_if_that_can_help(endpoint: type[Endpoint]) -> None:
    endpoint.failures[:] = [429, 503]
    assert (await EndpointEmbedder("some-model", QUICK).embed(["a"])).shape == (1, 26)


async def test_requests_to_the_endpoint_keep_to_the_rate_of_the_model(endpoint: type[Endpoint]) -> None:
    models = OpenModels(Execution(rate=Rate(requests=120)))
    embedder = models.embedder(EmbedderSettings(model="some-model", is_local=False))
    began = time.monotonic()
    for text in "abcd":
        await embedder.embed([text])
    assert time.monotonic() - began >= 0.95, "two at once, then two a second"
    await models.aclose()


@pytest.mark.parametrize(("failures", "asked"), [([401], 1), ([500] * 9, 3)])
async def test_an_unreachable_endpoint_is_an_error(endpoint: type[Endpoint], failures: list[int], asked: int) -> None:
    endpoint.failures[:] = failures
    with pytest.raises(ProviderError, match="embedding_model = some-model") as error:
        await EndpointEmbedder("some-model", QUICK).embed(["a"])
    assert len(endpoint.asked) == asked
    assert "planted-key" not in str(error.value)


async def test_a_trickling_answer_times_out(endpoint: type[Endpoint]) -> None:
    endpoint.failures[:] = [DRIPPING, DRIPPING]
    brief = Execution(retries=1, backoff=0.001, timeout=0.5)
    with pytest.raises(ProviderError, match=r"no complete answer within timeout = 0\.5 seconds"):
        await EndpointEmbedder("some-model", brief).embed(["a"])


def test_an_endpoint_without_an_address_is_rejected_immediately() -> None:
    with pytest.raises(ModelUnavailable, match="set EMBEDDINGS_BASE_URL"):
        EndpointEmbedder("some-model", QUICK)


def test_the_local_embedder_reports_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(ModelUnavailable, match=r"govsim\[embeddings\]"):
        LocalEmbedder("some-model")


async def test_the_local_embedder_gives_the_models_vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    class Library:
        class SentenceTransformer:
            def __init__(self, name: str) -> None:
                assert name == "some-model"

            def encode(self, texts: Sequence[str], *, show_progress_bar: bool) -> list[list[float]]:
                return [letters(text) for text in texts]

    monkeypatch.setitem(sys.modules, "sentence_transformers", Library)
    assert (await LocalEmbedder("some-model").embed(["b"])).tolist() == [letters("b")]


def test_societies_retrieve_memories_by_embeddings_and_record_them(live: Live, endpoint: type[Endpoint]) -> None:
    settings = {
        "models.default": "fake/society",
        "world.months": 3,
        "agents.generative.relevance": "openai-api",
        "agents.generative.embedding_model": "some-model",
    }
    [run] = live("fishery", settings)
    recorded = list(run.journal.of(Embedding))
    texts = [text for body in endpoint.asked for text in body["input"]]
    assert run.journal.status == "completed"
    assert len(recorded) == len(texts) == len(set(texts))
    assert "planted-key" not in run.journal.path.read_text()
    # The journal is replayed without the endpoint, and a truncated one is resumed without repeating recorded requests.
    import asyncio

    from govsim.jobs import replay

    assert asyncio.run(replay(run.journal.path)).difference is None
    lines = run.journal.path.read_bytes().splitlines(keepends=True)
    run.journal.path.write_bytes(b"".join(lines[: len(lines) // 2]))
    kept = {event.hash for event in read_journal(run.journal.path).of(Embedding)}
    endpoint.asked.clear()
    live("fishery", settings)
    assert sum(len(body["input"]) for body in endpoint.asked) == len(recorded) - len(kept)


async def test_relevance_is_the_cosine_and_never_negative() -> None:
    class Fixed:
        name = "fixed"

        async def embed(self, texts: Sequence[str]) -> Vectors:
            known = {"east": [1, 0], "north": [0, 2], "west": [-3, 0], "both": [1, 1], "nothing": [0, 0]}
            return np.asarray([known[text] for text in texts], dtype=np.float32)

    class Forgetful(RecordedEmbedder):
        def __init__(self) -> None:
            self._fixed = Fixed()

        async def embed(self, texts: Sequence[str]) -> Vectors:
            return await self._fixed.embed(texts)

    found = await VectorRelevance(Forgetful()).of(["east", "north", "west", "both", "nothing"], ["east"])
    assert found.tolist()[0] == pytest.approx([1, 0, 0, 0.5**0.5, 0])


def test_the_journal_keeps_vectors_to_the_bit(live: Live, endpoint: type[Endpoint], tmp_path: Path) -> None:
    import base64

    settings = {
        "models.default": "fake/society",
        "world.months": 2,
        "agents.generative.relevance": "openai-api",
        "agents.generative.embedding_model": "some-model",
    }
    [run] = live("pasture", settings)
    stored = {
        tuple(np.frombuffer(base64.b64decode(event.vector), dtype="<f4").tolist())
        for event in run.journal.of(Embedding)
    }
    sent = {tuple(letters(text)) for body in endpoint.asked for text in body["input"]}
    assert stored == sent
