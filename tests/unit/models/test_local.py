"""A local model: arguments and messages without weights, replies with the small ones."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageTool,
    ChatMessageUser,
    ContentReasoning,
    GenerateConfig,
    ModelOutput,
)

from govsim.config import Execution, Sampling
from govsim.errors import ModelUnavailable, ProviderError
from govsim.models import embedded_engine, local
from govsim.models.client import ModelSettings
from govsim.models.embedded_engine import ChatReply
from govsim.models.inspect_model import InspectModel
from govsim.models.question import Message
from tests.gguf_files import CHAT_MODEL, gguf_bytes, real_weights

CHAT: list[ChatMessage] = [ChatMessageSystem(content="You are Kate."), ChatMessageUser(content="Say hello.")]
FEW = GenerateConfig(max_tokens=8, temperature=0)
NO_SYSTEM = (
    "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}{% endfor %}"
    "{{ '<|im_start|>assistant\n' }}"
)
THINKING = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n<think>\n' }}{% endif %}{# </think> #}"
)


@pytest.fixture
def small(tmp_path: Path) -> str:
    """A file with the header of a chat model, but without weights."""
    path = tmp_path / "small.gguf"
    path.write_bytes(gguf_bytes(CHAT_MODEL))
    return str(path)


@pytest.fixture
def _stopped() -> Iterator[None]:
    """Stop all engines after the test."""
    yield
    embedded_engine.close()


@pytest.mark.parametrize(
    ("args", "what"),
    [
        ({"slots": 0}, "slots = 0 is not allowed; must be a whole number, at least 1"),
        ({"threads": "four"}, "threads = 'four' is not allowed; must be a whole number, at least 1"),
        (
            {"context": 4097},
            "context = 4097 is not allowed; must be a whole number, from 256 to 4096, the maximum of the model",
        ),
        ({"context": True}, "context = True is not allowed; must be a whole number"),
        ({"gpu": 1}, "-M gpu: no such argument; choose from path, sha256, context, slots, threads"),
    ],
)
def test_impossible_arguments_are_rejected(small: str, args: Mapping[str, object], what: str) -> None:
    with pytest.raises(ModelUnavailable, match=f"model = embedded/local: {what}"):
        local.local_engine({"path": small, **args})


def test_a_model_without_a_file_is_rejected_with_advice() -> None:
    with pytest.raises(ModelUnavailable, match=r"set it with -M path=FILE\.gguf"):
        local.local_engine({})


def test_unloadable_weights_are_rejected_in_one_line(small: str) -> None:
    with pytest.raises(ModelUnavailable, match=r"llama.cpp cannot load small.gguf; .* 1 × 4096 tokens of context"):
        InspectModel(ModelSettings(name="embedded/local", args={"path": small}), Execution())


def test_control_tokens_and_invalid_unicode_lose_their_meaning() -> None:
    text = local.without_control_tokens("hi<|im_end|></s><table>\ud800", ("<|im_end|>", "</s>"))
    assert text == "hi< |im_end|>< /s><table>?"


def test_exactly_the_configured_settings_are_sent() -> None:
    assert local._settings(GenerateConfig()) == {}
    config = GenerateConfig(temperature=0.0, top_p=0.9, max_tokens=7, seed=3, extra_body={"min_p": 0.1})
    assert local._settings(config) == {"temperature": 0.0, "top_p": 0.9, "max_tokens": 7, "seed": 3, "min_p": 0.1}


def test_reasoning_marked_by_the_template_is_separated_and_tokens_add_up() -> None:
    reply = ChatReply()
    for delta in ({"reasoning_content": "Hm"}, {"reasoning_content": "…"}, {"content": "Answer: "}, {"content": "5"}):
        reply.add({"choices": [{"delta": delta, "finish_reason": None}]})
    reply.add({"choices": [{"delta": {}, "finish_reason": "length"}]})
    usage = {"prompt_tokens": 10, "completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": 6}}
    reply.add({"choices": [], "usage": usage, "timings": {}})
    output = local._output("local", reply)
    assert output.completion == "Answer: 5"
    assert output.stop_reason == "max_tokens"
    assert isinstance(output.message.content, list)
    assert output.message.content[0] == ContentReasoning(reasoning="Hm…")
    assert output.usage is not None
    assert (output.usage.input_tokens, output.usage.input_tokens_cache_read, output.usage.output_tokens) == (4, 6, 4)


def loaded(path: Path, **args: Any) -> local.LocalAPI:
    return local.LocalAPI("local", path=str(path), context=1024, **args)


async def answered(api: local.LocalAPI, chat: list[ChatMessage]) -> ModelOutput:
    output, _ = await api.generate(chat, [], "none", FEW)
    return output


@pytest.mark.usefixtures("_stopped")
async def test_settings_not_sent_to_a_local_model_are_recorded(tmp_path: Path) -> None:
    args: dict[str, Any] = {"path": str(real_weights(tmp_path / "model.gguf")), "context": 1024}
    sampling = Sampling(max_tokens=8, top_k=4, reasoning_tokens=100)
    body = {"min_p": 0.1}
    settings = ModelSettings(name="embedded/local", args=args, sampling=sampling, extra_body=body)
    request = (await InspectModel(settings, Execution()).complete([Message(role="user", content="Hello.")])).request
    assert request is not None
    assert request.sent == {"temperature": 0.0, "top_p": 1.0, "max_tokens": 8, "top_k": 4, "min_p": 0.1}
    assert request.differing == {"reasoning_tokens": None}


@pytest.mark.usefixtures("_stopped")
async def test_the_real_weights_reply_reproducibly_in_their_own_template(tmp_path: Path) -> None:
    api = loaded(real_weights(tmp_path / "model.gguf"))
    assert api.system_refusal is None
    assert api.max_connections() == 1
    first, again = [await answered(api, CHAT) for _ in range(2)]
    assert first.completion == again.completion != ""
    assert first.usage is not None
    assert again.usage is not None
    assert again.usage.input_tokens_cache_read
    assert first.usage.total_cost == 0.0
    assert 0 < first.usage.output_tokens <= 8
    more = [*CHAT, ChatMessageAssistant(content="Hello."), ChatMessageTool(content="<|im_end|>"), CHAT[1]]
    assert (await answered(api, more)).completion
    too_long: list[ChatMessage] = [ChatMessageUser(content="fish " * 2000)]
    output = await answered(api, too_long)
    assert output.stop_reason == "model_length"
    assert "exceeds the context length of 1024" in str(output.error)
    with pytest.raises(ModelUnavailable, match=r"already runs .* with slots = 1"):
        loaded(tmp_path / "model.gguf", slots=2)


@pytest.mark.usefixtures("_stopped")
async def test_a_cancelled_question_ends_immediately_and_leaves_the_model_usable(tmp_path: Path) -> None:
    api = loaded(real_weights(tmp_path / "model.gguf"))
    endless = GenerateConfig(temperature=0, max_tokens=300, extra_body={"ignore_eos": True})
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await api.generate(CHAT, [], "none", endless)
    started = time.perf_counter()
    assert (await answered(api, CHAT)).completion
    after = time.perf_counter() - started
    whole = time.perf_counter()
    await api.generate(CHAT, [], "none", endless)
    assert after < (time.perf_counter() - whole) / 2


@pytest.mark.usefixtures("_stopped")
async def test_a_template_without_system_messages_is_reported_and_never_bypassed(tmp_path: Path) -> None:
    api = loaded(real_weights(tmp_path / "no-system.gguf", NO_SYSTEM))
    assert api.system_refusal is not None
    with pytest.raises(
        ProviderError, match=r"no-system.gguf does not support system messages; set models.system_role = user"
    ):
        await api.generate(CHAT, [], "none", FEW)
    assert (await answered(api, [CHAT[1]])).completion


@pytest.mark.usefixtures("_stopped")
def test_a_template_without_system_messages_is_rejected_before_any_request(tmp_path: Path) -> None:
    path = real_weights(tmp_path / "no-system.gguf", NO_SYSTEM)
    with pytest.raises(
        ModelUnavailable, match=r"no-system.gguf does not support system messages; set models.system_role = user"
    ):
        InspectModel(ModelSettings(name="embedded/local", args={"path": str(path), "context": 1024}), Execution())


@pytest.mark.usefixtures("_stopped")
async def test_two_files_run_concurrently(tmp_path: Path) -> None:
    apis = [loaded(real_weights(tmp_path / "a.gguf", template)) for template in (THINKING,)]
    apis.append(loaded(real_weights(tmp_path / "b.gguf")))
    outputs = await asyncio.gather(*[answered(api, CHAT) for api in apis])
    assert all(output.usage is not None and output.usage.output_tokens > 0 for output in outputs)
    assert len({api.connection_key() for api in apis}) == 2


@pytest.mark.usefixtures("_stopped")
def test_speed_is_measured_once_per_engine(tmp_path: Path) -> None:
    args = {"path": str(real_weights(tmp_path / "model.gguf")), "context": 1024}
    speed = local.speed_of(args)
    assert speed.prompt > 0
    assert speed.reply > 0
    assert local.speed_of(args) is speed
