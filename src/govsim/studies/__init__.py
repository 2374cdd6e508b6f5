"""What asks models outside a society: sub-skill tests, and judges of what was said. One study = one journal."""

from govsim.studies.carrying import StudyListener, StudyResult, carry_out_studies, prepare_studies
from govsim.studies.dialogue import DialogueSettings, plan_check, plan_dialogue
from govsim.studies.estimate import StudyEstimate, estimate_studies
from govsim.studies.plan import Item, StudyPlan
from govsim.studies.skills import SkillSettings, plan_skills

__all__ = [
    "DialogueSettings",
    "Item",
    "SkillSettings",
    "StudyEstimate",
    "StudyListener",
    "StudyPlan",
    "StudyResult",
    "carry_out_studies",
    "estimate_studies",
    "plan_check",
    "plan_dialogue",
    "plan_skills",
    "prepare_studies",
]
