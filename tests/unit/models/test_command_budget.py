"""The budget of a command in its workers: messages, errors, cancelled questions, and finished and lost jobs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from govsim.config import Budget, Price
from govsim.errors import ModelUnavailable, OverBudget, ProviderError
from govsim.models.budget import BudgetAccount
from govsim.models.command_budget import BudgetRequest, BudgetService, RemoteBudget
from govsim.models.prices import Prices
from tests.living import answer


class Line:
    """A connection to a service in this process, which can be held up."""

    def __init__(self, service: BudgetService) -> None:
        self.service = service
        self.sent: list[BudgetRequest] = []
        self.is_open = asyncio.Event()
        self.is_open.set()
        self.error: Exception | None = None

    async def call(self, service: str, payload: Mapping[str, Any]) -> Any:
        self.sent.append(BudgetRequest.model_validate(payload))
        if self.error is not None:
            raise self.error
        found = await self.service.serve(0, payload)
        await self.is_open.wait()
        return found


def remote(budget: Budget, prices: Prices | None = None) -> tuple[RemoteBudget, Line]:
    line = Line(BudgetService(BudgetAccount(budget, "budget", prices)))
    return RemoteBudget(line), line


async def test_a_limit_stops_all_jobs_with_the_message_of_one_process() -> None:
    budget, _ = remote(Budget(calls=2))
    one, other = budget.account("one"), budget.account("other")
    await one.begin()
    await other.begin()
    for account in (one, other):
        with pytest.raises(OverBudget, match=r"^budget\.calls: limit of 2 reached \(used 2\); raise it to continue$"):
            await account.begin()


async def test_an_answer_without_a_price_is_priced_in_the_driver() -> None:
    budget, _ = remote(Budget(cost=1.0), Prices({"some/model": Price(input=1e6, output=1e6)}))
    account = budget.account("one")
    await account.begin()
    await account.spend(answer(input_tokens=1, output_tokens=1))
    with pytest.raises(OverBudget, match=r"^budget\.cost: limit of 1 reached \(used 2\)"):
        await account.begin()


async def test_a_cost_that_cannot_be_limited_is_an_error_of_its_question_only() -> None:
    budget, line = remote(Budget(cost=1.0))
    one, other = budget.account("one"), budget.account("other")
    line.is_open.clear()
    began = asyncio.gather(one.begin(), other.begin())
    await asyncio.sleep(0)
    line.is_open.set()
    await began
    found = await asyncio.gather(one.spend(answer()), other.spend(answer(cost=0.5)), return_exceptions=True)
    assert isinstance(found[0], ModelUnavailable)
    assert "the price of some/model is unknown" in str(found[0])
    assert found[1] is None


async def test_one_message_reports_all_that_has_accumulated() -> None:
    budget, line = remote(Budget(calls=100))
    account = budget.account("one")
    line.is_open.clear()
    waiting = [asyncio.create_task(account.begin()) for _ in range(30)]
    await asyncio.sleep(0.01)
    line.is_open.set()
    await asyncio.gather(*waiting)
    assert [len(request.reserved) for request in line.sent] == [30]


@pytest.mark.parametrize("turns", range(6))
async def test_a_call_reserved_for_a_cancelled_question_may_be_sent_by_another(turns: int) -> None:
    budget, line = remote(Budget(calls=1))
    account = budget.account("one")
    line.is_open.clear()
    task = asyncio.create_task(account.begin())
    await asyncio.sleep(0.01)
    line.is_open.set()
    for _ in range(turns):
        await asyncio.sleep(0)
    was_done = task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await asyncio.sleep(0.01)
    if was_done:
        with pytest.raises(OverBudget, match="limit of 1"):
            await account.begin()
    else:
        await account.begin()


async def test_an_error_of_the_driver_is_raised_in_all_who_wait() -> None:
    budget, line = remote(Budget(calls=1))
    line.error = ProviderError("the driver has ended")
    account = budget.account("one")
    found = await asyncio.gather(account.begin(), account.spend(answer()), return_exceptions=True)
    assert [str(error) for error in found] == ["the driver has ended"] * 2


async def test_calls_that_failed_in_a_finished_job_remain_counted() -> None:
    budget, line = remote(Budget(calls=2))
    await budget.account("failed").begin()
    line.service.finished(0, "failed")
    line.service.lost(0)
    await budget.account("other").begin()
    with pytest.raises(OverBudget, match="used 2"):
        await budget.account("other").begin()


async def test_an_answer_is_counted_once_even_if_it_is_also_recorded() -> None:
    budget, line = remote(Budget(tokens=10))
    account = budget.account("one")
    settled, unsettled = (answer(ordinal=place, input_tokens=4, output_tokens=0) for place in (0, 1))
    await asyncio.gather(account.begin(), account.begin(), account.begin())
    await account.spend(settled)
    line.service.recorded(0, "one", [settled, unsettled])
    line.service.lost(0)
    other = budget.account("two")
    await other.begin()
    await other.spend(answer(input_tokens=3, output_tokens=0))
    with pytest.raises(OverBudget, match=r"limit of 10 reached \(used 11\)"):
        await other.begin()
