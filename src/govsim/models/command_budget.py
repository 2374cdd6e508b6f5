"""The budget of a command whose runs are executed by several workers.

The account is in the driver. Each worker reserves every call before it is sent, and settles it before it asks the next
question, so that only calls in flight can exceed a limit, as within one process. A worker sends one message at a time,
with all that has accumulated since the last, so that the number of messages does not grow with that of questions.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from govsim.errors import ModelUnavailable, OverBudget
from govsim.journal import Call
from govsim.models.budget import BudgetAccount
from govsim.models.leases import Caller

SERVICE = "budget"
"""Name of the service that holds the budget."""

_COSTS = {
    *("month", "phase", "member", "purpose", "ordinal", "attempt", "site", "model", "messages", "stop_reason"),
    *("input_tokens", "output_tokens", "cached_tokens", "cost", "seconds"),
}
"""Fields of a call that identify it and determine its cost."""


class BudgetRequest(BaseModel):
    """A worker's report of answers, and of calls that it is about to send."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    settled: tuple[tuple[str, dict[str, Any]], ...] = ()
    """The job and the call of each answer, without its text."""
    withdrawn: tuple[str, ...] = ()
    """The job of each reserved call that will not be sent."""
    reserved: tuple[str, ...] = ()
    """The job of each call that is about to be sent."""


class BudgetAnswer(BaseModel):
    """The driver's answer to a report."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    unknown: tuple[str | None, ...]
    """For each settled call, why its cost cannot be limited; None if it can."""
    reserved: int
    """Number of calls that may be sent, the first of those reported."""
    reason: str = ""
    """Why no more calls may be sent; empty if all may be."""


class BudgetService:
    """The account of a command, for its workers."""

    def __init__(self, account: BudgetAccount) -> None:
        """Open the account to workers.

        Args:
            account: the account; its time limit has started.
        """
        self._account = account
        self._open: defaultdict[int, Counter[str]] = defaultdict(Counter)
        self._settled: defaultdict[tuple[int, str], set[tuple[object, ...]]] = defaultdict(set)

    async def serve(self, worker: int, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Answer a `BudgetRequest` with a `BudgetAnswer`; never waits.

        Args:
            worker: the number of the worker.
            payload: the request.
        """
        request = BudgetRequest.model_validate(payload)
        unknown = [self._settle(worker, job, Call(reply="", **content)) for job, content in request.settled]
        for job in request.withdrawn:
            self._open[worker][job] -= 1
        self._account.withdraw(len(request.withdrawn))
        reason = ""
        reserved = 0
        try:
            for job in request.reserved:
                self._account.reserve()
                self._open[worker][job] += 1
                reserved += 1
        except OverBudget as error:
            reason = str(error)
        return BudgetAnswer(unknown=tuple(unknown), reserved=reserved, reason=reason).model_dump()

    def recorded(self, worker: int, job: str, calls: Iterable[Call]) -> None:
        """Count calls recorded by a worker that is about to be declared lost; those already settled are skipped.

        Args:
            worker: the number of the worker.
            job: the job.
            calls: the calls in its journal that this worker has written.
        """
        for call in calls:
            self._settle(worker, job, call)

    def finished(self, worker: int, job: str) -> None:
        """Forget the calls of a job that has ended. Calls without an answer remain counted, as they failed."""
        self._open[worker].pop(job, None)
        self._settled.pop((worker, job), None)

    def lost(self, worker: int) -> None:
        """Withdraw the reserved calls of a lost worker whose answers are not known."""
        self._account.withdraw(sum(self._open.pop(worker, Counter()).values()))
        for key in [key for key in self._settled if key[0] == worker]:
            del self._settled[key]

    def _settle(self, worker: int, job: str, call: Call) -> str | None:
        """Count an answer once; return why its cost cannot be limited."""
        settled = self._settled[worker, job]
        if call.identity in settled:
            return None
        settled.add(call.identity)
        self._open[worker][job] -= 1
        try:
            self._account.settle(call)
        except ModelUnavailable as error:
            return str(error)
        return None


@dataclass(frozen=True, slots=True)
class _Reservation:
    """A call that waits to be sent."""

    job: str
    granted: asyncio.Future[None]


@dataclass(frozen=True, slots=True)
class _Settlement:
    """An answer whose cost has not been reported."""

    job: str
    call: Call
    counted: asyncio.Future[None]


class RemoteBudget:
    """The budget of a command, for all jobs of one worker."""

    def __init__(self, driver: Caller) -> None:
        """Prepare the budget; nothing is sent.

        Args:
            driver: the driver, which holds the account.
        """
        self._driver = driver
        self._reservations: list[_Reservation] = []
        self._settlements: list[_Settlement] = []
        self._withdrawn: list[str] = []
        self._exchanges: asyncio.Task[None] | None = None

    def account(self, job: str) -> RemoteAccount:
        """The account for the questions of a job.

        Args:
            job: its name in the driver.
        """
        return RemoteAccount(self, job)

    async def reserve(self, job: str) -> None:
        """Count a call of a job that is about to be sent; see `CallAccount`."""
        reservation = _Reservation(job, asyncio.get_running_loop().create_future())
        self._reservations.append(reservation)
        self._report()
        try:
            await reservation.granted
        except asyncio.CancelledError:
            is_granted = not reservation.granted.cancelled() and reservation.granted.exception() is None
            if is_granted:
                self._withdraw(job)
            raise

    async def settle(self, job: str, call: Call) -> None:
        """Count the cost of an answer of a job; see `CallAccount`."""
        settlement = _Settlement(job, call, asyncio.get_running_loop().create_future())
        self._settlements.append(settlement)
        self._report()
        await settlement.counted

    def _withdraw(self, job: str) -> None:
        self._withdrawn.append(job)
        self._report()

    def _report(self) -> None:
        if self._exchanges is None or self._exchanges.done():
            self._exchanges = asyncio.create_task(self._exchange_all())

    async def _exchange_all(self) -> None:
        """Exchange messages with the driver until nothing is left to report."""
        while self._reservations or self._settlements or self._withdrawn:
            reservations = [one for one in self._reservations if not one.granted.done()]
            settlements, withdrawn = self._settlements, self._withdrawn
            self._reservations, self._settlements, self._withdrawn = [], [], []
            request = BudgetRequest(
                settled=tuple((one.job, one.call.model_dump(include=_COSTS)) for one in settlements),
                withdrawn=tuple(withdrawn),
                reserved=tuple(one.job for one in reservations),
            )
            try:
                answer = BudgetAnswer.model_validate(await self._driver.call(SERVICE, request.model_dump()))
            except Exception as error:  # noqa: BLE001 - it is raised in those who wait
                _fail((*(one.granted for one in reservations), *(one.counted for one in settlements)), error)
                continue
            for settlement, why in zip(settlements, answer.unknown, strict=True):
                _resolve(settlement.counted, None if why is None else ModelUnavailable(why))
            for index, reservation in enumerate(reservations):
                is_granted = index < answer.reserved
                if reservation.granted.cancelled() and is_granted:
                    self._withdrawn.append(reservation.job)
                _resolve(reservation.granted, None if is_granted else OverBudget(answer.reason))


class RemoteAccount:
    """The budget of a command, for the questions of one job."""

    def __init__(self, budget: RemoteBudget, job: str) -> None:
        self._budget = budget
        self._job = job

    async def begin(self) -> None:
        """Count a call that is about to be sent; see `CallAccount`."""
        await self._budget.reserve(self._job)

    async def spend(self, call: Call) -> None:
        """Count the cost of an answer; see `CallAccount`."""
        await self._budget.settle(self._job, call)


def _resolve(future: asyncio.Future[None], error: Exception | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(None)
    else:
        future.set_exception(error)


def _fail(futures: Iterable[asyncio.Future[None]], error: Exception) -> None:
    for future in futures:
        _resolve(future, error)
