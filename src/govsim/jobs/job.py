"""What a job is: a path, a first line and a way to live. A run of a society is one kind of job, a study is another."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, Self, TypeVar

from govsim.config import Models as ModelConfig
from govsim.jobs.cost import Amount, Estimate
from govsim.journal import FINISHED, End, Event, Header, Journal, Recorder, Status, Study, StudyAnswer, StudyJournal
from govsim.models.asking import Asker
from govsim.models.pool import Models
from govsim.models.prices import Prices

J = TypeVar("J", bound=Journal | StudyJournal)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a job is carried out with.

    Attributes:
        recorder: its journal.
        asker: the one place that asks.
        models: who answers.
        questions_at_once: what is held while a question is asked that no member of a society asks.
    """

    recorder: Recorder
    asker: Asker
    models: Models
    questions_at_once: asyncio.Semaphore


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """A job that has begun.

    Attributes:
        live: carries it out to its end, and says how it ended.
        months: how many months were completed so far.
    """

    live: Callable[[], Awaitable[Status]]
    months: Callable[[], int] = lambda: 0


@dataclass(frozen=True, slots=True, kw_only=True)
class JobResult:
    """How a job ended.

    Attributes:
        path: its journal.
        status: how it ended.
        months: months completed; 0 of a study.
        reason: why it did not finish; None when it did.
        answered: questions of a study whose answer could be read; 0 of a run.
        invalid: questions of a study whose answer could not be read; 0 of a run.
        was_finished: whether it had ended before and nothing was done.
        was_torn: whether the journal that it continued ended in the middle of a line, which was left out.
    """

    path: Path
    status: Status
    months: int
    reason: str | None
    answered: int
    invalid: int
    was_finished: bool
    was_torn: bool

    @classmethod
    def of(
        cls, path: Path, end: End, events: Iterable[Event], *, was_finished: bool = False, was_torn: bool = False
    ) -> JobResult:
        """How a job ended, by its last line, and by those of its lines that are answers to questions of a study."""
        answers = [event.is_read for event in events if isinstance(event, StudyAnswer)]
        return cls(
            path=path,
            status=end.status,
            months=end.months,
            reason=end.reason,
            answered=sum(answers),
            invalid=len(answers) - sum(answers),
            was_finished=was_finished,
            was_torn=was_torn,
        )


@dataclass(frozen=True, kw_only=True)
class Job(ABC, Generic[J]):
    """Something that is carried out once, whatever stops it in between, and leaves a journal.

    A kind of job says what it asks, what a journal of it must agree with, and how it is lived through; everything
    else exists once for all kinds. Jobs are values: where they are carried out is not in them.

    Attributes:
        path: where its journal lies.
        header: the first line of it, which says all that decides what is asked.
    """

    path: Path
    header: Header | Study

    outline: ClassVar[Collection[str] | None] = None
    """Kinds of line that tell how it stands; all when None. Others of a long journal take their time to read."""

    anew: ClassVar[str]
    """What to do with a journal that cannot be continued."""

    accepting: ClassVar[str]
    """What to do with a journal of another version."""

    @property
    @abstractmethod
    def cell(self) -> tuple[str, ...]:
        """What it is, in words. Jobs of one cell ask the same models, and cost alike."""

    @property
    @abstractmethod
    def steps(self) -> int:
        """The months that a run can have, or the questions of a study."""

    @property
    @abstractmethod
    def models(self) -> ModelConfig:
        """Which models are asked, and how."""

    @property
    def provider(self) -> str | None:
        """Whose models the whole job occupies while it goes on; None where only its questions are limited."""
        return None

    @abstractmethod
    def open_models(self, models: Models) -> None:
        """Open every model that it needs, so that what is missing is known before anything is written.

        Raises:
            ModelUnavailable: one of them cannot be used.
        """

    @abstractmethod
    def read(self, kinds: Collection[str] | None = None) -> J:
        """Its journal; only some kinds of line where they are named.

        Raises:
            JournalError: it cannot be read.
        """

    def is_finished(self, recorded: J) -> bool:
        """Whether a journal of it has ended for good, so that nothing is left to do."""
        return recorded.status in FINISHED

    @abstractmethod
    def check_same(self, recorded: J, *, accepts_prompts: bool) -> None:
        """Refuse the journal of something else, and one that was begun with other prompts unless they are accepted.

        Raises:
            JournalMismatch: names what differs.
        """

    async def check_finished(self, recorded: J) -> None:
        """Refuse a finished journal that would be another one today.

        Raises:
            JournalMismatch: names what differs.
        """

    @abstractmethod
    def begin(self, work: Work) -> Life:
        """Make ready what is lived through.

        Raises:
            ModelUnavailable: a model it needs cannot be used.
        """

    @classmethod
    @abstractmethod
    def known(cls, jobs: Sequence[Self], prices: Prices, *, starts_over: bool) -> Estimate:
        """What is left of all jobs of a cell, and what that takes if each takes the mean of what has been done.

        Args:
            jobs: all of the cell.
            prices: what models cost.
            starts_over: whether old journals are set aside first.
        """

    @classmethod
    @abstractmethod
    async def rehearsed(cls, jobs: Sequence[Self], prices: Prices) -> Mapping[str, Amount]:
        """What is left of all jobs of a cell of which nothing has been done takes, by model. No model is asked.

        Raises:
            ConfigError: a rehearsal did not come to its end.
        """


JobListener = Callable[[Job[Any], Event], None]
"""Told of every event of jobs."""
