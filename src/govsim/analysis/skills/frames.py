"""Sub-skills as tidy frames with documented columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, NamedTuple

from govsim.analysis.columns import Layout, Share, Units, keyed, row_of, typed_frame
from govsim.analysis.skills.accuracies import Accuracy, accuracies_of
from govsim.analysis.skills.reading import SkillStudy
from govsim.config import ExtensionEntry
from govsim.journal import Solution
from govsim.lazy import pandas as pd

_Answers = Annotated[int, "answers"]


class SkillKeys(NamedTuple):
    """The study that an answer belongs to."""

    path: str
    """The study's journal, relative to the folder that was read."""
    scenario: str
    """The scenario's name."""
    model: str
    """Who was asked."""
    cell: str
    """A short hash of everything that decides an answer but the seed: scenario, model and its arguments, world,
    members, words."""
    seed: int
    """What the problems are generated from."""
    status: str
    """How the study ended; `running` when it has not, or was killed."""
    members: Annotated[int, "members"]
    """Who share the commons of the problem."""
    growth: float | None
    """What is left after a harvest is multiplied by. Missing where another growth law is set."""
    capacity: Units
    """The most units the commons holds."""


class SolutionRow(NamedTuple):
    """One problem of a sub-skill test that one model was given, unfinished studies included."""

    test: str
    """What was asked for, as in `dynamics`."""
    problem: int
    """Its number, from 0; the same one has the same stock in all tests."""
    stock: Units
    """What there is before the harvest."""
    taken: Units | None
    """What each member takes. Missing where the problem does not say so."""
    least: Units
    """The lowest right answer."""
    most: Units
    """The highest right answer."""
    answer: Units | None
    """What was answered. Missing where it could not be read."""
    is_right: bool | None
    """Whether the answer is right. Missing where it could not be read."""
    unreadable: str | None
    """Why it could not be read. Missing where it could."""


class AccuracyRow(NamedTuple):
    """One sub-skill test of one model in one scenario; studies that differ in nothing but the seed count together."""

    scenario: str
    """The scenario's name."""
    model: str
    """Who was asked."""
    cell: str
    """A short hash of everything that decides an answer but the seed: scenario, model and its arguments, world,
    members, words."""
    test: str
    """What was asked for, as in `dynamics`."""
    answers: _Answers
    """Answers that could be read."""
    unreadable: _Answers
    """Answers that could not: neither right nor wrong."""
    accuracy: Share | None
    """Right answers among those that could be read. Missing without any."""
    low: Share | None
    """Lower end of its exact 95 % interval (Clopper and Pearson). Missing without an answer."""
    high: Share | None
    """Its upper end. Missing without an answer."""
    published: Share | None
    """The printed accuracy of the same model. Missing where the paper has none, and in another world."""
    unfinished: Annotated[int, "studies"]
    """Studies in it that have not come to their end."""


SOLUTIONS = Layout("solutions", (SkillKeys, SolutionRow))
"""The frame of answers to problems."""

ACCURACIES = Layout("accuracies", (AccuracyRow,))
"""The frame of accuracies."""

SKILL_LAYOUTS = (SOLUTIONS, ACCURACIES)
"""All frames of sub-skills."""


def skill_frames(studies: Sequence[SkillStudy]) -> list[tuple[Layout, pd.DataFrame]]:
    """The frames of sub-skills with their layouts; none where there are no studies."""
    return [(SOLUTIONS, solutions_frame(studies)), (ACCURACIES, accuracies_frame(studies))] if studies else []


def solutions_frame(studies: Sequence[SkillStudy]) -> pd.DataFrame:
    """All answers; `SOLUTIONS` describes the columns."""
    rows = (keyed(_keys_of(study), map(_solution_row, study.solutions)) for study in studies)
    return typed_frame(SOLUTIONS, [row for of_study in rows for row in of_study])


def accuracies_frame(studies: Sequence[SkillStudy]) -> pd.DataFrame:
    """The accuracy of each model in each scenario and test; `ACCURACIES` describes the columns."""
    return typed_frame(ACCURACIES, map(_accuracy_row, accuracies_of(studies)))


def _keys_of(study: SkillStudy) -> SkillKeys:
    subject, world = study.subject, study.subject.world
    return row_of(
        SkillKeys,
        study,
        seed=subject.seed,
        members=len(subject.members),
        growth=None if isinstance(world.growth, ExtensionEntry) else world.growth,
        capacity=world.capacity,
    )


def _solution_row(one: Solution) -> SolutionRow:
    return row_of(SolutionRow, one, test=one.purpose, problem=one.ordinal, unreadable=one.invalid)


def _accuracy_row(one: Accuracy) -> AccuracyRow:
    accuracy = one.accuracy
    return row_of(
        AccuracyRow,
        one,
        answers=accuracy.n,
        accuracy=_share(accuracy.value),
        low=_share(accuracy.low),
        high=_share(accuracy.high),
        published=_share(one.paper),
    )


def _share(per_cent: float | None) -> float | None:
    return None if per_cent is None else per_cent / 100
