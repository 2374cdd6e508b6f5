"""The driver: an executor that distributes runs to workers, and moves them when a worker is lost."""

from __future__ import annotations

import asyncio
import os
import sys
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

from govsim.config import Budget, Execution, known_files
from govsim.errors import ConfigError, JournalError
from govsim.jobs.distribution.crew import AssignedRun, Crew, CrewMember, Link
from govsim.jobs.distribution.journals import DriverJournal
from govsim.jobs.distribution.messages import (
    LONGEST_DELAY,
    Assignment,
    CancelRun,
    Ended,
    JournalPart,
    StartRun,
    WorkerSetup,
)
from govsim.jobs.distribution.services import FILES, FileService, Service
from govsim.jobs.executor import ProgressListener
from govsim.jobs.executors.local import LocalExecutor
from govsim.jobs.job import Job, JobResult
from govsim.jobs.lifecycle import Writer, existing_journal, finished_before, record_failure
from govsim.jobs.progress import JobProgress
from govsim.journal import Call, Listener, Session, is_unstarted, known_sum, sole_writer
from govsim.models.command_budget import SERVICE as BUDGET
from govsim.models.command_budget import BudgetService
from govsim.models.leases import SERVICE as LIMITS
from govsim.models.limits import LimitService

MOST_LOSSES = 5
"""Number of workers that a run may lose, one after the other, without a new line in its journal."""

_NO_PROGRESS = (b'{"kind":"session"', b'{"kind":"asked"')

_PAUSE = 0.002
"""Minimum seconds between two sets of messages of one worker for each worker, so that the driver has at most 500 sets a
second in each direction."""

_CLOSING_SECONDS = 20.0
"""Seconds that a worker has to close the journal of an interrupted run."""


class DistributedExecutor(LocalExecutor):
    """Executes runs in worker processes, and studies in the process of the command.

    The limits are those of `LocalExecutor`, over all workers together. A run whose worker is lost continues on another
    one from its journal, so that only requests without a recorded answer are repeated.
    """

    uses: ClassVar[frozenset[str]] = frozenset({"workers"})

    sends_journals: bool = False
    """Whether workers cannot write to the output folder, so that the driver writes all journals."""

    def __init__(self, execution: Execution, default: str | None = None) -> None:
        super().__init__(execution, default)
        self._numbers = count()
        self._listener: ProgressListener = lambda job, progress: None

    @classmethod
    def check(cls, execution: Execution, jobs: Sequence[Job[Any]]) -> None:
        """Reject runs with extensions that workers do not have; see `Executor`."""
        super().check(execution, jobs)
        unknown = dict.fromkeys(one for job in jobs if job.can_travel for one in job.known_here_only)
        if unknown:
            raise ConfigError(
                f"execution.executor = {cls.name}: workers do not have the {', '.join(unknown)}, which only this "
                "program has registered; install a plug-in that defines it (see govsim plugins), or choose "
                "execution.executor = local"
            )

    @abstractmethod
    async def connect(self, setup: WorkerSetup) -> Link:
        """Start a worker, and return the connection to it.

        Raises:
            GovSimError: workers cannot be started.
        """

    @property
    def workers(self) -> int:
        """Maximum number of workers at a time."""
        return self.execution.workers or _processors()

    @cached_property
    def services(self) -> Mapping[str, Service]:
        """The services that workers can call, by name."""
        return {FILES: FileService(), LIMITS: LimitService(self.execution), BUDGET: self._budget}

    @cached_property
    def _budget(self) -> BudgetService:
        return BudgetService(self.command)

    @cached_property
    def _crew(self) -> Crew:
        def connect(number: int) -> Any:
            return self.connect(self._setup(number))

        return Crew(
            connect,
            most=self.workers,
            services=self.services,
            on_wait=self.models.report_wait,
            pause=self._pause,
        )

    @property
    def _pause(self) -> float:
        """Minimum seconds between two sets of messages from or to one worker."""
        return min(_PAUSE * self.workers, LONGEST_DELAY)

    def _setup(self, number: int) -> WorkerSetup:
        return WorkerSetup(
            number=number,
            execution=self.execution,
            default=self.default,
            writer=Writer(),
            files=tuple(known_files()),
            pause=self._pause,
        )

    def on_progress(self, listener: ProgressListener) -> None:
        """See `Executor`."""
        self._listener = listener

    async def carry_out(self, job: Job[Any], listener: Listener | None) -> JobResult:
        """Execute a run in a worker, and another job in this process."""
        if not job.can_travel:
            return await super().carry_out(job, listener)
        with ExitStack() as stack:
            if self.sends_journals:
                stack.enter_context(sole_writer(job.path))
            if (finished := await finished_before(job, self.execution, listener)) is not None:
                return finished
            if not self.sends_journals:
                return await self._distribute(job, listener, None)
            outline = existing_journal(job, self.execution, job.outline)
            journal = DriverJournal(job.path, outline)
            stack.callback(journal.close)
            result = await self._distribute(job, listener, journal)
            return replace(result, was_truncated=bool(outline and outline.partial_line))

    async def aclose(self) -> None:
        """See `Executor`."""
        if "_crew" in self.__dict__:
            await self._crew.aclose()
        await super().aclose()

    async def _distribute(self, job: Job[Any], listener: Listener | None, journal: DriverJournal | None) -> JobResult:
        """Execute a run in one worker after the other, until one of them ends it."""
        number, losses, lines = next(self._numbers), 0, _lines_of(job.path)
        sent = replace(job, path=job.path.absolute())  # workers can have another working directory
        shown = _TotalProgress(job, self._listener)
        for epoch in count(1):
            member = await self._crew.with_room()
            ended = await self._ended(member, Assignment(number=number, epoch=epoch), sent, listener, journal, shown)
            if ended is not None and ended.error is not None:
                raise ended.error
            if ended is not None and ended.result is not None:
                return replace(ended.result, path=job.path)
            if journal is not None:
                journal.rewind()
            before, lines = lines, _lines_of(job.path)
            losses = 1 if lines > before else losses + 1
            if losses == MOST_LOSSES:
                break
            shown.move()
        reason = f"{MOST_LOSSES} worker processes ended while they executed this run, without a new line in its journal"
        sink = None if journal is None else journal.sink
        end, result = record_failure(job, self.execution, reason, sink)
        if listener is not None:
            listener(end)
        return result

    async def _ended(  # noqa: PLR0917 - what belongs to one run
        self,
        member: CrewMember,
        run: Assignment,
        job: Job[Any],
        listener: Listener | None,
        journal: DriverJournal | None,
        shown: _TotalProgress,
    ) -> Ended | None:
        """Let a worker execute a run; return its end, or None if the worker is lost."""
        ended: asyncio.Future[Ended | None] = asyncio.get_running_loop().create_future()
        assigned = AssignedRun(
            journal=journal,
            on_event=listener or (lambda event: None),
            on_progress=shown.update,
            on_lost=lambda worker: self._count_calls(job, worker),
            ended=ended,
        )
        parts = [] if journal is None else [JournalPart(run=run, data=data) for data in journal.parts()]
        recorded = 0 if journal is None else journal.size
        start = StartRun(run=run, job=job, sends_journal=journal is not None, recorded=recorded)
        self._crew.assign(member, run, assigned, *parts, start)
        try:
            return await asyncio.shield(ended)
        except asyncio.CancelledError:
            member.send(CancelRun(run=run))
            await asyncio.wait([ended], timeout=_CLOSING_SECONDS)
            raise
        finally:
            self._budget.finished(member.number, str(job.path))

    def _count_calls(self, job: Job[Any], worker: int) -> None:
        """Count the calls of a lost worker that its journal contains, in case it did not report them."""
        if self.execution.budget == Budget() or not job.path.exists() or is_unstarted(job.path):
            return
        calls: list[Call] = []
        try:
            recorded = job.read(("call",))
        except JournalError:
            return  # reported when the run is resumed
        for event in recorded.events:
            if isinstance(event, Session):
                calls.clear()  # of earlier sessions
            elif isinstance(event, Call):
                calls.append(event)
        self._budget.recorded(worker, str(job.path), calls)


class _TotalProgress:
    """The progress of a run over all its workers."""

    def __init__(self, job: Job[Any], listener: ProgressListener) -> None:
        self._job = job
        self._listener = listener
        self._before = JobProgress.of(job)  # what was spent by workers that are lost
        self._last = self._before

    def update(self, progress: JobProgress) -> None:
        """Show the progress in the current worker."""
        progress.tokens = known_sum((self._before.tokens, progress.tokens))
        progress.cost = known_sum((self._before.cost, progress.cost))
        progress.simulated += self._before.simulated
        self._last = progress
        self._listener(self._job, progress)

    def move(self) -> None:
        """Continue in another worker."""
        self._before = self._last


def _processors() -> int:
    """Number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def _lines_of(path: Path) -> int:
    """Count the lines of a journal that show progress; every worker that gets a run begins a session."""
    try:
        with path.open("rb") as file:
            return sum(line.endswith(b"\n") and not line.startswith(_NO_PROGRESS) for line in file)
    except OSError:
        return 0
