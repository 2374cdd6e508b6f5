"""Responses in a format that Inspect does not expect, failures instead of replies, and Inspect's own requests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from govsim.config import Execution
from govsim.errors import ContextTooLong, ProviderError
from govsim.models.client import Completion, ModelSettings
from govsim.models.failures import FailureKind
from govsim.models.inspect_model import InspectModel
from govsim.models.question import Message
from govsim.models.retrying import Wait
from tests.faulty_server import Canned, FaultyServer, serving
from tests.unit.models.provider_failures import INSIDE, Case

PROMPT = (Message(role="system", content="rules"), Message(role="user", content="hello"))
NAMES = (
    "openai/gpt-4o",
    "openai/o4-mini",
    "openai-api/lab/m",
    "vllm/m",
    "ollama/m",
    "openrouter/m/m",
    "anthropic/claude-x",
)
QUICK = Execution(retries=2, backoff=0.001)

Open = Callable[..., InspectModel]


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    with serving() as running:
        yield running


@pytest.fixture
def opened(server: FaultyServer, monkeypatch: pytest.MonkeyPatch) -> Open:
    """A model of any provider that uses the server."""
    for name in ("OPENAI", "LAB", "OPENROUTER", "ANTHROPIC"):
        monkeypatch.setenv(f"{name}_API_KEY", "none-needed")
    monkeypatch.setattr("inspect_ai.model._providers.vllm._vllm_servers", {})

    def open_model(name: str = "openai-api/lab/m", execution: Execution = QUICK, **more: Any) -> InspectModel:
        base = server.address().removesuffix("/v1") if name.startswith("anthropic/") else server.address()
        return InspectModel(ModelSettings(name=name), execution, base, **more)

    return open_model


def completion(message: dict[str, Any], usage: object = None, **choice: Any) -> Canned:
    return Canned(body={"choices": [{"finish_reason": "stop", "message": message, **choice}], "usage": usage})


async def asked(model: InspectModel) -> Completion:
    try:
        return await model.complete(PROMPT)
    finally:
        await model.aclose()


@pytest.mark.parametrize("name", NAMES)
async def test_as_many_requests_arrive_as_calls_are_recorded(name: str, opened: Open, server: FaultyServer) -> None:
    model = opened(name)
    assert server.paths == [], "opening a model asks nothing"
    for _ in range(3):
        assert (await model.complete(PROMPT)).text == "I have nothing to fill in."
    await model.aclose()
    assert len(server.paths) == 3
    assert all(path.startswith("POST ") for path in server.paths)


@pytest.mark.parametrize("name", ["openai/gpt-4o", "vllm/m", "anthropic/claude-x"])
async def test_provider_clients_send_failed_requests_as_often_as_counted(
    name: str, opened: Open, server: FaultyServer
) -> None:
    server.canned[:] = [Canned(status=503), Canned(status=503)]
    assert (await asked(opened(name))).retries == 2
    assert len(server.paths) == 3


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ([{"type": "text", "text": "Answer: "}, {"type": "text", "text": "5"}], "Answer: 5"),
        ([{"text": "Answer: 5"}], "Answer: 5"),
        (["Answer: ", "5"], "Answer: 5"),
        ({"type": "output_text", "text": "Answer: 5"}, "Answer: 5"),
        ([], ""),
        ("", ""),
    ],
)
async def test_text_in_parts_is_joined(content: object, text: str, opened: Open, server: FaultyServer) -> None:
    server.canned[:] = [completion({"role": "assistant", "content": content})]
    answer = await asked(opened())
    assert (answer.text, answer.stop_reason, answer.retries) == (text, "stop", 0)


async def test_reasoning_among_the_parts_is_separated(opened: Open, server: FaultyServer) -> None:
    thought = {"type": "thinking", "thinking": [{"type": "text", "text": "10 would be too much"}]}
    server.canned[:] = [completion({"role": "assistant", "content": [thought, {"type": "text", "text": "Answer: 5"}]})]
    answer = await asked(opened())
    assert (answer.text, answer.reasoning) == ("Answer: 5", "10 would be too much")


@pytest.mark.parametrize(
    ("usage", "counts"),
    [
        ({"prompt_tokens": 10, "total_tokens": 14}, (10, 4)),
        ({"completion_tokens": 4, "total_tokens": 14}, (10, 4)),
        ({"prompt_tokens": 10, "completion_tokens": 4}, (10, 4)),
        ({"prompt_tokens": 10.0, "completion_tokens": "4", "total_tokens": None}, (10, 4)),
        ({"prompt_tokens": 10, "completion_tokens": 4, "prompt_tokens_details": "none"}, (10, 4)),
        ({"prompt_tokens": 10}, (10, None)),
        ({"completion_tokens": 4}, (None, 4)),
        ({}, (None, None)),
        (None, (None, None)),
        ("unknown", (None, None)),
    ],
)
async def test_missing_counts_are_computed_from_the_others_or_unknown(
    usage: object, counts: tuple[int | None, int | None], opened: Open, server: FaultyServer
) -> None:
    server.canned[:] = [completion({"content": "Answer: 5"}, usage)]
    answer = await asked(opened())
    assert (answer.text, answer.retries) == ("Answer: 5", 0)
    assert (answer.input_tokens, answer.output_tokens) == counts


@pytest.mark.parametrize("counts", [{"prompt_tokens": 10, "completion_tokens": 4, "total_tokens": 14}, {}])
async def test_a_cost_reported_by_a_router_is_used(counts: dict[str, int], opened: Open, server: FaultyServer) -> None:
    server.canned[:] = [completion({"content": "Answer: 5"}, counts | {"cost": 0.25})]
    assert (await asked(opened("openrouter/m/m"))).cost == 0.25


@pytest.mark.parametrize("case", INSIDE, ids=lambda case: case.name)
async def test_a_failure_in_a_successful_response_is_a_provider_failure(
    case: Case, opened: Open, server: FaultyServer
) -> None:
    kind = "text/html" if case.html else "application/json"
    server.canned[:] = [Canned(body=case.body, kind=kind) for _ in range(3)]
    model = opened()
    error = ContextTooLong if case.kind is FailureKind.CONTEXT_TOO_LONG else ProviderError
    with pytest.raises(error, match=f"^model openai-api/lab/m: {case.kind.value}") as raised:
        await asked(model)
    assert case.text in str(raised.value)
    assert case.to_do in str(raised.value)
    is_final = case.kind in (FailureKind.QUOTA, FailureKind.CONTEXT_TOO_LONG)
    assert len(server.paths) == (1 if is_final else 3)


async def test_after_a_failure_within_a_response_the_next_answer_counts(opened: Open, server: FaultyServer) -> None:
    server.canned[:] = [completion({"content": ""}, finish_reason="error"), completion({"content": "Answer: 5"})]
    answer = await asked(opened())
    assert (answer.text, answer.retries) == ("Answer: 5", 1)


@pytest.mark.parametrize(
    ("message", "finish_reason", "stop_reason"),
    [
        ({"content": ""}, "stop", "stop"),
        ({"content": None, "reasoning_content": "I thought of nothing else"}, "stop", "stop"),
        ({"content": None}, "length", "max_tokens"),
        ({"content": None}, "content_filter", "content_filter"),
        ({"content": None, "refusal": "I will not."}, "stop", "stop"),
        ({"content": "Answer: 5"}, None, "unknown"),
        ({"content": "Answer: 5"}, "weird", "unknown"),
    ],
)
async def test_an_empty_reply_with_a_stop_reason_is_an_answer(
    message: dict[str, Any], finish_reason: str | None, stop_reason: str, opened: Open, server: FaultyServer
) -> None:
    server.canned[:] = [completion(message, finish_reason=finish_reason)]
    answer = await asked(opened())
    assert (answer.stop_reason, answer.retries) == (stop_reason, 0)


async def test_a_prompt_blocked_by_a_filter_gives_a_withheld_answer(opened: Open, server: FaultyServer) -> None:
    server.canned[:] = [Canned(status=403, body={"error": {"code": 403, "message": "Your input was flagged"}})]
    answer = await asked(opened("openrouter/m/m"))
    assert (answer.text, answer.stop_reason) == ("", "content_filter")


async def test_an_exhausted_quota_is_not_sent_again(opened: Open, server: FaultyServer) -> None:
    body = {"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}}
    server.canned[:] = [Canned(status=429, body=body)]
    with pytest.raises(ProviderError, match=r"quota exhausted \(429, .*exceeded your current quota; add credit"):
        await asked(opened("openai/gpt-4o"))
    assert len(server.paths) == 1


async def test_every_wait_is_reported_to_the_listener(opened: Open, server: FaultyServer) -> None:
    waits: list[Wait] = []
    server.canned[:] = [Canned(status=429, headers={"retry-after": "0.02"}), Canned(status=503)]
    await asked(opened(on_wait=waits.append))
    assert [wait.reason for wait in waits] == ["429", "503"]
    assert waits[0].seconds == 0.02
    text = Wait(model="openai/gpt-4o", reason="429", seconds=30.0, until=100.0).describe(70.0)
    assert text == "waiting 30 s: 429 from openai"


async def test_a_key_repeated_by_a_provider_is_redacted(
    opened: Open, server: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_API_KEY", "planted-secret-1234")
    server.canned[:] = [Canned(status=401, body={"error": {"message": "x" * 390 + " planted-secret-1234 is wrong"}})]
    with pytest.raises(ProviderError, match="key not accepted") as raised:
        await asked(opened())
    assert "planted" not in str(raised.value)
