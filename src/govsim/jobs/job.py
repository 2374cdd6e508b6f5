"""The interface of jobs: a journal path, a header and an execution. Runs of societies and studies are jobs."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, Self, TypeVar

from govsim.config import Models
from govsim.jobs.amounts import Amount, CostEstimate
from govsim.journal import FINISHED, End, Event, Header, Journal, Recorder, Status, Study, StudyAnswer, StudyJournal
from govsim.models.asking import Asker
from govsim.models.pool import ModelSource
from govsim.models.prices import Prices
from govsim.spans import Span

J = TypeVar("J", bound=Journal | StudyJournal)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobContext:
    """What a job needs for its execution.

    Attributes:
        recorder: its journal.
        asker: sends all questions of the job.
        models: the source of its models.
        question_slots: limits how many questions of studies are sent concurrently.
        span: opens a span for each month and phase of a run.
    """

    recorder: Recorder
    asker: Asker
    models: ModelSource
    question_slots: asyncio.Semaphore
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedJob:
    """A job that has been set up.

    Attributes:
        run: executes the job, and returns its final status.
        months: returns the number of months completed so far.
    """

    run: Callable[[], Awaitable[Status]]
    months: Callable[[], int] = lambda: 0


@dataclass(frozen=True, slots=True, kw_only=True)
class JobResult:
    """The result of a job.

    Attributes:
        path: its journal.
        status: its final status.
        months: months completed; 0 for a study.
        reason: why it did not finish; None if it did.
        answered: number of questions of a study with a parsable answer; 0 for a run.
        invalid: number of questions of a study without a parsable answer; 0 for a run.
        was_finished: whether it had already finished, so that nothing was executed.
        was_truncated: whether the journal that it resumed ended with a truncated line, which was ignored.
    """

    path: Path
    status: Status
    months: int
    reason: str | None
    answered: int
    invalid: int
    was_finished: bool
    was_truncated: bool

    @classmethod
    def of(
        cls, path: Path, end: End, events: Iterable[Event], *, was_finished: bool = False, was_truncated: bool = False
    ) -> JobResult:
        """Build the result from the `end` event and, for a study, the events with answers."""
        answers = [event.is_read for event in events if isinstance(event, StudyAnswer)]
        return cls(
            path=path,
            status=end.status,
            months=end.months,
            reason=end.reason,
            answered=sum(answers),
            invalid=len(answers) - sum(answers),
            was_finished=was_finished,
            was_truncated=was_truncated,
        )


@dataclass(frozen=True, kw_only=True)
class Job(ABC, Generic[J]):
    """A unit of work that is executed once, possibly with interruptions, and recorded in a journal.

    A type of job defines what it asks, which journals it can resume, and how it is executed; everything else is shared
    by all types. Jobs are values that do not depend on where they are executed.

    Attributes:
        path: path of its journal.
        header: first line of the journal, which contains all settings that affect its questions.
    """

    path: Path
    header: Header | Study

    outline: ClassVar[Collection[str] | None] = None
    """Kinds of event that determine its status; None for all. Reading the others of a long journal takes time."""

    can_travel: ClassVar[bool] = False
    """Whether it consists of data only, so that a worker process can execute it; a study can contain functions."""

    start_over_hint: ClassVar[str]
    """What the user can do about a journal that cannot be resumed."""

    version_hint: ClassVar[str]
    """What the user can do about a journal of another version."""

    @property
    @abstractmethod
    def cell(self) -> tuple[str, ...]:
        """The cell, in words. Jobs of one cell use the same models and have a similar cost."""

    @property
    @abstractmethod
    def steps(self) -> int:
        """Maximum number of months of a run, or number of questions of a study."""

    @property
    def capacity(self) -> int:
        """Capacity of the commons of a run in units; 0 for a study."""
        return 0

    @property
    @abstractmethod
    def models(self) -> Models:
        """Settings of the models."""

    @property
    def known_here_only(self) -> tuple[str, ...]:
        """The extensions that it needs and that only this program has registered, as in `rule closed-season`."""
        return ()

    @property
    def provider(self) -> str | None:
        """The provider whose limit on concurrent runs applies; None if only the job's questions are limited."""
        return None

    @abstractmethod
    def open_models(self, models: ModelSource) -> None:
        """Open every model that it needs, to detect missing ones before anything is written.

        Raises:
            ModelUnavailable: one of them cannot be used.
        """

    @abstractmethod
    def read(self, kinds: Collection[str] | None = None) -> J:
        """Read its journal.

        Args:
            kinds: the kinds of event to read; None for all.

        Raises:
            JournalError: it cannot be read.
        """

    def is_finished(self, recorded: J) -> bool:
        """Whether a journal of it is finished, so that nothing remains to be executed."""
        return recorded.status in FINISHED

    @abstractmethod
    def check_same(self, recorded: J, *, accepts_prompts: bool) -> None:
        """Reject the journal of another job; and one with other prompts, unless they are accepted.

        Raises:
            JournalMismatch: states what differs.
        """

    async def check_finished(self, recorded: J) -> None:
        """Reject a finished journal that the current version would write differently.

        Raises:
            JournalMismatch: states what differs.
        """

    @abstractmethod
    def begin(self, context: JobContext) -> StartedJob:
        """Set up the execution.

        Raises:
            ModelUnavailable: a model that it needs cannot be used.
        """

    @classmethod
    @abstractmethod
    def known(cls, jobs: Sequence[Self], prices: Prices, *, starts_over: bool) -> CostEstimate:
        """Estimate the remaining usage of a cell from the mean usage so far.

        Args:
            jobs: all jobs of the cell.
            prices: prices of models.
            starts_over: whether existing journals will be archived first.
        """

    @classmethod
    @abstractmethod
    async def rehearsed(cls, jobs: Sequence[Self], prices: Prices) -> Mapping[str, Amount]:
        """Estimate the usage of a cell without results by a dry run; return it by model. No model is called.

        Raises:
            ConfigError: the dry run failed.
        """


JobListener = Callable[[Job[Any], Event], None]
"""Called with every event of every job."""
