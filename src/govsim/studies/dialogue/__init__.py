"""Judges of discussions and decisions: labels, promises, knowledge; and checks of how well a judge labels."""

from govsim.studies.dialogue.judge_question import QUESTIONS, Judged, JudgeQuestion
from govsim.studies.dialogue.planning import DialogueSettings, plan_check, plan_dialogue

__all__ = ["QUESTIONS", "DialogueSettings", "JudgeQuestion", "Judged", "plan_check", "plan_dialogue"]
