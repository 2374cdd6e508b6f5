"""Budgets, checked before each question, so that only requests in flight can exceed a limit."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Protocol

from govsim.config import Budget
from govsim.errors import ModelUnavailable, OverBudget
from govsim.journal import Call
from govsim.models.prices import Prices, TokenCounts


class CallAccount(Protocol):
    """A budget as seen by those who ask questions."""

    async def begin(self) -> None:
        """Count a call that is about to be sent.

        Raises:
            OverBudget: one of the limits has been reached.
        """

    async def spend(self, call: Call) -> None:
        """Count the cost of an answer that has been recorded.

        Raises:
            ModelUnavailable: cost or tokens are limited, and those of the answer are unknown.
        """


class BudgetAccount:
    """The amount spent of one budget, by one run or by all runs of a command."""

    def __init__(self, budget: Budget, name: str, prices: Prices | None = None) -> None:
        """Open an account; its time starts now.

        Args:
            budget: the limits.
            name: the setting that holds the limits: `budget` or `run_budget`.
            prices: prices of models, for answers whose cost is not recorded; if None, their cost is unknown.
        """
        self._budget = budget
        self._name = name
        self._prices = prices
        self._began = time.monotonic()
        self._calls = 0
        self._tokens = 0
        self._cost = 0.0

    async def begin(self) -> None:
        """Count a call that is about to be sent; never waits.

        Raises:
            OverBudget: one of the limits has been reached.
        """
        self.reserve()

    async def spend(self, call: Call) -> None:
        """Count the cost of an answer; never waits.

        Raises:
            ModelUnavailable: as for `settle`.
        """
        self.settle(call)

    def reserve(self) -> None:
        """Count a call that is about to be sent.

        Raises:
            OverBudget: one of the limits has been reached.
        """
        self._check("calls", self._budget.calls, self._calls)
        self._check("tokens", self._budget.tokens, self._tokens)
        self._check("cost", self._budget.cost, self._cost)
        self._check("seconds", self._budget.seconds, time.monotonic() - self._began)
        self._calls += 1

    def withdraw(self, calls: int) -> None:
        """Count calls no longer that were not sent, or whose answers were lost."""
        self._calls -= calls

    def settle(self, call: Call) -> None:
        """Count the cost of an answer; one withheld by a content filter without token counts costs nothing.

        Raises:
            ModelUnavailable: cost or tokens are limited, and this model's price or tokens are unknown.
        """
        is_reported = call.input_tokens is not None or call.output_tokens is not None
        if not is_reported and call.stop_reason == "content_filter":
            return
        read, written = call.input_tokens or 0, call.output_tokens or 0
        cost, model = call.cost, call.model
        tokens = TokenCounts(read=read, written=written, cached=call.cached_tokens or 0)
        listed = None if cost is not None or self._prices is None else self._prices.cost(model, tokens)
        if listed is not None and is_reported:
            cost = listed.dollars
        if not is_reported and self._budget.tokens is not None:
            raise self._unlimited("tokens", f"{model} does not report token counts; limit calls or seconds instead")
        if cost is None and self._budget.cost is not None:
            if listed is not None:
                raise self._unlimited("cost", f"{model} does not report token counts; limit calls or seconds instead")
            raise self._unlimited(
                "cost",
                f"the price of {model} is unknown, so its cost cannot be limited; set it with "
                f"--price {model}=INPUT/OUTPUT, or limit tokens or calls instead",
            )
        self._tokens += read + written
        self._cost += cost or 0.0

    def recall(self, calls: Iterable[Call]) -> None:
        """Count answers that are already in the journal.

        Raises:
            ModelUnavailable: as for `settle`.
        """
        for call in calls:
            self._calls += 1
            self.settle(call)

    def _unlimited(self, what: str, why: str) -> ModelUnavailable:
        return ModelUnavailable(f"{self._name}.{what} = {getattr(self._budget, what)}: {why}")

    def _check(self, what: str, limit: float | None, used: float) -> None:
        if limit is not None and used >= limit:
            raise OverBudget(f"{self._name}.{what}: limit of {limit:g} reached (used {used:g}); raise it to continue")
