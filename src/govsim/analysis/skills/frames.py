"""Sub-skills as tidy frames with documented columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from govsim.analysis.frames import Column, Layout, typed_frame
from govsim.analysis.skills.accuracies import accuracies_of
from govsim.analysis.skills.reading import SkillStudy
from govsim.config import Entry

if TYPE_CHECKING:
    import pandas as pd

_MODEL = (
    Column(name="scenario", kind="string", meaning="The scenario's name."),
    Column(name="model", kind="string", meaning="Who was asked."),
    Column(
        name="cell",
        kind="string",
        meaning="A short hash of everything that decides an answer but the seed: scenario, model and its arguments, "
        "world, members, words.",
    ),
)
_TEST = Column(name="test", kind="string", meaning="What was asked for, as in `dynamics`.")

SOLUTIONS = Layout(
    name="solutions",
    row="one problem of a sub-skill test that one model was given, unfinished studies included",
    columns=(
        Column(name="path", kind="string", meaning="The study's journal, relative to the folder that was read."),
        *_MODEL,
        Column(name="seed", kind="int64", meaning="What the problems are generated from."),
        Column(name="status", kind="string", meaning="How the study ended; `running` when it has not, or was killed."),
        Column(name="members", kind="int64", unit="members", meaning="Who share the commons of the problem."),
        Column(
            name="growth",
            kind="float64",
            meaning="What is left after a harvest is multiplied by. Missing where another growth law is set.",
        ),
        Column(name="capacity", kind="int64", unit="units", meaning="The most units the commons holds."),
        _TEST,
        Column(
            name="problem", kind="int64", meaning="Its number, from 0; the same one has the same stock in all tests."
        ),
        Column(name="stock", kind="int64", unit="units", meaning="What there is before the harvest."),
        Column(
            name="taken",
            kind="Int64",
            unit="units",
            meaning="What each member takes. Missing where the problem does not say so.",
        ),
        Column(name="least", kind="int64", unit="units", meaning="The lowest right answer."),
        Column(name="most", kind="int64", unit="units", meaning="The highest right answer."),
        Column(
            name="answer", kind="Int64", unit="units", meaning="What was answered. Missing where it could not be read."
        ),
        Column(
            name="is_right", kind="boolean", meaning="Whether the answer is right. Missing where it could not be read."
        ),
        Column(name="unreadable", kind="string", meaning="Why it could not be read. Missing where it could."),
    ),
)
"""The frame of answers to problems."""

ACCURACIES = Layout(
    name="accuracies",
    row="one sub-skill test of one model in one scenario; studies that differ in nothing but the seed count together",
    columns=(
        *_MODEL,
        _TEST,
        Column(name="answers", kind="int64", unit="answers", meaning="Answers that could be read."),
        Column(
            name="unreadable", kind="int64", unit="answers", meaning="Answers that could not: neither right nor wrong."
        ),
        Column(
            name="accuracy",
            kind="float64",
            unit="share",
            meaning="Right answers among those that could be read. Missing without any.",
        ),
        Column(
            name="low",
            kind="float64",
            unit="share",
            meaning="Lower end of its exact 95 % interval (Clopper and Pearson). Missing without an answer.",
        ),
        Column(name="high", kind="float64", unit="share", meaning="Its upper end. Missing without an answer."),
        Column(
            name="published",
            kind="float64",
            unit="share",
            meaning="The printed accuracy of the same model. Missing where the paper has none, and in another world.",
        ),
        Column(
            name="unfinished", kind="int64", unit="studies", meaning="Studies in it that have not come to their end."
        ),
    ),
)
"""The frame of accuracies."""

SKILL_LAYOUTS = (SOLUTIONS, ACCURACIES)
"""All frames of sub-skills."""


def skill_frames(studies: Sequence[SkillStudy]) -> list[tuple[Layout, pd.DataFrame]]:
    """The frames of sub-skills with their layouts; none where there are no studies."""
    return [(SOLUTIONS, solutions_frame(studies)), (ACCURACIES, accuracies_frame(studies))] if studies else []


def solutions_frame(studies: Sequence[SkillStudy]) -> pd.DataFrame:
    """All answers; `SOLUTIONS` describes the columns."""
    return typed_frame(SOLUTIONS, (row for study in studies for row in _solutions(study)))


def accuracies_frame(studies: Sequence[SkillStudy]) -> pd.DataFrame:
    """The accuracy of each model in each scenario and test; `ACCURACIES` describes the columns."""
    rows = (
        (
            *(one.scenario, one.model, one.cell, one.test, one.accuracy.n, one.unreadable),
            *map(_share, (one.accuracy.value, one.accuracy.low, one.accuracy.high, one.paper)),
            one.unfinished,
        )
        for one in accuracies_of(studies)
    )
    return typed_frame(ACCURACIES, rows)


def _solutions(study: SkillStudy) -> list[tuple[object, ...]]:
    world = study.subject.world
    of_study = (study.path, study.scenario, study.model, study.cell, study.subject.seed, study.status)
    growth = None if isinstance(world.growth, Entry) else world.growth
    of_world = (len(study.subject.members), growth, world.capacity)
    return [
        (
            *of_study,
            *of_world,
            *(one.purpose, one.ordinal, one.stock, one.taken, one.least, one.most),
            *(one.answer, one.is_right, one.invalid),
        )
        for one in study.solutions
    ]


def _share(per_cent: float | None) -> float | None:
    return None if per_cent is None else per_cent / 100
