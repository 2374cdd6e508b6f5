"""The fields of a reply: what a question asks for, as numbers, choices and texts.

One description of them serves everyone who answers: the prompt (the blanks that a model is asked to fill in), the
readers of both kinds of replies, the JSON schema that providers are sent, the embedded model (which is constrained to
it) and the fake model.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from govsim.characters import shortened
from govsim.models.answers import ANY, number_wanted

Value = str | int | None

_OR_LEFT_OUT = "; may be left out"
_TAG = re.compile(r"[A-Z][A-Za-z0-9]*(?: [A-Za-z0-9]+)*")
_NUMBER_BLANK = re.compile(r"^a whole number(?: from (-?\d+) to (-?\d+))?(, or none)?$")
_CHOICE_BLANK = re.compile(r"^one of: (.+)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberField:
    """A whole number in ``low..high``; ``may_be_none`` also admits the word "none".

    Up to `ANY` the prompt names no bounds: they would give away what is asked for. ``units`` are the names of what is
    counted, which may follow the number.
    """

    tag: str
    low: int
    high: int
    may_be_none: bool = False
    is_optional: bool = False
    units: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_tag(self.tag)
        if self.low > self.high:
            raise ValueError(f"field {self.tag}: low = {self.low} must not exceed high = {self.high}")

    @property
    def or_else(self) -> str:
        """What else than a number is allowed."""
        return ", or none" if self.may_be_none else ""

    @property
    def blank(self) -> str:
        """What stands between the angle brackets of the prompt."""
        return number_wanted(self.low, self.high) + self.or_else + (_OR_LEFT_OUT if self.is_optional else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceField:
    """One of a closed list of words, compared without regard to case.

    `unless` names another field and the value of it, None for "none", that makes this one pointless: it may then be
    anything.
    """

    tag: str
    options: tuple[str, ...]
    unless: tuple[str, str | None] | None = None

    def __post_init__(self) -> None:
        _check_tag(self.tag)
        if not self.options:
            raise ValueError(f"field {self.tag}: options are missing")
        for option in self.options:
            _check_words(self.tag, "option", option)
            if "," in option:
                raise ValueError(f"field {self.tag}: option {option!r} must not hold a comma, as they are listed")

    @property
    def blank(self) -> str:
        """What stands between the angle brackets of the prompt."""
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
        """What stands between the angle brackets of the prompt."""
        return self.what + (_OR_LEFT_OUT if self.is_optional else "")


Field = NumberField | ChoiceField | TextField

YES_NO = ("yes", "no")

NONE = "none"
"""What a number that may be none is written as."""


def field_of(tag: str, blank: str) -> Field | None:
    """The field that a blank of a prompt stands for; None where it is no blank of any.

    What the prompt does not say is not in it: units, and what makes a choice pointless.
    """
    try:
        return _field_of(tag, blank)
    except ValueError:
        return None


def _field_of(tag: str, blank: str) -> Field:
    is_optional = blank.endswith(_OR_LEFT_OUT)
    what = blank.removesuffix(_OR_LEFT_OUT)
    if number := _NUMBER_BLANK.match(what):
        low, high, or_none = number.groups()
        low, high = int(low or 0), ANY if high is None else int(high)
        return NumberField(tag=tag, low=low, high=high, may_be_none=bool(or_none), is_optional=is_optional)
    if choice := _CHOICE_BLANK.match(blank):
        return ChoiceField(tag=tag, options=tuple(choice[1].split(", ")))
    return TextField(tag=tag, what=what, is_optional=is_optional)


def key_of(tag: str) -> str:
    """The key of a field: some providers allow no spaces in one."""
    return tag.replace(" ", "_")


def is_optional(field: Field) -> bool:
    """Whether a field may be left out whatever else is answered."""
    return not isinstance(field, ChoiceField) and field.is_optional


def is_pointless(field: Field, values: Mapping[str, Value]) -> bool:
    """Whether another value makes a choice pointless."""
    return isinstance(field, ChoiceField) and field.unless is not None and field.unless in values.items()


def _check_tag(tag: str) -> None:
    if not _TAG.fullmatch(tag):
        raise ValueError(
            f"field {tag!r}: a tag is words of the letters A to Z and digits, the first in upper case, as `Insight 1`"
        )


def _check_words(tag: str, name: str, text: str) -> None:
    if not text.strip() or text != text.strip() or re.search(r"[<>\r\n]", text):
        raise ValueError(f"field {tag}: {name} {text!r} must be words in one line without angle brackets")


def flaw_of_values(values: Mapping[str, Value], fields: tuple[Field, ...], *, is_whole: bool = True) -> str | None:
    """Why values are no answer to a question with these fields; None where they are one.

    Args:
        values: by tag.
        fields: what the question asks for.
        is_whole: whether all that is required has to be there.
    """
    known = {field.tag: field for field in fields}
    for tag, value in values.items():
        if tag not in known:
            return f"{shortened(str(tag), 60)} is not asked for"
        if not _is_possible(value, known[tag]):
            return f"{tag} = {shortened(repr(value), 120)} is no answer to the question"
    missing = [
        field.tag
        for field in fields
        if field.tag not in values and not (is_optional(field) or is_pointless(field, values))
    ]
    return f"{missing[0]} is missing" if is_whole and missing else None


def _is_possible(value: Value, field: Field) -> bool:
    match field:
        case NumberField():
            return field.may_be_none if value is None else type(value) is int and field.low <= value <= field.high
        case ChoiceField():
            return value in field.options
        case TextField():
            return isinstance(value, str) and bool(value.strip())
