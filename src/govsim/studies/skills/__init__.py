"""The sub-skill tests: what a model can do that sustaining a commons takes."""

from govsim.studies.skills.planning import SkillSettings, plan_skills

__all__ = ["SkillSettings", "plan_skills"]
