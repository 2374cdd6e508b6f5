"""The sub-skill tests: what a model can do that sustaining a commons takes."""

from govsim.studies.skills.planning import SkillSettings, plan_skills
from govsim.studies.skills.problems import Problem, problems

__all__ = ["Problem", "SkillSettings", "plan_skills", "problems"]
