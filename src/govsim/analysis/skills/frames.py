"""Sub-skills as tidy frames with documented columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from govsim.analysis.columns import Column, Layout, typed_frame
from govsim.analysis.skills.accuracies import Accuracy, accuracies_of
from govsim.analysis.skills.reading import SkillStudy
from govsim.config import Entry
from govsim.journal import Solution
from govsim.lazy import pandas as pd

_MODEL: tuple[Column[Any], ...] = (
    Column("scenario", "string", "The scenario's name."),
    Column("model", "string", "Who was asked."),
    Column(
        "cell",
        "string",
        "A short hash of everything that decides an answer but the seed: scenario, model and its arguments, world, "
        "members, words.",
    ),
)
_TEST = "What was asked for, as in `dynamics`."


SOLUTIONS: Layout[Solution] = Layout(
    name="solutions",
    row="one problem of a sub-skill test that one model was given, unfinished studies included",
    keys=(
        Column("path", "string", "The study's journal, relative to the folder that was read."),
        *_MODEL,
        Column("seed", "int64", "What the problems are generated from.", "subject.seed"),
        Column("status", "string", "How the study ended; `running` when it has not, or was killed."),
        Column(
            "members",
            "int64",
            "Who share the commons of the problem.",
            lambda study: len(study.subject.members),
            "members",
        ),
        Column(
            "growth",
            "float64",
            "What is left after a harvest is multiplied by. Missing where another growth law is set.",
            lambda study: None if isinstance(study.subject.world.growth, Entry) else study.subject.world.growth,
        ),
        Column("capacity", "int64", "The most units the commons holds.", "subject.world.capacity", "units"),
    ),
    own=(
        Column("test", "string", _TEST, "purpose"),
        Column("problem", "int64", "Its number, from 0; the same one has the same stock in all tests.", "ordinal"),
        Column("stock", "int64", "What there is before the harvest.", unit="units"),
        Column("taken", "Int64", "What each member takes. Missing where the problem does not say so.", unit="units"),
        Column("least", "int64", "The lowest right answer.", unit="units"),
        Column("most", "int64", "The highest right answer.", unit="units"),
        Column("answer", "Int64", "What was answered. Missing where it could not be read.", unit="units"),
        Column("is_right", "boolean", "Whether the answer is right. Missing where it could not be read."),
        Column("unreadable", "string", "Why it could not be read. Missing where it could.", "invalid"),
    ),
)
"""The frame of answers to problems."""

ACCURACIES: Layout[Accuracy] = Layout(
    name="accuracies",
    row="one sub-skill test of one model in one scenario; studies that differ in nothing but the seed count together",
    own=(
        *_MODEL,
        Column("test", "string", _TEST),
        Column("answers", "int64", "Answers that could be read.", "accuracy.n", "answers"),
        Column("unreadable", "int64", "Answers that could not: neither right nor wrong.", unit="answers"),
        Column(
            "accuracy",
            "float64",
            "Right answers among those that could be read. Missing without any.",
            lambda one: _share(one.accuracy.value),
            "share",
        ),
        Column(
            "low",
            "float64",
            "Lower end of its exact 95 % interval (Clopper and Pearson). Missing without an answer.",
            lambda one: _share(one.accuracy.low),
            "share",
        ),
        Column(
            "high",
            "float64",
            "Its upper end. Missing without an answer.",
            lambda one: _share(one.accuracy.high),
            "share",
        ),
        Column(
            "published",
            "float64",
            "The printed accuracy of the same model. Missing where the paper has none, and in another world.",
            lambda one: _share(one.paper),
            "share",
        ),
        Column("unfinished", "int64", "Studies in it that have not come to their end.", unit="studies"),
    ),
)
"""The frame of accuracies."""

SKILL_LAYOUTS: tuple[Layout[Any], ...] = (SOLUTIONS, ACCURACIES)
"""All frames of sub-skills."""


def skill_frames(studies: Sequence[SkillStudy]) -> list[tuple[Layout[Any], pd.DataFrame]]:
    """The frames of sub-skills with their layouts; none where there are no studies."""
    return [(SOLUTIONS, solutions_frame(studies)), (ACCURACIES, accuracies_frame(studies))] if studies else []


def solutions_frame(studies: Sequence[SkillStudy]) -> pd.DataFrame:
    """All answers; `SOLUTIONS` describes the columns."""
    return typed_frame(SOLUTIONS, [row for study in studies for row in SOLUTIONS.rows(study.solutions, study)])


def accuracies_frame(studies: Sequence[SkillStudy]) -> pd.DataFrame:
    """The accuracy of each model in each scenario and test; `ACCURACIES` describes the columns."""
    return typed_frame(ACCURACIES, ACCURACIES.rows(accuracies_of(studies)))


def _share(per_cent: float | None) -> float | None:
    return None if per_cent is None else per_cent / 100
