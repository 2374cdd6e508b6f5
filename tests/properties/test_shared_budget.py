"""A command's budget over several workers: whatever the order of messages, only calls in flight exceed a limit."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from govsim.config import Budget
from govsim.errors import OverBudget
from govsim.journal import Call
from govsim.models.budget import BudgetAccount, CallAccount
from govsim.models.command_budget import BudgetService, RemoteBudget
from tests.living import answer

COUNTS = st.integers(1, 4)
MOST = 50
"""Maximum number of tokens of a call."""


class Line:
    """A connection whose messages take an arbitrary time, but keep their order."""

    def __init__(self, service: BudgetService, worker: int, draws: random.Random) -> None:
        self._service = service
        self._worker = worker
        self._draws = draws
        self.is_cut = False

    async def call(self, service: str, payload: Mapping[str, Any]) -> Any:
        assert service == "budget"
        await pause(self._draws)
        if self.is_cut:
            raise ConnectionError("the worker is lost")
        found = await self._service.serve(self._worker, payload)
        await pause(self._draws)
        return found


async def pause(draws: random.Random) -> None:
    for _ in range(draws.randrange(6)):
        await asyncio.sleep(0)


@dataclass
class Command:
    """What the societies of a command have sent and paid."""

    draws: random.Random
    in_flight: int = 0
    most_in_flight: int = 0
    sent: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    paid: list[Call] = field(default_factory=list)

    async def society(self, account: CallAccount, recorded: list[Call]) -> None:
        """Ask one question after the other until the budget is exhausted."""
        while True:
            try:
                await account.begin()
            except OverBudget as error:
                self.reasons[str(error)] += 1
                return
            self.sent += 1
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
            try:
                await pause(self.draws)
                tokens = self.draws.randrange(1, MOST + 1)
                call = answer(ordinal=len(recorded), input_tokens=tokens, output_tokens=0, cost=tokens / 100)
                recorded.append(call)
                self.paid.append(call)
                await account.spend(call)
            finally:
                self.in_flight -= 1

    @property
    def tokens(self) -> int:
        return sum(call.tokens or 0 for call in self.paid)


async def execute(command: Command, service: BudgetService, workers: int, societies: int) -> None:
    tasks = []
    for worker in range(workers):
        budget = RemoteBudget(Line(service, worker, command.draws))
        tasks += [command.society(budget.account(f"job {number}"), []) for number in range(societies)]
    await asyncio.gather(*tasks)


@given(seed=st.integers(0, 2**32), workers=COUNTS, societies=COUNTS, limit=st.integers(0, 60))
def test_calls_never_exceed_their_limit_and_reach_it(seed: int, workers: int, societies: int, limit: int) -> None:
    command = Command(random.Random(seed))
    service = BudgetService(BudgetAccount(Budget(calls=limit), "budget"))
    asyncio.run(execute(command, service, workers, societies))
    assert command.sent == len(command.paid) == limit
    reason = f"budget.calls: limit of {limit} reached (used {limit}); raise it to continue"
    assert command.reasons == {reason: workers * societies}


@given(seed=st.integers(0, 2**32), workers=COUNTS, societies=COUNTS, limit=st.integers(1, 2000))
def test_tokens_and_cost_exceed_their_limit_only_by_calls_in_flight(
    seed: int, workers: int, societies: int, limit: int
) -> None:
    for budget in (Budget(tokens=limit), Budget(cost=limit / 100)):
        command = Command(random.Random(seed))
        asyncio.run(execute(command, BudgetService(BudgetAccount(budget, "budget")), workers, societies))
        # A call is in flight from its permit on, also while the permit is on its way to the worker.
        assert limit <= command.tokens < limit + workers * societies * MOST
        assert command.most_in_flight <= workers * societies
        assert sum(command.reasons.values()) == workers * societies
        assert all("reached (used" in reason for reason in command.reasons)


@given(seed=st.integers(0, 2**32), limit=st.integers(1, 60), lives=st.integers(0, 120))
def test_a_lost_worker_leaves_only_what_its_journals_record(seed: int, limit: int, lives: int) -> None:
    """Its calls without an answer may be sent again; those with an answer count once, however that became known."""
    for budget in (Budget(calls=limit), Budget(tokens=limit * MOST)):
        command = Command(random.Random(seed))
        service = BudgetService(BudgetAccount(budget, "budget"))
        asyncio.run(lose_and_continue(command, service, lives))
        used = max(float(reason.split("used ")[1].split(")")[0]) for reason in command.reasons)
        assert used == (len(command.paid) if budget.calls else command.tokens)
        assert used >= (budget.calls or budget.tokens or 0)
        assert budget.calls is None or used == budget.calls


async def lose_and_continue(command: Command, service: BudgetService, lives: int) -> None:
    """Kill a worker after some turns of the event loop, and let others use the rest of the budget."""
    line = Line(service, 0, command.draws)
    budget = RemoteBudget(line)
    journals: dict[str, list[Call]] = {f"job {number}": [] for number in range(3)}
    tasks = [asyncio.create_task(command.society(budget.account(job), calls)) for job, calls in journals.items()]
    for _ in range(lives):
        await asyncio.sleep(0)
    line.is_cut = True
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    command.reasons.clear()
    for job, calls in journals.items():
        service.recorded(0, job, calls)
    service.lost(0)
    others = RemoteBudget(Line(service, 1, command.draws))
    await asyncio.gather(*(command.society(others.account(f"job {number}"), []) for number in range(4)))
