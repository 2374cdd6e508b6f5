"""A layer between a provider's client library and Inspect that normalizes unusual responses and raises failures.

Inspect expects responses in the format documented by OpenAI. Compatible servers omit or add parts. Inspect also sends
requests of its own, which would be missing from journals and budgets; they are suppressed.
"""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

from inspect_ai.model import ModelAPI, ModelOutput

from govsim.models.evidence import FailedResponse

_UNKNOWN = "unknown_counts"
_COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens")


def prepare_client(api: ModelAPI) -> None:
    """Make a provider send each request once and no others, and inspect responses before its client library does.

    Some providers create their client only on first use, or recreate it.
    """
    _prepare_client(api)
    initialize = api.initialize

    def initialized() -> None:
        initialize()
        _prepare_client(api)

    setattr(api, "initialize", initialized)  # noqa: B010 - a plain assignment is not allowed for a method
    if hasattr(api, "_register_context_window"):  # requests the list of models from a vLLM server
        setattr(api, "_register_context_window", _nothing)  # noqa: B010
    if hasattr(api, "_reasoning_summaries"):  # otherwise tests with a request whether the account has access
        setattr(api, "_reasoning_summaries", False)  # noqa: B010


def checked(result: Any) -> Any:
    """Return Inspect's result for a response, with the data that Inspect drops; an error is returned unchanged.

    Raises:
        FailedResponse: the response contains a failure instead of an answer.
    """
    output, call = result if isinstance(result, tuple) else (result, None)
    if isinstance(output, Exception):
        return result
    response = getattr(call, "response", None)
    if (failure := failure_in_output(output, response)) is not None:
        raise FailedResponse(failure, 200)
    usage = response.get("usage") if isinstance(response, dict) else None
    if isinstance(usage, dict):
        _add_cost(output, usage)
        if usage.get(_UNKNOWN):
            output.metadata = {**(output.metadata or {}), _UNKNOWN: usage[_UNKNOWN]}
    return result


def address_of(api: ModelAPI) -> str | None:
    """The address that a provider uses; None if it is unknown."""
    shown = getattr(getattr(api, "client", None), "base_url", None) or getattr(api, "base_url", None)
    return str(shown) if shown else None


def is_unknown(output: ModelOutput, count: str) -> bool:
    """Whether a provider did not report a token count, so that the count in the output is a placeholder."""
    return count in (output.metadata or {}).get(_UNKNOWN, ())


def failure_in_output(output: Any, response: Any) -> object | None:
    """Return the failure in Inspect's output; None if there is an answer.

    A response with a successful status can still be a failure: the provider reports one (`finish_reason: error`), or
    sends neither content nor a reason why the model stopped. An empty text with a stop reason is a valid answer.

    Args:
        output: Inspect's `ModelOutput`.
        response: the body of the response; None if Inspect does not keep it.
    """
    if output.empty:
        return {"message": "the response contains no answer (finish_reason is missing)"}
    if (choice := _first_choice(response)) is not None:
        if choice.get("error") or choice.get("finish_reason") == "error":
            return choice.get("error") or {"message": "the provider ended the reply with finish_reason: error"}
        if _is_nothing(choice, response):
            return {"message": f"the reply has no content (finish_reason: {choice.get('finish_reason')})"}
    if output.stop_reason == "unknown" and not (output.message.content or output.message.tool_calls):
        return {"message": "the reply is empty without a finish_reason that would explain it"}
    return None


def _first_choice(response: Any) -> dict[str, Any] | None:
    choices = response.get("choices") if isinstance(response, dict) else None
    return choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else None


def _is_nothing(choice: dict[str, Any], response: dict[str, Any]) -> bool:
    """Whether a reply has no text, refusal, tool calls or reasoning, although it is marked as complete."""
    message = choice.get("message") or {}
    parts = ("content", "refusal", "tool_calls", "function_call", "reasoning", "reasoning_content", "reasoning_details")
    thought = ((response.get("usage") or {}).get("completion_tokens_details") or {}).get("reasoning_tokens")
    is_empty = message.get("content") is None and not any(message.get(part) for part in parts) and not thought
    return is_empty and choice.get("finish_reason") in (None, "stop", "eos", "unknown")


def _prepare_client(api: ModelAPI) -> None:
    client: Any = getattr(api, "client", None)
    if hasattr(client, "max_retries"):
        client.max_retries = 0  # its retries and waits would not be counted
    if hasattr(client, "messages") and hasattr(client.messages, "count_tokens"):
        client.messages.count_tokens = _no_tokens
    for http in (getattr(client, "_client", None), getattr(api, "http_client", None)):
        hooks = getattr(http, "event_hooks", None)
        if http is not None and isinstance(hooks, dict) and _read not in hooks.get("response", []):
            http.event_hooks = {**hooks, "response": [*hooks.get("response", []), _read]}


async def _nothing(*_: Any, **__: Any) -> None:
    """Replaces a request that is not sent."""


async def _no_tokens(*_: Any, **__: Any) -> SimpleNamespace:
    """Replaces a request that counts reasoning tokens, which are counted with the reply."""
    return SimpleNamespace(input_tokens=0)


async def _read(response: Any) -> None:
    """Inspect a response before the client library does.

    Raises:
        FailedResponse: it is a failure, or not a model's response, regardless of its status code.
    """
    kind = response.headers.get("content-type", "")
    if response.status_code != 200 or response.request.method != "POST" or "event-stream" in kind:
        return
    content = await response.aread()
    try:
        body = json.loads(content)
    except ValueError:
        body = content.decode(errors="replace")
    if not isinstance(body, dict) or _is_failure(body, response.request.url.path):
        raise FailedResponse(body or "the response is empty", 200, response.request)
    if response.request.url.path.endswith("/chat/completions") and _normalize(body):
        response._content = json.dumps(body).encode()


def _is_failure(body: dict[str, Any], path: str) -> bool:
    if body.get("error") or body.get("type") == "error" or body.get("object") == "error":
        return True
    return path.endswith("/chat/completions") and not body.get("choices")


def _normalize(body: dict[str, Any]) -> bool:
    """Convert a chat completion to the expected format; return whether anything was changed."""
    before = json.dumps(body)
    for index, choice in enumerate(body["choices"]):
        if isinstance(choice, dict):
            choice["index"] = choice.get("index") or index
            choice.setdefault("finish_reason", None)
            if isinstance(choice.get("message"), dict):
                _normalize_message(choice["message"])
    for name, usual in (("id", ""), ("model", ""), ("usage", None)):
        body.setdefault(name, usual)
    body["usage"] = _normalized_usage(body["usage"])
    return json.dumps(body) != before


def _normalize_message(message: dict[str, Any]) -> None:
    """Join the parts of text and reasoning into one text each."""
    parts = message.get("content")
    if isinstance(parts, dict):
        parts = [parts]
    if not isinstance(parts, list):
        return
    texts: list[str] = []
    thoughts: list[str] = []
    for part in parts:
        kind = part.get("type", "text") if isinstance(part, dict) else "text"
        (thoughts if kind in ("thinking", "reasoning") else texts).append(_text_of(part))
    message["content"] = "".join(texts)
    if thought := "".join(thoughts):
        message.setdefault("reasoning_content", thought)


def _text_of(part: Any) -> str:
    if isinstance(part, list):
        return "".join(map(_text_of, part))
    if not isinstance(part, dict):
        return part if isinstance(part, str) else ""
    return next((_text_of(part[key]) for key in ("text", "thinking", "reasoning", "content") if part.get(key)), "")


def _normalized_usage(usage: Any) -> dict[str, Any] | None:
    """Token counts as whole numbers; a missing one is computed from the others or marked as unknown."""
    if not isinstance(usage, dict):
        return None
    read, written, total = (_count(usage.get(name)) for name in _COUNTS)
    if read is None and total is not None and written is not None:
        read = total - written
    if written is None and total is not None and read is not None:
        written = total - read
    known = dict(zip(_COUNTS, (read, written, (read or 0) + (written or 0) if total is None else total), strict=True))
    unknown = [name for name, count in known.items() if count is None]
    details = {
        name: value for name, value in usage.items() if name.endswith("_details") and not isinstance(value, dict)
    }
    usual = {**usage, **{name: count or 0 for name, count in known.items()}, **dict.fromkeys(details)}
    return {**usual, _UNKNOWN: unknown} if unknown else usual


def _count(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _add_cost(output: ModelOutput, usage: dict[str, Any]) -> None:
    """Add the cost in dollars that a router reports."""
    cost = usage.get("cost")
    if output.usage is not None and output.usage.total_cost is None and isinstance(cost, int | float) and cost >= 0:
        output.usage.total_cost = float(cost)
