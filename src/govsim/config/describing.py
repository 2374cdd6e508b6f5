"""Settings in words: key, allowed values, default and meaning of each, as reference pages and commands show them."""

from __future__ import annotations

import ast
import inspect
import textwrap
import types
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from inspect import formatannotation
from itertools import pairwise
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
            yield from keys_of(documented_fields(inner), f"{prefix}{place_of(name, field)}.")


@cache
def documented_fields(model: type[BaseModel]) -> Mapping[str, FieldInfo]:
    """The fields of a model by name, each with the docstring below it as its description.

    They are read when somebody asks: finding the source of a class takes longer than all else that defining it does.

    Args:
        model: where its source cannot be found, its fields have the descriptions that they were declared with.
    """
    words: dict[str, str] = {}
    for owner in reversed(model.__mro__):
        if issubclass(owner, BaseModel) and owner is not BaseModel:
            words |= attribute_docstrings(owner)
    return {name: _described(field, words.get(name)) for name, field in model.model_fields.items()}


def _described(field: FieldInfo, words: str | None) -> FieldInfo:
    found = copy(field)
    found.description = field.description or words
    return found


def attribute_docstrings(defined_class: type) -> dict[str, str]:
    """The texts that stand below the annotated attributes of a class, in its own body; none without its source."""
    try:
        source = inspect.getsource(defined_class)
    except (OSError, TypeError):  # typed in, or built by a function
        return {}
    (defined,) = ast.parse(textwrap.dedent(source)).body
    assert isinstance(defined, ast.ClassDef), "the source of a class"
    return {
        declared.target.id: inspect.cleandoc(below.value.value)
        for declared, below in pairwise(defined.body)
        if isinstance(declared, ast.AnnAssign)
        and isinstance(declared.target, ast.Name)
        and isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
        and isinstance(below.value.value, str)
    }


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
