"""The fields of a reply: the numbers, choices and texts that a question asks for.

The same description is used for the prompt (the blanks that a model is asked to fill in), the parsers of text and
structured replies, the JSON schema sent to providers, the embedded model (which is constrained to it) and the fake
model.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from govsim.characters import shortened
from govsim.models.answers import ANY, number_wanted

Value = str | int | None

_OPTIONAL_SUFFIX = "; may be left out"
_TAG = re.compile(r"[A-Z][A-Za-z0-9]*(?: [A-Za-z0-9]+)*")
_NUMBER_BLANK = re.compile(r"^a whole number(?: from (-?\d+) to (-?\d+))?(, or none)?(?:; at most (\d+) in all)?$")
_CHOICE_BLANK = re.compile(r"^one of: (.+)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberField:
    """A whole number in ``low..high``; ``may_be_none`` also admits the word "none".

    If the range is 0 to `ANY`, the prompt states no bounds, as they would give away the answer. ``units`` are the names
    of the unit that may follow the number. ``total`` is the maximum sum of all number fields of the question that have
    the same ``total``. ``is_demand``: whether the number is what a member asks for, as reasons for rejecting it say.
    """

    tag: str
    low: int
    high: int
    may_be_none: bool = False
    is_optional: bool = False
    units: tuple[str, ...] = ()
    total: int | None = None
    is_demand: bool = False

    def __post_init__(self) -> None:
        _check_tag(self.tag)
        if self.low > self.high:
            raise ValueError(f"field {self.tag}: low = {self.low} must not exceed high = {self.high}")

    @property
    def or_else(self) -> str:
        """The allowed alternative to a number, as stated in the prompt."""
        return ", or none" if self.may_be_none else ""

    @property
    def out_of_range(self) -> str:
        """The reason for rejecting a number outside the range, with the placeholders `written` and `wanted`."""
        if self.is_demand:
            return "You asked for {written}, but the answer must be {wanted}."
        return f'"{self.tag}" is {{written}}, but must be {{wanted}}.'

    @property
    def blank(self) -> str:
        """The text between the angle brackets in the prompt."""
        in_all = "" if self.total is None else f"; at most {self.total} in all"
        return (
            number_wanted(self.low, self.high) + self.or_else + in_all + (_OPTIONAL_SUFFIX if self.is_optional else "")
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceField:
    """One of a closed list of options, compared case-insensitively.

    `unless` is a pair of another field's tag and a value of it (None for "none") that makes this field irrelevant: any
    value is then accepted.
    """

    tag: str
    options: tuple[str, ...]
    unless: tuple[str, str | None] | None = None

    def __post_init__(self) -> None:
        _check_tag(self.tag)
        if not self.options:
            raise ValueError(f"field {self.tag}: options must not be empty")
        for option in self.options:
            _check_words(self.tag, "option", option)
            if "," in option:
                raise ValueError(
                    f"field {self.tag}: option {option!r} must not contain a comma, which separates options in prompts"
                )

    @property
    def blank(self) -> str:
        """The text between the angle brackets in the prompt."""
        return "one of: " + ", ".join(self.options)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextField:
    """Free text, described by ``what``."""

    tag: str
    what: str
    is_optional: bool = False

    def __post_init__(self) -> None:
        _check_tag(self.tag)
        _check_words(self.tag, "description", self.what)

    @property
    def blank(self) -> str:
        """The text between the angle brackets in the prompt."""
        return self.what + (_OPTIONAL_SUFFIX if self.is_optional else "")


Field = NumberField | ChoiceField | TextField

YES_NO = ("yes", "no")

NONE = "none"
"""The word for no number, in fields that allow it."""


def field_of(tag: str, blank: str) -> Field | None:
    """Return the field that a blank in a prompt describes; None if it is not a blank of a field.

    Properties that the prompt does not state are missing: units, and the condition that makes a choice irrelevant.
    """
    try:
        return _field_of(tag, blank)
    except ValueError:
        return None


def _field_of(tag: str, blank: str) -> Field:
    is_optional = blank.endswith(_OPTIONAL_SUFFIX)
    what = blank.removesuffix(_OPTIONAL_SUFFIX)
    if number := _NUMBER_BLANK.match(what):
        low, high, or_none, total = number.groups()
        return NumberField(
            tag=tag,
            low=int(low or 0),
            high=ANY if high is None else int(high),
            may_be_none=bool(or_none),
            is_optional=is_optional,
            total=None if total is None else int(total),
        )
    if choice := _CHOICE_BLANK.match(blank):
        return ChoiceField(tag=tag, options=tuple(choice[1].split(", ")))
    return TextField(tag=tag, what=what, is_optional=is_optional)


def key_of(tag: str) -> str:
    """The JSON key of a field: some providers do not allow spaces in keys."""
    return tag.replace(" ", "_")


def is_optional(field: Field) -> bool:
    """Whether a field may be omitted regardless of the other answers."""
    return not isinstance(field, ChoiceField) and field.is_optional


def is_irrelevant(field: Field, values: Mapping[str, Value]) -> bool:
    """Whether the value of another field makes a choice irrelevant."""
    return isinstance(field, ChoiceField) and field.unless is not None and field.unless in values.items()


def within_total(field: Field, fields: tuple[Field, ...], values: Mapping[str, Value]) -> Field:
    """Return a field whose maximum is what earlier answers leave of its `total`; unchanged if it has none.

    Args:
        field: the field.
        fields: all fields of the question.
        values: earlier answers by tag.
    """
    if not isinstance(field, NumberField) or field.total is None:
        return field
    left = field.total - _sum_of(field.total, fields, values)
    return replace(field, high=max(field.low, min(field.high, left)))


def excess_of(values: Mapping[str, Value], fields: tuple[Field, ...]) -> str | None:
    """Return why the sum of several answers is not allowed; None if it is."""
    totals = {field.total for field in fields if isinstance(field, NumberField) and field.total is not None}
    for total in sorted(totals):
        if (given := _sum_of(total, fields, values)) > total:
            return f"The numbers add up to {given}, but at most {total} in all are allowed."
    return None


def _sum_of(total: int, fields: tuple[Field, ...], values: Mapping[str, Value]) -> int:
    numbers = (field.tag for field in fields if isinstance(field, NumberField) and field.total == total)
    return sum(value for tag in numbers if isinstance(value := values.get(tag), int))


def is_tag(text: str) -> bool:
    """Whether a text can be the tag of a field."""
    return _TAG.fullmatch(text) is not None


def words_in_tags(names: Sequence[str]) -> dict[str, str]:
    """Return words for names that can follow another word in a tag.

    These are the names, or numbers for all of them if one cannot be part of a tag.
    """
    if all(is_tag(f"Name {name}") for name in names):
        return {name: name for name in names}
    return {name: str(number) for number, name in enumerate(names, start=1)}


def numbered(words: Mapping[str, str]) -> list[str]:
    """Return numbers with the names that they stand for, as in "1 Zoë"; empty if the words are the names.

    Args:
        words: the words by name, as returned by `words_in_tags`.
    """
    return [f"{word} {name}" for name, word in words.items() if word != name]


def _check_tag(tag: str) -> None:
    if not is_tag(tag):
        raise ValueError(
            f"field {tag!r}: not a valid tag; must be words of letters A to Z and digits, the first capitalized, as in "
            "`Insight 1`"
        )


def _check_words(tag: str, name: str, text: str) -> None:
    if not text.strip() or text != text.strip() or re.search(r"[<>\r\n]", text):
        raise ValueError(
            f"field {tag}: {name} {text!r} must be a non-empty line without angle brackets or surrounding spaces"
        )


def flaw_of_values(values: Mapping[str, Value], fields: tuple[Field, ...], *, is_whole: bool = True) -> str | None:
    """Return why values are not a valid answer to a question with these fields; None if they are.

    Args:
        values: the values by tag.
        fields: the fields of the question.
        is_whole: whether all required fields must be present.
    """
    known = {field.tag: field for field in fields}
    for tag, value in values.items():
        if tag not in known:
            return f"{shortened(str(tag), 60)} is not a field of the question"
        if not _is_possible(value, known[tag]):
            return f"{tag} = {shortened(repr(value), 120)} is not an allowed answer"
    missing = [
        field.tag
        for field in fields
        if field.tag not in values and not (is_optional(field) or is_irrelevant(field, values))
    ]
    if is_whole and missing:
        return f"{missing[0]} is missing"
    return excess_of(values, fields)


def _is_possible(value: Value, field: Field) -> bool:
    match field:
        case NumberField():
            return field.may_be_none if value is None else type(value) is int and field.low <= value <= field.high
        case ChoiceField():
            return value in field.options
        case TextField():
            return isinstance(value, str) and bool(value.strip())
