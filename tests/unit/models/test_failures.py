"""Classification of provider failures, raised by the real client libraries for responses of a local server."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import anthropic
import httpx
import openai
import pytest
from botocore.exceptions import ClientError
from tenacity import AsyncRetrying, RetryError, stop_after_attempt

from govsim.models.failures import Failure, FailureKind, failure_of
from tests.faulty_server import Canned, Faults, FaultyServer, serving
from tests.unit.models.provider_failures import OTHERS, TOO_LONG, Case

FINAL = {
    *(
        FailureKind.QUOTA,
        FailureKind.AUTHENTICATION,
        FailureKind.PERMISSION,
        FailureKind.UNKNOWN_MODEL,
        FailureKind.WRONG_ADDRESS,
        FailureKind.CONTEXT_TOO_LONG,
    ),
    *(
        FailureKind.REFUSED_PARAMETER,
        FailureKind.REFUSED_REQUEST,
        FailureKind.CONTENT_FILTER,
        FailureKind.TLS,
        FailureKind.ILLEGAL_HEADER,
    ),
    *(FailureKind.MALFORMED_ADDRESS, FailureKind.OTHER),
}
"""Kinds of failures for which a retry does not help."""

HELLO: Any = [{"role": "user", "content": "hello"}]


@pytest.fixture(scope="module")
def server() -> Iterator[FaultyServer]:
    with serving() as running:
        yield running


CONTEXT = ssl.create_default_context()
"""Created once, as each client would read all certificates again."""


async def ask_openai(address: str, key: str = "none-needed", seconds: float = 5) -> None:
    http = openai.DefaultAsyncHttpxClient(verify=CONTEXT)
    async with openai.AsyncOpenAI(
        base_url=address, api_key=key, max_retries=0, timeout=seconds, http_client=http
    ) as client:
        await client.chat.completions.create(model="some-model", messages=HELLO)


async def ask_anthropic(address: str, key: str = "none-needed", seconds: float = 5) -> None:
    base = address.removesuffix("/v1")
    http = anthropic.DefaultAsyncHttpxClient(verify=CONTEXT)
    async with anthropic.AsyncAnthropic(
        base_url=base, api_key=key, max_retries=0, timeout=seconds, http_client=http
    ) as client:
        await client.messages.create(model="some-model", max_tokens=9, messages=HELLO)


async def ask_httpx(address: str, key: str = "none-needed", seconds: float = 5) -> None:
    async with httpx.AsyncClient(timeout=seconds, verify=CONTEXT) as client:
        response = await client.post(f"{address}/embeddings", headers={"x-key": key}, json={})
        response.raise_for_status()


ASKS: dict[str, Callable[..., Awaitable[None]]] = {
    "openai": ask_openai,
    "anthropic": ask_anthropic,
    "httpx": ask_httpx,
}


async def raised(case: Case, server: FaultyServer) -> BaseException:
    """The exception that the client library raises for a failed response."""
    if case.client == "boto":  # connects only to AWS; this is what its clients make of a response
        answer = {"Error": case.body, "ResponseMetadata": {"HTTPStatusCode": case.status}}
        refused: BaseException = ClientError(answer, "Converse")
        return refused
    kind = "text/html" if case.html else "application/json" if not isinstance(case.body, str) else "text/plain"
    server.canned[:] = [Canned(status=case.status, body=case.body, kind=kind)]
    return await error_of(ASKS[case.client](server.address()))


async def error_of(asking: Awaitable[None]) -> BaseException:
    try:
        await asking
    except Exception as error:  # noqa: BLE001 - libraries may raise any exception
        return error
    raise AssertionError("it was answered")


def test_the_table_of_failures_is_complete() -> None:
    assert len(TOO_LONG) >= 24
    assert len(TOO_LONG) + len(OTHERS) >= 60
    providers = (
        *("OpenAI", "Azure", "Anthropic", "Gemini", "Vertex", "Bedrock", "Mistral", "Cohere", "Groq", "Together"),
        *("Fireworks", "DeepSeek", "xAI", "Moonshot", "OpenRouter", "Perplexity", "vLLM, old", "vLLM, new", "SGLang"),
        *("TGI", "LM Studio", "HF inference", "llama.cpp", "Ollama", "LiteLLM"),
    )
    assert set(providers) <= {case.name for case in TOO_LONG}


@pytest.mark.parametrize("case", [*TOO_LONG, *OTHERS], ids=lambda case: case.name)
async def test_a_failed_response_is_classified(case: Case, server: FaultyServer) -> None:
    failure = failure_of(await raised(case, server), "ollama/llama3.2")
    assert failure.kind is case.kind, failure
    assert case.text in failure.text
    assert case.to_do in (failure.to_do or "")
    assert failure.status == case.status
    assert failure.may_pass is (case.kind not in FINAL)
    if case.client != "boto":
        assert failure.address is not None
        assert failure.address.startswith(f"http://127.0.0.1:{server.port}/all/")
    assert len(failure.describe()) < 1000
    assert "\n" not in failure.describe()


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@pytest.mark.parametrize("client", ASKS)
class TestWithoutAResponse:
    """Network failures, as raised by each client library."""

    async def test_a_refused_local_connection_is_reported_with_advice(self, client: str) -> None:
        address = f"http://localhost:{closed_port()}/v1"
        failure = failure_of(await error_of(ASKS[client](address)), "ollama/llama3.2")
        assert failure.kind is FailureKind.CONNECTION_REFUSED
        assert failure.to_do is not None
        assert "ollama serve" in failure.to_do
        assert (failure.address or "").startswith(address)
        assert failure.retries(6) == 1

    async def test_a_dropped_connection_is_retried(self, client: str) -> None:
        with serving(Faults(transport=1.0, transports=["dropped"])) as dropping:
            failure = failure_of(await error_of(ASKS[client](dropping.address())))
        assert failure.kind is FailureKind.CONNECTION_LOST
        assert failure.retries(6) == 6

    async def test_an_unresolvable_host_is_reported(self, client: str, monkeypatch: pytest.MonkeyPatch) -> None:
        def unknown(*_: object, **__: object) -> None:
            raise socket.gaierror(-2, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", unknown)
        failure = failure_of(await error_of(ASKS[client]("http://no-such-host.invalid/v1")))
        assert (failure.kind, failure.may_pass) == (FailureKind.NAME_NOT_FOUND, True)
        assert "no-such-host.invalid" in (failure.address or "")

    async def test_tls_to_a_plain_http_server_is_reported(self, client: str, server: FaultyServer) -> None:
        failure = failure_of(await error_of(ASKS[client](server.address().replace("http:", "https:"))))
        assert failure.kind is FailureKind.TLS
        assert "ssl" in failure.text.lower()
        assert "http://" in (failure.to_do or "")

    @pytest.mark.parametrize("address", ["127.0.0.1:8000/v1", "ftp://127.0.0.1/v1"])
    async def test_an_address_without_a_scheme_is_reported(self, client: str, address: str) -> None:
        failure = failure_of(await error_of(ASKS[client](address)))
        assert failure.kind is FailureKind.MALFORMED_ADDRESS
        assert "protocol" in failure.text
        assert "http://localhost:8000/v1" in (failure.to_do or "")

    @pytest.mark.parametrize("key", ["sk-1\r", "sk-1\nx: y"])
    async def test_a_key_that_cannot_be_sent_is_reported(self, client: str, key: str, server: FaultyServer) -> None:
        failure = failure_of(await error_of(ASKS[client](server.address(), key)))
        assert failure.kind is FailureKind.ILLEGAL_HEADER
        assert "key" in (failure.to_do or "")

    async def test_a_non_ascii_key_is_sent_by_one_library_and_reported_by_the_others(
        self, client: str, server: FaultyServer
    ) -> None:
        server.canned[:] = []
        asking = ASKS[client](server.address(), "schlüssel-é")
        if client == "anthropic":
            await asking
        else:
            assert failure_of(await error_of(asking)).kind is FailureKind.ILLEGAL_HEADER

    async def test_an_unreachable_proxy_is_reported(self, client: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port()}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        failure = failure_of(await error_of(ASKS[client]("http://192.0.2.1/v1")))
        assert failure.kind is FailureKind.PROXY
        assert "HTTP_PROXY" in (failure.to_do or "")

    async def test_an_answer_that_never_comes_is_a_timeout(self, client: str) -> None:
        with serving(Faults(transport=1.0, transports=["hang"])) as hanging:
            async with asyncio.timeout(20):
                failure = failure_of(await error_of(ASKS[client](hanging.address(), seconds=0.5)))
        assert (failure.kind, failure.may_pass) == (FailureKind.TIMEOUT, True)


async def test_the_failure_inside_a_library_that_retries_is_found(server: FaultyServer) -> None:
    case = next(case for case in OTHERS if case.name == "OpenAI, quota")
    server.canned[:] = [Canned(status=case.status, body=case.body)]
    error = await error_of(AsyncRetrying(stop=stop_after_attempt(1))(ask_openai, server.address()))
    assert isinstance(error, RetryError)
    assert failure_of(error).kind is FailureKind.QUOTA


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (TimeoutError("no whole answer"), FailureKind.TIMEOUT, "no whole answer"),
        (ConnectionResetError(104, "Connection reset by peer"), FailureKind.CONNECTION_LOST, "reset by peer"),
        (ssl.SSLCertVerificationError(1, "certificate verify failed: self-signed"), FailureKind.TLS, "self-signed"),
        (TypeError("'NoneType' object is not iterable"), FailureKind.GARBLED, "NoneType"),
        (KeyError("choices"), FailureKind.GARBLED, "KeyError: 'choices'"),
        (ExceptionGroup("all", [ConnectionRefusedError(111, "refused")]), FailureKind.CONNECTION_REFUSED, "refused"),
        (ZeroDivisionError("a fault of ours"), FailureKind.OTHER, "a fault of ours"),
        ("rate limit exceeded", FailureKind.RATE_LIMIT, "rate limit exceeded"),
        ({"error": {"type": "server_error", "message": "try later"}}, FailureKind.SERVER_ERROR, "try later"),
    ],
    ids=repr,
)
def test_other_failures_are_classified(error: object, kind: FailureKind, text: str) -> None:
    failure = failure_of(error)
    assert (failure.kind, text in failure.text) == (kind, True), failure


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"retry-after": "7"}, {}, 7.0),
        ({"retry-after-ms": "1500"}, {}, 1.5),
        ({"retry-after": "soon"}, {}, None),
        ({}, {"error": {"details": [{"retryDelay": "32s"}]}}, 32.0),
        ({}, {}, None),
    ],
)
async def test_the_wait_requested_by_a_provider_is_read(
    headers: dict[str, str], body: object, seconds: float | None, server: FaultyServer
) -> None:
    server.canned[:] = [Canned(status=429, body=body, headers=headers)]
    assert failure_of(await error_of(ask_httpx(server.address()))).retry_after == seconds


def test_no_password_of_an_address_is_shown() -> None:
    request = httpx.Request("POST", "http://me:planted@127.0.0.1/v1?api-key=planted#planted")
    failure = failure_of(httpx.ReadError("gone", request=request))
    assert failure.address == "http://127.0.0.1/v1"
    assert failure_of("gone", address="http://me:planted@127.0.0.1/v1").address == "http://127.0.0.1/v1"


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("vllm/x", "vllm serve"),
        ("sglang/x", "sglang.launch_server"),
        ("openai-api/lm-studio/x", "lms server start"),
        ("openai-api/llama_cpp/x", "llama-server"),
        ("openai-api/lab/x", "no server is listening there"),
    ],
)
def test_each_local_server_has_its_own_advice(model: str, expected: str) -> None:
    refused = failure_of(ConnectionRefusedError(111, "refused"), model, "http://127.0.0.1:8000/v1")
    assert expected in (refused.to_do or "")


def test_a_refused_connection_to_another_machine_is_retried_as_configured() -> None:
    refused = failure_of(ConnectionRefusedError(111, "refused"), "vllm/x", "http://gpu7.example:8000/v1")
    assert refused.retries(6) == 6
    assert "vllm serve" not in (refused.to_do or "")


def test_a_long_text_is_truncated_but_the_advice_is_not() -> None:
    line = Failure(kind=FailureKind.QUOTA, text="x" * 9999, to_do="add credit").describe()
    assert len(line) < 600
    assert line.endswith("; add credit")
