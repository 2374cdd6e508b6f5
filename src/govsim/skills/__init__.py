"""What the sub-skill tests ask: problems about the commons with right answers. No model is needed to know them."""

from govsim.skills.paper import HINTED, PLAIN
from govsim.skills.problems import SKILL_TESTS, Answer, Problem, Situation, SkillTest, in_order, problems, title_of

__all__ = [
    "HINTED",
    "PLAIN",
    "SKILL_TESTS",
    "Answer",
    "Problem",
    "Situation",
    "SkillTest",
    "in_order",
    "problems",
    "title_of",
]
