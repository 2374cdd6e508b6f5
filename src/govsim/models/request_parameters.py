"""The settings of a request to a model, beside the question: those requested, and those actually sent.

Providers support different settings, and Inspect omits those that a model does not support. The body of a request is
read from Inspect's record of the call, so that a journal contains what was sent and not what was requested.
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
"""Model arguments for streamed replies: providers support one or the other; here either works for all."""

_NAMES = {
    **{name: name for name in ("temperature", "top_p", "top_k", "seed", "max_tokens", "reasoning_effort")},
    **{"topP": "top_p", "topK": "top_k", "random_seed": "seed"},
    **dict.fromkeys(("max_completion_tokens", "max_output_tokens", "maxOutputTokens", "maxTokens"), "max_tokens"),
    **dict.fromkeys(("effort", "thinkingLevel", "thinking_level", "maxReasoningEffort"), "reasoning_effort"),
    **dict.fromkeys(("budget_tokens", "thinkingBudget", "thinking_budget"), "reasoning_tokens"),
}
"""Settings of `models.sampling` by their names in requests."""

_OF_REASONING = {"max_tokens": "reasoning_tokens", "summary": "reasoning_summary"}
"""The same within an object `reasoning`."""

_FORMATS = frozenset({"response_format", "format", "output_format", "response_mime_type"})
"""Names of fields that set the format of a reply."""

_KEPT = frozenset(
    {*_NAMES, *_FORMATS, "reasoning", "thinking", "output_config", "thinkingConfig", "stream", "service_tier"}
)
"""Names of fields that affect how a reply is generated."""

_SCHEMAS = frozenset({"schema", "schema_definition", "response_json_schema"})
"""Names of the field with a reply's schema, which follows from the question and is not recorded with each request."""

_OMITTED = frozenset(
    {"model", "modelId", "messages", "input", "contents", "system", "system_instruction", "tools", "tool_choice"}
    | {"extra_headers", "extra_query", "http_options", "stream_options", "include", "metadata"}
)
"""Fields of a request that contain the question, or do not affect how it is answered."""

SCHEMA = "response_schema"
"""The name of a reply's JSON schema among the settings that were not sent."""

_MAX_LENGTH = 200


def generate_config(settings: ModelSettings, connections: int | None = None) -> GenerateConfig:
    """Convert settings for Inspect.

    Args:
        settings: the requested settings.
        connections: maximum number of concurrent requests; None to leave it to Inspect.
    """
    sampling: dict[str, Any] = settings.sampling.model_dump(exclude_none=True)
    # Without it, Inspect sends a request of its own to find out whether OpenAI's reasoning models return summaries.
    sampling.setdefault("reasoning_summary", "none")
    body = dict(settings.extra_body) or None
    return GenerateConfig(**sampling, extra_body=body, max_connections=connections)


def with_schema(schema: Schema | None) -> GenerateConfig:
    """Additional Inspect settings for a question: no retries by Inspect, and the schema of its reply, if any."""
    if schema is None:
        return GenerateConfig(max_retries=0)
    wanted = ResponseSchema(name="reply", json_schema=JSONSchema.model_validate(schema), strict=True)
    return GenerateConfig(max_retries=0, response_schema=wanted)


def schema_in(config: GenerateConfig) -> Schema | None:
    """The schema of a reply in Inspect's settings; None if there is none."""
    wanted = config.response_schema
    return None if wanted is None else wanted.json_schema.model_dump(exclude_none=True)


def as_response_format(schema: Schema) -> dict[str, Any]:
    """A schema in the form that OpenAI-compatible servers expect."""
    return {"type": "json_schema", "json_schema": {"name": "reply", "schema": schema, "strict": True}}


def adapted(model: Model, settings: ModelSettings, address: str | None) -> Model:
    """Apply the settings that each provider supports in its own way: fields of the body, `top_k` and streaming.

    Args:
        model: the model as opened by Inspect.
        settings: the requested settings.
        address: the address of a running server; None if there is none, or for the provider's default.

    Raises:
        ValueError: the provider does not support streaming, or an argument would have no effect.
    """
    api: Any = model.api
    is_compatible = "OpenAICompatibleAPI" in {base.__name__ for base in type(api).__mro__}
    if hasattr(api, BODY):  # Anthropic, which otherwise accepts only some fields
        api.extra_body = dict(settings.extra_body) or None
    if settings.sampling.top_k is not None and is_compatible:
        model.config.extra_body = {**(model.config.extra_body or {}), "top_k": settings.sampling.top_k}
    if address is not None:
        _check_server_arguments(api, settings)
    if (wanted := _is_streamed(settings)) is None:
        return model
    if is_compatible:
        api.resolve_stream = lambda config: wanted  # an attribute would be lost in providers that connect late
    elif "streaming" in vars(api):
        api.streaming = wanted
    else:
        raise ValueError(
            f"stream = {json.dumps(wanted)}: this provider does not support streaming; remove the argument"
        )
    return model


def _is_streamed(settings: ModelSettings) -> bool | None:
    """Whether to stream replies; None to leave it to Inspect."""
    given = [(name, settings.args[name]) for name in STREAMING if settings.args.get(name) is not None]
    for name, value in given:
        if not isinstance(value, bool):
            raise ValueError(f"{name} = {value!r} is not allowed; must be true or false")
    return bool(given[0][1]) if given else None


def _check_server_arguments(api: Any, settings: ModelSettings) -> None:
    """Reject arguments for a server that Inspect would start if one is already running: they would be ignored."""
    parameters = signature(type(api).__init__).parameters
    if "server_args" in parameters:
        for name in settings.args:
            if name not in (*parameters, *STREAMING):
                raise ValueError(
                    f"{name} is an argument for a server that Inspect would start, but the server is already running; "
                    "set fields of requests in models.extra_body"
                )


def sent_in(call: ModelCall | None, settings: ModelSettings, schema: Schema | None, **about: str | None) -> RequestLine:
    """Return the content of a request, and where it differs from the requested settings.

    Args:
        call: Inspect's record of the request; None if the provider keeps none.
        settings: the requested settings.
        schema: the JSON schema that the reply had to match; None for a text reply.
        about: further fields of the journal line.
    """
    if call is None:
        return RequestLine.of(settings.name, **about)
    body = {str(name) for name in settings.extra_body}
    fields = {
        ".".join(path): value
        for path, value in _leaves(_body_of(call.request))
        if path[0] in body or (path[0] not in _OMITTED and _KEPT & set(path) and not _SCHEMAS & set(path))
    }
    differing = _differing(settings, fields)
    if schema is not None and not _contains(_body_of(call.request), schema):
        differing[SCHEMA] = None
    return RequestLine.of(settings.name, sent=fields, differing=differing, **about)


def _contains(sent: Any, schema: Schema) -> bool:
    """Whether a request contains a schema at any place; providers may omit parts of it."""
    if isinstance(sent, Mapping):
        properties = sent.get("properties")
        is_it = isinstance(properties, Mapping) and list(properties) == list(schema["properties"])
        return is_it or any(_contains(value, schema) for value in sent.values())
    return isinstance(sent, list) and any(_contains(value, schema) for value in sent)


def _differing(settings: ModelSettings, sent: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    found = {name: value for path, value in sent.items() if (name := _setting_of(path)) is not None}
    asked: dict[str, JsonValue] = settings.sampling.model_dump(exclude_none=True)
    if "reasoning_tokens" in found and "reasoning_effort" not in found:
        asked.pop("reasoning_effort", None)  # some models express an effort as a number of tokens
    differing = {name: found.get(name) for name, value in asked.items() if found.get(name) != value}
    for path, value in _leaves(settings.extra_body):
        name = ".".join(path)
        if sent.get(name) != _short(value):
            differing[f"{BODY}.{name}"] = sent.get(name)
    return differing


def _setting_of(path: str) -> str | None:
    """The setting of `models.sampling` that a field of a request corresponds to."""
    *above, name = path.split(".")
    return _OF_REASONING.get(name, _NAMES.get(name)) if "reasoning" in above else _NAMES.get(name)


def _body_of(request: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a request, with the extra fields merged in as the client does."""
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
    """A value as recorded in a journal."""
    if isinstance(value, str):
        return value[:_MAX_LENGTH]
    return value if isinstance(value, bool | int | float | list | dict) else str(value)[:_MAX_LENGTH]


_CALLS: ContextVar[list[ModelCall] | None] = ContextVar("calls", default=None)


def collect_calls() -> list[ModelCall]:
    """Return a list to which Inspect's record of every further call of the current task is appended.

    A later call of this function in the same task starts a new list.
    """
    calls: list[ModelCall] = []
    _CALLS.set(calls)
    return calls


def note_call(result: Any) -> None:
    """Append Inspect's record of a call, if a provider returned one with its reply, to the current list."""
    calls = _CALLS.get()
    if calls is not None and isinstance(result, tuple) and len(result) == 2:
        calls.append(result[1])


class _Prepared(BaseException):
    """A request is ready to be sent. Not an `Exception`, as a provider would treat that as a failure."""


class _CallInterceptor:
    """Replaces Inspect's event of a call, and stops the call once its request is complete."""

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
"""Providers, by class, that complete a request before they send anything."""


def rehearse(model: Model, generate: Any, settings: ModelSettings) -> RequestLine | None:
    """Find out what a request to a model will contain. Nothing is sent: the provider is stopped before sending.

    Args:
        model: the model.
        generate: the provider's own method for requests.
        settings: the requested settings.

    Returns:
        The request; None if the provider cannot be stopped before sending.
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
    interceptor: Any = _CallInterceptor()
    messages = [ChatMessageSystem(content="Rules."), ChatMessageUser(content="Question?")]
    try:
        with track_active_model_event(interceptor):
            await generate(messages, [], "none", config)
    except _Prepared:
        pass
    except Exception:  # noqa: BLE001 - an invalid request is reported when it is sent
        return None
    prepared: ModelCall | None = interceptor.prepared
    return prepared
