"""Talking to a language model through Inspect, which knows the providers."""

from __future__ import annotations

import asyncio
import json
import math
import re
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import count
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import ValidationError
from tenacity import RetryError

from govsim.config import Execution, Sampling, Scalar
from govsim.errors import ContextTooLong, ModelUnavailable, ProviderError, out_of_files
from govsim.journal.line import MOST, whole_characters
from govsim.models.question import Message, turns
from govsim.redaction import Secrets, redacted

if TYPE_CHECKING:
    from inspect_ai._util.error import PrerequisiteError
    from inspect_ai.model import ChatMessage, GenerateConfig, Model, ModelAPI, ModelOutput, ModelUsage

LONGEST_WAIT = 60.0
LONGEST_WAIT_ASKED_FOR = 300.0

_TOO_LONG = re.compile(r"context (?:length|window|size)|maximum context|prompt is too long|too many tokens", re.I)
_GARBLED = (json.JSONDecodeError, UnicodeDecodeError, ValidationError, AttributeError, KeyError, IndexError, TypeError)
"""What Inspect stumbles with over a reply that has not the form of one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What a model returned for one prompt. Counts are None where the provider does not tell."""

    text: str
    stop_reason: str
    seconds: float
    reasoning: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    cost: float | None = None
    retries: int = 0


class LanguageModel(Protocol):
    """Whatever completes a prompt."""

    name: str

    async def complete(self, messages: Sequence[Message]) -> Completion:
        """Complete a prompt.

        Raises:
            ProviderError: the provider failed, and sending again did not help or cannot help.
            ContextTooLong: the prompt does not fit into the model's context.
        """


class InspectModel:
    """A language model of any provider that Inspect knows."""

    def __init__(
        self,
        name: str,
        args: dict[str, Scalar],
        sampling: Sampling,
        execution: Execution,
        base_url: str | None = None,
    ) -> None:
        """Make the model ready, without asking it anything.

        Raises:
            ModelUnavailable: there is no such model, or its key, package or weights are missing.
        """
        self.name = name
        self._secrets = Secrets(base_url)
        self._retries = execution.retries
        self._backoff = execution.backoff
        self._price = execution.prices.get(name)
        self._model = _open(name, args, _generate_config(sampling, execution), base_url)
        if (refusal := getattr(self._model.api, "system_refusal", None)) is not None:
            raise ModelUnavailable(refusal)
        _send_once(self._model.api, execution.timeout)
        # A model on this machine takes no more questions than it has room for: what waits there would time out.
        self._model.config.max_connections = min(execution.connections, _most_at_once(self._model))

    async def complete(self, messages: Sequence[Message]) -> Completion:
        """Complete a prompt; see `LanguageModel`."""
        started = time.perf_counter()
        prompt = _as_chat(messages)
        # A plain loop: a retrying library would take as much processor time for each call as writing the journal.
        for attempt in count(1):
            try:
                output = await self._once(prompt)
                break
            except ProviderError:
                raise
            except Exception as error:
                if _says_too_long(error):
                    raise ContextTooLong(self._told(error, attempt)) from error
                if attempt > self._retries or not self._may_pass(error):
                    raise ProviderError(self._told(error, attempt)) from error
                seconds = wait_before_retry(error, attempt, self._backoff)
            await _sleep(seconds)
        return self._completion(output, time.perf_counter() - started, attempt - 1)

    async def aclose(self) -> None:
        """Close the connections to the provider."""
        await self._model.api.aclose()

    async def _once(self, prompt: list[ChatMessage]) -> ModelOutput:
        from inspect_ai._util.error import PrerequisiteError

        try:
            output = await self._model.generate(prompt)
            if output.empty:
                raise ConnectionError("the provider returned nothing")
            return output
        except RetryError as error:  # Inspect's own way of saying that its single attempt failed
            cause = _cause(error)
        except PrerequisiteError as error:  # some providers look for what they need only now
            cause = error
        if isinstance(cause, PrerequisiteError):
            missing = _what_is_missing(_without_markup(cause))
            raise ProviderError(f"model {self.name}: {missing}")
        raise cause  # outside of the handler: the cause must not point back to what it caused

    def _completion(self, output: ModelOutput, seconds: float, retries: int) -> Completion:
        if _is_too_long(output):
            raise ContextTooLong(f"model {self.name}: the prompt is longer than its context")
        if output.error and not output.completion and output.stop_reason != "content_filter":
            raise ProviderError(f"model {self.name}: {self._secrets.hide(output.error)}")
        usage = output.usage if _can_be(output.usage) else None
        cached = usage.input_tokens_cache_read if usage else None
        read = usage.input_tokens + (cached or 0) + (usage.input_tokens_cache_write or 0) if usage else None
        return Completion(
            text=self._as_written(output.message.text),
            reasoning=self._as_written("\n".join(part.reasoning for part in _reasoning(output))) or None,
            stop_reason=output.stop_reason,
            input_tokens=read,
            output_tokens=usage.output_tokens if usage else None,
            cached_tokens=cached,
            cost=self._cost(usage, read or 0, cached or 0) if usage else None,
            seconds=seconds,
            retries=retries,
        )

    def _as_written(self, text: str) -> str:
        """What a model wrote, as it can stand in a journal."""
        return self._secrets.hide_in_reply(whole_characters(text))

    def _told(self, error: BaseException, attempts: int) -> str:
        message = str(getattr(error, "provider_message", None) or error).strip() or type(error).__name__
        line = " ".join(self._secrets.hide(message).split())[:300]  # hidden first: half a key is no secret to be found
        if isinstance(error, _GARBLED):
            line = f"the reply has not the form of one ({line})"
        if (limit := out_of_files(error)) is not None:
            line = str(limit)
        tries = f" after {attempts} attempts" if attempts > 1 else ""
        return f"model {self.name}: {type(error).__name__}{tries}: {line}"

    def _cost(self, usage: ModelUsage, read: int, cached: int) -> float | None:
        """Dollars for a call, at the price that is set, else as the provider tells; None where neither is known."""
        if self._price is None:
            return usage.total_cost
        return self._price.cost(input_tokens=read, output_tokens=usage.output_tokens, cached_tokens=cached)

    def _may_pass(self, error: BaseException) -> bool:
        """Whether the same request may succeed when it is sent again."""
        if isinstance(error, ProviderError) or not isinstance(error, Exception):
            return False
        return isinstance(error, (*_GARBLED, ConnectionError, TimeoutError)) or self._model.should_retry(error)


def wait_before_retry(error: BaseException | None, attempt: int, backoff: float) -> float:
    """Seconds to wait after the failure of an attempt, counted from 1: doubled each time, or what is asked for."""
    asked_for = _retry_after(error)
    seconds: float = min(backoff * 2 ** (attempt - 1), LONGEST_WAIT)
    return seconds if asked_for is None else min(max(asked_for, seconds), LONGEST_WAIT_ASKED_FOR)


def _open(name: str, args: dict[str, Scalar], config: GenerateConfig, base_url: str | None) -> Model:
    from inspect_ai._util.error import PrerequisiteError
    from inspect_ai.model import get_model

    provider, _, served = name.partition("/")
    if not provider.strip() or not served.strip():
        raise ModelUnavailable(f"model = {name}: models are named provider/model, as in openai/gpt-4o-mini")
    model_args: dict[str, Any] = dict(args)
    try:
        with _without_notebook_display():
            return get_model(name, config=config, base_url=base_url, memoize=False, **model_args)
    except PrerequisiteError as error:
        reason = _without_markup(error)
    except ValueError as error:
        reason = str(error)
    except (TypeError, ImportError) as error:
        reason = str(error)
    raise ModelUnavailable(f"model = {name}: {_what_is_missing(reason)}")


@contextmanager
def _without_notebook_display() -> Iterator[None]:
    """Let Inspect make a model in a notebook as it does elsewhere.

    For its own displays it would ask for ipywidgets there, and let event loops run inside each other, after which an
    interrupt no longer cancels a run.
    """
    from inspect_ai._util import platform

    found = platform.running_in_notebook
    setattr(platform, "running_in_notebook", lambda: False)  # noqa: B010 - a plain assignment is not allowed
    try:
        yield
    finally:
        setattr(platform, "running_in_notebook", found)  # noqa: B010 - as above


def _without_markup(error: PrerequisiteError) -> str:
    """What Inspect says is missing, without the marks by which it makes parts of it bold."""
    from rich.errors import MarkupError
    from rich.text import Text

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
    lines = [line.strip(" .:") for line in unmarked.replace("ERROR:", "").splitlines()]
    plain = "; ".join(line for line in lines if line)
    return f"{plain}. Models are named provider/model, as in openai/gpt-4o-mini; keys are read from the environment"


def _most_at_once(model: Model) -> int:
    """How many requests a provider takes at once; no limit where it leaves that to Inspect."""
    from inspect_ai.model import ModelAPI

    own = type(model.api).max_connections
    return sys.maxsize if own is ModelAPI.max_connections else model.api.max_connections()


def _generate_config(sampling: Sampling, execution: Execution) -> GenerateConfig:
    from inspect_ai.model import GenerateConfig

    settings: dict[str, Any] = sampling.model_dump(exclude_none=True)
    return GenerateConfig(
        **settings,
        max_connections=execution.connections,
        max_retries=0,
    )


def _send_once(api: ModelAPI, timeout: float) -> None:
    """Let a provider's requests be sent once, within a time: Inspect's own limit knows whole seconds only.

    The clients of some providers send what failed again by themselves, after waits of their own, which nobody counts.
    """
    client: Any = getattr(api, "client", None)
    if hasattr(client, "max_retries"):
        client.max_retries = 0
    generate = api.generate

    async def within_time(*args: Any, **kwargs: Any) -> Any:
        try:
            async with asyncio.timeout(timeout):
                return await generate(*args, **kwargs)
        except TimeoutError as error:
            raise TimeoutError(str(error) or f"no whole answer within timeout = {timeout:g} seconds") from error

    setattr(api, "generate", within_time)  # noqa: B010 - a plain assignment is not allowed for a method


def _as_chat(messages: Sequence[Message]) -> list[ChatMessage]:
    """Messages as Inspect takes them."""
    from inspect_ai.model import ChatMessageAssistant, ChatMessageSystem, ChatMessageUser

    kinds = {"system": ChatMessageSystem, "user": ChatMessageUser, "assistant": ChatMessageAssistant}
    # Without an id Inspect draws a random one for every message, which takes longer than the rest of it.
    return [kinds[role](content=content, id=str(place)) for place, (role, content) in enumerate(turns(messages))]


def _reasoning(output: ModelOutput) -> list[Any]:
    content = output.message.content
    return [] if isinstance(content, str) else [part for part in content if part.type == "reasoning"]


async def _sleep(seconds: float) -> None:
    await asyncio.sleep(seconds)


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


def _says_too_long(error: Exception) -> bool:
    """Whether a provider that Inspect does not understand there has refused a prompt for its length."""
    return getattr(error, "status_code", None) in (400, 413) and bool(_TOO_LONG.search(str(error)))


def _retry_after(error: BaseException | None) -> float | None:
    """Seconds that the provider asks to wait, where it does: it names them, or a date."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    told = headers.get("retry-after", "")
    try:
        seconds = float(told)
    except ValueError:
        seconds = _seconds_until(told)
    return None if math.isnan(seconds) else seconds


def _seconds_until(date: str) -> float:
    """Seconds from now to a date as HTTP writes it; not a number where it is none."""
    try:
        when = parsedate_to_datetime(date)
        return (when.replace(tzinfo=when.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    except (ValueError, OverflowError):
        return math.nan
