"""The engine of embedded models: one llama.cpp server in this process for each weights file."""

from __future__ import annotations

import atexit
import os
import secrets
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import httpx

from govsim.errors import ContextTooLong, ModelUnavailable, ProviderError

PROVIDER = "embedded"

DONT_REPEAT = {"dry_multiplier": 1.0, "dry_base": 1.75, "dry_allowed_length": 3, "dry_penalty_last_n": 1024}
"""Penalize repeating a sequence of words from the prompt; without it members copy each other verbatim."""

TURN = "<|im_end|>\n<|im_start|>assistant\n"
_CUT = "<|endoftext|>"
_WAIT_POLICY = "OMP_WAIT_POLICY"

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One piece of generated text, with its token counts."""

    text: str
    is_cut: bool
    prompt_tokens: int
    cached_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSampling:
    """Sampling settings."""

    temperature: float
    top_p: float | None
    seed: int | None

    def as_request(self) -> dict[str, Any]:
        """The settings in the form that the server expects."""
        settings = {"temperature": self.temperature, "top_p": self.top_p, "seed": self.seed}
        return {name: value for name, value in settings.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """Speed of a model on this machine, in tokens per second.

    Attributes:
        prompt: prompt tokens.
        reply: reply tokens.
    """

    prompt: float
    reply: float


@dataclass(slots=True, kw_only=True)
class ChatReply:
    """A reply that is received in parts.

    Attributes:
        text: the reply so far.
        reasoning: reasoning before the reply, if the chat template marks it.
        finish_reason: why it ended, as reported by the server; None if it was cancelled.
        usage: token counts reported by the server.
        timings: durations reported by the server.
    """

    text: str = ""
    reasoning: str = ""
    finish_reason: str | None = None
    usage: Mapping[str, Any] = field(default_factory=dict)
    timings: Mapping[str, float] = field(default_factory=dict)

    def add(self, chunk: Mapping[str, Any]) -> None:
        """Append the next part."""
        for choice in chunk.get("choices", ()):
            self.text += choice["delta"].get("content") or ""
            self.reasoning += choice["delta"].get("reasoning_content") or ""
            self.finish_reason = choice.get("finish_reason") or self.finish_reason
        self.usage = chunk.get("usage") or self.usage
        self.timings = chunk.get("timings") or self.timings


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """Settings of an engine.

    Attributes:
        model: the model's name, for error messages.
        weights: the GGUF file.
        context: tokens per slot, prompt and reply together.
        slots: number of questions answered concurrently.
        threads: number of computing threads.
        prefix_cache_mib: memory for prompts that are not in a slot, in MiB.
        batch: prompt tokens per batch; the engine can be stopped between batches.
        flash_attention: whether it may be used; its results depend slightly on the contents of the cache.
    """

    model: str
    weights: Path
    context: int
    slots: int
    threads: int
    prefix_cache_mib: int
    batch: int = 512
    flash_attention: bool = True


class Engine:
    """A llama.cpp server in this process. It listens on localhost only and requires a secret random key."""

    def __init__(self, settings: EngineSettings) -> None:
        """Load the weights.

        Raises:
            ModelUnavailable: the inference library is missing, or cannot use the weights.
        """
        xllamacpp = _inference_library()
        self.settings = settings
        self._key = secrets.token_hex(32)
        try:
            self._server: Any = xllamacpp.Server(self._parameters(xllamacpp))
        except RuntimeError as error:
            raise ModelUnavailable(
                f"model = {settings.model}: llama.cpp cannot load {settings.weights.name}; the file or its chat "
                f"template is damaged or not supported by xllamacpp {xllamacpp.__version__}, or there is too little "
                f"memory for {settings.slots} × {settings.context} tokens of context"
            ) from error
        self._workers = ThreadPoolExecutor(max_workers=settings.slots, thread_name_prefix="embedded-model")

    def _parameters(self, xllamacpp: Any) -> Any:
        settings, parameters = self.settings, xllamacpp.CommonParams()
        parameters.model.path = str(settings.weights)
        parameters.verbosity = -1
        parameters.warmup = False
        parameters.ui = False
        parameters.endpoint_slots = False
        parameters.hostnames = ["127.0.0.1"]
        parameters.api_keys = [self._key]
        parameters.n_parallel = settings.slots
        parameters.n_ctx = settings.slots * settings.context
        parameters.n_batch = settings.batch
        parameters.cache_ram_mib = settings.prefix_cache_mib
        parameters.cpuparams.n_threads = settings.threads
        parameters.cpuparams_batch.n_threads = settings.threads
        if not settings.flash_attention:
            parameters.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
        return parameters

    @property
    def takes_system_messages(self) -> bool:
        """Whether the chat template of the weights supports a system message.

        If it does not, llama.cpp would put that message before the first user message.

        Raises:
            ModelUnavailable: the engine does not respond.
        """
        try:
            with httpx.Client(trust_env=False, headers={"Authorization": f"Bearer {self._key}"}) as client:
                answer = client.get(f"{self._server.listening_address}/props").raise_for_status().json()
        except (httpx.HTTPError, ValueError) as error:
            raise ModelUnavailable(f"model = {self.settings.model}: its engine does not respond: {error}") from error
        return bool(answer["chat_template_caps"].get("supports_system_role", False))

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Run a task in a pool with one thread per slot, in the order of arrival."""
        return self._workers.submit(work)

    def complete(
        self, prompt: str, sampling: EngineSampling, *, tokens: int, grammar: str | None = None, penalty: float = 1.0
    ) -> Piece:
        """Continue a prompt, blocking.

        Args:
            prompt: the text so far, including control tokens.
            sampling: sampling settings.
            tokens: maximum number of tokens to generate.
            grammar: GBNF grammar that the continuation must match.
            penalty: repetition penalty; 1 means none.

        Raises:
            ContextTooLong: prompt and continuation exceed the context.
            ProviderError: the server reported an error.
        """
        request = {"prompt": prompt, "n_predict": tokens, "repeat_penalty": penalty, **sampling.as_request()}
        if grammar is None or penalty > 1.0:
            request |= DONT_REPEAT
        reply = self._server.handle_completions(request | ({"grammar": grammar} if grammar else {}))
        self._raise_error(reply)
        usage, choice = reply["usage"], reply["choices"][0]
        return Piece(
            text=choice["text"],
            is_cut=choice["finish_reason"] == "length",
            prompt_tokens=usage["prompt_tokens"],
            cached_tokens=usage["prompt_tokens_details"]["cached_tokens"],
            output_tokens=usage["completion_tokens"],
        )

    def chat(self, request: Mapping[str, Any], is_cancelled: Callable[[], bool] = bool) -> ChatReply:
        """Reply to messages in the chat template of the weights, blocking.

        Args:
            request: messages and sampling settings, in the form that the server expects.
            is_cancelled: called after each part of the prompt and each generated token; generation stops when it
                returns true.

        Raises:
            ContextTooLong: the messages exceed the context.
            ProviderError: the server or the chat template reported an error.
        """
        reply = ChatReply()
        errors: list[Mapping[str, Any]] = []

        def on_chunk(chunk: Mapping[str, Any]) -> bool:
            if "error" in chunk:
                errors.append(chunk)
            else:
                reply.add(chunk)
            return is_cancelled()

        streaming = {"stream": True, "stream_options": {"include_usage": True}, "return_progress": True}
        try:
            self._server.handle_chat_completions({**request, **streaming}, on_chunk)
        except (ValueError, RuntimeError) as error:
            raise ProviderError(f"model {self.settings.model}: its chat template or engine failed: {error}") from error
        for refusal in errors:
            self._raise_error(refusal)
        return reply

    @cached_property
    def speed(self) -> Speed:
        """Speed for one question at a time, measured with one prompt and reply; the first call takes a few seconds.

        Raises:
            ProviderError: the server or the chat template reported an error.
        """
        first = self._timed(words=8, tokens=4)  # a warm-up that reads the weights from the disk
        words, tokens = min(max(int(first.prompt), 24), 150), min(max(int(2 * first.reply), 8), 64)
        return self._timed(words=words, tokens=tokens)

    def _timed(self, *, words: int, tokens: int) -> Speed:
        text = " ".join(f"In month {number} they caught {number * 37 % 100} tons." for number in range(words // 4 + 1))
        request = {"messages": [{"role": "user", "content": text}], "max_tokens": tokens, "temperature": 0}
        timings = self.chat({**request, "cache_prompt": False, "ignore_eos": True}).timings
        return Speed(prompt=timings["prompt_per_second"], reply=timings["predicted_per_second"])

    def _raise_error(self, reply: Mapping[str, Any]) -> None:
        """Raise the error in a reply, if there is one."""
        error = reply.get("error")
        if not error:
            return
        if error.get("type") == "exceed_context_size_error":
            raise ContextTooLong(
                f"the prompt has {error.get('n_prompt_tokens')} tokens and exceeds the context length of "
                f"{self.settings.context}"
            )
        raise ProviderError(f"model {self.settings.model}: its engine reported an error: {error.get('message')}")

    def cut_back(self, prompt: str) -> None:
        """Remove the end of a prompt and everything after it from the cache, but keep the prefix for other prompts."""
        greedy = EngineSampling(temperature=0.0, top_p=None, seed=None)
        self.complete(prompt.removesuffix(TURN) + _CUT, greedy, tokens=0)

    def close(self) -> None:
        """Finish running tasks and free the memory."""
        self._workers.shutdown(wait=True, cancel_futures=True)
        self._server = None


def _inference_library() -> Any:
    """Import xllamacpp so that its threads sleep while they wait for each other.

    By default they spin, and two processes on the same processors can slow each other down more than tenfold. OpenMP
    reads the setting from the environment once, when it is loaded.
    """
    before = os.environ.get(_WAIT_POLICY)
    try:
        os.environ.setdefault(_WAIT_POLICY, "passive")
        import xllamacpp
    except ImportError as error:
        raise ModelUnavailable(
            f'the embedded model requires xllamacpp ({error}); install it with: pip install "govsim[embedded]"'
        ) from error
    finally:
        if before is None:
            os.environ.pop(_WAIT_POLICY, None)
    return xllamacpp


_engines: dict[Path, Engine] = {}
_engines_lock = threading.Lock()


def engine(settings: EngineSettings) -> Engine:
    """Return the engine of this process for some weights, starting it on first use.

    Raises:
        ModelUnavailable: it cannot be started, or already runs with other settings.
    """
    with _engines_lock:
        if settings.weights not in _engines:
            _engines[settings.weights] = Engine(settings)
            atexit.register(close)
        running = _engines[settings.weights]
    if running.settings != settings:
        raise ModelUnavailable(
            f"model = {settings.model} with {_described(settings)}: the model already runs in this process with "
            f"{_described(running.settings)}; use the same settings for all models"
        )
    return running


def _described(settings: EngineSettings) -> str:
    return f"slots = {settings.slots}, threads = {settings.threads}, context = {settings.context}"


def close() -> None:
    """Stop the engines of this process; the next model starts a new one."""
    with _engines_lock:
        running = [*_engines.values()]
        _engines.clear()
        atexit.unregister(close)
    for one in running:
        one.close()
