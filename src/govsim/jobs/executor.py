"""Concurrent execution of jobs, and the checks before the first one starts; the registry of executors."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from govsim.characters import counted
from govsim.concurrency import less_garbage_collection, together
from govsim.config import Execution, check_writable
from govsim.config.section import as_written
from govsim.errors import ConfigError, GovSimError, OutOfFiles
from govsim.jobs.job import Job, JobListener, JobResult
from govsim.jobs.lifecycle import is_finished
from govsim.jobs.progress import JobProgress
from govsim.journal import Listener
from govsim.models.pool import OpenModels
from govsim.plugins import Registry

_OF_EXECUTORS = frozenset({"workers", "address", "shared_storage"})
"""Settings of the execution that only some executors use."""

_LINE = re.compile(r", line \d+")
_MOST_NAMED = 20

ProgressListener = Callable[[Job[Any], JobProgress], None]
"""Called several times a second with the progress of each job that another process executes."""


class Executor(ABC):
    """Executes jobs; limits how many run concurrently, and enforces their common budget.

    A run, its execution settings, its events and its result are values that can be sent to another process. Models and
    budget accounts are not: an executor creates them in the process that executes the jobs. A plug-in derives its
    executor from `LocalExecutor`, which executes jobs in this process.

    Attributes:
        name: its name in `execution.executor`.
        uses: which of the settings `workers`, `address` and `shared_storage` it uses.
        execution: settings of the execution.
        default: name of the model that all jobs use, to which `execution.base_url` applies; None if they differ.
        models: the models of all jobs, each opened once before the first job.
    """

    name: ClassVar[str]
    uses: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, execution: Execution, default: str | None = None) -> None:
        """Set up an executor; no model is opened yet.

        Args:
            execution: settings of the execution.
            default: name of the model that all jobs use; None if they differ.
        """
        self.execution = execution
        self.default = default
        self.models = OpenModels(execution, default)

    @classmethod
    def check(cls, execution: Execution, jobs: Sequence[Job[Any]]) -> None:
        """Reject settings that it does not use or cannot be used with, and jobs that it cannot execute.

        Args:
            execution: settings of the execution.
            jobs: one of the jobs of each cell.

        Raises:
            ConfigError: names the setting.
        """
        for key in sorted(_OF_EXECUTORS - cls.uses):
            if (value := getattr(execution, key)) != Execution.model_fields[key].default:
                others = [one.name for one in EXECUTORS if key in one.value.uses]
                raise ConfigError(
                    f"execution.{key} = {as_written(value)}: is not used by executor {cls.name}; remove it, or choose "
                    f"execution.executor = {' or '.join(others)}"
                )

    def start(self) -> None:  # noqa: B027 - only some executors need it
        """Start or reach what it needs, such as a cluster; called once before the first job, unless all are finished.

        Raises:
            ConfigError: it cannot be reached.
        """

    def on_progress(self, listener: ProgressListener) -> None:  # noqa: B027 - only some executors need it
        """Set a listener for the progress of jobs that other processes execute.

        For these jobs, the listener of `execute` is called only with `end` events, and with `request` events that
        have a note.
        """

    @abstractmethod
    async def execute(self, job: Job[Any], listener: Listener | None = None) -> JobResult:
        """Execute a job as soon as the limits on concurrency allow it.

        Raises:
            GovSimError: its journal cannot be resumed or written.
            asyncio.CancelledError: it was interrupted; this is recorded in its journal.
        """

    async def aclose(self) -> None:
        """Close the connections of all models, and release other resources of the executor."""
        await self.models.aclose()


def _flaw_of(value: Any) -> str | None:
    """Return why an object is not an executor; None if it is."""
    if not (isinstance(value, type) and issubclass(value, Executor)):
        return "must be a class derived from govsim.jobs.Executor"
    return None if not value.__abstractmethods__ else f"does not define {', '.join(sorted(value.__abstractmethods__))}"


EXECUTORS: Registry[type[Executor]] = Registry(
    "executor", group="executors", home="govsim.jobs.executors", flaw=_flaw_of
)


def prepare(jobs: Sequence[Job[Any]], execution: Execution, *, starts_over: bool = False) -> Executor:
    """Check the executor, the folder, the journal and the models of every job, before the first one starts.

    Args:
        jobs: the jobs to execute.
        execution: settings of the execution.
        starts_over: whether existing journals will be archived, so that their content is not checked.

    Returns:
        An executor with the models of all jobs open.

    Raises:
        ConfigError: the executor does not exist or cannot be used, or a folder cannot be written.
        ModelUnavailable: a model cannot be used.
        JournalError: an existing journal cannot be resumed, or another process is writing it.
    """
    kind = EXECUTORS.get(execution.executor, key="execution.executor")
    one_per_cell = list({job.cell: job for job in jobs}.values())
    kind.check(execution, one_per_cell)
    remaining: list[Job[Any]] = list(jobs) if starts_over else []
    errors: dict[Path, GovSimError] = {}
    for job in () if starts_over else jobs:
        try:
            if not is_finished(job, execution):
                remaining.append(job)
        except GovSimError as error:
            errors[job.path] = error
    if errors:
        raise _merged(errors)
    executor = kind(execution, _only_model(jobs, execution))
    for job in one_per_cell:
        job.open_models(executor.models)
    executor.models.rehearse()
    for folder in dict.fromkeys(job.path.parent for job in jobs):
        check_writable(folder)
    if remaining:
        executor.start()
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
    errors: dict[Path, GovSimError] = {}

    async def one(job: Job[Any]) -> JobResult | None:
        try:
            return await executor.execute(job, None if listener is None else lambda event: listener(job, event))
        except GovSimError as error:
            errors[job.path] = error
            return None

    try:
        with less_garbage_collection():
            results = await together(one(job) for job in jobs)
    finally:
        await executor.aclose()
    if errors:
        raise _merged(errors) from next(iter(errors.values()))
    return [result for result in results if result is not None]


def _merged(errors: Mapping[Path, GovSimError]) -> GovSimError:
    """Merge the errors of several jobs into one; the limit of open files, if it was reached, caused the others.

    Messages that differ only in the journal and in numbers are shown once, followed by the other journals.

    Args:
        errors: the errors by the paths of their journals.
    """
    first = next(iter(errors.values()))
    if (limit := next((error for error in errors.values() if isinstance(error, OutOfFiles)), None)) is not None:
        return limit
    alike: dict[str, list[tuple[Path, str]]] = {}
    for path, error in errors.items():
        text = str(error)
        alike.setdefault(re.sub(r"\d+", "0", text.removeprefix(str(path))), []).append((path, text))
    return type(first)("; also ".join(map(_shown_once, alike.values())))


def _shown_once(found: Sequence[tuple[Path, str]]) -> str:
    """The message of the first journal, and the others with the same one, with their lines if it names one."""
    (_, text), *others = found
    if not others or not text.startswith(str(found[0][0])):
        return "; also ".join(dict.fromkeys(text for _, text in found))
    places = [f"{path}{line[0]}" if (line := _LINE.match(text, len(str(path)))) else str(path) for path, text in others]
    shown, more = places[:_MOST_NAMED], len(places) - _MOST_NAMED
    rest = [f"and {counted(more, 'other journal')}"] if more > 0 else []
    return f"{text} (also {'; '.join([*shown, *rest])})"


def _only_model(jobs: Sequence[Job[Any]], execution: Execution) -> str | None:
    """Return the default model of all jobs, to which `execution.base_url` applies; None if there are several."""
    names = {job.models.default for job in jobs}
    if len(names) > 1 and execution.base_url is not None:
        raise ConfigError(
            f"base_url = {execution.base_url}: is the address of one model, but the campaign has {len(names)} models; "
            "set the address of each provider in the environment"
        )
    return names.pop() if len(names) == 1 else None
