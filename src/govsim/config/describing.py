"""Settings in words: key, allowed values, default and meaning of each, as reference pages and commands show them."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from inspect import formatannotation
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, JsonValue
from pydantic.fields import FieldInfo

from govsim.config.entries import Entry
from govsim.config.experiment import Scalar

_PLAIN_TYPES = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    Path: "path",
    type(None): "null",
    Any: "anything",
    Scalar: "text, number, true, false or null",
    int | str | None: "value (whole number, text or null)",
    JsonValue: "any value",
    Entry: "name with or without settings",
}
_PLACEHOLDERS = {"members": "<NAME>", "prices": "<MODEL>"}
_LIMITS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One setting.

    Attributes:
        name: its dotted key.
        values: which values it takes, in words.
        default: its default as it is written; None where it has to be given.
        meaning: what it is, in sentences.
    """

    name: str
    values: str
    default: str | None
    meaning: str


def keys_of(fields: Mapping[str, FieldInfo], prefix: str = "") -> Iterator[Key]:
    """Every setting among a model's fields and in the models inside it, in their order.

    Args:
        fields: the fields by name.
        prefix: what stands before each key, as in `world.`.
    """
    for name, field in fields.items():
        inner = inner_model(field)
        if inner is None:
            yield Key(
                name=f"{prefix}{name}",
                values=_values(field),
                default=None if field.is_required() else _default(field),
                meaning=one_sentence(field.description),
            )
        else:
            yield from keys_of(inner.model_fields, f"{prefix}{place_of(name, field)}.")


def inner_model(field: FieldInfo) -> type[BaseModel] | None:
    """The section of settings that a field holds, or holds by name; None for a value."""
    parts = (field.annotation, *get_args(field.annotation))
    return next((part for part in parts if _is_model(part) and part is not Entry), None)


def place_of(name: str, field: FieldInfo) -> str:
    """The key of a section: its name, and a placeholder where there is one for each member or model."""
    return f"{name}.{_PLACEHOLDERS[name]}" if get_origin(field.annotation) is dict else name


def one_sentence(description: str | None) -> str:
    """A description on one line."""
    return " ".join((description or "").split())


def type_in_words(annotation: Any, link: Callable[[type], str] = lambda model: model.__name__) -> str:
    """A type as a reader of YAML or JSON thinks of it.

    Args:
        annotation: the type.
        link: how a model is named.
    """
    if annotation in _PLAIN_TYPES:
        return _PLAIN_TYPES[annotation]
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin in (Annotated, Union, types.UnionType):
        alternatives = parts[:1] if origin is Annotated else parts
        return " or ".join(dict.fromkeys(type_in_words(part, link) for part in alternatives))
    if origin is Literal or _is_choice(annotation):
        return ", ".join(f"`{choice}`" for choice in parts or annotation)
    if origin in (tuple, list):
        return f"list of {type_in_words(parts[0], link)}"
    if origin is dict:
        return f"{type_in_words(parts[1], link)} by name"
    return link(annotation) if _is_model(annotation) else formatannotation(annotation)


def _is_choice(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, StrEnum)


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _values(field: FieldInfo) -> str:
    if field.annotation == tuple[Entry, ...]:
        return "list of names, each with or without settings"
    words = "number of members, or list of text" if _takes_a_count(field) else type_in_words(field.annotation)
    limits = _range(field)
    return f"{words}, {limits}" if limits else words


def _takes_a_count(field: FieldInfo) -> bool:
    return any(type(part).__name__ == "BeforeValidator" for part in field.metadata)


def _range(field: FieldInfo) -> str:
    limits = [
        f"{sign} {_number(getattr(limit, name))}"
        for limit in field.metadata
        for name, sign in _LIMITS.items()
        if getattr(limit, name, None) is not None
    ]
    return ", ".join(limits)


def _number(value: float) -> str:
    if isinstance(value, int) and value >= 2**53 and value & (value - 1) == 0:
        return f"2^{value.bit_length() - 1}"
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True, validated_data={})
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case tuple() | list():
            return f"[{', '.join(part.name if isinstance(part, Entry) else str(part) for part in value)}]"
        case dict():
            return "{}" if not value else str(value)
        case _:
            return str(value)
