"""Allowed values for the fields of settings and events, made from their JSON schema."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel

from govsim.models.fields import ChoiceField, Field, NumberField, TextField, Value, within_total

_TEXT = "text"


def sample_value(model: type[BaseModel], name: str) -> Any:
    """Return an allowed value for a field, as in JSON: a small number, or the first choice.

    Args:
        model: the model with the field.
        name: the name of the field.
    """
    schema = model.model_json_schema()
    return _value(schema["properties"][name], schema.get("$defs", {}))


def sample_answer(fields: Iterable[Field]) -> dict[str, Value]:
    """Return an allowed value for each field of a reply."""
    asked = tuple(fields)
    values: dict[str, Value] = {}
    for field in asked:
        values[field.tag] = _answer(within_total(field, asked, values))
    return values


def _answer(field: Field) -> Value:
    match field:
        case NumberField():
            return min(field.low + 1, field.high)
        case ChoiceField():
            return field.options[0]
        case TextField():
            return _TEXT


def _value(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Any:
    if "$ref" in schema:
        return _value(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "default" in schema:
        return schema["default"]
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return _value(schema[several][0], definitions)
    return _of_type(schema, definitions)


def _of_type(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Any:
    match schema.get("type"):
        case "integer":
            return int(_number(schema, 1))
        case "number":
            return _number(schema, 0.5)
        case "boolean":
            return True
        case "array":
            parts = schema.get("prefixItems") or [schema.get("items", {})] * schema.get("minItems", 1)
            return [_value(part, definitions) for part in parts]
        case "object":
            return _object(schema, definitions)
        case kind:
            return None if kind == "null" else _TEXT


def _object(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    if "properties" in schema:
        needed = schema.get("required", ())
        return {name: _value(schema["properties"][name], definitions) for name in needed}
    inner = schema.get("additionalProperties")
    return {_TEXT: _value(inner, definitions)} if isinstance(inner, Mapping) else {}


def _number(schema: Mapping[str, Any], step: float) -> float:
    """Return a number one step above the lower bound if that is allowed, else the bound or a number between both."""
    low: float | None = schema.get("minimum", schema.get("exclusiveMinimum"))
    high: float | None = schema.get("maximum", schema.get("exclusiveMaximum"))
    if low is None:
        return step if high is None else min(step, high - step)
    if high is None or low + step < high:
        return low + step
    return (low + high) / 2 if "exclusiveMinimum" in schema else low
