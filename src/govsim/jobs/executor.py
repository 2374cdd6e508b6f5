"""Concurrent execution of jobs, and the checks before the first one starts."""

from __future__ import annotations

import asyncio
import gc
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from govsim.concurrency import together
from govsim.config import Execution
from govsim.errors import ConfigError, GovSimError, OutOfFiles
from govsim.jobs.job import Job, JobListener, JobResult
from govsim.jobs.lifecycle import check_ready, execute
from govsim.journal import Listener
from govsim.models.budget import BudgetAccount
from govsim.models.pool import OpenModels
from govsim.models.prices import Prices

_NEW_OBJECTS = 10_000
"""Number of new objects after which garbage is collected while jobs are running; a few megabytes at most."""


class Executor(Protocol):
    """Executes jobs; limits how many run concurrently, and enforces their common budget.

    A run, its execution settings, its events and its result are values that can be sent to another process. Models and
    budget accounts are not: an executor creates them in the process that executes the jobs.
    """

    async def execute(self, job: Job[Any], listener: Listener | None = None) -> JobResult:
        """Execute a job as soon as the limits on concurrency allow it.

        Raises:
            GovSimError: its journal cannot be resumed or written.
            asyncio.CancelledError: it was interrupted; this is recorded in its journal.
        """

    async def aclose(self) -> None:
        """Release the resources of the executor."""


class LocalExecutor:
    """Executes jobs in this process.

    For each provider, at most `execution.parallel` runs are executed concurrently, so that a slow provider does not
    delay the others; for each model, at most `execution.connections` questions of studies are sent concurrently.

    Attributes:
        models: the models of all jobs, each opened once.
    """

    def __init__(self, execution: Execution, default: str | None = None) -> None:
        """Set up an executor; no model is opened yet.

        Args:
            execution: settings of the execution.
            default: name of the model that all jobs use, to which `execution.base_url` applies; None if they differ.
        """
        self.models = OpenModels(execution, default)
        self._execution = execution
        self._default = default
        self._providers: dict[tuple[str, ...], str | None] = {}
        self._runs = defaultdict[str, asyncio.Semaphore](lambda: asyncio.Semaphore(execution.parallel))
        self._questions = defaultdict[str | None, asyncio.Semaphore](lambda: asyncio.Semaphore(execution.connections))

    @cached_property
    def _command(self) -> BudgetAccount:
        """The common budget of all jobs; its time limit starts with the first job."""
        return BudgetAccount(self._execution.budget, "budget", Prices.of(self._execution, self._default))

    async def execute(self, job: Job[Any], listener: Listener | None = None) -> JobResult:
        """See `Executor`."""
        command = self._command
        if job.cell not in self._providers:
            self._providers[job.cell] = job.provider  # runs of a cell use the same models
        provider = self._providers[job.cell]
        async with nullcontext() if provider is None else self._runs[provider]:
            questions = self._questions[job.models.default]
            return await execute(job, self._execution, self.models, listener, command=command, question_slots=questions)

    async def aclose(self) -> None:
        """Close the connections of all models."""
        await self.models.aclose()


def prepare(jobs: Sequence[Job[Any]], execution: Execution, *, starts_over: bool = False) -> LocalExecutor:
    """Check the folder, the journal and the models of every job, before the first one starts.

    Args:
        jobs: the jobs to execute.
        execution: settings of the execution.
        starts_over: whether existing journals will be archived, so that their content is not checked.

    Returns:
        An executor with the models of all jobs open.

    Raises:
        ConfigError: a folder cannot be written.
        ModelUnavailable: a model cannot be used.
        JournalError: an existing journal cannot be resumed, or another process is writing it.
    """
    for job in () if starts_over else jobs:
        check_ready(job, execution)
    executor = LocalExecutor(execution, _only_model(jobs, execution))
    for job in {job.cell: job for job in jobs}.values():
        job.open_models(executor.models)
    executor.models.rehearse()
    for folder in dict.fromkeys(job.path.parent for job in jobs):
        _check_writable(folder)
    return executor


async def execute_all(
    jobs: Sequence[Job[Any]], executor: Executor, listener: JobListener | None = None
) -> list[JobResult]:
    """Execute jobs, then close the executor; return their results in the order of `jobs`.

    An error in one job does not affect the others; it is raised after all have ended.

    Raises:
        GovSimError: a journal cannot be resumed or written.
        asyncio.CancelledError: the jobs were interrupted; this is recorded in their journals.
    """
    errors: list[GovSimError] = []

    async def one(job: Job[Any]) -> JobResult | None:
        try:
            return await executor.execute(job, None if listener is None else lambda event: listener(job, event))
        except GovSimError as error:
            errors.append(error)
            return None

    try:
        with _less_garbage_collection():
            results = await together(one(job) for job in jobs)
    finally:
        await executor.aclose()
    if errors:
        raise _merged(errors) from errors[0]
    return [result for result in results if result is not None]


def _merged(errors: Sequence[GovSimError]) -> GovSimError:
    """Merge several errors into one; the limit of open files, if it was reached, caused the others."""
    limit = next((error for error in errors if isinstance(error, OutOfFiles)), None)
    return limit or type(errors[0])("; also ".join(dict.fromkeys(str(error) for error in errors)))


@contextmanager
def _less_garbage_collection() -> Iterator[None]:
    """Exclude existing objects from garbage collection, and collect new ones less often.

    Existing objects outlive the jobs. A request creates thousands of objects, and reference counting frees nearly all
    of them without the garbage collector.
    """
    thresholds = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(max(_NEW_OBJECTS, thresholds[0]), *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()


def _only_model(jobs: Sequence[Job[Any]], execution: Execution) -> str | None:
    """Return the default model of all jobs, to which `execution.base_url` applies; None if there are several."""
    names = {job.models.default for job in jobs}
    if len(names) > 1 and execution.base_url is not None:
        raise ConfigError(
            f"base_url = {execution.base_url}: is the address of one model, but the campaign has {len(names)} models; "
            "set the address of each provider in the environment"
        )
    return names.pop() if len(names) == 1 else None


def _check_writable(folder: Path) -> None:
    """Check that files can be written to a folder.

    Raises:
        ConfigError: they cannot.
    """
    place = folder
    while not place.exists() and place.parent != place:
        place = place.parent
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        raise ConfigError(f"{folder}: {place} is not a writable folder; choose another folder with --out")
