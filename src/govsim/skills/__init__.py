"""Sub-skill tests: problems about the commons with correct answers, computed without a model."""

from govsim.skills.paper import HINTED, PLAIN
from govsim.skills.problems import (
    SKILL_TESTS,
    CorrectAnswer,
    Problem,
    Situation,
    SkillTest,
    in_order,
    problems,
    title_of,
)

__all__ = [
    "HINTED",
    "PLAIN",
    "SKILL_TESTS",
    "CorrectAnswer",
    "Problem",
    "Situation",
    "SkillTest",
    "in_order",
    "problems",
    "title_of",
]
