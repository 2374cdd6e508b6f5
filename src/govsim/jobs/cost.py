"""What asking models takes, and would take: calls, tokens and dollars."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from govsim.journal import Call, known_sum
from govsim.models.client import Completion
from govsim.models.prices import Prices, Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """What asking one model takes. Tokens are None where the provider does not tell them, the cost where it is unknown.

    Of the input tokens some are cached: the provider has read them before and need not compute them again.
    """

    calls: float = 0.0
    input_tokens: float | None = 0.0
    cached_tokens: float = 0.0
    output_tokens: float | None = 0.0
    cost: float | None = 0.0

    def __add__(self, other: Amount) -> Amount:
        """Both together; what is known of both is known."""
        return Amount(
            calls=self.calls + other.calls,
            input_tokens=known_sum((self.input_tokens, other.input_tokens)),
            cached_tokens=self.cached_tokens + other.cached_tokens,
            output_tokens=known_sum((self.output_tokens, other.output_tokens)),
            cost=known_sum((self.cost, other.cost)),
        )

    def times(self, factor: float) -> Amount:
        """So many times as much."""
        return Amount(
            calls=self.calls * factor,
            input_tokens=None if self.input_tokens is None else self.input_tokens * factor,
            cached_tokens=self.cached_tokens * factor,
            output_tokens=None if self.output_tokens is None else self.output_tokens * factor,
            cost=None if self.cost is None else self.cost * factor,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What is left of the jobs of one cell would cost, in runs, or in questions of studies.

    Attributes:
        cell: scenario, condition and society of runs; what is studied, and who is asked.
        left: how many are left to carry out; runs that have begun count whole.
        done: how many are done, and cost nothing more.
        basis: how many it follows from; 0 for a rehearsal with the fake model.
        months: how many months a run lasts, the mean of the finished ones; 0 of studies.
        models: what all that are left would take, by model.
    """

    cell: tuple[str, ...]
    left: int
    done: int
    basis: int
    months: float = 0.0
    models: Mapping[str, Amount]


def amounts_of(calls: Iterable[Call], prices: Prices) -> dict[str, Amount]:
    """What calls have taken, by model; at what was recorded, else at what they would cost today."""
    spent: defaultdict[str, Amount] = defaultdict(Amount)
    for call in calls:
        spent[call.model] += amount_of(call, call.model, prices)
    return dict(spent)


def amount_of(answer: Call | Completion, model: str, prices: Prices) -> Amount:
    """What one answer has taken: nothing but the call where a filter withheld it and no tokens are told."""
    read, written, cached = answer.input_tokens, answer.output_tokens, answer.cached_tokens or 0
    if read is None and written is None and answer.stop_reason == "content_filter":
        return Amount(calls=1)
    tokens = None if read is None or written is None else Tokens(read=read, written=written, cached=cached)
    cost = prices.cost(model, tokens, reported=answer.cost)
    dollars = None if cost is None else cost.dollars
    return Amount(calls=1, input_tokens=read, cached_tokens=cached, output_tokens=written, cost=dollars)


def added(one: Mapping[str, Amount], other: Mapping[str, Amount]) -> dict[str, Amount]:
    """Two amounts by model together."""
    return {model: one.get(model, Amount()) + other.get(model, Amount()) for model in (*one, *other)}


def scaled(amounts: Mapping[str, Amount], left: int, basis: int) -> dict[str, Amount]:
    """What all that is left takes, at the mean of what those of the basis have taken together; nothing without one."""
    return {model: amount.times(1 / basis).times(left) for model, amount in amounts.items()} if basis else {}
