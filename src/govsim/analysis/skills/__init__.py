"""Results of sub-skill tests: accuracies, unsolved problems, and correlations with the outcomes of societies."""

from typing import TYPE_CHECKING

from govsim.lazy import lazy_names

if TYPE_CHECKING:
    from govsim.analysis.skills.accuracies import accuracies_of
    from govsim.analysis.skills.correlation import (
        PER,
        Correlations,
        Regression,
        correlations_where_possible,
        skills_against,
    )
    from govsim.analysis.skills.frames import accuracies_frame, skill_frames, solutions_frame
    from govsim.analysis.skills.reading import SkillStudy
    from govsim.analysis.skills.tables import accuracies_table, correlations_table
    from govsim.analysis.skills.wrong import Wrong, format_wrong, wrong_answers, wrong_table
else:
    __getattr__, __dir__ = lazy_names(__name__)

__all__ = [
    "PER",
    "Correlations",
    "Regression",
    "SkillStudy",
    "Wrong",
    "accuracies_frame",
    "accuracies_of",
    "accuracies_table",
    "correlations_table",
    "correlations_where_possible",
    "format_wrong",
    "skill_frames",
    "skills_against",
    "solutions_frame",
    "wrong_answers",
    "wrong_table",
]
