"""Any chat model in a GGUF file, inside this process: `embedded/local` with `-M path=FILE.gguf`.

It is asked as models of any other provider are: in its own chat template, with nothing that holds it to a format but
the schema of a structured reply, so that its replies can be compared with theirs.
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
from govsim.models.requests import as_response_format, schema_in

MOST_CONTEXT = 8192
"""Tokens of context where none are asked for: a model may be trained for many more, which would take much memory."""
LEAST_CONTEXT = 256
PREFIX_CACHE_MIB = 2048
"""Memory for prompts that are in no slot; those of a society share long beginnings."""

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
"""Settings of Inspect, and what the engine calls them. What is not set is the engine's own default."""


class LocalAPI(ModelAPI):
    """A local model as a provider of Inspect.

    Attributes:
        system_refusal: why it cannot be sent a system message, and what to do; None where it can.
    """

    def __init__(
        self,
        model_name: str,
        base_url: str | None = None,
        api_key: str | None = None,
        config: GenerateConfig = GenerateConfig(),  # noqa: B008
        **args: Any,
    ) -> None:
        """Load the model, or join the engine that already runs it in this process.

        Args:
            model_name: `local`.
            base_url: not used.
            api_key: not used.
            config: settings for every question.
            **args: as `local_engine` takes them.

        Raises:
            ModelUnavailable: the file cannot be used, or an argument.
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
        """Reply to a chat. Tools are ignored. A prompt that is too long gives the stop reason `model_length`."""
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
        """As many questions at once as there are slots."""
        return self._engine.settings.slots

    def connection_key(self) -> str:
        """All instances for one file share an engine, and so its slots."""
        return f"{LOCAL} {self._engine.settings.weights}"


def no_system_messages(file: str) -> str:
    """That a chat template has no place for a system message, and what to do."""
    return (
        f"model = {LOCAL}: the chat template of {file} takes no system message; set models.system_role = user, and the "
        "rules stand at the beginning of the user's message"
    )


def without_control_tokens(text: str, tokens: tuple[str, ...]) -> str:
    """A text in which nothing is read as a control token: a space parts its first character from the rest."""
    for token in tokens:
        if token in text:
            text = text.replace(token, f"{token[0]} {token[1:]}")
    return text.encode(errors="replace").decode()


def _settings(config: GenerateConfig) -> dict[str, Any]:
    """How a reply is made, as the engine takes it: it holds replies with a schema to that by a grammar."""
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
    """The engine for a model's arguments, and what its file says.

    Args:
        args: `path` of the GGUF file; `sha256` that it must have; `context`: tokens of prompt and reply, by default
            what the model was trained for, up to `MOST_CONTEXT`; `slots`: how many questions are answered side by side,
            by default one; `threads`: how many threads compute, by default as many as there are processors.

    Raises:
        ModelUnavailable: an argument or the file cannot be used.
    """
    known = ("path", "sha256", "context", "slots", "threads")
    if unknown := [name for name in args if name not in known]:
        raise ModelUnavailable(
            f"model = {LOCAL}: -M {unknown[0]}: there is no such argument; choose from {', '.join(known)}"
        )
    if "path" not in args:
        raise ModelUnavailable(f"model = {LOCAL}: its file is missing; name it with -M path=FILE.gguf")
    place, _ = identify(args["path"], args.get("sha256"))
    file = read_gguf(place, f"model = {LOCAL}: path = {args['path']}")
    trained = file.context_length or MOST_CONTEXT
    settings = EngineSettings(
        model=LOCAL,
        weights=place.resolve(),
        context=_whole(args, "context", min(trained, MOST_CONTEXT), LEAST_CONTEXT, trained),
        slots=_whole(args, "slots", 1, 1),
        threads=_whole(args, "threads", processors(), 1),
        prefix_cache_mib=PREFIX_CACHE_MIB,
    )
    return engine(settings), file


def _whole(args: Mapping[str, Any], name: str, default: int, low: int, high: int | None = None) -> int:
    """An argument that is a whole number."""
    value = args.get(name)
    value = default if value is None else value
    if isinstance(value, bool) or not isinstance(value, int) or value < low or (high is not None and value > high):
        most = "" if high is None else f" to {high}, what the model was trained for"
        raise ModelUnavailable(f"model = {LOCAL}: {name} = {value!r} must be a whole number from {low}{most}")
    return value


def processors() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def speed_of(args: Mapping[str, Any]) -> Speed:
    """How fast a local model computes on this machine; see `Engine.speed`.

    Raises:
        ModelUnavailable: an argument or the file cannot be used.
        ProviderError: the engine refused to be measured.
    """
    return local_engine(args)[0].speed
