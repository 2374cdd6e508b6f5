"""Judges of what was said and thought in societies: labels, promises, knowledge; and how well a judge labels."""

from govsim.studies.dialogue.planning import DialogueSettings, plan_check, plan_dialogue
from govsim.studies.dialogue.question import QUESTIONS, Judged, JudgeQuestion

__all__ = ["QUESTIONS", "DialogueSettings", "JudgeQuestion", "Judged", "plan_check", "plan_dialogue"]
