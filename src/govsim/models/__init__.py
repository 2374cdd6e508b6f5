"""Questions to language models: sending, parsing, retrying and recording."""

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
