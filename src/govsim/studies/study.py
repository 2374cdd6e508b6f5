"""A study, as a job: questions to one model, and a line of the journal for each answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Self

from govsim.concurrency import together
from govsim.config import Layer, flattened
from govsim.config import Models as ModelConfig
from govsim.errors import JournalError, JournalMismatch
from govsim.jobs.cost import Amount, Estimate, added, amount_of, amounts_of, scaled
from govsim.jobs.job import Job, Life, Work
from govsim.jobs.plan import labelled, slug
from govsim.jobs.provenance import difference_of_settings, git_revision, versions
from govsim.journal import (
    READING_RULE,
    Call,
    Event,
    Identity,
    JudgeCheck,
    Judging,
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
from govsim.models.pool import Models, SilentModels
from govsim.models.prices import Prices
from govsim.models.question import Occasion, Question, Reply
from govsim.models.rehearsal import Rehearsal
from govsim.scenarios import Scenario
from govsim.society import model_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing to ask, and what becomes of the answer.

    Attributes:
        question: what is asked.
        occasion: when in a society it is about; month 0 where it is about none.
        member: whom it is about; empty where it is about nobody.
        ordinal: its number among the questions of this purpose about the member on the occasion.
        line: from the reply to the line of the journal that says what came of it.
    """

    question: Question
    occasion: Occasion
    member: str
    ordinal: int
    line: Callable[[Reply], Event]

    @property
    def identity(self) -> Identity:
        """What names the line that its answer becomes: the same for every answer."""
        return self.line(Reply(values={}, invalid="not asked")).identity


@dataclass(frozen=True, kw_only=True)
class StudyJob(Job[StudyJournal]):
    """One study that is to be carried out: everything that one model is asked about one thing.

    Attributes:
        items: all that is asked, in a fixed order.
    """

    header: Study
    items: tuple[Item, ...]

    anew: ClassVar[str] = "move it away, and everything is asked anew"
    accepting: ClassVar[str] = "move it away, or run with --accept-version to continue all the same"

    @classmethod
    def of(
        cls,
        path: Path,
        subject: Skills | Judging | JudgeCheck,
        models: ModelConfig,
        scenario: Scenario,
        items: Iterable[Item],
    ) -> Self:
        """A study as this version of govsim begins it.

        Args:
            path: where its journal lies.
            subject: what is studied.
            models: who is asked, and how.
            scenario: the words, with all templates that questions are made of.
            items: all that is asked, in a fixed order.
        """
        header = Study(
            reading_rule=READING_RULE,
            subject=subject,
            models=models,
            scenario=scenario,
            versions=versions(),
            git_revision=git_revision(),
        )
        return cls(path=path, header=header, items=tuple(items))

    @property
    def cell(self) -> tuple[str, str]:
        """What is studied, and who is asked."""
        return (self.header.subject.study, self.header.model)

    @property
    def steps(self) -> int:
        """How many questions it asks."""
        return len(self.items)

    @property
    def models(self) -> ModelConfig:
        """Which model is asked, and how."""
        return self.header.models

    def open_models(self, models: Models) -> None:
        """Open the model that it asks."""
        models.language_model(model_settings(self.models))

    def read(self, kinds: Collection[str] | None = None) -> StudyJournal:
        """Its journal."""
        return read_study(self.path, kinds)

    def is_finished(self, recorded: StudyJournal) -> bool:
        """Whether everything that is planned, or more, has been answered."""
        lines = {event.identity for event in recorded.events}
        return super().is_finished(recorded) and all(item.identity in lines for item in self.items)

    def check_same(self, recorded: StudyJournal, *, accepts_prompts: bool) -> None:
        """Refuse a journal of other questions, to another model, or with other prompts."""
        for part in ("subject", "models") if accepts_prompts else ("subject", "models", "scenario"):
            told = difference_of_settings(getattr(recorded.header, part), getattr(self.header, part))
            if told is not None:
                raise JournalMismatch(f"{self.path}: is the journal of another study: {part}.{told}; {self.accepting}")

    async def check_finished(self, recorded: StudyJournal) -> None:
        """Refuse a finished study whose questions are not those that would be asked today."""
        with Recorder(None, recorded) as recorder:
            asker = Asker(recorder, longest_prompt=self.models.longest_prompt)
            silent = SilentModels().language_model(model_settings(self.models))
            try:
                await self._ask_all(asker, recorder, silent, asyncio.Semaphore(len(self.items)))
            except JournalMismatch as error:
                is_older = asker.has_read_again
                hint = "its replies were read by an earlier rule" if is_older else "if the run was started over"
                raise JournalMismatch(f"{self.path}: {error}; {hint}, move this file away") from error

    def begin(self, work: Work) -> Life:
        """Make its model ready."""
        model = work.models.language_model(model_settings(self.models))
        return Life(live=partial(self._ask_all, work.asker, work.recorder, model, work.questions_at_once))

    async def _ask_all(
        self, asker: Asker, recorder: Recorder, model: LanguageModel, at_once: asyncio.Semaphore
    ) -> Status:
        async def one(item: Item) -> None:
            async with at_once:
                reply = await asker.ask(
                    item.question, model=model, member=item.member, occasion=item.occasion, ordinal=item.ordinal
                )
            recorder.write(item.line(reply))

        await together(one(item) for item in self.items)
        return "completed"

    @classmethod
    def known(cls, jobs: Sequence[Self], prices: Prices, *, starts_over: bool) -> Estimate:
        """What is left, and the mean of the questions that have been answered."""
        spent: Mapping[str, Amount] = {}
        left = done = 0
        for job in jobs:
            recorded = job._recorded()
            spent = added(spent, amounts_of((event for event in recorded if isinstance(event, Call)), prices))
            open_ = len(job._left(recorded))
            left, done = left + open_, done + len(job.items) - open_
        basis = done if spent else 0
        return Estimate(cell=jobs[0].cell, left=left, done=done, basis=basis, models=scaled(spent, left, basis))

    @classmethod
    async def rehearsed(cls, jobs: Sequence[Self], prices: Prices) -> Mapping[str, Amount]:
        """What questions take that are each answered at once, by somebody who talks as much as talkative models."""
        model, spent = Rehearsal(prices).language_model(model_settings(jobs[0].models)), Amount()
        for item in (item for job in jobs for item in job._left(job._recorded())):
            spent += amount_of(await model.complete(item.question.prompt.messages), model.name, prices)
        return {model.name: spent}

    def _recorded(self) -> Sequence[Event]:
        """Calls and answers of its journal; none where it cannot be read."""
        try:
            return self.read(["call", *kinds_of(StudyAnswer)]).events
        except JournalError:
            return ()

    def _left(self, recorded: Sequence[Event]) -> list[Item]:
        """What has not been answered."""
        done = {event.identity for event in recorded if isinstance(event, StudyAnswer)}
        return [item for item in self.items if item.identity not in done]


def study_label(model: str, usual: Layer, asked: Layer, **own: Any) -> str:
    """The name of a model for a folder or file, and a short hash of what sets a study apart, if there is anything.

    Args:
        model: who is asked.
        usual: nested settings of the study where nothing is set.
        asked: those of this one.
        own: what sets it apart beside settings.
    """
    before = dict(flattened(usual))
    return labelled(slug(model), {key: value for key, value in flattened(asked) if before.get(key) != value} | own)
