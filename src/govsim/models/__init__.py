"""Asking language models: one question at a time, read, asked again, and recorded."""

from govsim.models.fields import YES_NO, ChoiceField, Field, NumberField, TextField, Value
from govsim.models.question import Passage, Refusal, Reply

__all__ = [
    "YES_NO",
    "ChoiceField",
    "Field",
    "NumberField",
    "Passage",
    "Refusal",
    "Reply",
    "TextField",
    "Value",
]
