"""What a request to a model holds beside the question: which settings are asked for, and which were sent.

Providers take different settings, and Inspect leaves out those that a model does not take. What it put into the body of
a request is read from its own record of the call, so that a journal holds what was sent and not what was asked for.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from inspect import signature
from typing import Any

from inspect_ai.log._samples import track_active_model_event
from inspect_ai.model import (
    ChatMessageSystem,
    ChatMessageUser,
    GenerateConfig,
    Model,
    ModelCall,
    ResponseSchema,
)
from inspect_ai.util import JSONSchema
from pydantic import JsonValue

from govsim.journal import RequestLine
from govsim.models.client import ModelSettings
from govsim.models.fields import NumberField
from govsim.models.structured import Schema, schema_of

BODY = "extra_body"

STREAMING = ("stream", "streaming")
"""Model arguments for replies that are streamed: providers take one or the other, and either is taken for all."""

_NAMES = {
    **{name: name for name in ("temperature", "top_p", "top_k", "seed", "max_tokens", "reasoning_effort")},
    **{"topP": "top_p", "topK": "top_k", "random_seed": "seed"},
    **dict.fromkeys(("max_completion_tokens", "max_output_tokens", "maxOutputTokens", "maxTokens"), "max_tokens"),
    **dict.fromkeys(("effort", "thinkingLevel", "thinking_level", "maxReasoningEffort"), "reasoning_effort"),
    **dict.fromkeys(("budget_tokens", "thinkingBudget", "thinking_budget"), "reasoning_tokens"),
}
"""Settings of `models.sampling` by the names that requests have for them."""

_OF_REASONING = {"max_tokens": "reasoning_tokens", "summary": "reasoning_summary"}
"""The same inside of an object `reasoning`."""

_FORMATS = frozenset({"response_format", "format", "output_format", "response_mime_type"})
"""Names of fields that say in which form a reply comes."""

_KEPT = frozenset(
    {*_NAMES, *_FORMATS, "reasoning", "thinking", "output_config", "thinkingConfig", "stream", "service_tier"}
)
"""Names of fields that say how a reply is made."""

_SCHEMAS = frozenset({"schema", "schema_definition", "response_json_schema"})
"""Names that the schema of a reply goes by: it follows from the question, and is not recorded with each."""

_LEFT_OUT = frozenset(
    {"model", "modelId", "messages", "input", "contents", "system", "system_instruction", "tools", "tool_choice"}
    | {"extra_headers", "extra_query", "http_options", "stream_options", "include", "metadata"}
)
"""Fields of a request that hold the question, or say nothing of how it is answered."""

SCHEMA = "response_schema"
"""Stands for the JSON schema of a reply among the settings that were not sent."""

_LONGEST = 200


def generate_config(settings: ModelSettings, connections: int) -> GenerateConfig:
    """Inspect's settings for asking a model.

    Args:
        settings: what is asked for.
        connections: maximum number of requests in flight.
    """
    sampling: dict[str, Any] = settings.sampling.model_dump(exclude_none=True)
    # Without it, Inspect asks OpenAI's reasoning models something of its own, to find out whether they give summaries.
    sampling.setdefault("reasoning_summary", "none")
    body = dict(settings.extra_body) or None
    return GenerateConfig(**sampling, extra_body=body, max_connections=connections, max_retries=0)


def with_schema(schema: Schema | None) -> GenerateConfig:
    """What is added to Inspect's settings for a question: the schema of its reply, where there is one."""
    if schema is None:
        return GenerateConfig()
    json_schema = JSONSchema.model_validate(schema)
    return GenerateConfig(response_schema=ResponseSchema(name="reply", json_schema=json_schema, strict=True))


def schema_in(config: GenerateConfig) -> Schema | None:
    """The schema of a reply in Inspect's settings for a question."""
    wanted = config.response_schema
    return None if wanted is None else wanted.json_schema.model_dump(exclude_none=True)


def as_response_format(schema: Schema) -> dict[str, Any]:
    """A schema as servers in OpenAI's style take it."""
    return {"type": "json_schema", "json_schema": {"name": "reply", "schema": schema, "strict": True}}


def adapted(model: Model, settings: ModelSettings, address: str | None) -> Model:
    """A model with what each provider takes in its own way: fields of the body, `top_k`, and streaming.

    Args:
        model: as Inspect opened it.
        settings: what is asked for.
        address: of a server that runs already; None where there is none, or it is the provider's own.

    Raises:
        ValueError: its provider does not stream replies, or an argument would have no effect.
    """
    api: Any = model.api
    is_compatible = "OpenAICompatibleAPI" in {base.__name__ for base in type(api).__mro__}
    if hasattr(api, BODY):  # Anthropic's, which takes only some fields from elsewhere
        api.extra_body = dict(settings.extra_body) or None
    if settings.sampling.top_k is not None and is_compatible:
        model.config.extra_body = {**(model.config.extra_body or {}), "top_k": settings.sampling.top_k}
    if address is not None:
        _check_server_arguments(api, settings)
    if (wanted := _is_streamed(settings)) is None:
        return model
    if is_compatible:
        api.resolve_stream = lambda config: wanted  # those that connect late would forget an attribute
    elif "streaming" in vars(api):
        api.streaming = wanted
    else:
        raise ValueError(f"stream = {json.dumps(wanted)}: this provider does not stream replies; leave it out")
    return model


def _is_streamed(settings: ModelSettings) -> bool | None:
    """Whether replies are to be streamed; None where that is left to Inspect."""
    given = [(name, settings.args[name]) for name in STREAMING if settings.args.get(name) is not None]
    for name, value in given:
        if not isinstance(value, bool):
            raise ValueError(f"{name} = {value!r}: must be true or false")
    return bool(given[0][1]) if given else None


def _check_server_arguments(api: Any, settings: ModelSettings) -> None:
    """Refuse arguments of a server that Inspect would start, where one runs already: they would be dropped."""
    parameters = signature(type(api).__init__).parameters
    if "server_args" in parameters:
        for name in settings.args:
            if name not in (*parameters, *STREAMING):
                raise ValueError(
                    f"{name}: is an argument for a server that Inspect starts, and this one runs already; fields of "
                    "requests belong into models.extra_body"
                )


def sent_in(call: ModelCall | None, settings: ModelSettings, schema: Schema | None, **about: str | None) -> RequestLine:
    """What a request held, and where that differs from what was asked for.

    Args:
        call: Inspect's record of the request; None where the provider keeps none.
        settings: what was asked for.
        schema: the JSON schema that the reply was to match; None for a reply in text.
        about: what else the line of the journal says.
    """
    if call is None:
        return RequestLine.of(settings.name, **about)
    body = {str(name) for name in settings.extra_body}
    fields = {
        ".".join(path): value
        for path, value in _leaves(_body_of(call.request))
        if path[0] in body or (path[0] not in _LEFT_OUT and _KEPT & set(path) and not _SCHEMAS & set(path))
    }
    differing = _differing(settings, fields)
    if schema is not None and not _holds(_body_of(call.request), schema):
        differing[SCHEMA] = None
    return RequestLine.of(settings.name, sent=fields, differing=differing, **about)


def _holds(sent: Any, schema: Schema) -> bool:
    """Whether a request holds a schema, wherever it has its place; providers leave parts of one out."""
    if isinstance(sent, Mapping):
        properties = sent.get("properties")
        is_it = isinstance(properties, Mapping) and list(properties) == list(schema["properties"])
        return is_it or any(_holds(value, schema) for value in sent.values())
    return isinstance(sent, list) and any(_holds(value, schema) for value in sent)


def _differing(settings: ModelSettings, sent: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    found = {name: value for path, value in sent.items() if (name := _setting_of(path)) is not None}
    asked: dict[str, JsonValue] = settings.sampling.model_dump(exclude_none=True)
    if "reasoning_tokens" in found and "reasoning_effort" not in found:
        asked.pop("reasoning_effort", None)  # some models take an effort as the number of tokens that it stands for
    differing = {name: found.get(name) for name, value in asked.items() if found.get(name) != value}
    for path, value in _leaves(settings.extra_body):
        name = ".".join(path)
        if sent.get(name) != _short(value):
            differing[f"{BODY}.{name}"] = sent.get(name)
    return differing


def _setting_of(path: str) -> str | None:
    """The setting of `models.sampling` that a field of a request stands for."""
    *above, name = path.split(".")
    return _OF_REASONING.get(name, _NAMES.get(name)) if "reasoning" in above else _NAMES.get(name)


def _body_of(request: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a request; what is added to it by name stands where the client puts it."""
    extra = request.get(BODY)
    plain = {name: value for name, value in request.items() if name != BODY}
    return {**plain, **extra} if isinstance(extra, Mapping) else plain


def _leaves(content: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], JsonValue]]:
    for name, value in content.items():
        path = (*above, str(name))
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, path)
        elif value is not None:
            yield path, _short(value)


def _short(value: Any) -> JsonValue:
    """A value as it stands in a journal."""
    if isinstance(value, str):
        return value[:_LONGEST]
    return value if isinstance(value, bool | int | float | list | dict) else str(value)[:_LONGEST]


_CALLS: ContextVar[list[ModelCall] | None] = ContextVar("calls", default=None)


def listen() -> list[ModelCall]:
    """A list that takes Inspect's record of every call that the current task makes from now on."""
    calls: list[ModelCall] = []
    _CALLS.set(calls)
    return calls


def heard(result: Any) -> None:
    """Take note of what a provider returned: its reply, perhaps with Inspect's record of the call."""
    calls = _CALLS.get()
    if calls is not None and isinstance(result, tuple) and len(result) == 2:
        calls.append(result[1])


class _Prepared(BaseException):
    """A request is ready to be sent. Not an `Exception`, lest a provider takes it for a failure."""


class _Desk:
    """Stands in for Inspect's event of a call, and stops it where its request has been put together."""

    retries = request_ids = None

    def __init__(self) -> None:
        self.prepared: ModelCall | None = None

    @property
    def call(self) -> ModelCall | None:
        return self.prepared

    @call.setter
    def call(self, call: ModelCall) -> None:
        self.prepared = call
        raise _Prepared


_PREPARING = ("OpenAICompatibleAPI", "OpenRouterAPI", "OpenAIAPI", "AnthropicAPI", "GoogleGenAIAPI")
"""Providers that put a request together before anything else and send nothing until then, by class."""


def rehearse(model: Model, generate: Any, settings: ModelSettings) -> RequestLine | None:
    """What a request to a model will hold. Nothing is sent: its provider is stopped when the request is ready.

    Args:
        model: the model.
        generate: the provider's own method that asks it.
        settings: what is asked for.

    Returns:
        None where the provider is none of those that can be stopped there.
    """
    if getattr(generate, "__qualname__", "") not in {f"{name}.generate" for name in _PREPARING}:
        return None
    schema = schema_of((NumberField(tag="Answer", low=0, high=1),)) if settings.replies == "structured" else None
    with ThreadPoolExecutor(max_workers=1) as thread:  # an event loop may be running in this one
        call = thread.submit(lambda: asyncio.run(_prepared(model, generate, schema))).result()
    return None if call is None else sent_in(call, settings, schema)


async def _prepared(model: Model, generate: Any, schema: Schema | None) -> ModelCall | None:
    config = model.config.model_copy(deep=True).merge(with_schema(schema))
    if config.max_tokens is None:
        config.max_tokens = model.api.max_tokens_for_config(config) or model.api.max_tokens()
    desk: Any = _Desk()
    messages = [ChatMessageSystem(content="Rules."), ChatMessageUser(content="Question?")]
    try:
        with track_active_model_event(desk):
            await generate(messages, [], "none", config)
    except _Prepared:
        pass
    except Exception:  # noqa: BLE001 - an invalid request is reported when it is made
        return None
    prepared: ModelCall | None = desk.prepared
    return prepared
