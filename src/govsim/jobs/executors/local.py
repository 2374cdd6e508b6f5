"""The executor for one process."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import nullcontext
from functools import cached_property
from typing import Any, ClassVar

from govsim.config import Execution
from govsim.jobs.executor import EXECUTORS, Executor
from govsim.jobs.job import Job, JobResult
from govsim.jobs.lifecycle import execute
from govsim.journal import Listener
from govsim.models.budget import BudgetAccount
from govsim.models.prices import Prices


@EXECUTORS.register
class LocalExecutor(Executor):
    """Executes jobs in the process of the command.

    For each provider, at most `execution.parallel` runs are executed concurrently, so that a slow provider does not
    delay the others; for each model, at most `execution.connections` questions of studies are sent concurrently.
    """

    name: ClassVar[str] = "local"

    def __init__(self, execution: Execution, default: str | None = None) -> None:
        super().__init__(execution, default)
        self._providers: dict[tuple[str, ...], str | None] = {}
        self._runs = defaultdict[str, asyncio.Semaphore](lambda: asyncio.Semaphore(execution.parallel))
        self._questions = defaultdict[str | None, asyncio.Semaphore](lambda: asyncio.Semaphore(execution.connections))

    @cached_property
    def command(self) -> BudgetAccount:
        """The common budget of all jobs; its time limit starts with the first job."""
        return BudgetAccount(self.execution.budget, "budget", Prices.of(self.execution, self.default))

    async def execute(self, job: Job[Any], listener: Listener | None = None) -> JobResult:
        """See `Executor`."""
        assert self.command is not None, "its time limit starts now"
        if job.cell not in self._providers:
            self._providers[job.cell] = job.provider  # runs of a cell use the same models
        provider = self._providers[job.cell]
        async with nullcontext() if provider is None else self._runs[provider]:
            return await self.carry_out(job, listener)

    async def carry_out(self, job: Job[Any], listener: Listener | None) -> JobResult:
        """Execute a job for which a slot is free.

        Raises:
            GovSimError: as for `execute`.
        """
        return await execute(
            job,
            self.execution,
            self.models,
            listener,
            command=self.command,
            question_slots=self._questions[job.models.default],
        )
