"""Descriptions of settings (key, allowed values, default, meaning), as shown in reference pages and by commands."""

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

from govsim.config.distributions import Distribution
from govsim.config.entries import ExtensionEntry
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
    ExtensionEntry: "name with or without settings",
    Distribution: "distribution",
}
_PLACEHOLDERS = {"members": "<NAME>", "prices": "<MODEL>", "sites": "<SITE>"}
_LIMITS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingKey:
    """One setting.

    Attributes:
        name: dotted key.
        values: description of the allowed values.
        default: default value as text; None if the setting is required.
        meaning: description, in sentences.
    """

    name: str
    values: str
    default: str | None
    meaning: str


def setting_keys(fields: Mapping[str, FieldInfo], prefix: str = "") -> Iterator[SettingKey]:
    """Yield every setting among a model's fields, including those of nested models, in order.

    Args:
        fields: the fields by name.
        prefix: prefix of each key, as in `world.`.
    """
    for name, field in fields.items():
        sections = inner_models(field)
        if not sections or _has_plain_values(field):
            yield SettingKey(
                name=f"{prefix}{name}",
                values=_values(field),
                default=None if field.is_required() else _default(field),
                meaning=one_sentence(field.description),
            )
        for section in sections:
            yield from setting_keys(documented_fields(section), f"{prefix}{documented_path(name, field)}.")


@cache
def documented_fields(model: type[BaseModel]) -> Mapping[str, FieldInfo]:
    """Return the fields of a model by name, each with the docstring below it as its description.

    Docstrings are parsed on demand, as finding the source of a class takes longer than defining it.

    Args:
        model: the model. If its source cannot be found, its fields keep the descriptions they were declared with.
    """
    docstrings: dict[str, str] = {}
    for owner in reversed(model.__mro__):
        if issubclass(owner, BaseModel) and owner is not BaseModel:
            docstrings |= attribute_docstrings(owner)
    return {name: _described(field, docstrings.get(name)) for name, field in model.model_fields.items()}


def _described(field: FieldInfo, docstring: str | None) -> FieldInfo:
    found = copy(field)
    found.description = field.description or docstring
    return found


def attribute_docstrings(defined_class: type) -> dict[str, str]:
    """Return the docstrings below the annotated attributes in the body of a class; empty without its source."""
    try:
        source = inspect.getsource(defined_class)
    except (OSError, TypeError):  # defined interactively, or built by a function
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
    """Return the section of settings that a field holds, directly or by name; None for a plain value."""
    return next(iter(inner_models(field)), None)


def inner_models(field: FieldInfo) -> list[type[BaseModel]]:
    """Return the sections of settings of which a field can hold one, directly or by name; none for a plain value."""
    parts = (field.annotation, *get_args(field.annotation))
    return [part for part in parts if _is_model(part) and part is not ExtensionEntry]


def _has_plain_values(field: FieldInfo) -> bool:
    """Whether a field that can hold a section can also hold a word or a number."""
    if get_origin(field.annotation) not in (Union, types.UnionType):
        return False
    return any(not _is_model(part) and part is not types.NoneType for part in get_args(field.annotation))


def documented_path(name: str, field: FieldInfo) -> str:
    """Return the key of a section: its name, with a placeholder if there is one section per member or model."""
    return f"{name}.{_PLACEHOLDERS[name]}" if get_origin(field.annotation) is dict else name


def one_sentence(description: str | None) -> str:
    """Return a description on one line."""
    return " ".join((description or "").split())


def type_in_words(annotation: Any, link: Callable[[type], str] = lambda model: model.__name__) -> str:
    """Describe a type in terms of YAML and JSON.

    Args:
        annotation: the type.
        link: function that returns the text shown for a model.
    """
    if annotation in _PLAIN_TYPES:
        return _PLAIN_TYPES[annotation]
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin in (Annotated, Union, types.UnionType):
        alternatives = parts[:1] if origin is Annotated else parts
        words = dict.fromkeys(type_in_words(part, link) for part in alternatives)
        return " or ".join(", ".join(words).rsplit(", ", 1))
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
    if field.annotation == tuple[ExtensionEntry, ...]:
        return "list of names, each with or without settings"
    text = (
        "number of members, or list of text"
        if _takes_a_count(field)
        else type_in_words(field.annotation, lambda _: "the keys below")
    )
    limits = _range(field)
    return f"{text}, {limits}" if limits else text


def _takes_a_count(field: FieldInfo) -> bool:
    is_read = any(type(part).__name__ == "BeforeValidator" for part in field.metadata)
    return is_read and field.annotation == tuple[str, ...]


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
            return f"[{', '.join(part.name if isinstance(part, ExtensionEntry) else str(part) for part in value)}]"
        case dict():
            return "{}" if not value else str(value)
        case _:
            return str(value)
