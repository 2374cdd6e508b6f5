"""Requests to providers: what is sent, retried and given up."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessageAssistant,
    ContentReasoning,
    ContentText,
    GenerateConfig,
    ModelAPI,
    ModelOutput,
    ModelUsage,
    modelapi,
)

from govsim.config import Execution, Price, Sampling
from govsim.errors import ContextTooLong, ModelUnavailable, ProviderError
from govsim.models.client import ModelSettings
from govsim.models.inspect_model import InspectModel
from govsim.models.question import Message
from govsim.redaction import redacted

Step = ModelOutput | Exception
PROMPT = (
    Message(role="system", content="rules"),
    Message(role="user", content="January"),
    Message(role="user", content="February"),
)
QUICK = Execution(retries=3, backoff=0.001)


class ScriptedAPI(ModelAPI):
    """A provider that returns or raises scripted outputs and errors in sequence."""

    steps: Iterator[Step] = iter(())
    seen: list[tuple[list[Any], GenerateConfig]] = []

    def __init__(self, model_name: str, base_url: str | None = None, api_key: str | None = None, **rest: Any) -> None:
        super().__init__(model_name, base_url, api_key)

    async def generate(self, input: Any, tools: Any, tool_choice: Any, config: GenerateConfig) -> ModelOutput:  # noqa: A002
        type(self).seen.append((list(input), config))
        step = next(type(self).steps)
        if isinstance(step, Exception):
            raise step
        return step

    def should_retry(self, ex: BaseException) -> bool:
        return isinstance(ex, httpx.HTTPStatusError) and ex.response.status_code in (429, 503)


@modelapi(name="scripted")
def scripted() -> type[ModelAPI]:
    return ScriptedAPI


@pytest.fixture
def script() -> Callable[..., None]:
    def write(*steps: Step) -> None:
        ScriptedAPI.steps = iter(steps)
        ScriptedAPI.seen = []

    return write


def model(execution: Execution = QUICK, sampling: Sampling | None = None) -> InspectModel:
    return InspectModel(ModelSettings(name="scripted/one", sampling=sampling or Sampling()), execution)


class Refused(Exception):
    status_code = 0


def failure(status: int, **headers: str) -> httpx.HTTPStatusError:
    request = httpx.Request("POST", "http://127.0.0.1/")
    return httpx.HTTPStatusError(
        f"status {status}", request=request, response=httpx.Response(status, headers=headers, request=request)
    )


def output(text: str, **fields: Any) -> ModelOutput:
    return ModelOutput.from_content("scripted/one", text, **fields)


async def test_neighbouring_messages_of_one_role_are_joined(script: Callable[..., None]) -> None:
    script(output("yes"))
    await model().complete(PROMPT)
    [(sent, _)] = ScriptedAPI.seen
    assert [(message.role, message.text) for message in sent] == [("system", "rules"), ("user", "January\n\nFebruary")]


async def test_sampling_is_sent_as_configured_and_null_is_not_sent(script: Callable[..., None]) -> None:
    script(output("yes"))
    await model(sampling=Sampling(temperature=None, max_tokens=77, seed=5, reasoning_effort="low")).complete(PROMPT)
    [(_, config)] = ScriptedAPI.seen
    assert (config.temperature, config.top_p, config.max_tokens, config.seed) == (None, 1.0, 77, 5)
    assert config.reasoning_effort == "low"


async def test_usage_includes_cached_tokens(script: Callable[..., None]) -> None:
    answer = output("yes")
    answer.usage = ModelUsage(input_tokens=10, output_tokens=4, input_tokens_cache_read=30, total_cost=0.5)
    script(answer)
    completion = await model().complete(PROMPT)
    assert (completion.input_tokens, completion.cached_tokens, completion.output_tokens) == (40, 30, 4)
    assert completion.cost == 0.5


@pytest.mark.parametrize("counts", [(10**19, 4, 0), (-5, 4, 0), (10, -1, 0), (10, 4, -20), (-60, 4, 30)])
async def test_implausible_tokens_are_not_reported(script: Callable[..., None], counts: tuple[int, int, int]) -> None:
    answer = output("yes")
    read, written, cached = counts
    answer.usage = ModelUsage(input_tokens=read, output_tokens=written, input_tokens_cache_read=cached)
    script(answer)
    completion = await model().complete(PROMPT)
    assert completion.text == "yes"
    assert (completion.input_tokens, completion.cached_tokens, completion.output_tokens) == (None, None, None)


def test_excess_cached_tokens_do_not_make_costs_negative() -> None:
    assert Price(input=9, output=1, cached=0).cost(input_tokens=10, output_tokens=0, cached_tokens=50) == 0


async def test_reasoning_is_separated_from_the_reply(script: Callable[..., None]) -> None:
    content = [ContentReasoning(reasoning="hmm, Answer: 99"), ContentText(text="Answer: 5")]
    choice = ChatCompletionChoice(message=ChatMessageAssistant(content=list(content)), stop_reason="stop")
    script(ModelOutput(model="scripted/one", choices=[choice]))
    completion = await model().complete(PROMPT)
    assert completion.text == "Answer: 5"
    assert completion.reasoning == "hmm, Answer: 99"


@pytest.mark.parametrize(
    "error",
    [lambda: failure(429), lambda: failure(503), lambda: ConnectionResetError("gone"), lambda: TimeoutError("slow")],
    ids=["too many", "unavailable", "dropped", "slow"],
)
async def test_transient_failures_are_retried(script: Callable[..., None], error: Callable[[], Exception]) -> None:
    script(error(), error(), output("at last"))
    completion = await model().complete(PROMPT)
    assert completion.text == "at last"
    assert completion.retries == 2


async def test_persistent_failures_end_after_a_finite_number_of_attempts(script: Callable[..., None]) -> None:
    script(*(failure(503) for _ in range(9)))
    with pytest.raises(ProviderError, match=r"model scripted/one: server error after 4 attempts \(503, .*: status 503"):
        await model().complete(PROMPT)
    assert len(ScriptedAPI.seen) == 4


async def test_permanent_failures_are_not_retried(script: Callable[..., None]) -> None:
    script(failure(401), output("never"))
    with pytest.raises(ProviderError, match="status 401"):
        await model().complete(PROMPT)
    assert len(ScriptedAPI.seen) == 1


@pytest.mark.parametrize("text", ["", "This model's maximum context length is 8192 tokens. Answer: 7"])
async def test_an_overlong_prompt_is_recognized(script: Callable[..., None], text: str) -> None:
    script(output(text, stop_reason="model_length"))
    with pytest.raises(ContextTooLong, match=r"model scripted/one: prompt too long.*models\.context"):
        await model().complete(PROMPT)


@pytest.mark.parametrize(
    ("status", "message", "error"),
    [
        (400, "This model's maximum context length is 4096 tokens, you requested 5000", ContextTooLong),
        (400, "the request exceeds the available context size", ContextTooLong),
        (413, "prompt is too long: 208310 tokens > 200000 maximum", ContextTooLong),
        (400, "temperature must be a number", ProviderError),
        (401, "prompt is too long for your plan", ProviderError),
    ],
)
async def test_an_overlong_prompt_is_recognized_by_the_providers_message(
    script: Callable[..., None], status: int, message: str, error: type[ProviderError]
) -> None:
    refusal = Refused(message)
    refusal.status_code = status
    script(refusal)
    with pytest.raises(ProviderError, match=message[:20]) as raised:
        await model().complete(PROMPT)
    assert type(raised.value) is error


async def test_a_reply_truncated_by_the_context_is_still_a_reply(script: Callable[..., None]) -> None:
    answer = output("Answer: 7", stop_reason="model_length")
    answer.usage = ModelUsage(input_tokens=8000, output_tokens=4)
    script(answer)
    assert (await model().complete(PROMPT)).text == "Answer: 7"


async def test_a_filtered_reply_can_be_retried(script: Callable[..., None]) -> None:
    script(output("", stop_reason="content_filter", error="filtered"))
    assert (await model().complete(PROMPT)).stop_reason == "content_filter"


async def test_an_entirely_empty_response_is_a_provider_failure(script: Callable[..., None]) -> None:
    script(ModelOutput(model="scripted/one", choices=[]), output("at last"))
    assert (await model().complete(PROMPT)).text == "at last"
    script(*(ModelOutput(model="scripted/one", choices=[]) for _ in range(4)))
    with pytest.raises(ProviderError, match="the response contains no answer"):
        await model().complete(PROMPT)


async def test_a_requested_wait_is_respected(script: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("govsim.models.retrying._sleep", sleep)
    script(failure(429, **{"retry-after": "7"}), failure(429), failure(429, **{"retry-after": "soon"}), output("yes"))
    await model(Execution(retries=3, backoff=1.0)).complete(PROMPT)
    assert waits == [7.0, 2.0, 4.0]


async def test_no_error_contains_a_secret_of_the_environment(
    script: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCRIPTED_API_KEY", "planted-secret")
    script(ValueError("bad key planted-secret given"))
    with pytest.raises(ProviderError, match=r"bad key <SCRIPTED_API_KEY> given"):
        await model().complete(PROMPT)
    assert "planted" not in redacted("a planted-secret b")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("gpt-4o", "not a model name; must be PROVIDER/NAME"),
        ("nobody/knows", "nobody"),
        ("openai/gpt-4o", "OPENAI_API_KEY"),
        ("embedded/other", "embedded/smollm2"),
    ],
)
def test_an_unusable_model_is_reported_when_it_is_opened(name: str, expected: str) -> None:
    with pytest.raises(ModelUnavailable, match=expected):
        InspectModel(ModelSettings(name=name), QUICK)


@pytest.mark.parametrize(
    ("argument", "expected"),
    [("base_url", "--base-url"), ("config", "models.sampling"), ("model", "--model"), ("role", "models.system_role")],
)
def test_a_reserved_argument_is_rejected_with_advice(argument: str, expected: str) -> None:
    settings = ModelSettings(name="fake/society", args={argument: "x"})
    with pytest.raises(ModelUnavailable, match=f"fake/society: {argument} is not a model argument; .*{expected}"):
        InspectModel(settings, QUICK)


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        (lambda: format_datetime(datetime.now(UTC) + timedelta(seconds=40), usegmt=True), 30, 40),
        (lambda: format_datetime(datetime.now(UTC) - timedelta(days=1), usegmt=True), 2, 2),
        (lambda: "Wed, 21 Oct 2065 07:28:00", 300, 300),
        (lambda: "1e9", 300, 300),
        (lambda: "inf", 300, 300),
        (lambda: "nan", 2, 2),
        (lambda: "-5", 2, 2),
        (lambda: "Wed, 99 Oct", 2, 2),
        (lambda: f"Wed, 21 Oct 2065 07:28:00 +{9**30}", 2, 2),
        (lambda: "0.5", 2, 2),
    ],
)
async def test_a_wait_may_be_given_as_a_date_and_has_a_maximum(
    script: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    header: Callable[[], str],
    least: float,
    most: float,
) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("govsim.models.retrying._sleep", sleep)
    script(failure(429, **{"retry-after": header()}), output("yes"))
    await model(Execution(retries=1, backoff=2.0)).complete(PROMPT)
    [wait] = waits
    assert least <= wait <= most


async def test_a_malformed_response_is_retried(script: Callable[..., None]) -> None:
    script(TypeError("'NoneType' object is not iterable"), output("at last"))
    assert (await model().complete(PROMPT)).retries == 1
    script(*(KeyError("choices") for _ in range(4)))
    with pytest.raises(ProviderError, match=r"unreadable response after 4 attempts: KeyError: 'choices'"):
        await model().complete(PROMPT)


def test_provider_clients_do_not_retry_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their retries and waits would not be counted."""
    for provider in ("openai", "anthropic"):
        monkeypatch.setenv(f"{provider.upper()}_API_KEY", "none-needed")
        api = InspectModel(ModelSettings(name=f"{provider}/some-model"), QUICK)._model.api
        assert api.client.max_retries == 0  # type: ignore[attr-defined]


async def test_a_request_ends_after_any_short_timeout() -> None:
    async def never(*_: Any, **__: Any) -> None:
        await asyncio.Event().wait()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ScriptedAPI, "generate", never)
        slow = InspectModel(ModelSettings(name="scripted/one"), Execution(retries=1, backoff=0.001, timeout=0.01))
        with pytest.raises(ProviderError, match=r"timeout after 2 attempts: no complete answer within timeout = 0\.01"):
            await slow.complete(PROMPT)


def test_log_messages_of_inspect_do_not_reach_the_terminal() -> None:
    """They repeat messages of providers without redaction. (Within pytest every log has a handler.)"""
    code = (
        "import logging, govsim.models.client; logging.getLogger('inspect_ai.model').warning('the provider said: key')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == ""
