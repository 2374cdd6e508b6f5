"""What all settings have in common."""

from __future__ import annotations

import re
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator


class Frozen(BaseModel):
    """A value read from a file or a command line: immutable, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Section(Frozen):
    """A part of the settings, in which yes and no are not taken for 1 and 0."""

    @field_validator("*", mode="before")
    @classmethod
    def _is_no_claim(cls, value: Any, info: ValidationInfo) -> Any:
        if not isinstance(value, bool):  # first, as writing out an annotation takes long
            return value
        annotation = str(cls.model_fields[info.field_name or ""].annotation)
        if re.search(r"\b(int|float)\b", annotation) and "bool" not in annotation:
            raise ValueError(f"must be a number, not {'yes' if value else 'no'}")
        return value
