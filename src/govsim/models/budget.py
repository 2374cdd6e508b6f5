"""What questions may cost: checked before each one, so that nothing goes beyond a limit but what is in flight."""

from __future__ import annotations

import time

from govsim.config import Budget
from govsim.errors import ModelUnavailable, OverBudget
from govsim.journal import Call
from govsim.models.client import Completion


class Account:
    """What has been spent of one budget, by one run or by all runs of a command."""

    def __init__(self, budget: Budget, name: str) -> None:
        """Open an account; its time runs from now on.

        Args:
            budget: the limits.
            name: whose it is, as its keys are named: `budget` or `run_budget`.
        """
        self._budget = budget
        self._name = name
        self._began = time.monotonic()
        self._calls = 0
        self._tokens = 0
        self._cost = 0.0

    def begin(self) -> None:
        """Count a call that is about to be sent.

        Raises:
            OverBudget: one of the limits has been reached.
        """
        self._check("calls", self._budget.calls, self._calls)
        self._check("tokens", self._budget.tokens, self._tokens)
        self._check("cost", self._budget.cost, self._cost)
        self._check("seconds", self._budget.seconds, time.monotonic() - self._began)
        self._calls += 1

    def spend(self, answer: Completion | Call, model: str) -> None:
        """Count what an answer has cost.

        Raises:
            ModelUnavailable: the cost is limited, and what this model costs is unknown.
        """
        self._tokens += (answer.input_tokens or 0) + (answer.output_tokens or 0)
        if answer.cost is not None:
            self._cost += answer.cost
        elif self._budget.cost is not None:
            raise ModelUnavailable(
                f"{self._name}.cost = {self._budget.cost}: the price of {model} is unknown, so its cost cannot be "
                f"limited; give it with --price {model}=INPUT/OUTPUT, or limit tokens or calls instead"
            )

    def recall(self, call: Call) -> None:
        """Count an answer that the journal holds already."""
        self._calls += 1
        self.spend(call, call.model)

    def _check(self, what: str, limit: float | None, used: float) -> None:
        if limit is not None and used >= limit:
            raise OverBudget(f"{self._name}.{what}: limit of {limit:g} (used {used:g}); raise it to go on")
