"""Simulation of societies and measurement of its cost, with govsim and with the bare Inspect client.

The bare client is the baseline for the cost of the engine: the prompts of a finished run are sent again without govsim.
The baseline is favourable: all prompts are ready in advance as Inspect messages, replies are not parsed, nothing is
written, and connections and timeout are those of the engine.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar

from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageUser,
    GenerateConfig,
    get_model,
)

from benchmarks.serving import LINES, MODEL, FakeServer
from govsim.config import Execution, Sampling
from govsim.jobs import execute_all, plan_runs, prepare
from govsim.journal import Asked, MessageLine, read_journal

CONNECTIONS = 100
"""Enough for every society here to ask all its members concurrently."""
CAPACITY_EACH = 20
"""Units per member, so that the fake model's demand of ten each is just sustainable in a group of any size."""
OPENING = 1
"""The moderator's utterance, which is counted in a discussion."""

Wave = list[list[ChatMessage]]

T = TypeVar("T")

_KINDS = {"system": ChatMessageSystem, "user": ChatMessageUser, "assistant": ChatMessageAssistant}
_STEPS = {
    **{"harvest": 0, "line": 1},
    **dict.fromkeys(("summary", "limit", "thoughts", "remember", "interesting"), 2),
    **dict.fromkeys(("talk-rating", "remember-rating", "interesting-rating"), 3),
    **{"insights": 4, "insight-rating": 5},
}
"""The steps of a month: questions of one step wait for those of the previous step, but not for each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Settings of the simulated societies, and their number."""

    months: int = 12
    members: int = 5
    lines: int = LINES
    cognition: str = "merged"
    societies: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Elapsed seconds, and seconds of processor time in this process."""

    seconds: float
    processor: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """Simulated societies: their cost, requests, and bytes written."""

    cost: Cost
    requests: int
    input_tokens: int
    written: int
    journals: tuple[Path, ...]


def simulate(setting: Setting, out: Path, server: FakeServer) -> Simulated:
    """Simulate societies, from their settings to the last line of the last journal."""
    execution = Execution(out=out, runs=setting.societies, parallel=setting.societies, connections=CONNECTIONS)
    before = server.seen()

    async def all_of_them() -> tuple[Path, ...]:
        plans = plan_runs(settings_of(setting), execution)
        results = await execute_all(plans, prepare(plans, execution))
        if failed := [result for result in results if (result.status, result.months) != ("completed", setting.months)]:
            raise RuntimeError(f"a society was not sustained: {failed[0]}")
        return tuple(result.path for result in results)

    cost, journals = timed(all_of_them)
    seen = server.seen().since(before)
    return Simulated(
        cost=cost,
        requests=seen.requests,
        input_tokens=seen.input_tokens,
        written=sum(path.stat().st_size for path in journals),
        journals=journals,
    )


def send_again(journal: Path) -> Cost:
    """Send the prompts of a run again with the bare Inspect client, wave by wave."""
    waves = waves_of(journal)
    return timed(lambda: _send(waves))[0]


def timed(work: Callable[[], Coroutine[Any, Any, T]]) -> tuple[Cost, T]:
    """Run a coroutine in a new event loop; return its cost and result."""
    clock, processor = time.perf_counter(), time.process_time()
    result = asyncio.run(work())
    return Cost(seconds=time.perf_counter() - clock, processor=time.process_time() - processor), result


def waves_of(journal: Path) -> list[Wave]:
    """The prompts of a run in waves, each of which is sent once all replies to the previous one have arrived.

    Every utterance of a discussion is a separate wave.
    """
    recorded = read_journal(journal, kinds=["message", "asked"])
    messages = {line.hash: line for line in recorded.of(MessageLine)}
    places = [
        (asked.month, _STEPS[asked.purpose], number if asked.purpose == "line" else 0)
        for number, asked in enumerate(recorded.of(Asked))
    ]
    in_order = sorted(zip(places, recorded.of(Asked), strict=True), key=lambda item: item[0])
    return [
        [_as_sent([messages[hash_] for hash_ in asked.messages]) for _, asked in wave]
        for _, wave in groupby(in_order, key=lambda item: item[0])
    ]


def _as_sent(messages: list[MessageLine]) -> list[ChatMessage]:
    """Convert messages as the engine does: neighbours of one role are joined."""
    return [
        _KINDS[role](content="\n\n".join(message.content for message in group))
        for role, group in groupby(messages, key=lambda message: message.role)
    ]


async def _send(waves: Iterable[Wave]) -> None:
    sampling = Sampling().model_dump(exclude_none=True)
    timeout = math.ceil(Execution().timeout)
    config = GenerateConfig(**sampling, max_connections=CONNECTIONS, max_retries=0, attempt_timeout=timeout)
    client = get_model(MODEL, config=config, memoize=False)
    try:
        for wave in waves:
            await asyncio.gather(*(client.generate(prompt) for prompt in wave))
    finally:
        await client.api.aclose()


def settings_of(setting: Setting) -> dict[str, Any]:
    """The keys of an experiment."""
    return {
        "scenario": "fishery",
        "models": {"default": MODEL},
        "world": {"months": setting.months, "capacity": CAPACITY_EACH * setting.members},
        "society": {
            "members": setting.members,
            "cognition": setting.cognition,
            "phases": {"discussion": {"max_lines": setting.lines + OPENING}},
        },
    }
