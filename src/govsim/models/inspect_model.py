"""Language models, accessed through Inspect, which implements the providers; importing this imports Inspect."""

from __future__ import annotations

import asyncio
import re
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Literal

import inspect_ai.model
from inspect_ai._util import platform
from inspect_ai._util.error import PrerequisiteError
from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageUser,
    Model,
    ModelAPI,
    ModelCall,
    ModelOutput,
    ModelUsage,
)
from rich.errors import MarkupError
from rich.text import Text
from tenacity import RetryError

from govsim.config import Execution
from govsim.errors import ContextTooLong, ModelUnavailable, ProviderError, out_of_files
from govsim.journal import RequestLine, turns
from govsim.journal.line import MAX_WHOLE, whole_characters
from govsim.models.client import Completion, ModelSettings
from govsim.models.endpoints import check_environment, check_server, limit_name
from govsim.models.evidence import FailedResponse
from govsim.models.failures import Failure, FailureKind, failure_of
from govsim.models.leases import Limits
from govsim.models.prices import Cost, Prices, TokenCounts, address_in_environment
from govsim.models.question import Message
from govsim.models.request_parameters import (
    BODY,
    STREAMING,
    adapted,
    collect_calls,
    generate_config,
    note_call,
    rehearse,
    sent_in,
    with_schema,
)
from govsim.models.responses import address_of, checked, is_unknown, prepare_client
from govsim.models.retrying import GaveUp, Persistence, WaitListener
from govsim.models.shortening import count_tokens
from govsim.models.structured import Schema
from govsim.redaction import Secrets, redacted


class InspectModel:
    """A language model of any provider that Inspect supports."""

    def __init__(
        self,
        settings: ModelSettings,
        execution: Execution,
        base_url: str | None = None,
        *,
        on_wait: WaitListener | None = None,
        limits: Limits | None = None,
        opened: Model | None = None,
    ) -> None:
        """Prepare the model without sending a request.

        Args:
            settings: the model and its settings.
            execution: connections, timeouts and retries.
            base_url: address of its server; None for the provider's default.
            on_wait: called with each wait before a retry.
            limits: limits beyond the connections of this process; None if there are none.
            opened: the model, if the caller has opened it and limits its connections; its provider is modified.

        Raises:
            ModelUnavailable: there is no such model, it does not support these settings, or its key, package or weights
                are missing.
        """
        self.name = settings.name
        self._settings = settings
        self._secrets = Secrets(base_url)
        self._prices = Prices.of(execution.model_copy(update={"base_url": base_url}), settings.name)
        self._model = _open(settings, execution.connections, base_url) if opened is None else opened
        if (
            settings.system_role == "system"
            and (refusal := getattr(self._model.api, "system_refusal", None)) is not None
        ):
            raise ModelUnavailable(refusal)
        self._own_generate = self._model.api.generate
        _send_once(self._model.api, execution.timeout)
        # A local model gets no more requests than it has slots: requests queued there would time out.
        most = _max_concurrent(self._model)
        if opened is None or most < sys.maxsize:
            self._model.config.max_connections = min(execution.connections, most)
        address = base_url or address_in_environment(settings.name)
        limits = limits if most == sys.maxsize else None  # a model in this process has slots of its own
        self._persistence = Persistence(
            model=settings.name,
            execution=execution,
            classify=self._classify,
            on_wait=on_wait,
            limit=None if limits is None else limits.of(limit_name(settings.name, address)),
        )

    def rehearse(self) -> RequestLine | None:
        """Find out what requests will contain without sending one; None if the provider does not allow that.

        Raises:
            ModelUnavailable: a field of `extra_body` would not be sent.
        """
        request = rehearse(self._model, self._own_generate, self._settings)
        lost = [name for name in (() if request is None else request.unsent) if name.startswith(f"{BODY}.")]
        if lost:
            raise ModelUnavailable(
                f"{lost[0]}: requests to {self.name} cannot contain this field; remove it, or use a model argument "
                "(-M) or a key of models.sampling that the provider supports"
            )
        return request

    async def complete(self, messages: Sequence[Message], schema: Schema | None = None) -> Completion:
        """Complete a prompt; see `LanguageModel`."""
        started = time.perf_counter()
        prompt = _as_chat(messages, self._settings.system_role)
        calls = collect_calls()
        try:
            output, retries = await self._persistence.until_answered(
                lambda: self._once(prompt, schema), estimate=lambda: count_tokens(messages), tokens_of=_tokens_of
            )
        except GaveUp as last:
            return self._after_failure(last, time.perf_counter() - started)
        return self._completion(output, calls, time.perf_counter() - started, retries=retries, schema=schema)

    async def aclose(self) -> None:
        """Close the connections to the provider."""
        await self._model.api.aclose()

    async def _once(self, prompt: list[ChatMessage], schema: Schema | None) -> ModelOutput:
        output = await self._generate(prompt, schema)
        if _is_too_long(output):
            raise FailedResponse({"code": "context_length_exceeded", "message": output.completion}, 200)
        if output.error and not output.completion and output.stop_reason != "content_filter":
            raise FailedResponse({"message": output.error}, 200)
        return output

    async def _generate(self, prompt: list[ChatMessage], schema: Schema | None) -> ModelOutput:
        try:
            return await self._model.generate(prompt, config=with_schema(schema))
        except RetryError as error:  # raised by Inspect when its single attempt fails
            cause = _cause(error)
        except PrerequisiteError as error:  # some providers check their requirements only now
            cause = error
        if isinstance(cause, PrerequisiteError):
            raise ProviderError(f"model {self.name}: {_requirement_message(_without_markup(cause))}")
        raise cause  # outside the handler, so that its own cause is kept and no reference cycle arises

    def _classify(self, error: Exception) -> Failure:
        if (limit := out_of_files(error)) is not None:
            return Failure(kind=FailureKind.OTHER, text=str(limit))
        failure = failure_of(error, self.name, address_of(self._model.api))
        if failure.kind is FailureKind.OTHER and self._model.should_retry(error):
            failure = replace(failure, kind=FailureKind.SERVER_ERROR)
        # Redacted before the text is truncated: part of a key would not be recognized.
        return replace(failure, text=self._secrets.hide(failure.text))

    def _after_failure(self, last: GaveUp, seconds: float) -> Completion:
        """Return a completion if a content filter withheld the reply.

        Raises:
            ContextTooLong: the prompt was too long.
            ProviderError: any other failure.
        """
        if last.failure.kind is FailureKind.CONTENT_FILTER:
            return Completion(text="", stop_reason="content_filter", seconds=seconds, retries=last.attempts - 1)
        error = ContextTooLong if last.failure.kind is FailureKind.CONTEXT_TOO_LONG else ProviderError
        raise error(f"model {self.name}: {last.failure.describe(attempts=last.attempts)}") from last

    def _completion(
        self,
        output: ModelOutput,
        calls: Sequence[ModelCall],
        seconds: float,
        *,
        retries: int,
        schema: Schema | None,
    ) -> Completion:
        usage = output.usage if _is_plausible(output.usage) else None
        cached = usage.input_tokens_cache_read if usage else None
        read = usage.input_tokens + (cached or 0) + (usage.input_tokens_cache_write or 0) if usage else None
        written = usage.output_tokens if usage else None
        read = None if is_unknown(output, "prompt_tokens") else read
        written = None if is_unknown(output, "completion_tokens") else written
        served = output.model or None
        cost = self._cost(usage, read, written, served) if usage else None
        return Completion(
            text=self._as_written(output.message.text),
            reasoning=self._as_written("\n".join(part.reasoning for part in _reasoning(output))) or None,
            stop_reason=output.stop_reason,
            input_tokens=read,
            output_tokens=written,
            cached_tokens=cached,
            cost=cost.dollars if cost else None,
            seconds=seconds,
            retries=retries,
            response_id=self._named(output.response_id),
            fallback=self._named(output.fallback.fallback_model if output.fallback else None),
            request=sent_in(
                calls[-1] if calls else None,
                self._settings,
                schema,
                served=self._named(served),
                price=cost.source if cost else None,
            ),
        )

    def _named(self, name: str | None) -> str | None:
        """A name given by the provider, as recorded in a journal; None if it is missing or empty."""
        return self._as_written(name) if name else None

    def _as_written(self, text: str) -> str:
        """A model's text with secrets redacted and invalid characters replaced, as recorded in a journal."""
        return self._secrets.hide_in_reply(whole_characters(text))

    def _cost(self, usage: ModelUsage, read: int | None, written: int | None, served: str | None) -> Cost | None:
        """The cost of a call; None if it is unknown."""
        tier = self._settings.args.get("service_tier")
        cached, stored = usage.input_tokens_cache_read or 0, usage.input_tokens_cache_write or 0
        tokens = None
        if read is not None and written is not None:
            tokens = TokenCounts(read=read, written=written, cached=cached, stored=stored)
        return self._prices.cost(
            self.name,
            tokens,
            reported=usage.total_cost,
            served=served,
            service_tier=tier if isinstance(tier, str) else None,
        )


_RESERVED = {
    "base_url": "set the address of its server with --base-url or execution.base_url",
    "config": "set sampling with models.sampling",
    "default": "set the model with --model or models.default",
    "memoize": "remove it, as models are never memoized",
    "model": "set the model with --model or models.default",
    "role": "set the role of the first message with models.system_role",
}
"""Names that Inspect does not treat as model arguments, each with advice on what to set instead."""


def _open(settings: ModelSettings, connections: int, base_url: str | None) -> Model:
    provider, _, served = settings.name.partition("/")
    if not provider.strip() or not served.strip():
        raise ModelUnavailable(
            f"model = {settings.name}: not a model name; must be PROVIDER/NAME, as in openai/gpt-4o-mini"
        )
    args: dict[str, Any] = {name: value for name, value in settings.args.items() if name not in STREAMING}
    if reserved := sorted(_RESERVED.keys() & args.keys()):
        raise ModelUnavailable(
            f"model = {settings.name}: {reserved[0]} is not a model argument; {_RESERVED[reserved[0]]}"
        )
    check_environment(settings.name)
    check_server(settings.name, settings.args, base_url)
    try:
        config = generate_config(settings, connections)
        with _without_notebook_display():
            model = inspect_ai.model.get_model(settings.name, config=config, base_url=base_url, memoize=False, **args)
    except PrerequisiteError as error:
        raise ModelUnavailable(f"model = {settings.name}: {_requirement_message(_without_markup(error))}") from error
    except (ValueError, TypeError, ImportError) as error:
        raise ModelUnavailable(f"model = {settings.name}: {_requirement_message(str(error))}") from error
    try:
        return adapted(model, settings, base_url or address_in_environment(settings.name))
    except ValueError as error:
        raise ModelUnavailable(f"model = {settings.name}: {error}") from error


@contextmanager
def _without_notebook_display() -> Iterator[None]:
    """Make Inspect open a model in a notebook as it does elsewhere.

    In a notebook it would require ipywidgets for its displays and allow nested event loops, after which an interrupt no
    longer cancels a run.
    """
    found = platform.running_in_notebook
    setattr(platform, "running_in_notebook", lambda: False)  # noqa: B010 - a plain assignment is not allowed
    try:
        yield
    finally:
        setattr(platform, "running_in_notebook", found)  # noqa: B010 - as above


def _without_markup(error: PrerequisiteError) -> str:
    """The message of an error from Inspect, without Rich markup."""
    message = str(error.message)
    try:
        return Text.from_markup(message).plain
    except MarkupError:
        return message


def _requirement_message(reason: str) -> str:
    """Convert Inspect's error for a model into one line that says what to do."""
    unmarked = redacted(reason)
    if package := re.search(r"pip install (?:-U |--upgrade )?[\"']?([\w-]+)", unmarked):
        name = f"govsim[{package[1]}]" if package[1] in ("openai", "anthropic") else package[1]
        return f'its provider requires a package that is not installed; install it with: pip install "{name}"'
    if unset := re.search(r"No (.+) defined in the environment", unmarked):
        names = " or ".join(re.findall(r"[A-Z][A-Z0-9_]*_KEY", unset[1])) or unset[1]
        return (
            f"no API key was found; set the environment variable {names}, or try govsim without a key: with "
            "the model embedded/smollm2, or with a scripted policy, such as the agent policy:fair-share"
        )
    if argument := re.search(r"unexpected keyword argument '(\w+)'", unmarked):
        return f"{argument[1]} is not an argument of its provider; set fields of requests in models.extra_body"
    if unknown := re.search(r"Model API (.+) of model .* not recognized", unmarked):
        return f"there is no provider {unknown[1]}; model names are PROVIDER/NAME, as in openai/gpt-4o-mini"
    lines = [line.strip(" .:") for line in unmarked.replace("ERROR:", "").splitlines()]
    plain = "; ".join(line for line in lines if line)
    return f"{plain}; model names are PROVIDER/NAME, as in openai/gpt-4o-mini; keys must be set in the environment"


def _max_concurrent(model: Model) -> int:
    """Maximum number of concurrent requests to a provider; unlimited if the provider leaves it to Inspect."""
    own = type(model.api).max_connections
    return sys.maxsize if own is ModelAPI.max_connections else model.api.max_connections()


def _send_once(api: ModelAPI, timeout: float) -> None:
    """Make a provider send each request once, with a timeout: Inspect's own timeout allows whole seconds only."""
    prepare_client(api)
    generate = api.generate

    async def within_time(*args: Any, **kwargs: Any) -> Any:
        try:
            async with asyncio.timeout(timeout):
                result = await generate(*args, **kwargs)
                note_call(result)
                return checked(result)
        except TimeoutError as error:
            raise TimeoutError(str(error) or f"no complete answer within timeout = {timeout:g} seconds") from error

    setattr(api, "generate", within_time)  # noqa: B010 - a plain assignment is not allowed for a method


def _as_chat(messages: Sequence[Message], system_role: Literal["system", "user"]) -> list[ChatMessage]:
    """Convert messages for Inspect; system messages get the role that the model supports."""
    kinds = {"system": ChatMessageSystem, "user": ChatMessageUser, "assistant": ChatMessageAssistant}
    # Without an id, Inspect draws a random one for every message, which takes longer than everything else here.
    sent = turns(messages, system_role)
    return [kinds[role](content=content, id=str(index)) for index, (role, content) in enumerate(sent)]


def _reasoning(output: ModelOutput) -> list[Any]:
    content = output.message.content
    return [] if isinstance(content, str) else [part for part in content if part.type == "reasoning"]


def _cause(error: RetryError) -> BaseException:
    inner = error.last_attempt.exception()
    return _cause(inner) if isinstance(inner, RetryError) else inner or error


def _is_plausible(usage: ModelUsage | None) -> bool:
    """Whether token counts are plausible; implausible counts are treated as not reported."""
    if usage is None:
        return False
    cached = (usage.input_tokens_cache_read or 0, usage.input_tokens_cache_write or 0)
    read = usage.input_tokens + sum(cached)
    return all(0 <= count <= MAX_WHOLE for count in (*cached, read, usage.output_tokens))


def _tokens_of(output: ModelOutput) -> int | None:
    """Tokens of a prompt and its reply; None if the provider does not report plausible counts."""
    usage = output.usage
    if usage is None or not _is_plausible(usage):
        return None
    cached = (usage.input_tokens_cache_read or 0) + (usage.input_tokens_cache_write or 0)
    return usage.input_tokens + cached + usage.output_tokens


def _is_too_long(output: ModelOutput) -> bool:
    """Whether the prompt was too long: for some providers Inspect returns that error as a reply."""
    was_answered = output.usage is not None and output.error is None and output.message.text.strip()
    return output.stop_reason == "model_length" and not was_answered
