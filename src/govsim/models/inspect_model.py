"""Talking to a language model through Inspect, which knows the providers. Importing this imports Inspect."""

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
from govsim.journal import RequestLine
from govsim.journal.line import MOST, whole_characters
from govsim.models.addresses import check_environment, check_server
from govsim.models.client import Completion, ModelSettings
from govsim.models.evidence import FailedResponse
from govsim.models.failures import Failure, Kind, failure_of
from govsim.models.prices import Cost, Prices, Tokens, address_in_environment
from govsim.models.question import Message, turns
from govsim.models.requests import (
    BODY,
    STREAMING,
    adapted,
    generate_config,
    heard,
    listen,
    rehearse,
    sent_in,
    with_schema,
)
from govsim.models.responses import address_of, checked, is_unknown, prepare
from govsim.models.retrying import GaveUp, Persistence, WaitListener
from govsim.models.structured import Schema
from govsim.redaction import Secrets, redacted


class InspectModel:
    """A language model of any provider that Inspect knows."""

    def __init__(
        self,
        settings: ModelSettings,
        execution: Execution,
        base_url: str | None = None,
        *,
        tell: WaitListener | None = None,
    ) -> None:
        """Make the model ready, without asking it anything.

        Args:
            settings: the model, and how it is asked.
            execution: how often and how patiently requests are sent.
            base_url: address of its server, where that is not the provider's own.
            tell: who hears of waits before a request is sent again.

        Raises:
            ModelUnavailable: there is no such model, it cannot be asked in this way, or its key, package or weights are
                missing.
        """
        self.name = settings.name
        self._settings = settings
        self._secrets = Secrets(base_url)
        self._persistence = Persistence(model=settings.name, execution=execution, judge=self._judge, tell=tell)
        self._prices = Prices.of(execution.model_copy(update={"base_url": base_url}), settings.name)
        self._model = _open(settings, execution.connections, base_url)
        if (
            settings.system_role == "system"
            and (refusal := getattr(self._model.api, "system_refusal", None)) is not None
        ):
            raise ModelUnavailable(refusal)
        self._own_generate = self._model.api.generate
        _send_once(self._model.api, execution.timeout)
        # A model on this machine takes no more questions than it has room for: what waits there would time out.
        self._model.config.max_connections = min(execution.connections, _most_at_once(self._model))

    def rehearse(self) -> RequestLine | None:
        """What requests will hold, found out without sending one; None where the provider has to be asked first.

        Raises:
            ModelUnavailable: a field of `extra_body` would not be sent.
        """
        request = rehearse(self._model, self._own_generate, self._settings)
        lost = [name for name in (() if request is None else request.unsent) if name.startswith(f"{BODY}.")]
        if lost:
            raise ModelUnavailable(
                f"{lost[0]}: requests to {self.name} cannot hold this field; remove it, or use a model argument "
                "(-M) or a key of models.sampling that the provider knows"
            )
        return request

    async def complete(self, messages: Sequence[Message], schema: Schema | None = None) -> Completion:
        """Complete a prompt; see `LanguageModel`."""
        started = time.perf_counter()
        prompt = _as_chat(messages, self._settings.system_role)
        calls = listen()
        try:
            output, retries = await self._persistence.until_answered(lambda: self._once(prompt, schema))
        except GaveUp as last:
            return self._given_up(last, time.perf_counter() - started)
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
        except RetryError as error:  # Inspect's own way of saying that its single attempt failed
            cause = _cause(error)
        except PrerequisiteError as error:  # some providers look for what they need only now
            cause = error
        if isinstance(cause, PrerequisiteError):
            raise ProviderError(f"model {self.name}: {_what_is_missing(_without_markup(cause))}")
        raise cause  # outside of the handler: its own cause is kept, and it does not point back to what it caused

    def _judge(self, error: Exception) -> Failure:
        if (limit := out_of_files(error)) is not None:
            return Failure(kind=Kind.OTHER, text=str(limit))
        failure = failure_of(error, self.name, address_of(self._model.api))
        if failure.kind is Kind.OTHER and self._model.should_retry(error):
            failure = replace(failure, kind=Kind.SERVER_ERROR)
        # Hidden before anything is cut: half a key is no secret to be found.
        return replace(failure, text=self._secrets.hide(failure.text))

    def _given_up(self, last: GaveUp, seconds: float) -> Completion:
        """The answer that a refusal by a filter is; any other failure is none.

        Raises:
            ContextTooLong: the prompt was too long.
            ProviderError: anything else.
        """
        if last.failure.kind is Kind.CONTENT_FILTER:
            return Completion(text="", stop_reason="content_filter", seconds=seconds, retries=last.attempts - 1)
        error = ContextTooLong if last.failure.kind is Kind.CONTEXT_TOO_LONG else ProviderError
        raise error(f"model {self.name}: {last.failure.told(attempts=last.attempts)}") from last

    def _completion(
        self,
        output: ModelOutput,
        calls: Sequence[ModelCall],
        seconds: float,
        *,
        retries: int,
        schema: Schema | None,
    ) -> Completion:
        usage = output.usage if _can_be(output.usage) else None
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
            request=sent_in(
                calls[-1] if calls else None,
                self._settings,
                schema,
                served=None if served is None else self._as_written(served),
                price=cost.source if cost else None,
            ),
        )

    def _as_written(self, text: str) -> str:
        """What a model wrote, as it can stand in a journal."""
        return self._secrets.hide_in_reply(whole_characters(text))

    def _cost(self, usage: ModelUsage, read: int | None, written: int | None, served: str | None) -> Cost | None:
        """What a call costs; None where it is unknown."""
        tier = self._settings.args.get("service_tier")
        cached, stored = usage.input_tokens_cache_read or 0, usage.input_tokens_cache_write or 0
        tokens = None
        if read is not None and written is not None:
            tokens = Tokens(read=read, written=written, cached=cached, stored=stored)
        return self._prices.cost(
            self.name,
            tokens,
            told=usage.total_cost,
            served=served,
            service_tier=tier if isinstance(tier, str) else None,
        )


_TAKEN = {
    "base_url": "the address of its server is given by --base-url or execution.base_url",
    "config": "sampling is set by models.sampling",
    "default": "the model is named by --model or models.default",
    "memoize": "every run has a model of its own",
    "model": "the model is named by --model or models.default",
    "role": "the role of its first message is set by models.system_role",
}
"""Names that Inspect takes for something else than arguments of a model, and where to set what they might mean."""


def _open(settings: ModelSettings, connections: int, base_url: str | None) -> Model:
    provider, _, served = settings.name.partition("/")
    if not provider.strip() or not served.strip():
        raise ModelUnavailable(f"model = {settings.name}: models are named provider/model, as in openai/gpt-4o-mini")
    args: dict[str, Any] = {name: value for name, value in settings.args.items() if name not in STREAMING}
    if taken := sorted(_TAKEN.keys() & args.keys()):
        raise ModelUnavailable(f"model = {settings.name}: {taken[0]}: is no argument of a model: {_TAKEN[taken[0]]}")
    check_environment(settings.name)
    check_server(settings.name, settings.args, base_url)
    try:
        config = generate_config(settings, connections)
        with _without_notebook_display():
            model = inspect_ai.model.get_model(settings.name, config=config, base_url=base_url, memoize=False, **args)
    except PrerequisiteError as error:
        raise ModelUnavailable(f"model = {settings.name}: {_what_is_missing(_without_markup(error))}") from error
    except (ValueError, TypeError, ImportError) as error:
        raise ModelUnavailable(f"model = {settings.name}: {_what_is_missing(str(error))}") from error
    try:
        return adapted(model, settings, base_url or address_in_environment(settings.name))
    except ValueError as error:
        raise ModelUnavailable(f"model = {settings.name}: {error}") from error


@contextmanager
def _without_notebook_display() -> Iterator[None]:
    """Let Inspect make a model in a notebook as it does elsewhere.

    For its own displays it would ask for ipywidgets there, and let event loops run inside each other, after which an
    interrupt no longer cancels a run.
    """
    found = platform.running_in_notebook
    setattr(platform, "running_in_notebook", lambda: False)  # noqa: B010 - a plain assignment is not allowed
    try:
        yield
    finally:
        setattr(platform, "running_in_notebook", found)  # noqa: B010 - as above


def _without_markup(error: PrerequisiteError) -> str:
    """What Inspect says is missing, without the marks by which it makes parts of it bold."""
    message = str(error.message)
    try:
        return Text.from_markup(message).plain
    except MarkupError:
        return message


def _what_is_missing(reason: str) -> str:
    """Inspect's reason for refusing a model, in one line that says what to do."""
    unmarked = redacted(reason)
    if package := re.search(r"pip install (?:-U |--upgrade )?[\"']?([\w-]+)", unmarked):
        name = f"govsim[{package[1]}]" if package[1] in ("openai", "anthropic") else package[1]
        return f'its provider needs a package that is not installed; install it with: pip install "{name}"'
    if argument := re.search(r"unexpected keyword argument '(\w+)'", unmarked):
        return f"{argument[1]}: is no argument of its provider; fields of requests belong into models.extra_body"
    lines = [line.strip(" .:") for line in unmarked.replace("ERROR:", "").splitlines()]
    plain = "; ".join(line for line in lines if line)
    return f"{plain}. Models are named provider/model, as in openai/gpt-4o-mini; keys are read from the environment"


def _most_at_once(model: Model) -> int:
    """How many requests a provider takes at once; no limit where it leaves that to Inspect."""
    own = type(model.api).max_connections
    return sys.maxsize if own is ModelAPI.max_connections else model.api.max_connections()


def _send_once(api: ModelAPI, timeout: float) -> None:
    """Let a provider's requests be sent once, within a time: Inspect's own limit knows whole seconds only."""
    prepare(api)
    generate = api.generate

    async def within_time(*args: Any, **kwargs: Any) -> Any:
        try:
            async with asyncio.timeout(timeout):
                result = await generate(*args, **kwargs)
                heard(result)
                return checked(result)
        except TimeoutError as error:
            raise TimeoutError(str(error) or f"no whole answer within timeout = {timeout:g} seconds") from error

    setattr(api, "generate", within_time)  # noqa: B010 - a plain assignment is not allowed for a method


def _as_chat(messages: Sequence[Message], system_role: Literal["system", "user"]) -> list[ChatMessage]:
    """Messages as Inspect takes them, with those of the system in the role that the model takes them in."""
    kinds = {"system": ChatMessageSystem, "user": ChatMessageUser, "assistant": ChatMessageAssistant}
    # Without an id Inspect draws a random one for every message, which takes longer than the rest of it.
    sent = turns(messages, system_role)
    return [kinds[role](content=content, id=str(place)) for place, (role, content) in enumerate(sent)]


def _reasoning(output: ModelOutput) -> list[Any]:
    content = output.message.content
    return [] if isinstance(content, str) else [part for part in content if part.type == "reasoning"]


def _cause(error: RetryError) -> BaseException:
    inner = error.last_attempt.exception()
    return _cause(inner) if isinstance(inner, RetryError) else inner or error


def _can_be(usage: ModelUsage | None) -> bool:
    """Whether tokens are counts that can be; a provider that tells others does not tell them."""
    if usage is None:
        return False
    cached = (usage.input_tokens_cache_read or 0, usage.input_tokens_cache_write or 0)
    read = usage.input_tokens + sum(cached)
    return all(0 <= count <= MOST for count in (*cached, read, usage.output_tokens))


def _is_too_long(output: ModelOutput) -> bool:
    """Whether the prompt did not fit: some providers tell it as an error that Inspect hands on as a reply."""
    was_answered = output.usage is not None and output.error is None and output.message.text.strip()
    return output.stop_reason == "model_length" and not was_answered
