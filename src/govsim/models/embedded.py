"""The embedded models: language models that run in this process, without a key or a network.

`embedded/local` is any chat model in a GGUF file; see `govsim.models.local`. `embedded/smollm2` is a very small model
that is bundled with the package.

The latter is a toy that demonstrates the pipeline. A model of this size does not follow a reply format, so it is guided
through it: before a numeric decision it writes a sentence or two, then the start of each requested line is supplied,
and a grammar allows only valid values for the line.

With one slot (`-M slots=1`) the same prompt gets the same reply, regardless of earlier and concurrent requests (at
temperature 0, or with a seed):

- A token computed alone is rounded differently from one computed in a batch. Therefore, once a reply is written, the
  cached prefix of its prompt is truncated; prompts that share the prefix compute the rest in a batch, as for a prompt
  seen for the first time. Flash attention is disabled, as its rounding depends on the state of the cache.
- One slot answers one question after another. With more slots, the default, replies are decoded concurrently, which is
  about a fifth faster on two cores, but the composition of a batch then affects the rounding and occasionally a reply.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from inspect_ai.model import (
    ChatMessage,
    GenerateConfig,
    ModelAPI,
    ModelCall,
    ModelOutput,
    modelapi,
)
from inspect_ai.tool import ToolChoice, ToolInfo

from govsim.config import LOCAL
from govsim.errors import ContextTooLong, ModelUnavailable
from govsim.models.embedded_engine import PROVIDER, TURN, Engine, EngineSampling, EngineSettings, engine
from govsim.models.embedded_writing import Draft, without_format, write_reply
from govsim.models.local import LocalAPI, processors
from govsim.models.request_parameters import as_response_format, schema_in
from govsim.models.weights import find_weights, verify

MODEL = "smollm2"
CONTEXT = 8192
"""Tokens of a prompt with its reply: the context that the model was trained for."""
PREFIX_CACHE_MIB = 512
"""Memory for prompts that are not in a slot, in MiB; enough for about 20,000 tokens."""
BATCH = 2048
MAX_THREADS = 4
"""Default maximum on machines with many processors: a model this small hardly benefits from more threads."""
MAX_SLOTS = 4
"""Default maximum: each slot needs memory for a whole context."""

_CONTROL = re.compile(r"<(?=\|?\w+\|?>)")


def as_chat(messages: list[ChatMessage]) -> str:
    """Format messages in the model's chat template, up to the start of its reply."""
    turns = []
    for position, message in enumerate(messages):
        text = message.text
        if position == len(messages) - 1:
            text = without_format(text)
        role = message.role if message.role in ("system", "assistant") else "user"
        turns.append(f"<|im_start|>{role}\n{without_control(text)}")
    return "<|im_end|>\n".join(turns) + TURN


def without_control(text: str) -> str:
    """Return a text without the model's control tokens and without invalid Unicode."""
    return _CONTROL.sub("< ", text).encode(errors="replace").decode()


class EmbeddedAPI(ModelAPI):
    """The bundled small model as an Inspect provider."""

    def __init__(
        self,
        model_name: str,
        base_url: str | None = None,
        api_key: str | None = None,
        config: GenerateConfig = GenerateConfig(),  # noqa: B008
        *,
        slots: int | None = None,
        threads: int | None = None,
    ) -> None:
        """Start the model, or use the one that already runs in this process.

        Args:
            model_name: only `smollm2`.
            base_url: not used.
            api_key: not used.
            config: default settings for every question.
            slots: number of questions answered concurrently; by default the number of processors, up to `MAX_SLOTS`.
                Replies are exactly reproducible only with one.
            threads: number of computing threads; by default the number of processors, up to `MAX_THREADS`.

        Raises:
            ModelUnavailable: there is no such model, or its package or weights are missing.
        """
        super().__init__(model_name, base_url, api_key, [], config)
        if model_name != MODEL:
            raise ModelUnavailable(
                f"model = {PROVIDER}/{model_name}: no such embedded model; choose from {PROVIDER}/{MODEL} and {LOCAL}"
            )
        slots = min(processors(), MAX_SLOTS) if slots is None else slots
        threads = min(processors(), MAX_THREADS) if threads is None else threads
        for name, value in {"slots": slots, "threads": threads}.items():
            if not isinstance(value, int) or value < 1:
                raise ModelUnavailable(
                    f"model = {PROVIDER}/{MODEL}: {name} = {value!r} is not allowed; must be a whole number, at least 1"
                )
        self._engine = smollm2_engine(slots=slots, threads=threads)

    async def generate(
        self,
        input: list[ChatMessage],  # noqa: A002
        tools: list[ToolInfo],
        tool_choice: ToolChoice,
        config: GenerateConfig,
    ) -> tuple[ModelOutput, ModelCall]:
        """Reply to a chat. Tools are ignored. If the prompt is too long, the stop reason is `model_length`."""
        draft = Draft(
            engine=self._engine,
            prompt=as_chat(input),
            sampling=EngineSampling(temperature=config.temperature or 0.0, top_p=config.top_p, seed=config.seed),
            allowance=config.max_tokens or CONTEXT,
        )
        last_message = input[-1].text if input else ""
        schema = schema_in(config)
        form = {} if schema is None else {"response_format": as_response_format(schema)}
        call = ModelCall.create({**draft.sampling.as_request(), "max_tokens": draft.allowance, **form}, None)
        cancelled = threading.Event()
        job = self._engine.submit(partial(write_reply, draft, last_message, cancelled.is_set, schema))
        try:
            stop_reason = await asyncio.wrap_future(job)
        except ContextTooLong as error:
            return ModelOutput.from_content(self.model_name, "", stop_reason="model_length", error=str(error)), call
        finally:
            cancelled.set()
        output = ModelOutput.from_content(self.model_name, draft.text, stop_reason=stop_reason)
        output.usage = draft.usage()
        output.input_context_tokens = draft.pieces[0].prompt_tokens
        return output, call

    def max_connections(self) -> int:
        """The number of slots."""
        return self._engine.settings.slots

    def connection_key(self) -> str:
        """The same key for all instances, as they share one engine and its slots."""
        return PROVIDER


def smollm2_engine(*, slots: int, threads: int) -> Engine:
    """The engine that runs the bundled weights.

    Raises:
        ModelUnavailable: the library or the weights are missing, or it already runs with other settings.
    """
    weights = find_weights()
    verify(weights)
    return engine(
        EngineSettings(
            model=f"{PROVIDER}/{MODEL}",
            weights=weights,
            context=CONTEXT,
            slots=slots,
            threads=threads,
            prefix_cache_mib=PREFIX_CACHE_MIB,
            batch=BATCH,
            flash_attention=False,
        )
    )


def open_embedded(
    model_name: str,
    base_url: str | None = None,
    api_key: str | None = None,
    config: GenerateConfig = GenerateConfig(),  # noqa: B008
    **args: Any,
) -> ModelAPI:
    """Open an embedded model by its name without the provider.

    Raises:
        ModelUnavailable: there is no such model, or it cannot be used.
    """
    api = LocalAPI if f"{PROVIDER}/{model_name}" == LOCAL else EmbeddedAPI
    return api(model_name, base_url, api_key, config, **args)


@modelapi(name=PROVIDER)
def embedded() -> Callable[..., ModelAPI]:
    """The provider of the embedded models."""
    return open_embedded
