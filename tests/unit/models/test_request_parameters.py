"""Contents of requests: each provider's client sends to a local server, and the journal records what arrived."""

from __future__ import annotations

import asyncio
import importlib.util
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from govsim.config import Execution, Sampling, Scalar
from govsim.errors import ModelUnavailable
from govsim.models.client import Completion, ModelSettings
from govsim.models.inspect_model import InspectModel
from govsim.models.question import Message
from govsim.models.request_parameters import SCHEMA
from govsim.models.structured import Schema, parse_object, schema_of
from tests.docs.pages import ROOT
from tests.providers import SERVED, Seen, provider_server, schema_in
from tests.unit.models.test_reply_format import ANSWER, INSIGHTS, LINE

pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")

ALL = Sampling(temperature=0.5, top_p=0.9, top_k=40, max_tokens=512, seed=7)
PROMPT = (Message(role="system", content="The rules."), Message(role="user", content="What now?"))

MODELS: Mapping[str, tuple[str, str]] = {
    "OpenAI": ("openai/gpt-4o-mini", "/v1"),
    "OpenAI, reasoning": ("openai/o4-mini", "/v1"),
    "Anthropic": ("anthropic/claude-haiku-4-5", ""),
    "Google": ("google/gemini-2.5-flash", ""),
    "OpenRouter": ("openrouter/meta-llama/llama-3.3-70b-instruct", "/v1"),
    "vLLM": ("vllm/Qwen/Qwen3-8B", "/v1"),
    "SGLang": ("sglang/Qwen/Qwen3-8B", "/v1"),
    "Ollama": ("ollama/llama3.2", "/v1"),
    "LM Studio": ("openai-api/lmstudio/qwen3-8b", "/v1"),
    "llama.cpp": ("openai-api/llamacpp/qwen3-8b", "/v1"),
    "Azure": ("openai/azure/gpt-4o", ""),
}
"""A model for each testable row of the page's table, and the path of its API on the server."""

FIELDS = {
    **{name: name for name in ("temperature", "top_p", "top_k", "max_tokens", "seed")},
    **dict.fromkeys(("max_output_tokens", "max_completion_tokens", "maxOutputTokens"), "max_tokens"),
    **{"topP": "top_p", "topK": "top_k"},
}
"""Fields of bodies, and the corresponding settings."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Seen]:
    for name in ("OPENAI", "ANTHROPIC", "GOOGLE", "OPENROUTER", "LMSTUDIO", "LLAMACPP", "AZUREAI_OPENAI"):
        monkeypatch.setenv(f"{name}_API_KEY", "none")
    with provider_server() as seen:
        monkeypatch.setenv("AZUREAI_OPENAI_BASE_URL", seen.url)
        yield seen


def _has_google() -> bool:
    try:
        return importlib.util.find_spec("google.genai") is not None
    except ModuleNotFoundError:  # without any package in the namespace
        return False


async def ask(
    server: Seen, provider: str, schema: Schema | None = None, **settings: Any
) -> tuple[InspectModel, Completion]:
    """A model, and its reply to one question."""
    name, path = MODELS[provider]
    if provider == "Google" and not _has_google():
        pytest.skip("needs the package google-genai")
    asked = ModelSettings(name=name, **{"sampling": ALL, **settings})
    model = InspectModel(asked, Execution(retries=0, timeout=20), server.url + path)
    try:
        return model, await model.complete(PROMPT, schema)
    finally:
        await model.aclose()


def settings_in(body: Mapping[str, Any]) -> dict[str, Any]:
    """The settings in a body."""
    found = {FIELDS[name]: value for name, value in body.items() if name in FIELDS}
    return found | settings_in(body.get("generationConfig", {})) if "generationConfig" in body else found


def documented() -> dict[str, tuple[set[str], set[str]]]:
    """Settings that are sent and not sent, by row of the page's table."""
    page = (ROOT / "docs" / "how-to" / "models.md").read_text(encoding="utf-8")
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line.startswith("| ")
    ]
    names = set(FIELDS.values())
    return {
        row[0]: tuple({name for name in names if f"`{name}`" in cell} for cell in row[2:4])  # type: ignore[misc]
        for row in rows
        if len(row) == 5
    }


@pytest.mark.parametrize("provider", MODELS)
async def test_the_journal_records_and_the_page_shows_what_arrives(server: Seen, provider: str) -> None:
    _, completion = await ask(server, provider)
    request = completion.request
    assert request is not None
    arrived = settings_in(server.last)
    assert {
        FIELDS[name.rpartition(".")[2]]: value
        for name, value in (request.sent or {}).items()
        if name.rpartition(".")[2] in FIELDS
    } == arrived
    expected = ALL.model_dump(exclude_none=True)
    assert set(request.unsent) == set(expected) - set(arrived)
    assert arrived == {name: expected[name] for name in arrived}
    assert documented()[provider] == (set(arrived), set(request.unsent))
    assert (request.model, request.served) == (MODELS[provider][0], SERVED)
    assert completion.fallback is None
    assert (completion.response_id is None) == (provider == "Google" or "Bedrock" in provider), completion.response_id


@pytest.mark.parametrize("provider", [name for name in MODELS if name not in ("vLLM", "SGLang")])
async def test_requests_are_known_before_they_are_sent(server: Seen, provider: str) -> None:
    model, completion = await ask(server, provider)
    server.bodies.clear()
    known = model.rehearse()
    assert server.bodies == []
    assert known is not None
    assert completion.request is not None
    assert (known.sent, known.differing) == (completion.request.sent, completion.request.differing)


async def test_preparing_requests_prints_no_warnings_of_inspect(
    server: Seen, capsys: pytest.CaptureFixture[str]
) -> None:
    name, path = MODELS["Anthropic"]
    InspectModel(ModelSettings(name=name), Execution(), server.url + path).rehearse()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("argument", ["stream", "streaming"])
@pytest.mark.parametrize("provider", MODELS)
async def test_replies_can_be_streamed_by_every_provider(server: Seen, provider: str, argument: str) -> None:
    args: dict[str, Scalar] = {argument: True}
    _, completion = await ask(server, provider, args=args, sampling=Sampling())
    assert completion.text == "I have nothing to fill in."
    assert completion.output_tokens
    assert provider == "Google" or server.last["stream"] is True


def test_streaming_is_rejected_if_the_provider_does_not_support_it() -> None:
    settings = ModelSettings(name="fake/society", args={"stream": True})
    with pytest.raises(ModelUnavailable, match="stream = true: this provider does not support streaming"):
        InspectModel(settings, Execution())
    settings = ModelSettings(name="ollama/x", args={"stream": "yes"})
    with pytest.raises(ModelUnavailable, match="stream = 'yes' is not allowed; must be true or false"):
        InspectModel(settings, Execution())


@pytest.mark.parametrize("provider", ["vLLM", "SGLang"])
async def test_arguments_for_a_running_server_are_rejected(server: Seen, provider: str) -> None:
    with pytest.raises(ModelUnavailable, match="max_model_len is an argument for a server that Inspect would start"):
        await ask(server, provider, args={"max_model_len": 4096})


@pytest.mark.parametrize("provider", ["OpenAI", "Anthropic", "OpenRouter", "vLLM", "SGLang", "Ollama", "LM Studio"])
async def test_extra_fields_are_sent_unchanged(server: Seen, provider: str) -> None:
    body = {"chat_template_kwargs": {"enable_thinking": False}, "stop_token_ids": [1, 2]}
    _, completion = await ask(server, provider, extra_body=body)
    assert {name: server.last[name] for name in body} == body
    assert completion.request is not None
    assert completion.request.sent is not None
    assert completion.request.sent["chat_template_kwargs.enable_thinking"] is False
    assert not any(name.startswith("extra_body") for name in completion.request.differing)


@pytest.mark.parametrize("provider", ["OpenAI, reasoning", "Google"])
async def test_fields_that_cannot_be_sent_are_rejected_before_any_request(server: Seen, provider: str) -> None:
    model, _ = await ask(server, provider, extra_body={"enable_thinking": False})
    with pytest.raises(
        ModelUnavailable, match=r"extra_body\.enable_thinking: requests to .* cannot contain this field"
    ):
        model.rehearse()


async def test_inspect_sends_no_additional_requests(server: Seen) -> None:
    await ask(server, "OpenAI, reasoning")
    assert len(server.bodies) == 1
    assert "hello" not in json.dumps(server.bodies)


async def test_a_reasoning_effort_is_recorded_by_the_name_in_the_request(server: Seen) -> None:
    low = Sampling(temperature=None, top_p=None, reasoning_effort="low")
    for provider, name in (("OpenAI, reasoning", "reasoning.effort"), ("Anthropic", "thinking.budget_tokens")):
        _, completion = await ask(server, provider, sampling=low)
        assert completion.request is not None
        assert name in (completion.request.sent or {})
        assert completion.request.differing == {}
    _, completion = await ask(server, "OpenAI", sampling=low)
    assert completion.request is not None
    assert completion.request.note == "openai/gpt-4o-mini: reasoning_effort is not sent"


async def test_system_messages_can_be_the_start_of_the_first_user_message(server: Seen) -> None:
    await ask(server, "Ollama", system_role="user")
    assert server.last["messages"] == [{"role": "user", "content": "The rules.\n\nWhat now?"}]
    await ask(server, "Ollama")
    assert [message["role"] for message in server.last["messages"]] == ["system", "user"]


def test_a_request_can_be_prepared_within_a_running_event_loop(server: Seen) -> None:
    async def inside() -> None:
        name, path = MODELS["OpenAI"]
        model = InspectModel(ModelSettings(name=name), Execution(), server.url + path)
        assert model.rehearse() is not None
        await model.aclose()

    asyncio.run(inside())


@pytest.mark.parametrize("is_streamed", [False, True])
@pytest.mark.parametrize("provider", MODELS)
async def test_a_schema_is_sent_and_the_reply_is_parsed(server: Seen, provider: str, is_streamed: bool) -> None:
    fields = (*LINE[:2], *INSIGHTS, ANSWER)
    args: dict[str, Scalar] = {"stream": True} if is_streamed else {}
    model, completion = await ask(server, provider, schema_of(fields), replies="structured", args=args)
    arrived = schema_in(server.last)
    assert arrived is not None
    assert list(arrived["properties"]) == ["Reasoning", *(field.tag.replace(" ", "_") for field in fields)]
    assert arrived["additionalProperties"] is False
    assert set(arrived["required"]) == set(arrived["properties"])
    assert set(parse_object(completion.text, fields)) >= {"Say", "End", "Insight 1", "Rating 1", "Answer"}
    request = completion.request
    assert request is not None
    assert SCHEMA not in request.differing
    assert "json" in str({name: value for name, value in (request.sent or {}).items() if "seed" not in name})
    assert not any("properties" in name for name in request.sent or {}), "the schema follows from the question"
    if provider not in ("vLLM", "SGLang"):
        known = model.rehearse()
        assert known is not None
        assert (known.sent, known.differing) == (request.sent, request.differing)


async def test_questions_with_identical_settings_share_one_request_record(server: Seen) -> None:
    requests = [
        (await ask(server, "OpenAI", schema_of(fields), replies="structured"))[1].request
        for fields in ((ANSWER,), LINE, INSIGHTS)
    ]
    assert len({request.hash for request in requests if request is not None}) == 1
    in_text = (await ask(server, "OpenAI"))[1].request
    assert in_text is not None
    assert in_text.hash not in {request.hash for request in requests if request is not None}
    assert not any("response_format" in name for name in in_text.sent or {})


async def test_an_unsent_schema_is_reported_before_and_after(server: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPSEEK_API_KEY", "none")
    asked = ModelSettings(name="deepseek/deepseek-chat", replies="structured")
    model = InspectModel(asked, Execution(retries=0, timeout=20), server.url + "/v1")
    known = model.rehearse()
    completion = await model.complete(PROMPT, schema_of((ANSWER,)))
    await model.aclose()
    assert schema_in(server.last) is None
    for request in (known, completion.request):
        assert request is not None
        assert request.differing[SCHEMA] is None
        assert request.sent is not None
        assert request.sent["response_format.type"] == "json_object"
        assert "response_schema" in request.note
        assert request.note.endswith("not sent")


async def test_an_extra_field_that_replaces_the_schema_is_detected(server: Seen) -> None:
    body: dict[str, Any] = {"response_format": {"type": "text"}}
    _, completion = await ask(server, "OpenAI", schema_of((ANSWER,)), replies="structured", extra_body=body)
    assert schema_in(server.last) is None
    assert completion.request is not None
    assert SCHEMA in completion.request.unsent


def test_models_with_both_reply_formats_are_kept_separate() -> None:
    assert ModelSettings(name="a/b").key != ModelSettings(name="a/b", replies="structured").key
