"""The format of a structured reply: one JSON object, described by a schema, and how it is parsed.

The value of a field is parsed by the same rules as in a text reply: a number by its digits, whether given as a number
or as a string; a choice by its words. Unlike lines, the object must be complete.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from govsim.characters import shortened
from govsim.errors import Unparsable
from govsim.journal.line import whole_characters
from govsim.models.answers import ANY, number_wanted
from govsim.models.fields import NONE, ChoiceField, Field, NumberField, TextField, Value, field_of, is_optional, key_of
from govsim.models.reply_format import EMPTY, read_fields, read_format, text_of, without_invisible

Schema = Mapping[str, Any]
"""The JSON schema of a reply."""

REASONING = "Reasoning"
"""The first key of every object: a model constrained to a schema cannot reason before the object, only in it."""

_REASONING_BLANK = "what you think before you answer; may be empty"

_BLANK_LINE = re.compile(r'^ *"(?P<key>[A-Za-z0-9_]+)": "?<(?P<blank>[^<>\n]+)>"?,?$')
_SEPARATORS = re.compile(r"[\s_-]+")
_FENCE = re.compile(r"```\w*\s*$")
_MISSING = object()


class _Literal(str):
    """A number as written, or a constant that Python's JSON parser treats as a number, such as NaN."""


class _Object(list[tuple[str, Any]]):
    """The keys and values of an object in order, including duplicates."""


_DECODER = json.JSONDecoder(
    object_pairs_hook=_Object, parse_int=_Literal, parse_float=_Literal, parse_constant=_Literal, strict=False
)


def format_object(fields: tuple[Field, ...]) -> str:
    """Return the object at the end of a prompt, with one blank per key."""
    blanks = [(REASONING, f'"<{_REASONING_BLANK}>"')] if has_reasoning(fields) else []
    blanks += [(key_of(field.tag), _quoted_blank(field)) for field in fields]
    return "{\n" + ",\n".join(f'  "{key}": {blank}' for key, blank in blanks) + "\n}"


def read_object_format(prompt: str) -> tuple[Field, ...]:
    """Return the fields of the object at the end of a prompt; empty if there is none.

    It reads what `format_object` writes; the key for reasoning is not a field.
    """
    lines = prompt.rstrip().splitlines()
    if not lines or lines[-1] != "}":
        return ()
    fields: list[Field] = []
    for line in reversed(lines[:-1]):
        if line == "{":
            return tuple(reversed(fields))
        match = _BLANK_LINE.match(line)
        if match is not None and (match["key"], match["blank"]) == (REASONING, _REASONING_BLANK):
            continue
        field = None if match is None else field_of(match["key"].replace("_", " "), match["blank"])
        if field is None:
            break
        fields.append(field)
    return ()


def schema_of(fields: tuple[Field, ...]) -> Schema:
    """Return the JSON schema of a reply, restricted to features that providers of structured outputs support.

    All keys are required and no others are allowed; values that are optional or may be none may be null.
    """
    reasoning = {REASONING: {"type": "string", "description": _REASONING_BLANK}} if has_reasoning(fields) else {}
    properties = reasoning | {key_of(field.tag): _property_of(field) for field in fields}
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def fields_of(schema: Schema) -> tuple[Field, ...]:
    """Return the fields of a schema made by `schema_of`, with the properties that a prompt states."""
    found = ((key, part.get("description", "")) for key, part in schema.get("properties", {}).items())
    blanks = [(key.replace("_", " "), blank) for key, blank in found if (key, blank) != (REASONING, _REASONING_BLANK)]
    return tuple(field for tag, blank in blanks if (field := field_of(tag, blank)) is not None)


def parse_object(reply: str, fields: tuple[Field, ...], *, is_cut_off: bool = False) -> dict[str, Value]:
    """Parse the value of every field from a structured reply.

    The object may be in a Markdown code fence and may be preceded by text without braces; nothing may follow it.

    Args:
        reply: the model's raw reply; thinking, channels and special tokens of chat templates are ignored.
        fields: the fields of the question.
        is_cut_off: whether the reply ended because it was too long.

    Returns:
        The values by tag, as returned by `govsim.models.reply_format.parse_reply`.

    Raises:
        Unparsable: the reply is not such an object, or a field could not be parsed; `partial` contains the others.
    """
    given = _given(_object_in(text_of(reply), fields, is_cut_off=is_cut_off))
    reasons = _surplus(given, fields)
    try:
        values = read_fields(fields, lambda field: _raw(given, field), where='"{key}"')
    except Unparsable as refused:
        raise Unparsable(" ".join([*reasons, refused.reason]), refused.partial) from None
    if reasons:
        raise Unparsable(" ".join(reasons), values)
    return values


def write_object(fields: tuple[Field, ...], values: Mapping[str, Value], reasoning: str = "") -> str:
    """Return a structured reply with these values; optional fields without a value are null."""
    content: dict[str, Value] = {REASONING: reasoning} if has_reasoning(fields) else {}
    for field in fields:
        value = values.get(field.tag)
        is_none = value is None and field.tag in values and is_optional(field)
        content[key_of(field.tag)] = NONE if is_none else value
    return json.dumps(content, ensure_ascii=False, indent=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyForm:
    """The form of a reply that a prompt or a schema asks for.

    Attributes:
        fields: the fields to fill in.
        is_object: whether it is a JSON object instead of lines.
    """

    fields: tuple[Field, ...]
    is_object: bool

    def filled_in(self, values: Mapping[str, Value], thought: str = "") -> str:
        """Return a reply with these values.

        Args:
            values: the values by tag; omitted fields are missing.
            thought: reasoning before the values.
        """
        if self.is_object:
            return write_object(self.fields, values, thought)
        lines = [f"{tag}: {NONE if value is None else value}" for tag, value in values.items()]
        return "\n".join([*([thought] if thought else []), *lines])


def form_of(prompt: str, schema: Schema | None) -> ReplyForm:
    """Return the form that a prompt asks for, or that a schema prescribes.

    Args:
        prompt: the last message.
        schema: the JSON schema that the reply must match; None if none was sent.
    """
    if schema is not None:
        return ReplyForm(fields=fields_of(schema), is_object=True)
    if lines := read_format(prompt):
        return ReplyForm(fields=lines, is_object=False)
    return ReplyForm(fields=read_object_format(prompt), is_object=True)


def has_reasoning(fields: tuple[Field, ...]) -> bool:
    """Whether an object starts with a key for reasoning: it does unless a field has the same name."""
    return all(_name(field.tag) != _name(REASONING) for field in fields)


def _quoted_blank(field: Field) -> str:
    return f"<{field.blank}>" if isinstance(field, NumberField) else f'"<{field.blank}>"'


def _property_of(field: Field) -> dict[str, Any]:
    match field:
        case NumberField():
            bounds = {} if (field.low, field.high) == (0, ANY) else {"minimum": field.low, "maximum": field.high}
            kinds: list[dict[str, Any]] = [{"type": "integer", **bounds}]
            if field.may_be_none and field.is_optional:
                kinds.append({"type": "string", "enum": [NONE]})
            may_be_null = field.may_be_none or field.is_optional
        case ChoiceField():
            kinds = [{"type": "string", "enum": list(field.options)}]
            may_be_null = field.unless is not None
        case TextField():
            kinds = [{"type": "string"}]
            may_be_null = field.is_optional
    if may_be_null:
        kinds.append({"type": "null"})
    return {**(kinds[0] if len(kinds) == 1 else {"anyOf": kinds}), "description": field.blank}


def _object_in(text: str, fields: tuple[Field, ...], *, is_cut_off: bool) -> _Object:
    """Return the one object of a reply, which may be preceded by text."""
    start = text.find("{")
    if start < 0:
        keys = ", ".join(f'"{key_of(field.tag)}"' for field in fields)
        raise Unparsable(f"The reply holds no JSON object; reply with one, with the keys {keys}.")
    try:
        found, end = _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError) as error:
        if is_cut_off:
            raise Unparsable("The reply was cut off before its JSON object was complete.") from None
        raise Unparsable(f"The JSON object cannot be read{_where(error)}.") from None
    rest = text[end:].strip()
    if rest and not (rest == "```" and _FENCE.search(text[:start])):
        raise Unparsable("There is something after the JSON object; reply with one object and nothing else.")
    assert isinstance(found, _Object)
    return found


def _where(error: Exception) -> str:
    if not isinstance(error, json.JSONDecodeError):
        return ", as it is nested too deeply"
    return f": it is no valid JSON in line {error.lineno}, character {error.colno}"


def _name(key: str) -> str:
    """Normalize a key or tag for comparison: case and word separators are ignored."""
    return _SEPARATORS.sub(" ", key).strip().casefold()


def _given(found: _Object) -> dict[str, list[tuple[str, Any]]]:
    """Group keys as written, with their values, by normalized name."""
    given: dict[str, list[tuple[str, Any]]] = {}
    for key, value in found:
        given.setdefault(_name(key), []).append((key, value))
    return given


def _surplus(given: Mapping[str, Sequence[tuple[str, Any]]], fields: tuple[Field, ...]) -> list[str]:
    """Reasons for rejecting keys that were not requested."""
    asked = {_name(field.tag) for field in fields} | {_name(REASONING)}
    unknown = [pairs[0][0] for name, pairs in given.items() if name not in asked]
    if not unknown:
        return []
    keys = ", ".join(f'"{key_of(field.tag)}"' for field in fields)
    return [
        f'"{shortened(without_invisible(whole_characters(unknown[0])), 60)}" is not asked for; the keys are {keys}.'
    ]


def _raw(given: Mapping[str, Sequence[tuple[str, Any]]], field: Field) -> str | None:
    """The raw text of a field in the object; None if it is omitted."""
    key = key_of(field.tag)
    pairs = given.get(_name(field.tag), ())
    if len(pairs) > 1:
        raise Unparsable(f'The key "{key}" occurs {len(pairs)} times; give each key once.')
    value = pairs[0][1] if pairs else _MISSING
    if (value is _MISSING or value is None) and is_optional(field):
        return None
    if value is _MISSING:
        raise Unparsable(f'The key "{key}" is missing.')
    if value is None and isinstance(field, NumberField) and field.may_be_none:
        return NONE
    if isinstance(value, _Literal) and not isinstance(field, TextField):
        return value
    if isinstance(value, str) and not isinstance(value, _Literal):
        return _text(value)
    raise Unparsable(f'"{key}" is {_kind(value)}, but must be {_wanted(field)}.')


def _text(value: str) -> str:
    """Return a decoded string, cleaned like a text reply."""
    try:
        return text_of(whole_characters(value))
    except Unparsable as refused:
        if refused.reason != EMPTY:
            raise
        return ""


def _kind(value: object) -> str:
    """Describe a value in JSON terms."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case _Literal():
            return f"the number {shortened(value, 40)}"
        case _Object():
            return "an object"
        case _:
            return "a list"


def _wanted(field: Field) -> str:
    match field:
        case NumberField():
            return number_wanted(field.low, field.high) + (", or null" if field.may_be_none else "")
        case ChoiceField():
            return f"one of: {', '.join(field.options)}"
        case TextField():
            return "a text in quotation marks"
