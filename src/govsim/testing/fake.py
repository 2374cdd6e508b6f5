"""What the fake model says: a pure function of the prompt and its settings.

It knows nothing of the simulation. It reads what any model reads: who it is from the first line that says so, and what
it is asked for from the lines in angle brackets that the prompt ends with.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Self

from govsim.errors import ConfigError
from govsim.models.reply_format import ChoiceField, Field, NumberField, TextField, read_format

CHARACTERS_PER_TOKEN = 4

_WHO = re.compile(r"^You are ([^\n,.]+)[,.]", re.MULTILINE)
_TODAY = re.compile(r"^(?:It is|On)(?: the evening of)? (\d{4}-\d{2}-\d{2})", re.MULTILINE)
_BULLET = "- "
_OPENING = f"{_BULLET}Moderator: "


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
            number = _number(name, value)
            if name.startswith("catch."):
                catches[name.removeprefix("catch.")] = _whole(name, number)
            elif name in ("catch", "lines", "insights", "context", "words"):
                plain[name] = _whole(name, number)
            elif name == "latency_ms":
                plain[name] = number
            else:
                raise ConfigError(
                    f"model_args.{name}: the fake model knows catch, catch.NAME, lines, insights, latency_ms, context"
                )
        return cls(catches=catches, **plain)  # type: ignore[arg-type]


def tokens(text: str) -> int:
    """Tokens of one message, as the fake model counts them."""
    return math.ceil(len(text) / CHARACTERS_PER_TOKEN)


def is_too_long(messages: Sequence[tuple[str, str]], settings: FakeSettings) -> bool:
    """Whether the fake model has no room for a prompt."""
    return 0 < settings.context < sum(tokens(content) for _, content in messages)


def reply(messages: Sequence[tuple[str, str]], settings: FakeSettings) -> str:
    """What the fake model says to a prompt.

    Args:
        messages: role and content of each message.
        settings: how it behaves.
    """
    prompt = messages[-1][1]
    question = _question(messages)
    who = next((found for _, content in messages if (found := _WHO.search(content))), None)
    name = who[1] if who else "somebody"
    fields = read_format(prompt)
    if not fields:
        return "I have nothing to fill in."
    lines = [_filled(part, fields, name, question, settings) for part in fields]
    opening = [] if len(fields) > 1 else [f"I am {name}, and I thought about it.{_padding(settings)}"]
    return "\n".join([*opening, *(line for line in lines if line is not None)])


def _question(messages: Sequence[tuple[str, str]]) -> str:
    """What was asked first, before a reply was refused: all that a user says up to the first blanks, as one text."""
    said: list[str] = []
    for role, content in messages:
        if role == "user":
            said.append(content)
            if read_format(content):
                break
    return "\n\n".join(said)


def _filled(part: Field, fields: tuple[Field, ...], name: str, question: str, settings: FakeSettings) -> str | None:
    """One line of a reply; None where the fake model leaves it out."""
    number = re.search(r"\d+$", part.tag)
    if number and int(number[0]) > settings.insights:
        return None
    match part:
        case NumberField():
            return f"{part.tag}: {_amount(part, name, question, settings)}"
        case ChoiceField():
            return f"{part.tag}: {_choice(part, fields, question, settings)}"
        case TextField():
            return f"{part.tag}: {_sentence(part, name, question, settings)}{_padding(settings)}"


def _amount(part: NumberField, name: str, question: str, settings: FakeSettings) -> int:
    if part.may_be_none:
        wanted = settings.catch
    elif (part.low, part.high) == (1, 10):
        wanted = 1 + len(name) % 10
    else:
        wanted = settings.catches.get(name, settings.catch)
    return min(max(wanted, part.low), part.high)


def _choice(part: ChoiceField, fields: tuple[Field, ...], question: str, settings: FakeSettings) -> str:
    spoken = sum(not line.startswith(_OPENING) for line in _talk(question))
    if set(part.options) == {"yes", "no"}:
        return "yes" if spoken + 1 >= settings.lines else "no"
    return part.options[spoken % len(part.options)]


def _talk(text: str) -> list[str]:
    """The lines of the last talk in a text: a list that the moderator begins."""
    lines = text.splitlines()
    start = max((i for i, line in enumerate(lines) if line.startswith(_OPENING)), default=len(lines))
    return list(takewhile(lambda line: line.startswith(_BULLET), lines[start:]))


def _sentence(part: TextField, name: str, question: str, settings: FakeSettings) -> str:
    dates = _TODAY.findall(question)
    today = dates[-1] if dates else "today"
    units = settings.catches.get(name, settings.catch)
    match part.tag.split()[0]:
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


def _number(name: str, value: object) -> float:
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
