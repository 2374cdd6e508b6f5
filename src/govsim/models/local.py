"""Any chat model in a GGUF file, run in this process: `embedded/local` with `-M path=FILE.gguf`.

It is used like a model of any other provider: in its own chat template, unconstrained except by the schema of a
structured reply, so that its replies are comparable with those of other models.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Mapping
from functools import partial
from typing import Any

from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessage,
    ChatMessageAssistant,
    Content,
    ContentReasoning,
    ContentText,
    GenerateConfig,
    ModelAPI,
    ModelCall,
    ModelOutput,
    ModelUsage,
    StopReason,
)
from inspect_ai.tool import ToolChoice, ToolInfo

from govsim.config import LOCAL
from govsim.errors import ContextTooLong, ModelUnavailable, ProviderError
from govsim.models.embedded_engine import ChatReply, Engine, EngineSettings, Speed, engine
from govsim.models.gguf import Gguf, read_gguf
from govsim.models.local_weights import identify
from govsim.models.request_parameters import as_response_format, schema_in

MAX_DEFAULT_CONTEXT = 8192
"""Maximum default context in tokens: a model may be trained for far more, which would need a lot of memory."""
MIN_CONTEXT = 256
PREFIX_CACHE_MIB = 2048
"""Memory in MiB for prompts that are not in a slot; the prompts of a society share long prefixes."""

_STOP_REASONS: dict[str | None, StopReason] = {"stop": "stop", "length": "max_tokens"}
_SAMPLING = {
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "seed": "seed",
    "max_tokens": "max_tokens",
    "stop_seqs": "stop",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
    "reasoning_effort": "reasoning_effort",
}
"""Inspect's settings and the engine's names for them. The engine's defaults apply to those that are not set."""


class LocalAPI(ModelAPI):
    """A local model as an Inspect provider.

    Attributes:
        system_refusal: why it does not support system messages, and what to do; None if it does.
    """

    def __init__(
        self,
        model_name: str,
        base_url: str | None = None,
        api_key: str | None = None,
        config: GenerateConfig = GenerateConfig(),  # noqa: B008
        **args: Any,
    ) -> None:
        """Load the model, or use the engine that already runs it in this process.

        Args:
            model_name: `local`.
            base_url: not used.
            api_key: not used.
            config: default settings for every question.
            **args: arguments of `local_engine`.

        Raises:
            ModelUnavailable: the file or an argument cannot be used.
        """
        super().__init__(model_name, base_url, api_key, [], config)
        self._engine, self._file = local_engine(args)
        takes_them = self._engine.takes_system_messages
        self.system_refusal = None if takes_them else no_system_messages(self._engine.settings.weights.name)

    async def generate(
        self,
        input: list[ChatMessage],  # noqa: A002
        tools: list[ToolInfo],
        tool_choice: ToolChoice,
        config: GenerateConfig,
    ) -> tuple[ModelOutput, ModelCall]:
        """Reply to a chat. Tools are ignored. If the prompt is too long, the stop reason is `model_length`."""
        if self.system_refusal is not None and any(message.role == "system" for message in input):
            raise ProviderError(self.system_refusal)
        cancelled = threading.Event()
        settings = _settings(config)
        sent = ModelCall.create(settings, None)
        request = {"messages": [self._as_sent(message) for message in input], **settings}
        job = self._engine.submit(partial(self._engine.chat, request, cancelled.is_set))
        try:
            reply = await asyncio.wrap_future(job)
        except ContextTooLong as error:
            return ModelOutput.from_content(self.model_name, "", stop_reason="model_length", error=str(error)), sent
        finally:
            cancelled.set()
        return _output(self.model_name, reply), sent

    def _as_sent(self, message: ChatMessage) -> dict[str, str]:
        role = message.role if message.role in ("system", "assistant") else "user"
        return {"role": role, "content": without_control_tokens(message.text, self._file.control_tokens)}

    def max_connections(self) -> int:
        """The number of slots."""
        return self._engine.settings.slots

    def connection_key(self) -> str:
        """The same key for all instances of one file, as they share an engine and its slots."""
        return f"{LOCAL} {self._engine.settings.weights}"


def no_system_messages(file: str) -> str:
    """Error message for a chat template without system messages, with advice."""
    return (
        f"model = {LOCAL}: the chat template of {file} does not support system messages; set models.system_role = user "
        "to put the rules at the beginning of the user message"
    )


def without_control_tokens(text: str, tokens: tuple[str, ...]) -> str:
    """Return a text without control tokens: a space is inserted after the first character of each."""
    for token in tokens:
        if token in text:
            text = text.replace(token, f"{token[0]} {token[1:]}")
    return text.encode(errors="replace").decode()


def _settings(config: GenerateConfig) -> dict[str, Any]:
    """Convert settings for the engine, which enforces a schema with a grammar."""
    given = ((theirs, getattr(config, ours)) for ours, theirs in _SAMPLING.items())
    schema = schema_in(config)
    form = {} if schema is None else {"response_format": as_response_format(schema)}
    return {name: value for name, value in given if value is not None} | form | (config.extra_body or {})


def _output(model: str, reply: ChatReply) -> ModelOutput:
    parts: list[Content] = [ContentReasoning(reasoning=reply.reasoning)] if reply.reasoning else []
    parts.append(ContentText(text=reply.text))
    message = ChatMessageAssistant(content=parts if len(parts) > 1 else reply.text, model=model, source="generate")
    stop_reason = _STOP_REASONS.get(reply.finish_reason, "unknown")
    read, written = reply.usage.get("prompt_tokens", 0), reply.usage.get("completion_tokens", 0)
    cached = reply.usage.get("prompt_tokens_details", {}).get("cached_tokens", 0)
    output = ModelOutput(model=model, choices=[ChatCompletionChoice(message=message, stop_reason=stop_reason)])
    output.usage = ModelUsage(
        total_cost=0.0,
        input_tokens=read - cached,
        input_tokens_cache_read=cached,
        output_tokens=written,
        total_tokens=read + written,
    )
    return output


def local_engine(args: Mapping[str, Any]) -> tuple[Engine, Gguf]:
    """Return the engine for a model's arguments, and the header of its file.

    Args:
        args: `path`: the GGUF file; `sha256`: its required hash; `context`: tokens of prompt and reply, by default the
            context that the model was trained for, up to `MAX_DEFAULT_CONTEXT`; `slots`: number of questions answered
            concurrently, by default one; `threads`: number of computing threads, by default the number of processors.

    Raises:
        ModelUnavailable: an argument or the file cannot be used.
    """
    known = ("path", "sha256", "context", "slots", "threads")
    if unknown := [name for name in args if name not in known]:
        raise ModelUnavailable(f"model = {LOCAL}: -M {unknown[0]}: no such argument; choose from {', '.join(known)}")
    if "path" not in args:
        raise ModelUnavailable(f"model = {LOCAL}: the path of its file is missing; set it with -M path=FILE.gguf")
    place, _ = identify(args["path"], args.get("sha256"))
    file = read_gguf(place, f"model = {LOCAL}: path = {args['path']}")
    trained = file.context_length or MAX_DEFAULT_CONTEXT
    settings = EngineSettings(
        model=LOCAL,
        weights=place.resolve(),
        context=_whole(args, "context", min(trained, MAX_DEFAULT_CONTEXT), MIN_CONTEXT, trained),
        slots=_whole(args, "slots", 1, 1),
        threads=_whole(args, "threads", processors(), 1),
        prefix_cache_mib=PREFIX_CACHE_MIB,
    )
    return engine(settings), file


def _whole(args: Mapping[str, Any], name: str, default: int, low: int, high: int | None = None) -> int:
    """Return an argument that must be a whole number in a range."""
    value = args.get(name)
    value = default if value is None else value
    if isinstance(value, bool) or not isinstance(value, int) or value < low or (high is not None and value > high):
        allowed = f"at least {low}" if high is None else f"from {low} to {high}, the maximum of the model"
        raise ModelUnavailable(f"model = {LOCAL}: {name} = {value!r} is not allowed; must be a whole number, {allowed}")
    return value


def processors() -> int:
    """The number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def speed_of(args: Mapping[str, Any]) -> Speed:
    """Measure the speed of a local model on this machine; see `Engine.speed`.

    Raises:
        ModelUnavailable: an argument or the file cannot be used.
        ProviderError: the engine reported an error.
    """
    return local_engine(args)[0].speed
