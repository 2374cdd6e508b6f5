"""The job that runs a study: questions to one model, and an event for each answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Self

from govsim.concurrency import together
from govsim.config import Layer, Models, flattened
from govsim.errors import JournalError, JournalMismatch
from govsim.jobs.amounts import Amount, CostEstimate, added, amount_of, amounts_of, scaled
from govsim.jobs.job import Job, JobContext, StartedJob
from govsim.jobs.plan import labelled, slug
from govsim.jobs.provenance import difference_of_settings, git_revision, versions
from govsim.journal import (
    READING_RULE,
    Call,
    Event,
    Identity,
    JudgeCheck,
    Judging,
    Probing,
    Recorder,
    Skills,
    Status,
    Study,
    StudyAnswer,
    StudyJournal,
    kinds_of,
    read_study,
)
from govsim.models.asking import Asker
from govsim.models.client import LanguageModel
from govsim.models.pool import ModelSource, SilentModels
from govsim.models.prices import Prices
from govsim.models.question import Occasion, Question, Reply
from govsim.models.rehearsal import Rehearsal
from govsim.scenarios import PROMPTS_VERSION, Scenario
from govsim.society import model_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One question of a study, and how its answer is recorded.

    Attributes:
        question: the question.
        occasion: the month and phase that it concerns; month 0 if it concerns none.
        member: the member that it concerns; empty if it concerns none.
        ordinal: its number among the questions with this purpose for the member and occasion.
        line: returns the event that records a reply.
    """

    question: Question
    occasion: Occasion
    member: str
    ordinal: int
    line: Callable[[Reply], Event]

    @property
    def identity(self) -> Identity:
        """The identity of the event that records its answer, which does not depend on the answer."""
        return self.line(Reply(values={}, invalid="not asked")).identity


@dataclass(frozen=True, kw_only=True)
class StudyJob(Job[StudyJournal]):
    """A planned study: all questions to one model about one subject.

    Attributes:
        items: all questions, in a fixed order.
    """

    header: Study
    items: tuple[Item, ...]

    start_over_hint: ClassVar[str] = "move the file away to ask all questions again"
    version_hint: ClassVar[str] = "move the file away, or resume anyway with --accept-version"

    @classmethod
    def of(
        cls,
        path: Path,
        subject: Skills | Probing | Judging | JudgeCheck,
        models: Models,
        scenario: Scenario,
        items: Iterable[Item],
    ) -> Self:
        """Create a study with a header of the current version.

        Args:
            path: path of its journal.
            subject: the subject of the study.
            models: settings of the model.
            scenario: the scenario, with all templates of the questions.
            items: all questions, in a fixed order.
        """
        header = Study(
            reading_rule=READING_RULE,
            subject=subject,
            models=models,
            scenario=scenario,
            versions=versions(),
            prompts_version=PROMPTS_VERSION,
            git_revision=git_revision(),
        )
        return cls(path=path, header=header, items=tuple(items))

    @property
    def cell(self) -> tuple[str, str]:
        """The subject and the model."""
        return (self.header.subject.study, self.header.model)

    @property
    def steps(self) -> int:
        """Number of questions."""
        return len(self.items)

    @property
    def models(self) -> Models:
        """Settings of the model."""
        return self.header.models

    def open_models(self, models: ModelSource) -> None:
        """Open the model that it uses."""
        models.language_model(model_settings(self.models))

    def read(self, kinds: Collection[str] | None = None) -> StudyJournal:
        """Read its journal."""
        return read_study(self.path, kinds)

    def is_finished(self, recorded: StudyJournal) -> bool:
        """Whether all planned questions, and possibly more, have been answered."""
        lines = {event.identity for event in recorded.events}
        return super().is_finished(recorded) and all(item.identity in lines for item in self.items)

    def check_same(self, recorded: StudyJournal, *, accepts_prompts: bool) -> None:
        """Reject a journal with another subject, another model or other prompts."""
        for part in ("subject", "models") if accepts_prompts else ("subject", "models", "scenario"):
            difference = difference_of_settings(getattr(recorded.header, part), getattr(self.header, part))
            if difference is not None:
                raise JournalMismatch(
                    f"{self.path}: belongs to another study: {part}.{difference}; {self.version_hint}"
                )

    async def check_finished(self, recorded: StudyJournal) -> None:
        """Reject a finished study whose questions differ from those of the current version."""
        with Recorder(None, recorded) as recorder:
            asker = Asker(recorder, longest_prompt=self.models.longest_prompt)
            silent = SilentModels().language_model(model_settings(self.models))
            try:
                await self._ask_all(asker, recorder, silent, asyncio.Semaphore(len(self.items)))
            except JournalMismatch as error:
                is_older = asker.has_read_again
                cause = (
                    "its replies were parsed with an earlier rule" if is_older else "the run may have been started over"
                )
                raise JournalMismatch(
                    f"{self.path}: {error}; {cause}; move this file to another folder to ask the questions again"
                ) from error

    def begin(self, context: JobContext) -> StartedJob:
        """Set up its model."""
        model = context.models.language_model(model_settings(self.models))
        return StartedJob(run=partial(self._ask_all, context.asker, context.recorder, model, context.question_slots))

    async def _ask_all(
        self, asker: Asker, recorder: Recorder, model: LanguageModel, slots: asyncio.Semaphore
    ) -> Status:
        async def one(item: Item) -> None:
            async with slots:
                reply = await asker.ask(
                    item.question, model=model, member=item.member, occasion=item.occasion, ordinal=item.ordinal
                )
            recorder.write(item.line(reply))

        await together(one(item) for item in self.items)
        return "completed"

    @classmethod
    def known(cls, jobs: Sequence[Self], prices: Prices, *, starts_over: bool) -> CostEstimate:
        """Estimate the remaining usage from the mean of the answered questions."""
        spent: Mapping[str, Amount] = {}
        answered, planned = 0, sum(len(job.items) for job in jobs)
        for job in jobs:
            recorded = job._recorded()
            spent = added(spent, amounts_of((event for event in recorded if isinstance(event, Call)), prices))
            answered += len(job.items) - len(job._left(recorded))
        basis, done = answered if spent else 0, 0 if starts_over else answered
        left = planned - done
        return CostEstimate(cell=jobs[0].cell, left=left, done=done, basis=basis, models=scaled(spent, left, basis))

    @classmethod
    async def rehearsed(cls, jobs: Sequence[Self], prices: Prices) -> Mapping[str, Amount]:
        """Estimate the usage of the questions if each gets one reply of the length that verbose models write."""
        model, spent = Rehearsal().language_model(model_settings(jobs[0].models)), Amount()
        for item in (item for job in jobs for item in job._left(job._recorded())):
            spent += amount_of(await model.complete(item.question.prompt.messages), model.name, prices)
        return {model.name: spent}

    def _recorded(self) -> Sequence[Event]:
        """Return the calls and answers in its journal; none if it cannot be read."""
        try:
            return self.read(["call", *kinds_of(StudyAnswer)]).events
        except JournalError:
            return ()

    def _left(self, recorded: Sequence[Event]) -> list[Item]:
        """Return the questions without an answer."""
        done = {event.identity for event in recorded if isinstance(event, StudyAnswer)}
        return [item for item in self.items if item.identity not in done]


def study_label(model: str, default: Layer, settings: Layer, **own: Any) -> str:
    """Return a name for a folder or file: the model, and a short hash of anything that differs from the default.

    Args:
        model: name of the model.
        default: nested default settings of the study.
        settings: nested settings of this study.
        own: anything else that distinguishes it.
    """
    before = dict(flattened(default))
    return labelled(slug(model), {key: value for key, value in flattened(settings) if before.get(key) != value} | own)
