"""Base classes of all settings."""

from __future__ import annotations

import re
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator


class Frozen(BaseModel):
    """A value read from a file or the command line: immutable; unknown keys are rejected."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Section(Frozen):
    """A section of the settings. Booleans are not accepted as the numbers 1 and 0."""

    @field_validator("*", mode="before")
    @classmethod
    def _is_not_boolean(cls, value: Any, info: ValidationInfo) -> Any:
        if not isinstance(value, bool):  # checked first, as formatting an annotation is slow
            return value
        annotation = str(cls.model_fields[info.field_name or ""].annotation)
        if re.search(r"\b(int|float)\b", annotation) and "bool" not in annotation:
            raise ValueError(f"must be a number, not {'true' if value else 'false'}")
        return value
