"""From the journals of sub-skill tests to what each model answered."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path

from pydantic import JsonValue

from govsim.analysis.published import PAPERS_WORLD
from govsim.analysis.runs import prompts_hash
from govsim.errors import JournalError
from govsim.journal import (
    FINISHED,
    Broken,
    RequestLine,
    Skills,
    Solution,
    Standing,
    StudyJournal,
    read_each_study,
    read_study,
    standing_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillStudy:
    """The sub-skill tests of one model in one scenario, as one journal tells them.

    Attributes:
        path: the journal, relative to the folder that was read.
        file: the journal.
        scenario: the scenario's name.
        model: who was asked.
        subject: the world of the problems, its members, and the seed.
        settings: everything that decides the answers but the seed, by dotted key.
        status: how the study ended, or that it is `running` or was `killed`.
        solutions: the answers, by test and number of the problem.
        requests: what was sent to the model beside the questions; empty where that is not recorded.
    """

    path: str
    file: Path
    scenario: str
    model: str
    subject: Skills
    settings: Mapping[str, JsonValue]
    status: Standing
    solutions: tuple[Solution, ...]
    requests: tuple[RequestLine, ...] = ()

    @property
    def is_finished(self) -> bool:
        """Whether everything that was planned has been answered."""
        return self.status in FINISHED

    @property
    def is_papers_world(self) -> bool:
        """Whether its problems are those of the paper's world."""
        world = self.subject.world
        return (len(self.subject.members), world.growth, world.capacity) == PAPERS_WORLD

    @property
    def cell(self) -> str:
        """Eight hexadecimal digits that stand for everything that decides the answers but the seed."""
        text = json.dumps([self.scenario, self.model, dict(self.settings)], sort_keys=True)
        return sha256(text.encode()).hexdigest()[:8]

    def of(self, test: str) -> Sequence[Solution]:
        """Its answers in one test, by number of the problem."""
        return [solution for solution in self.solutions if solution.purpose == test]


def read_skills(
    folder: Path, *, broken: Broken | None = None, only: Collection[Path] | None = None
) -> tuple[SkillStudy, ...]:
    """Every study of sub-skills below a folder, in the order of their paths; there may be none.

    Args:
        folder: where the journals lie, at any depth, or one journal.
        broken: told of each journal of a study that is broken, which is then left out; raised when None.
        only: journals that are read; all when None.

    Raises:
        JournalError: there is no such folder, or a journal is broken.
    """
    if only is not None:
        return tuple(study for path in only if (study := _read(folder, path)) is not None)
    found = read_each_study(folder, partial(_read, folder), broken)
    return tuple(study for study in found if study is not None)


def _read(folder: Path, path: Path) -> SkillStudy | None:
    """A study of sub-skills; None for a study of something else."""
    journal = read_study(path, kinds=["solution", "request"])
    subject = journal.header.subject
    if not isinstance(subject, Skills):
        return None
    root = folder.parent if folder == path else folder
    return SkillStudy(
        path=path.relative_to(root).as_posix(),
        file=path,
        scenario=journal.header.scenario.name,
        model=journal.header.model,
        subject=subject,
        settings=dict(_settings(journal, subject)),
        status=standing_of(journal),
        solutions=_checked(journal),
        requests=tuple(journal.of(RequestLine)),
    )


def _settings(journal: StudyJournal, subject: Skills) -> dict[str, JsonValue]:
    models = journal.header.models.model_dump(mode="json", exclude={"default"})
    about = subject.model_dump(mode="json", exclude={"study", "seed"})
    content = {"models": models, **about, "prompts": prompts_hash(journal.header.scenario)}
    return dict(_leaves(content))


def _leaves(content: Mapping[str, JsonValue], prefix: str = "") -> list[tuple[str, JsonValue]]:
    found: list[tuple[str, JsonValue]] = []
    for key, value in content.items():
        if isinstance(value, dict):
            found += _leaves(value, f"{prefix}{key}.")
        elif value is not None:
            found.append((f"{prefix}{key}", value))
    return found


def _checked(journal: StudyJournal) -> tuple[Solution, ...]:
    """All answers in a fixed order, whatever the order in which they came.

    Raises:
        JournalError: two answers tell a different stock for the same problem.
    """
    solutions = sorted(journal.of(Solution), key=lambda one: (one.purpose, one.ordinal))
    stocks: dict[int, int] = {}
    for one in solutions:
        if stocks.setdefault(one.ordinal, one.stock) != one.stock:
            raise JournalError(
                f"{journal.path}: problem {one.ordinal} has a stock of {stocks[one.ordinal]} in one test and of "
                f"{one.stock} in another; put a whole copy in its place, or move it away and run again"
            )
    return tuple(solutions)
