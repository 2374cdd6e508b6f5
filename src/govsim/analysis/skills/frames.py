"""Sub-skill tests as frames with documented columns."""

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
    """The model."""
    cell: str
    """A short hash of everything that determines an answer except the seed: scenario, model and its settings, world,
    members, wording."""
    seed: int
    """The seed of the problems."""
    status: str
    """How the study ended, or `running` or `killed`."""
    members: Annotated[int, "members"]
    """The number of members in the problem."""
    growth: float | None
    """The growth factor of the stock left after a harvest. Missing with another growth law."""
    capacity: Units
    """The capacity of the commons."""


class SolutionRow(NamedTuple):
    """One problem of a sub-skill test and the answer of one model, including unfinished studies."""

    test: str
    """The test, such as `dynamics`."""
    problem: int
    """The number of the problem, from 0; it has the same stock in all tests."""
    stock: Units
    """The stock before the harvest."""
    taken: Units | None
    """What each member takes. Missing if the problem does not state it."""
    least: Units
    """The lowest correct answer."""
    most: Units
    """The highest correct answer."""
    answer: Units | None
    """The answer. Missing if it was unreadable."""
    is_right: bool | None
    """Whether the answer is correct. Missing if it was unreadable."""
    unreadable: str | None
    """Why the answer was unreadable. Missing if it was readable."""


class AccuracyRow(NamedTuple):
    """One sub-skill test of one model in one scenario; studies that differ only in their seed are pooled."""

    scenario: str
    """The scenario's name."""
    model: str
    """The model."""
    cell: str
    """A short hash of everything that determines an answer except the seed: scenario, model and its settings, world,
    members, wording."""
    test: str
    """The test, such as `dynamics`."""
    answers: _Answers
    """Readable answers."""
    unreadable: _Answers
    """Unreadable answers, which are neither correct nor wrong."""
    accuracy: Share | None
    """The share of correct answers among readable ones. Missing without any."""
    low: Share | None
    """Lower end of its exact 95 % interval (Clopper and Pearson). Missing without an answer."""
    high: Share | None
    """Its upper end. Missing without an answer."""
    published: Share | None
    """The paper's accuracy of the same model. Missing if it has none, and in another world."""
    unfinished: Annotated[int, "studies"]
    """Unfinished studies that are included."""


SOLUTIONS = Layout("solutions", (SkillKeys, SolutionRow))
"""The frame of answers to problems."""

ACCURACIES = Layout("accuracies", (AccuracyRow,))
"""The frame of accuracies."""

SKILL_LAYOUTS = (SOLUTIONS, ACCURACIES)
"""All frames of sub-skills."""


def skill_frames(studies: Sequence[SkillStudy]) -> list[tuple[Layout, pd.DataFrame]]:
    """Return the frames of sub-skills with their layouts; none without studies."""
    return [(SOLUTIONS, solutions_frame(studies)), (ACCURACIES, accuracies_frame(studies))] if studies else []


def solutions_frame(studies: Sequence[SkillStudy]) -> pd.DataFrame:
    """Return all answers; `SOLUTIONS` describes the columns."""
    rows = (keyed(_keys_of(study), map(_solution_row, study.solutions)) for study in studies)
    return typed_frame(SOLUTIONS, [row for of_study in rows for row in of_study])


def accuracies_frame(studies: Sequence[SkillStudy]) -> pd.DataFrame:
    """Return the accuracy of each model in each scenario and test; `ACCURACIES` describes the columns."""
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
