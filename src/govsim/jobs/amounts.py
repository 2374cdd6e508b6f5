"""Amounts of model usage, recorded or estimated: calls, tokens and dollars."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from govsim.journal import Call, known_sum
from govsim.models.client import Completion
from govsim.models.prices import Prices, TokenCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """Usage of one model. Tokens are None if the provider does not report them, the cost if it is unknown.

    Cached tokens are the part of the input tokens that the provider reuses from earlier requests.
    """

    calls: float = 0.0
    input_tokens: float | None = 0.0
    cached_tokens: float = 0.0
    output_tokens: float | None = 0.0
    cost: float | None = 0.0

    def __add__(self, other: Amount) -> Amount:
        """Return the sum; a component is known only if it is known in both."""
        return Amount(
            calls=self.calls + other.calls,
            input_tokens=known_sum((self.input_tokens, other.input_tokens)),
            cached_tokens=self.cached_tokens + other.cached_tokens,
            output_tokens=known_sum((self.output_tokens, other.output_tokens)),
            cost=known_sum((self.cost, other.cost)),
        )

    def times(self, factor: float) -> Amount:
        """Return the amount multiplied by a factor."""
        return Amount(
            calls=self.calls * factor,
            input_tokens=None if self.input_tokens is None else self.input_tokens * factor,
            cached_tokens=self.cached_tokens * factor,
            output_tokens=None if self.output_tokens is None else self.output_tokens * factor,
            cost=None if self.cost is None else self.cost * factor,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CostEstimate:
    """Estimated usage of the remaining jobs of one cell. Counts are of runs, or of questions in studies.

    Attributes:
        cell: scenario, condition and society of runs; subject and model of studies.
        left: number of runs or questions that remain; runs in progress count as whole.
        done: number that are done and have no further cost.
        basis: number that the estimate is based on; 0 for a dry run with the fake model.
        months: mean number of months of the finished runs; 0 for studies.
        models: usage of everything that remains, by model.
    """

    cell: tuple[str, ...]
    left: int
    done: int
    basis: int
    months: float = 0.0
    models: Mapping[str, Amount]


def amounts_of(calls: Iterable[Call], prices: Prices) -> dict[str, Amount]:
    """Return the usage of calls by model, at the recorded cost in dollars, or otherwise at current prices.

    Tokens or cost of a model are None if they are unknown for any of its calls.
    """
    spent: defaultdict[str, Amount] = defaultdict(Amount)
    for call in calls:
        spent[call.model] += amount_of(call, call.model, prices)
    return dict(spent)


def amount_of(answer: Call | Completion, model: str, prices: Prices) -> Amount:
    """Return the usage of one answer, in tokens and dollars; None for what is unknown.

    An answer that a content filter withheld without reporting tokens counts as a call that cost nothing.
    """
    read, written, cached = answer.input_tokens, answer.output_tokens, answer.cached_tokens or 0
    if read is None and written is None and answer.stop_reason == "content_filter":
        return Amount(calls=1)
    tokens = None if read is None or written is None else TokenCounts(read=read, written=written, cached=cached)
    cost = prices.cost(model, tokens, reported=answer.cost)
    dollars = None if cost is None else cost.dollars
    return Amount(calls=1, input_tokens=read, cached_tokens=cached, output_tokens=written, cost=dollars)


def added(one: Mapping[str, Amount], other: Mapping[str, Amount]) -> dict[str, Amount]:
    """Return the sum of two mappings of amounts by model; a model that is absent from one has used nothing there."""
    return {model: one.get(model, Amount()) + other.get(model, Amount()) for model in (*one, *other)}


def scaled(amounts: Mapping[str, Amount], left: int, basis: int) -> dict[str, Amount]:
    """Extrapolate usage to the jobs that remain: each amount times ``left / basis``.

    Args:
        amounts: total usage of `basis` jobs or questions, by model.
        left: number of jobs or questions that remain.
        basis: number that the usage was measured on; the result is empty if it is 0.
    """
    return {model: amount.times(1 / basis).times(left) for model, amount in amounts.items()} if basis else {}
