"""Judges of what was said and thought in societies: labels, promises, knowledge; and how well a judge labels."""

from govsim.studies.dialogue.checking import plan_check
from govsim.studies.dialogue.planning import ALL, DialogueSettings, plan_dialogue

__all__ = ["ALL", "DialogueSettings", "plan_check", "plan_dialogue"]
