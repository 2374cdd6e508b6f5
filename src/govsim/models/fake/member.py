"""The replies of the fake model: a pure function of the prompt and its settings.

Like any model, it takes its input from the prompt: its name from the first line that states it, the date, and the
requested fields from the parts in angle brackets at the end of the prompt, or from the schema of the request. It has
settings for the questions of this package, by their tags. Any other question gets a valid answer that depends on member
and date.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import takewhile
from typing import Self

from govsim.errors import ConfigError
from govsim.models.fields import ChoiceField, Field, NumberField, TextField, Value, within_total
from govsim.models.structured import Schema, form_of

CHARACTERS_PER_TOKEN = 4

_WHO = re.compile(r"^You are ([^\n,.]+)[,.]", re.MULTILINE)
_TODAY = re.compile(r"^(?:It is|On)(?: the evening of)? (\d{4}-\d{2}-\d{2})", re.MULTILINE)
_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
_BULLET = "- "
_OPENING = f"{_BULLET}Moderator: "
_OWN_AMOUNT, _SHARED_AMOUNTS = "Answer", ("Limit", "Units")
_RATING = (1, 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeSettings:
    """Settings of the fake model.

    Attributes:
        catch: units that it asks for, if there are as many.
        catches: the same for individual members, by name.
        lines: utterances of members in a discussion, not counting the moderator's.
        insights: insights at the end of a month, at most as many as requested.
        latency_ms: milliseconds before each reply.
        context: maximum number of tokens of a prompt, as counted by the fake model; 0 for no limit.
        words: filler words after each text and before each decision, to make replies as long as those of real models.
    """

    catch: int = 10
    catches: Mapping[str, int] = field(default_factory=dict)
    lines: int = 4
    insights: int = 3
    latency_ms: float = 0.0
    context: int = 0
    words: int = 0

    @classmethod
    def from_args(cls, args: Mapping[str, object]) -> Self:
        """Create settings from model arguments, named like the attributes; `catch.NAME` is one of `catches`.

        Raises:
            ConfigError: an argument is unknown, or is not an allowed number.
        """
        plain: dict[str, int | float] = {}
        catches: dict[str, int] = {}
        for name, value in args.items():
            number = _argument(name, value)
            if name.startswith("catch."):
                catches[name.removeprefix("catch.")] = _whole(name, number)
            elif name in ("catch", "lines", "insights", "context", "words"):
                plain[name] = _whole(name, number)
            elif name == "latency_ms":
                plain[name] = number
            else:
                raise ConfigError(
                    f"model_args.{name}: no such argument of the fake model; choose from catch, catch.NAME, "
                    "lines, insights, latency_ms, context, words"
                )
        return cls(catches=catches, **plain)  # type: ignore[arg-type]


def tokens(text: str) -> int:
    """Number of tokens of a text, as counted by the fake model: its characters / `CHARACTERS_PER_TOKEN`, rounded up."""
    return math.ceil(len(text) / CHARACTERS_PER_TOKEN)


def is_too_long(messages: Sequence[tuple[str, str]], settings: FakeSettings) -> bool:
    """Whether a prompt exceeds the fake model's context, in tokens; a context of 0 is unlimited."""
    return 0 < settings.context < sum(tokens(content) for _, content in messages)


def reply(messages: Sequence[tuple[str, str]], settings: FakeSettings, schema: Schema | None = None) -> str:
    """Return the fake model's reply to a prompt.

    Args:
        messages: role and content of each message.
        settings: its settings.
        schema: the JSON schema that the reply must match; None for the form that the prompt asks for.
    """
    form = form_of(messages[-1][1], schema)
    if not form.fields:
        return "I have nothing to fill in."
    asked = _PromptParts.of(messages)
    filled = [part for part in form.fields if not _is_omitted(part, asked, settings)]
    thought = (
        "" if len(form.fields) > 1 and filled else f"I am {asked.name}, and I thought about it.{_padding(settings)}"
    )
    values: dict[str, Value] = {}
    for part in filled:
        values[part.tag] = _value(within_total(part, form.fields, values), asked, settings)
    return form.filled_in(values, thought)


@dataclass(frozen=True, slots=True, kw_only=True)
class _PromptParts:
    """The parts of a prompt that the fake model uses.

    Attributes:
        name: the member who is asked.
        today: the date of the question.
        discussion: the utterances of the last discussion in the prompt.
    """

    name: str
    today: str
    discussion: Sequence[str]

    @classmethod
    def of(cls, messages: Sequence[tuple[str, str]]) -> Self:
        who = next((found for _, content in messages if (found := _WHO.search(content))), None)
        question = _question(messages)
        dates = _TODAY.findall(question) or _DATE.findall(question)
        return cls(
            name=who[1] if who else "somebody", today=dates[-1] if dates else "today", discussion=_discussion(question)
        )

    def draw(self, tag: str, count: int) -> int:
        """A pseudorandom number below `count`, determined by member, tag and date."""
        return int.from_bytes(sha256(f"{self.name}/{tag}/{self.today}".encode()).digest()) % count


def _question(messages: Sequence[tuple[str, str]]) -> str:
    """The original question, before any retry: the user messages up to the first reply, as one text."""
    before = takewhile(lambda message: message[0] != "assistant", messages)
    return "\n\n".join(content for role, content in before if role == "user")


def _discussion(text: str) -> list[str]:
    """The utterances of the last discussion in a text: a list that starts with the moderator."""
    lines = text.splitlines()
    start = max((i for i, line in enumerate(lines) if line.startswith(_OPENING)), default=len(lines))
    return list(takewhile(lambda line: line.startswith(_BULLET), lines[start:]))


def _is_omitted(part: Field, asked: _PromptParts, settings: FakeSettings) -> bool:
    """Whether an optional field is omitted: of numbered fields all but the first few, of others one in four."""
    if isinstance(part, ChoiceField) or not part.is_optional:
        return False
    number = re.search(r"\d+$", part.tag)
    return int(number[0]) > settings.insights if number else asked.draw(f"{part.tag} at all", 4) == 0


def _value(part: Field, asked: _PromptParts, settings: FakeSettings) -> Value:
    match part:
        case NumberField():
            return _number(part, asked, settings)
        case ChoiceField():
            return _choice(part, asked, settings)
        case TextField():
            return _sentence(part, asked, settings) + _padding(settings)


def _number(part: NumberField, asked: _PromptParts, settings: FakeSettings) -> int | None:
    if part.tag in _SHARED_AMOUNTS:
        wanted = settings.catch
    elif part.tag == _OWN_AMOUNT:
        wanted = settings.catches.get(asked.name, settings.catch)
    elif (part.low, part.high) == _RATING:
        wanted = 1 + len(asked.name) % 10
    else:
        return _other_number(part, asked, settings)
    return min(max(wanted, part.low), part.high)


def _other_number(part: NumberField, asked: _PromptParts, settings: FakeSettings) -> int | None:
    """A number for an unknown field: near the usual amount if possible, otherwise any allowed number."""
    if part.may_be_none and asked.draw(f"{part.tag} at all", 4) == 0:
        return None
    low, high = settings.catch // 2, settings.catch + settings.catch // 2
    if not part.low <= low < high <= part.high:
        low, high = part.low, part.high
    return low + asked.draw(part.tag, high - low + 1)


def _choice(part: ChoiceField, asked: _PromptParts, settings: FakeSettings) -> str:
    spoken = sum(not line.startswith(_OPENING) for line in asked.discussion)
    match part.tag:
        case "End":
            return "yes" if spoken + 1 >= settings.lines else "no"
        case "Next":
            return part.options[spoken % len(part.options)]
        case _:
            return part.options[asked.draw(part.tag, len(part.options))]


def _sentence(part: TextField, asked: _PromptParts, settings: FakeSettings) -> str:
    name, today, units = asked.name, asked.today, settings.catches.get(asked.name, settings.catch)
    match part.tag:
        case "Say":
            return f"I am {name}. On {today} I say that {units} for each of us is what I take and keep to."
        case "Summary":
            return f"On {today} the group talked about {units} for each."
        case "Remember":
            return f"I should plan with {units} after what was said on {today}."
        case "Interesting":
            return f"On {today} nobody objected to {units}."
        case _:
            return f"{part.tag} of {today}: taking {units} each month keeps things as they are."


def _padding(settings: FakeSettings) -> str:
    return " and so on" * (settings.words // 3)


def _argument(name: str, value: object) -> float:
    try:
        number = float(str(value))
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise ConfigError(f"model_args.{name} = {value!r} is not allowed; must be a number, at least 0")
    return number


def _whole(name: str, number: float) -> int:
    if number != int(number):
        raise ConfigError(f"model_args.{name} = {number} is not allowed; must be a whole number")
    return int(number)
