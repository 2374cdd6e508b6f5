"""What runs would cost, from what others like them have cost, else from a rehearsal with the fake model."""

from __future__ import annotations

import tempfile
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from govsim.commons import member_threshold, state_at_start
from govsim.config import LOCAL, Execution, Experiment
from govsim.errors import ConfigError, JournalError
from govsim.journal import FINISHED, SUFFIX, Call, read_journal
from govsim.models.client import Completion, LanguageModel
from govsim.models.embedding import Embedder, EmbedderSettings, Vectors
from govsim.models.fake.society import FakeSettings, reply, tokens
from govsim.models.prices import Prices, Tokens
from govsim.models.question import Message, turns
from govsim.models.requests import ModelSettings
from govsim.models.structured import Schema
from govsim.runs.plan import Plan
from govsim.runs.run import carry_out

WORDS = 60
"""Words of each text and of the reasoning before each decision in a rehearsal: what talkative models write."""


_MANY = 1_000_000
"""Lines and insights of a rehearsal: as many as are asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """What asking one model takes. The cost is None where its price is unknown.

    Of the input tokens some are cached: the provider has read them before and need not compute them again.
    """

    calls: float = 0.0
    input_tokens: float = 0.0
    cached_tokens: float = 0.0
    output_tokens: float = 0.0
    cost: float | None = 0.0

    def __add__(self, other: Amount) -> Amount:
        """Both together; the cost is known when both are."""
        return Amount(
            calls=self.calls + other.calls,
            input_tokens=self.input_tokens + other.input_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cost=None if self.cost is None or other.cost is None else self.cost + other.cost,
        )

    def times(self, factor: float) -> Amount:
        """So many times as much."""
        return Amount(
            calls=self.calls * factor,
            input_tokens=self.input_tokens * factor,
            cached_tokens=self.cached_tokens * factor,
            output_tokens=self.output_tokens * factor,
            cost=None if self.cost is None else self.cost * factor,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CostEstimate:
    """What is left of one cell would cost.

    Attributes:
        scenario: the cell's.
        condition: the cell's.
        society: the cell's.
        runs: runs that are left to carry out; those that have begun count whole.
        finished: runs that are finished, and cost nothing more.
        basis: how many finished runs of the cell it follows from; 0 for a rehearsal with the fake model.
        months: how many months a run lasts; the mean of the finished ones.
        models: what all runs that are left would take, by model.
    """

    scenario: str
    condition: str
    society: str
    runs: int
    finished: int
    basis: int
    months: float
    models: Mapping[str, Amount]


async def estimate(plans: Sequence[Plan], execution: Execution, *, starts_over: bool = False) -> list[CostEstimate]:
    """What planned runs would cost, cell by cell. No model is asked, and nothing is written where journals lie.

    A cell of which runs are finished costs on average what these have cost. Of any other one run is rehearsed in which
    everyone takes its share of what the stock can bear, so that the run lasts for all its months, and each talk for all
    its lines.

    Args:
        plans: the runs, of one or of several cells.
        execution: the prices.
        starts_over: whether finished runs are to be carried out again.

    Raises:
        ConfigError: a rehearsal did not come to its end.
    """
    cells: defaultdict[Path, list[Plan]] = defaultdict(list)
    for plan in plans:
        cells[plan.path.parent].append(plan)
    return [await _of_cell(folder, cell, execution, starts_over=starts_over) for folder, cell in cells.items()]


async def _of_cell(folder: Path, plans: Sequence[Plan], execution: Execution, *, starts_over: bool) -> CostEstimate:
    prices = Prices.of(execution, plans[0].experiment.models.default)
    finished = _finished(folder, prices)
    left = sum(starts_over or plan.path not in finished for plan in plans)
    plan = plans[0]
    each, months = _mean([spent.models for spent in finished.values()]), float(plan.experiment.world.months)
    if finished:
        months = sum(spent.months for spent in finished.values()) / len(finished)
    elif left:
        each = await _rehearsed(plan, prices)
    return CostEstimate(
        scenario=plan.scenario.name,
        condition=plan.experiment.condition,
        society=plan.society,
        runs=left,
        finished=len(plans) - left,
        basis=len(finished),
        months=months,
        models={model: amount.times(left) for model, amount in each.items()},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spent:
    """What a finished run has cost, by model, and how many months it lasted."""

    models: Mapping[str, Amount]
    months: int


def _finished(folder: Path, prices: Prices) -> dict[Path, _Spent]:
    """What the finished runs of a cell have cost."""
    return {path: spent for path in sorted(folder.glob(f"*{SUFFIX}")) if (spent := _spent(path, prices)) is not None}


def _spent(path: Path, prices: Prices) -> _Spent | None:
    """What a run has cost; None when it is not finished or cannot be read."""
    try:
        journal = read_journal(path, kinds=["call", "end", "session"])
    except JournalError:
        return None
    if journal.status not in FINISHED or journal.end is None:
        return None
    return _Spent(models=amounts_of(journal.of(Call), prices), months=journal.end.months)


def amounts_of(calls: Iterable[Call], prices: Prices) -> dict[str, Amount]:
    """What calls have taken, by model; at what was recorded, else at what they would cost today."""
    spent: defaultdict[str, Amount] = defaultdict(Amount)
    for call in calls:
        spent[call.model] += _of_call(call, prices)
    return dict(spent)


def _of_call(call: Call, prices: Prices) -> Amount:
    read, cached, written = call.input_tokens or 0, call.cached_tokens or 0, call.output_tokens or 0
    cost = prices.cost(call.model, Tokens(read=read, written=written, cached=cached), told=call.cost)
    dollars = None if cost is None else cost.dollars
    return Amount(calls=1, input_tokens=read, cached_tokens=cached, output_tokens=written, cost=dollars)


def _mean(runs: Sequence[Mapping[str, Amount]]) -> dict[str, Amount]:
    total: defaultdict[str, Amount] = defaultdict(Amount)
    for amounts in runs:
        for model, amount in amounts.items():
            total[model] += amount
    return {model: amount.times(1 / len(runs)) for model, amount in total.items()}


async def _rehearsed(plan: Plan, prices: Prices) -> dict[str, Amount]:
    """What one run takes in which nothing goes wrong and nobody is greedy."""
    with tempfile.TemporaryDirectory() as folder:
        there = replace(plan, path=Path(folder) / plan.path.name)
        result = await carry_out(there, Execution(), _Rehearsal(plan.experiment, prices))
        if result.status not in FINISHED:
            raise ConfigError(f"the rehearsal of {plan.path.name} ended as {result.status}: {result.reason}")
        return amounts_of(read_journal(there.path, kinds=["call"]).of(Call), prices)


class _Rehearsal:
    """Models of which each answers as the fake model does."""

    def __init__(self, experiment: Experiment, prices: Prices) -> None:
        self._settings = FakeSettings(
            catch=_share(experiment),
            lines=_MANY,
            insights=_MANY,
            words=WORDS,
        )
        self._prices = prices
        self._read = Prefixes()

    def language_model(self, settings: ModelSettings) -> LanguageModel:
        read = self._read if settings.name == LOCAL else None
        return Rehearsing(settings.name, self._prices, self._settings, read)

    def embedder(self, settings: EmbedderSettings) -> Embedder:
        return _Indifferent(settings.model)


def _share(experiment: Experiment) -> int:
    """What each may take without the stock falling, once all are there."""
    return member_threshold(state_at_start(experiment.world, experiment.society.members))


class Rehearsing:
    """A model that answers as the fake model does, and costs what the price says."""

    def __init__(self, name: str, prices: Prices, settings: FakeSettings, read: Prefixes | None = None) -> None:
        """Nothing is asked yet.

        Args:
            name: the model's name.
            prices: what models cost.
            settings: how it answers.
            read: the prompts it has read so far, where it keeps what several begin with.
        """
        self.name = name
        self._prices = prices
        self._settings = settings
        self._read = read

    async def complete(self, messages: Sequence[Message], schema: Schema | None = None) -> Completion:
        """Answer at once."""
        sent = turns(messages)
        text = reply(sent, self._settings, schema)
        read, written = sum(tokens(content) for _, content in sent), tokens(text)
        cost = self._prices.cost(self.name, Tokens(read=read, written=written))
        return Completion(
            text=text,
            stop_reason="stop",
            seconds=0.0,
            input_tokens=read,
            cached_tokens=None if self._read is None else self._read.cached(sent),
            output_tokens=written,
            cost=None if cost is None else cost.dollars,
        )


class Prefixes:
    """Prompts that a model has read. They are kept sorted: the longest shared beginning is shared with a neighbour."""

    def __init__(self) -> None:
        self._texts: list[str] = []

    def cached(self, sent: Sequence[tuple[str, str]]) -> int:
        """Tokens at the beginning of a prompt that were read before; the prompt counts as read from now on."""
        text = "".join(content for _, content in sent)
        place = bisect_left(self._texts, text)
        shared = max((_shared(text, other) for other in self._texts[max(place - 1, 0) : place + 1]), default=0)
        self._texts.insert(place, text)
        return min(tokens(text[:shared]) if shared else 0, sum(tokens(content) for _, content in sent))


def _shared(one: str, other: str) -> int:
    """Characters that two texts begin with alike."""
    return next(
        (place for place, (mine, yours) in enumerate(zip(one, other, strict=False)) if mine != yours),
        min(len(one), len(other)),
    )


class _Indifferent:
    """Finds everything equally relevant."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def embed(self, texts: Sequence[str]) -> Vectors:
        return np.ones((len(texts), 1), dtype=np.float32)
