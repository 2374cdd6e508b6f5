"""Reads the answers of models from the journals of sub-skill tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from govsim.analysis.published import PAPERS_WORLD
from govsim.analysis.settings import FlatSettings, prompts_hash, short_hash
from govsim.config import flattened
from govsim.errors import JournalError
from govsim.journal import FINISHED, RequestLine, RunStatus, Skills, Solution, StudyJournal, status_of


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillStudy:
    """The sub-skill tests of one model in one scenario, from one journal.

    Attributes:
        path: the journal, relative to the folder that was read.
        file: the journal.
        scenario: the scenario's name.
        model: the model.
        subject: the world of the problems, its members, and the seed.
        settings: all settings that determine the answers except the seed, by dotted key.
        status: how the study ended, or `running` or `killed`.
        solutions: the answers, by test and number of the problem.
        requests: what was sent to the model besides the questions; empty if not recorded.
    """

    path: str
    file: Path
    scenario: str
    model: str
    subject: Skills
    settings: Mapping[str, JsonValue]
    status: RunStatus
    solutions: tuple[Solution, ...]
    requests: tuple[RequestLine, ...] = ()

    @property
    def is_finished(self) -> bool:
        """Whether all planned problems have been answered."""
        return self.status in FINISHED

    @property
    def is_papers_world(self) -> bool:
        """Whether its problems have the world of the paper."""
        world = self.subject.world
        return (len(self.subject.members), world.growth, world.capacity) == PAPERS_WORLD

    @property
    def cell(self) -> str:
        """A hash of everything that determines the answers except the seed, with eight hexadecimal digits."""
        return short_hash([self.scenario, self.model, dict(self.settings)])

    def of(self, test: str) -> Sequence[Solution]:
        """Return its answers in one test, by number of the problem."""
        return [solution for solution in self.solutions if solution.purpose == test]


def skill_study_of(journal: StudyJournal, name: str) -> SkillStudy | None:
    """Return the study of sub-skills in a journal; None for another study.

    Args:
        journal: the journal, with its events of kind `solution` and `request` at least.
        name: its name.

    Raises:
        JournalError: two answers have different stocks for the same problem.
    """
    subject = journal.header.subject
    if not isinstance(subject, Skills):
        return None
    return SkillStudy(
        path=name,
        file=journal.path,
        scenario=journal.header.scenario.name,
        model=journal.header.model,
        subject=subject,
        settings=_settings(journal, subject),
        status=status_of(journal),
        solutions=_checked(journal),
        requests=tuple(journal.of(RequestLine)),
    )


def _settings(journal: StudyJournal, subject: Skills) -> FlatSettings:
    models = journal.header.models.model_dump(mode="json", exclude={"default"})
    about = subject.model_dump(mode="json", exclude={"study", "seed"})
    content = {"models": models, **about, "prompts": prompts_hash(journal.header.scenario)}
    return {key: value for key, value in flattened(content) if value is not None and value != {}}


def _checked(journal: StudyJournal) -> tuple[Solution, ...]:
    """All answers in a fixed order, independent of the order in which they arrived.

    Raises:
        JournalError: two answers have different stocks for the same problem.
    """
    solutions = sorted(journal.of(Solution), key=lambda one: (one.purpose, one.ordinal))
    stocks: dict[int, int] = {}
    for one in solutions:
        if stocks.setdefault(one.ordinal, one.stock) != one.stock:
            raise JournalError(
                f"{journal.path}: problem {one.ordinal} has a stock of {stocks[one.ordinal]} in one test and of "
                f"{one.stock} in another; replace it by an undamaged copy, or move it and repeat the command"
            )
    return tuple(solutions)
