"""What the fake model says: a pure function of the prompt and its settings.

It reads what any model reads: who it is from the first line that says so, the date, and what it is asked for from the
parts in angle brackets that the prompt ends with, or from the schema that it is sent. It has settings for the questions
that the package asks, by their tags. Any other question gets an answer that is allowed, and that differs by member and
date.
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
from govsim.models.fields import ChoiceField, Field, NumberField, TextField, Value
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
    """How the fake model behaves.

    Attributes:
        catch: units it asks for, where there are as many.
        catches: the same for single members, by name.
        lines: lines spoken by members in a talk; the moderator's is not counted.
        insights: insights it has at the end of a month, at most as many as it is asked for.
        latency_ms: milliseconds before each reply.
        context: tokens that a prompt may have, as the fake model counts them; 0 for any number.
        words: words of talk put behind each text and before each decision, so that replies have the length of others.
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
        """Settings from model arguments, named as the attributes; `catch.NAME` is one of `catches`.

        Raises:
            ConfigError: an argument is unknown, or is no number.
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
                    f"model_args.{name}: there is no such argument of the fake model; choose from catch, catch.NAME, "
                    "lines, insights, latency_ms, context, words"
                )
        return cls(catches=catches, **plain)  # type: ignore[arg-type]


def tokens(text: str) -> int:
    """Tokens of one message, as the fake model counts them."""
    return math.ceil(len(text) / CHARACTERS_PER_TOKEN)


def is_too_long(messages: Sequence[tuple[str, str]], settings: FakeSettings) -> bool:
    """Whether the fake model has no room for a prompt."""
    return 0 < settings.context < sum(tokens(content) for _, content in messages)


def reply(messages: Sequence[tuple[str, str]], settings: FakeSettings, schema: Schema | None = None) -> str:
    """What the fake model says to a prompt.

    Args:
        messages: role and content of each message.
        settings: how it behaves.
        schema: the JSON schema that the reply has to match; without one it comes in the form that the prompt asks for.
    """
    form = form_of(messages[-1][1], schema)
    if not form.fields:
        return "I have nothing to fill in."
    asked = _Asked.of(messages)
    filled = [part for part in form.fields if not _is_left_out(part, asked, settings)]
    thought = (
        "" if len(form.fields) > 1 and filled else f"I am {asked.name}, and I thought about it.{_padding(settings)}"
    )
    return form.filled_in({part.tag: _value(part, asked, settings) for part in filled}, thought)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What the fake model understands of a prompt.

    Attributes:
        name: who is asked.
        today: the date of the question.
        talk: the lines of the last talk that it shows.
    """

    name: str
    today: str
    talk: Sequence[str]

    @classmethod
    def of(cls, messages: Sequence[tuple[str, str]]) -> Self:
        who = next((found for _, content in messages if (found := _WHO.search(content))), None)
        question = _question(messages)
        dates = _TODAY.findall(question) or _DATE.findall(question)
        return cls(name=who[1] if who else "somebody", today=dates[-1] if dates else "today", talk=_talk(question))

    def draw(self, tag: str, count: int) -> int:
        """A number below `count`: the same for the same member, tag and date, and as good as random for others."""
        return int.from_bytes(sha256(f"{self.name}/{tag}/{self.today}".encode()).digest()) % count


def _question(messages: Sequence[tuple[str, str]]) -> str:
    """What was asked first, before a reply was refused: all that a user says up to the first reply, as one text."""
    before = takewhile(lambda message: message[0] != "assistant", messages)
    return "\n\n".join(content for role, content in before if role == "user")


def _talk(text: str) -> list[str]:
    """The lines of the last talk in a text: a list that the moderator begins."""
    lines = text.splitlines()
    start = max((i for i, line in enumerate(lines) if line.startswith(_OPENING)), default=len(lines))
    return list(takewhile(lambda line: line.startswith(_BULLET), lines[start:]))


def _is_left_out(part: Field, asked: _Asked, settings: FakeSettings) -> bool:
    """Of numbered optional fields only the first few are filled in, of others three in four."""
    if isinstance(part, ChoiceField) or not part.is_optional:
        return False
    number = re.search(r"\d+$", part.tag)
    return int(number[0]) > settings.insights if number else asked.draw(f"{part.tag} at all", 4) == 0


def _value(part: Field, asked: _Asked, settings: FakeSettings) -> Value:
    match part:
        case NumberField():
            return _number(part, asked, settings)
        case ChoiceField():
            return _choice(part, asked, settings)
        case TextField():
            return _sentence(part, asked, settings) + _padding(settings)


def _number(part: NumberField, asked: _Asked, settings: FakeSettings) -> int | None:
    if part.tag in _SHARED_AMOUNTS:
        wanted = settings.catch
    elif part.tag == _OWN_AMOUNT:
        wanted = settings.catches.get(asked.name, settings.catch)
    elif (part.low, part.high) == _RATING:
        wanted = 1 + len(asked.name) % 10
    else:
        return _other_number(part, asked, settings)
    return min(max(wanted, part.low), part.high)


def _other_number(part: NumberField, asked: _Asked, settings: FakeSettings) -> int | None:
    """A number that this module knows nothing of: around the usual amount where that is possible, else any."""
    if part.may_be_none and asked.draw(f"{part.tag} at all", 4) == 0:
        return None
    low, high = settings.catch // 2, settings.catch + settings.catch // 2
    if not part.low <= low < high <= part.high:
        low, high = part.low, part.high
    return low + asked.draw(part.tag, high - low + 1)


def _choice(part: ChoiceField, asked: _Asked, settings: FakeSettings) -> str:
    spoken = sum(not line.startswith(_OPENING) for line in asked.talk)
    match part.tag:
        case "End":
            return "yes" if spoken + 1 >= settings.lines else "no"
        case "Next":
            return part.options[spoken % len(part.options)]
        case _:
            return part.options[asked.draw(part.tag, len(part.options))]


def _sentence(part: TextField, asked: _Asked, settings: FakeSettings) -> str:
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
        raise ConfigError(f"model_args.{name} = {value!r}: must be a number, 0 or more")
    return number


def _whole(name: str, number: float) -> int:
    if number != int(number):
        raise ConfigError(f"model_args.{name} = {number}: must be a whole number")
    return int(number)
