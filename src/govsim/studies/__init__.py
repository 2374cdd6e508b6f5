"""Studies, which call models outside a society: sub-skill tests and judges of discussions. Each has one journal."""

from govsim.studies.dialogue import DialogueSettings, plan_check, plan_dialogue
from govsim.studies.skills import SkillSettings, plan_skills
from govsim.studies.study import Item, StudyJob

__all__ = ["DialogueSettings", "Item", "SkillSettings", "StudyJob", "plan_check", "plan_dialogue", "plan_skills"]
