"""The engine of the embedded model: a llama.cpp server inside this process, started once and shared."""

from __future__ import annotations

import atexit
import os
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from govsim.errors import ContextTooLong, ModelUnavailable, ProviderError
from govsim.models.weights import find_weights, verify

PROVIDER = "embedded"
MODEL = "smollm2"

CONTEXT = 8192
"""Tokens of a prompt with its reply: what the model was trained for."""
PREFIX_CACHE_MIB = 512
"""Memory for prompts that are not in a slot: about 20,000 tokens."""
DONT_REPEAT = {"dry_multiplier": 1.0, "dry_base": 1.75, "dry_allowed_length": 3, "dry_penalty_last_n": 1024}
"""Weighs down what would repeat a run of words of the prompt; without it members echo each other word for word."""

TURN = "<|im_end|>\n<|im_start|>assistant\n"
_CUT = "<|endoftext|>"
_WAIT_POLICY = "OMP_WAIT_POLICY"

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One stretch of generated text, with its cost."""

    text: str
    is_cut: bool
    prompt_tokens: int
    cached_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How tokens are drawn."""

    temperature: float
    top_p: float | None
    seed: int | None

    def as_request(self) -> dict[str, Any]:
        """These settings as the server takes them."""
        settings = {"temperature": self.temperature, "top_p": self.top_p, "seed": self.seed}
        return {name: value for name, value in settings.items() if value is not None}


class Engine:
    """A llama.cpp server inside this process. Its port is on this machine only, behind a key that nobody knows."""

    def __init__(self, *, slots: int, threads: int) -> None:
        """Load the weights.

        Raises:
            ModelUnavailable: the inference library or the weights are missing or cannot be used.
        """
        xllamacpp = _inference_library()
        weights = find_weights()
        verify(weights)
        settings = xllamacpp.CommonParams()
        settings.model.path = str(weights)
        settings.verbosity = -1
        settings.warmup = False
        settings.ui = False
        settings.endpoint_slots = False
        settings.hostnames = ["127.0.0.1"]
        settings.api_keys = [secrets.token_hex(32)]
        settings.n_parallel = slots
        settings.n_ctx = slots * CONTEXT
        settings.cache_ram_mib = PREFIX_CACHE_MIB
        settings.cpuparams.n_threads = threads
        settings.cpuparams_batch.n_threads = threads
        settings.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
        try:
            self._server: Any = xllamacpp.Server(settings)
        except RuntimeError as error:
            raise ModelUnavailable(f"the embedded model could not be started from {weights}: {error}") from error
        self.slots = slots
        self.threads = threads
        self._workers = ThreadPoolExecutor(max_workers=slots, thread_name_prefix="embedded-model")

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Have some work done in one of as many threads as there are slots, in the order of arrival."""
        return self._workers.submit(work)

    def complete(
        self, prompt: str, sampling: Sampling, *, tokens: int, grammar: str | None = None, penalty: float = 1.0
    ) -> Piece:
        """Continue a prompt, blocking.

        Args:
            prompt: the text so far, with control tokens.
            sampling: how to draw tokens.
            tokens: the most tokens to write.
            grammar: GBNF that the continuation has to match.
            penalty: what repeated tokens are weighed down by; 1 is not at all.

        Raises:
            ContextTooLong: prompt and continuation do not fit into the context.
            ProviderError: the server refused.
        """
        request = {"prompt": prompt, "n_predict": tokens, "repeat_penalty": penalty, **sampling.as_request()}
        if grammar is None or penalty > 1.0:
            request |= DONT_REPEAT
        reply = self._server.handle_completions(request | ({"grammar": grammar} if grammar else {}))
        if error := reply.get("error"):
            if error.get("type") == "exceed_context_size_error":
                raise ContextTooLong(
                    f"the prompt has {error.get('n_prompt_tokens')} tokens: it exceeds the context length of {CONTEXT}"
                )
            raise ProviderError(f"the embedded model refused: {error.get('message')}")
        usage, choice = reply["usage"], reply["choices"][0]
        return Piece(
            text=choice["text"],
            is_cut=choice["finish_reason"] == "length",
            prompt_tokens=usage["prompt_tokens"],
            cached_tokens=usage["prompt_tokens_details"]["cached_tokens"],
            output_tokens=usage["completion_tokens"],
        )

    def cut_back(self, prompt: str) -> None:
        """Forget the end of a prompt and everything after it, but keep its beginning for those who share it."""
        greedy = Sampling(temperature=0.0, top_p=None, seed=None)
        self.complete(prompt.removesuffix(TURN) + _CUT, greedy, tokens=0)

    def close(self) -> None:
        """Finish what is running and free the memory."""
        self._workers.shutdown(wait=True, cancel_futures=True)
        self._server = None


def _inference_library() -> Any:
    """Import xllamacpp, with threads that sleep while they wait for each other.

    By default they spin, and then two processes on the same processors can slow each other down more than tenfold.
    OpenMP reads the setting from the environment once, when it is loaded.
    """
    before = os.environ.get(_WAIT_POLICY)
    try:
        os.environ.setdefault(_WAIT_POLICY, "passive")
        import xllamacpp
    except ImportError as error:
        raise ModelUnavailable(
            f'the embedded model needs xllamacpp ({error}); install it with: pip install "govsim[embedded]"'
        ) from error
    finally:
        if before is None:
            os.environ.pop(_WAIT_POLICY, None)
    return xllamacpp


_engine: Engine | None = None
_engine_lock = threading.Lock()


def engine(*, slots: int, threads: int) -> Engine:
    """The engine of this process, started when it is first asked for.

    Raises:
        ModelUnavailable: it cannot be started, or already runs with other settings.
    """
    global _engine  # noqa: PLW0603
    with _engine_lock:
        if _engine is None:
            _engine = Engine(slots=slots, threads=threads)
            atexit.register(close)
        if (_engine.slots, _engine.threads) != (slots, threads):
            raise ModelUnavailable(
                f"model = {PROVIDER}/{MODEL} with slots = {slots}, threads = {threads}: it already runs in this "
                f"process with slots = {_engine.slots}, threads = {_engine.threads}; use the same for all models"
            )
        return _engine


def close() -> None:
    """Stop the engine of this process, if it runs; the next model starts it anew."""
    global _engine
    with _engine_lock:
        running, _engine = _engine, None
        atexit.unregister(close)
    if running is not None:
        running.close()
