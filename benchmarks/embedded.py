"""One month of five members on the embedded model's server, which reports how much of a prompt was cached.

It is measured twice. *As in normal use*: the provider guides the model through each reply piece by piece, and every
piece is a request whose prefix is cached. *One request each*: the same prompts, each sent to the server once unchanged;
here the cache helps only with prefixes that different questions share.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from inspect_ai.model import ChatMessage

from benchmarks.serving import LINES
from benchmarks.societies import OPENING, timed, waves_of
from govsim.config import EMBEDDED, Execution
from govsim.jobs import execute_all, plan_runs, prepare
from govsim.journal import Call, Utterance, read_journal
from govsim.models.embedded import smollm2_engine
from govsim.models.embedded_engine import TURN, Engine, EngineSampling, Piece, close

LONGEST_REPLY = 160
SLOTS = 2
THREADS = 2


@dataclass(slots=True, kw_only=True)
class Spent:
    """Token counts of the server."""

    questions: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0

    @property
    def computed_tokens(self) -> int:
        """Prompt tokens that were not in the cache."""
        return self.prompt_tokens - self.cached_tokens

    def add(self, prompt: int | None, cached: int | None, output: int | None) -> None:
        """Count the answer to one question."""
        assert prompt is not None, "the embedded model reports its tokens"
        assert cached is not None, "the embedded model reports its tokens"
        assert output is not None, "the embedded model reports its tokens"
        self.questions += 1
        self.prompt_tokens += prompt
        self.cached_tokens += cached
        self.output_tokens += output


def month(out: Path) -> tuple[Spent, float, Path]:
    """Simulate a month as in normal use; return token counts, seconds, and the journal.

    Raises:
        RuntimeError: the discussion was shorter than required for the comparison.
    """
    execution = Execution(out=out, connections=SLOTS)
    plans = plan_runs(_SETTINGS, execution)
    executor = prepare(plans, execution)
    cost, results = timed(lambda: execute_all(plans, executor))
    close()
    journal = read_journal(results[0].path)
    if (lines := sum(1 for _ in journal.of(Utterance))) != LINES + OPENING:
        raise RuntimeError(f"the discussion has {lines} utterances; must have {LINES + OPENING} with the moderator's")
    spent = Spent()
    for call in journal.of(Call):
        spent.add(call.input_tokens, call.cached_tokens, call.output_tokens)
    return spent, cost.seconds, journal.path


def single_requests(journal: Path) -> tuple[Spent, float]:
    """Send each prompt of a month once, unchanged; return token counts and seconds."""
    server = smollm2_engine(slots=SLOTS, threads=THREADS)
    waves = [[_as_text(prompt) for prompt in wave] for wave in waves_of(journal)]
    spent = Spent()

    async def send() -> None:
        for wave in waves:
            jobs = (server.submit(partial(_complete, server, prompt)) for prompt in wave)
            for piece in await asyncio.gather(*map(asyncio.wrap_future, jobs)):
                spent.add(piece.prompt_tokens, piece.cached_tokens, piece.output_tokens)

    cost, _ = timed(send)
    close()
    return spent, cost.seconds


def _complete(server: Engine, prompt: str) -> Piece:
    greedy = EngineSampling(temperature=0.0, top_p=None, seed=None)
    return server.complete(prompt, greedy, tokens=LONGEST_REPLY)


def _as_text(prompt: list[ChatMessage]) -> str:
    return "<|im_end|>\n".join(f"<|im_start|>{message.role}\n{message.text}" for message in prompt) + TURN


_SETTINGS = {
    "scenario": "fishery",
    "models": {
        "default": EMBEDDED,
        "args": {"slots": SLOTS, "threads": THREADS},
        "sampling": {"max_tokens": LONGEST_REPLY},
    },
    "world": {"months": 1},
    "society": {"phases": {"discussion": {"max_lines": LINES + OPENING}}},
}
