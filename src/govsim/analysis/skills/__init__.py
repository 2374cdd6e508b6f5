"""Sub-skills of models: how well they do in tests, what they got wrong, and what becomes of their societies."""

from typing import TYPE_CHECKING

from govsim.lazy import lazy_names

if TYPE_CHECKING:
    from govsim.analysis.skills.accuracies import Accuracy, accuracies_of
    from govsim.analysis.skills.correlation import (
        FEWEST,
        PER,
        Correlations,
        Point,
        Regression,
        correlations_of,
        correlations_where_possible,
        regress,
        skills_against,
    )
    from govsim.analysis.skills.frames import (
        SKILL_LAYOUTS,
        accuracies_frame,
        skill_frames,
        solutions_frame,
    )
    from govsim.analysis.skills.reading import SkillStudy
    from govsim.analysis.skills.tables import accuracies_table, correlations_table
    from govsim.analysis.skills.wrong import Wrong, format_wrong, wrong_answers, wrong_table
else:
    __getattr__ = lazy_names(__name__)

__all__ = [
    "FEWEST",
    "PER",
    "SKILL_LAYOUTS",
    "Accuracy",
    "Correlations",
    "Point",
    "Regression",
    "SkillStudy",
    "Wrong",
    "accuracies_frame",
    "accuracies_of",
    "accuracies_table",
    "correlations_of",
    "correlations_table",
    "correlations_where_possible",
    "format_wrong",
    "regress",
    "skill_frames",
    "skills_against",
    "solutions_frame",
    "wrong_answers",
    "wrong_table",
]
