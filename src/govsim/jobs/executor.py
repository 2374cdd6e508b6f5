"""Carrying many jobs out at once: what is checked before any begins, and where they are carried out."""

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
from govsim.jobs.lifecycle import carry_out, check_ready
from govsim.journal import Listener
from govsim.models.budget import Account
from govsim.models.pool import OpenModels
from govsim.models.prices import Prices

_NEW_OBJECTS = 10_000
"""New objects after which the garbage collector looks through them during jobs; some megabytes at most."""


class Executor(Protocol):
    """Where jobs are carried out. It decides how many go on at once, and keeps what they spend together.

    A run, how it is carried out, its events and its result are values that can be sent to another process. Models and
    accounts are not: an executor makes them where jobs are carried out.
    """

    async def carry_out(self, job: Job[Any], listener: Listener | None = None) -> JobResult:
        """Carry a job out when its turn has come.

        Raises:
            GovSimError: its journal cannot be continued, or cannot be written.
            asyncio.CancelledError: it was interrupted; its journal says so.
        """

    async def aclose(self) -> None:
        """Let go of what jobs were carried out with."""


class LocalExecutor:
    """Carries jobs out in this process.

    At most `execution.parallel` runs of each provider go on at once, so that a slow one does not hold up the others,
    and at most `execution.connections` questions of studies are asked of each model at once.

    Attributes:
        models: those of all jobs, each of which is opened once.
    """

    def __init__(self, execution: Execution, default: str | None = None) -> None:
        """Nothing is opened yet.

        Args:
            execution: how jobs are carried out.
            default: name of the model that all jobs ask, the only one that `execution.base_url` is for.
        """
        self.models = OpenModels(execution, default)
        self._execution = execution
        self._default = default
        self._runs = defaultdict[str, asyncio.Semaphore](lambda: asyncio.Semaphore(execution.parallel))
        self._questions = defaultdict[str | None, asyncio.Semaphore](lambda: asyncio.Semaphore(execution.connections))

    @cached_property
    def _command(self) -> Account:
        """What all jobs may spend together; its time runs from when the first of them is carried out."""
        return Account(self._execution.budget, "budget", Prices.of(self._execution, self._default))

    async def carry_out(self, job: Job[Any], listener: Listener | None = None) -> JobResult:
        """See `Executor`."""
        command = self._command
        async with nullcontext() if job.provider is None else self._runs[job.provider]:
            questions = self._questions[job.models.default]
            return await carry_out(
                job, self._execution, self.models, listener, command=command, questions_at_once=questions
            )

    async def aclose(self) -> None:
        """Close the connections of all models."""
        await self.models.aclose()


def prepare(jobs: Sequence[Job[Any]], execution: Execution, *, starts_over: bool = False) -> LocalExecutor:
    """Check that every job can begin, before any does: its folder, its journal, and its models.

    Args:
        jobs: what is carried out next.
        execution: how.
        starts_over: whether old journals are set aside next, so that it does not matter what they hold.

    Returns:
        What carries them out, with their models open.

    Raises:
        ConfigError: a folder cannot be written.
        ModelUnavailable: a model cannot be used.
        JournalError: a journal in the place of one of them cannot be continued, or somebody else is writing it.
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


async def carry_out_all(
    jobs: Sequence[Job[Any]], executor: Executor, listener: JobListener | None = None
) -> list[JobResult]:
    """Carry jobs out, and let go of what they were carried out with; results in the order of `jobs`.

    A job whose journal cannot be continued takes no other with it: the error is raised when all have ended.

    Raises:
        GovSimError: a journal cannot be continued, or cannot be written.
        asyncio.CancelledError: the jobs were interrupted; their journals say so.
    """
    refused: list[GovSimError] = []

    async def one(job: Job[Any]) -> JobResult | None:
        try:
            return await executor.carry_out(job, None if listener is None else lambda event: listener(job, event))
        except GovSimError as error:
            refused.append(error)
            return None

    try:
        with _collecting_less_often():
            results = await together(one(job) for job in jobs)
    finally:
        await executor.aclose()
    if refused:
        raise _together(refused) from refused[0]
    return [result for result in results if result is not None]


def _together(refused: Sequence[GovSimError]) -> GovSimError:
    """Several errors as one; where files ran out, that is the cause of the others."""
    limit = next((error for error in refused if isinstance(error, OutOfFiles)), None)
    return limit or type(refused[0])("; also ".join(dict.fromkeys(str(error) for error in refused)))


@contextmanager
def _collecting_less_often() -> Iterator[None]:
    """Spare the garbage collector what was loaded before the jobs and outlives them, and every new thing's first age.

    A request makes thousands of objects, nearly all of which go as soon as nobody needs them, without the collector.
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
    """The default model of all jobs, the one that `execution.base_url` is for; None where they have several."""
    names = {job.models.default for job in jobs}
    if len(names) > 1 and execution.base_url is not None:
        raise ConfigError(
            f"base_url = {execution.base_url}: is the address of one model, and the campaign has {len(names)}; "
            "give each provider its address in the environment"
        )
    return names.pop() if len(names) == 1 else None


def _check_writable(folder: Path) -> None:
    """Refuse a folder that nothing can be written into.

    Raises:
        ConfigError: it cannot.
    """
    place = folder
    while not place.exists() and place.parent != place:
        place = place.parent
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        raise ConfigError(f"{folder}: {place} is no folder that can be written to; choose another with --out")
