"""Base classes of all settings, and the wording of their validation errors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails, PydanticCustomError

_WHOLE, _NUMBER, _TEXT, _SWITCH = "must be a whole number", "must be a number", "must be text", "must be true or false"
_LIST, _MAPPING = "must be a list", "must be a mapping of keys to values"

_PROBLEMS = {
    **dict.fromkeys(("int_parsing", "int_type", "int_from_float", "int_parsing_size"), _WHOLE),
    **dict.fromkeys(("float_parsing", "float_type"), _NUMBER),
    **dict.fromkeys(("bool_parsing", "bool_type"), _SWITCH),
    "string_pattern_mismatch": "must match the pattern {pattern}",
    **dict.fromkeys(("list_type", "tuple_type"), _LIST),
    **dict.fromkeys(("model_type", "dict_type"), _MAPPING),
    "string_type": _TEXT,
    "path_type": "must be the path of a file or folder",
    "missing": "is missing",
    "extra_forbidden": "there is no such key",
    "finite_number": "must be a finite number",
    "literal_error": "must be {expected}",
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
}
"""Descriptions of validation errors by pydantic's type of error, with the values of its context."""

NAME_OF_FILE = r"^[^\W_][\w .+-]*$"
"""Pattern of names of conditions and protocols, which become parts of paths."""

NAME_OF_RULES = r"^rules(-[A-Za-z0-9_-]+)?$"
"""Pattern of names of templates that state the rules."""

_LARGE = 1e15
"""Floats above it are shown with their exponent."""

_PATTERNS = {
    NAME_OF_FILE: "must start with a letter or digit and consist of letters, digits, spaces and . _ + -",
    NAME_OF_RULES: "must be rules, or the name of a template that starts with rules-, as in rules-1",
}
"""Patterns in words."""


def problem_of(detail: ErrorDetails) -> str:
    """Return what is required of an invalid value, as part of an error message.

    Args:
        detail: the error; types without a description keep pydantic's message.
    """
    if detail["type"] == "string_pattern_mismatch" and (words := _PATTERNS.get(detail["ctx"]["pattern"])):
        return words
    if (problem := _PROBLEMS.get(detail["type"])) is None:
        message = detail["msg"]
        return f"{message[0].lower()}{message[1:]}"
    return problem.format_map({name: _in_digits(value) for name, value in detail.get("ctx", {}).items()})


def as_written(value: Any) -> str:
    """Return a value for an error message, as it would be written in a YAML file where Python's notation differs."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, float) and value.is_integer() and abs(value) < _LARGE:
        return str(int(value))
    return repr(value)


def no_such_key(name: str, known: Sequence[str], *, instead: str = "") -> str:
    """Return what is wrong with an unknown key, with the closest known one, as part of an error message.

    Args:
        name: the key.
        known: the keys that are allowed; empty if unknown.
        instead: what to suggest in place of the closest one.
    """
    allowed = f"; allowed are {', '.join(known)}" if len(known) > 1 else f"; allowed is {known[0]}" if known else ""
    return f"there is no such key{instead or nearest(name, known, similarity=0.5)}{allowed}"


def nearest(name: str, known: Iterable[str], *, similarity: float = 0.6) -> str:
    """Return the known name that is closest to a misspelt one, as the end of a sentence; empty if none is close."""
    close = get_close_matches(name, list(known), n=1, cutoff=similarity)
    return f"; did you mean {close[0]}?" if close else ""


def _in_digits(value: Any) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:g}" if isinstance(value, float) else str(value)


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


S = TypeVar("S", bound=Section)


def read_form(kind: type[S], value: Mapping[str, Any]) -> S:
    """Validate a value written as a mapping, for a key whose values have several forms.

    Args:
        kind: the section that describes the mapping.
        value: the mapping.

    Raises:
        PydanticCustomError: it is invalid; the message names the key and what is allowed.
    """
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        raise invalid_form(problem_in(kind, error)) from error


def problem_in(kind: type[BaseModel], error: ValidationError) -> str:
    """Return the first problem of a value written as a mapping with keys and values, with the key.

    A misspelt key, which causes other errors, is reported first.

    Args:
        kind: the model that describes the mapping.
        error: the error.
    """
    detail = min(error.errors(include_url=False), key=lambda one: one["type"] != "extra_forbidden")
    key = ".".join(map(str, detail["loc"]))
    is_unknown = detail["type"] == "extra_forbidden"
    return f"{key}: {no_such_key(key, [*kind.model_fields]) if is_unknown else problem_of(detail)}"


def invalid_form(message: str) -> PydanticCustomError:
    """Return the error for a value that has none of the forms that its key allows.

    Args:
        message: what is allowed, as in "must be exact or hidden".
    """
    return PydanticCustomError("form", "{message}", {"message": message})
