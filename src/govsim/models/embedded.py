"""The embedded models: language models inside this process, without a key or a network.

`embedded/local` is any chat model in a GGUF file; see `govsim.models.local`. `embedded/smollm2` is the very small one
that comes with the package.

The latter is a toy that proves the pipeline. A model of this size does not keep to a reply format, so it is led through
one: where a number is to be decided it first writes a sentence or two, then each line that the prompt asks for is begun
for it, and a grammar allows only values that the line may hold.

With one slot (`-M slots=1`) the same prompt gets the same reply, whatever else was asked before or meanwhile (at
temperature 0, or with a seed):

- A token computed alone rounds differently from one computed in a batch. So what the prefix cache keeps of a reply's
  prompt is cut back before its end when the reply is written; whoever shares the prefix then computes the rest in a
  batch, as for a prompt seen for the first time. Flash attention is off, as it rounds by the state of the cache.
- One slot answers one question after another. More slots, as there are by default, decode side by side, which is
  faster by about a fifth on two cores, but what stands in the same batch then shows in the rounding, and now and then
  in a reply.
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
from govsim.models.embedded_engine import PROVIDER, TURN, Engine, EngineSettings, Sampling, engine
from govsim.models.embedded_writing import Draft, without_format, write_reply
from govsim.models.local import LocalAPI, processors
from govsim.models.requests import as_response_format, schema_in
from govsim.models.weights import find_weights, verify

MODEL = "smollm2"
CONTEXT = 8192
"""Tokens of a prompt with its reply: what the model was trained for."""
PREFIX_CACHE_MIB = 512
"""Memory for prompts that are not in a slot: about 20,000 tokens."""
BATCH = 2048
MOST_THREADS = 4
"""A cautious cap for machines with many processors: a model this small gives many threads little to do each."""
MOST_SLOTS = 4
"""Each slot takes memory for a whole context."""

_CONTROL = re.compile(r"<(?=\|?\w+\|?>)")


def as_chat(messages: list[ChatMessage]) -> str:
    """Messages in the model's chat template, up to where its reply begins."""
    turns = []
    for position, message in enumerate(messages):
        text = message.text
        if position == len(messages) - 1:
            text = without_format(text)
        role = message.role if message.role in ("system", "assistant") else "user"
        turns.append(f"<|im_start|>{role}\n{without_control(text)}")
    return "<|im_end|>\n".join(turns) + TURN


def without_control(text: str) -> str:
    """A text in which nothing is read as one of the model's control tokens, nor is invalid Unicode."""
    return _CONTROL.sub("< ", text).encode(errors="replace").decode()


class EmbeddedAPI(ModelAPI):
    """The small model that comes with the package, as a provider of Inspect."""

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
        """Start the model, or join the one that this process already runs.

        Args:
            model_name: only `smollm2`.
            base_url: not used.
            api_key: not used.
            config: settings for every question.
            slots: how many questions are answered side by side; by default as many as there are processors, up to
                `MOST_SLOTS`. Only with one are replies exactly reproducible.
            threads: how many threads compute; by default as many as there are processors, up to `MOST_THREADS`.

        Raises:
            ModelUnavailable: there is no such model, or its package or weights are missing.
        """
        super().__init__(model_name, base_url, api_key, [], config)
        if model_name != MODEL:
            raise ModelUnavailable(
                f"model = {PROVIDER}/{model_name}: there is no such model; choose from {PROVIDER}/{MODEL} and {LOCAL}"
            )
        slots = min(processors(), MOST_SLOTS) if slots is None else slots
        threads = min(processors(), MOST_THREADS) if threads is None else threads
        for name, value in {"slots": slots, "threads": threads}.items():
            if not isinstance(value, int) or value < 1:
                raise ModelUnavailable(f"model = {PROVIDER}/{MODEL}: {name} = {value!r} must be a whole number from 1")
        self._engine = smollm2_engine(slots=slots, threads=threads)

    async def generate(
        self,
        input: list[ChatMessage],  # noqa: A002
        tools: list[ToolInfo],
        tool_choice: ToolChoice,
        config: GenerateConfig,
    ) -> tuple[ModelOutput, ModelCall]:
        """Reply to a chat. Tools are ignored. A prompt that is too long gives the stop reason `model_length`."""
        draft = Draft(
            engine=self._engine,
            prompt=as_chat(input),
            sampling=Sampling(temperature=config.temperature or 0.0, top_p=config.top_p, seed=config.seed),
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
        """As many questions at once as there are slots."""
        return self._engine.settings.slots

    def connection_key(self) -> str:
        """All instances share one engine, and so its slots."""
        return PROVIDER


def smollm2_engine(*, slots: int, threads: int) -> Engine:
    """The engine that runs the weights which come with the package.

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
    """One of the embedded models, by its name without the provider.

    Raises:
        ModelUnavailable: there is no such model, or it cannot be used.
    """
    api = LocalAPI if f"{PROVIDER}/{model_name}" == LOCAL else EmbeddedAPI
    return api(model_name, base_url, api_key, config, **args)


@modelapi(name=PROVIDER)
def embedded() -> Callable[..., ModelAPI]:
    """The provider of the embedded models."""
    return open_embedded
