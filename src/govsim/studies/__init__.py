"""Studies, which call models outside a society. Each has one journal.

There are sub-skill tests, contamination probes, and judges of discussions.
"""

from govsim.studies.dialogue import DialogueSettings, plan_check, plan_dialogue
from govsim.studies.probe import ProbeSettings, plan_probes
from govsim.studies.skills import SkillSettings, plan_skills
from govsim.studies.study import Item, StudyJob

__all__ = [
    "DialogueSettings",
    "Item",
    "ProbeSettings",
    "SkillSettings",
    "StudyJob",
    "plan_check",
    "plan_dialogue",
    "plan_probes",
    "plan_skills",
]
