"""The shape of a reply: the tagged lines a question asks for, and how they are read back.

One description of the fields serves four readers: the prompt (the lines a model is asked to end with), the
parser, the embedded model (which is constrained to them) and the fake model of the tests (which fills them in).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from govsim.errors import Unparsable
from govsim.models.answers import ANY, is_number_alone, number_wanted, read_number

Value = str | int | None

LONGEST_TEXT = 4000
"""Characters of a text that can be said or thought: it becomes part of other prompts, which have to stay readable."""

EMPTY = "The reply was empty."
"""Why a reply that holds nothing but thinking or special tokens is refused."""

_OR_LEFT_OUT = "; may be left out"


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberField:
    """A whole number in ``low..high``; ``may_be_none`` also admits the word "none".

    Up to `ANY` the prompt names no bounds: they would give away what is asked for.
    """

    tag: str
    low: int
    high: int
    may_be_none: bool = False
    is_optional: bool = False

    @property
    def blank(self) -> str:
        """What stands between the angle brackets of the prompt."""
        return (
            number_wanted(self.low, self.high)
            + (", or none" if self.may_be_none else "")
            + (_OR_LEFT_OUT if self.is_optional else "")
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceField:
    """One of a closed list of words, compared without regard to case.

    `unless` names another field and the value of it, None for "none", that makes this one pointless: it may then be
    anything.
    """

    tag: str
    options: tuple[str, ...]
    unless: tuple[str, str | None] | None = None

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

    @property
    def blank(self) -> str:
        """What stands between the angle brackets of the prompt."""
        return self.what + (_OR_LEFT_OUT if self.is_optional else "")


Field = NumberField | ChoiceField | TextField

YES_NO = ("yes", "no")

_BLANK_LINE = re.compile(r"^(?P<tag>[A-Z][A-Za-z0-9 ]*): <(?P<blank>[^<>\n]+)>$")
_NUMBER_BLANK = re.compile(r"^a whole number(?: from (-?\d+) to (-?\d+))?(, or none)?$")
_CHOICE_BLANK = re.compile(r"^one of: (.+)$")
_THINKING = re.compile(
    r"<(/?)(?:seed:)?(?:think|thinking|thought|thoughts|reasoning)>|\[(/?)THINK\]|◁(/?)think▷|<\|(?:begin|(end))_of_thought\|>",
    re.IGNORECASE,
)
_FINAL_CHANNEL = re.compile(
    r"<\|channel\|>\s*final\b[^<]*(?:<\|constrain\|>[^<]*)?<\|message\|>|^analysis[\s\S]*assistantfinal"
)
_CHANNEL = re.compile(r"<\|channel\|>")
_ROLE = re.compile(
    r"(?:<\|(?:im_start|start)\|>|<start_of_turn>)\s*(?:assistant|model)\b|<\|start_header_id\|>\s*assistant\s*<\|end_header_id\|>"
)
_SPECIAL_TOKEN = re.compile(
    r"<[|｜][A-Za-z0-9_▁]{1,40}[|｜]>|^\s*<s>|</s>\s*$|</?(?:bos|eos|pad|unk|end_of_turn|start_of_turn|end_of_utterance)>|\[/?(?:INST|EOS|BOS)\]"
)
# Possessive, so that a line of 200,000 asterisks is passed over once and not once for each of them.
_TAG_OPENING = (
    r"(?im)^(?:[ \t>*_#`|•\-]|<[a-z]\w{0,15}>)*+(?:\d{1,2}[.)][ \t]++)?[*_`]*+"
    r"(?:\\(?:boxed|fbox|text\w{0,8}|math\w{0,8})\{)*+"
)
_TAG_CLOSING = r"[ \t]*+[*_`]*+[ \t]*+[:=：][ \t]*+[*_`]*+[ \t]*+"
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u2060\ufeff"))
# Control characters mean nothing, and some providers refuse a prompt with one; those that break lines stay.
_INVISIBLE |= dict.fromkeys(code for code in (*range(0x20), *range(0x7F, 0xA0)) if not chr(code).isspace())
_NONE = re.compile(r"[\W_]*(?:none|nothing|no limit|no agreement|n/a|null)[\W_]*", re.IGNORECASE)
_LIST_MARK = re.compile(r"\s*\d{1,2}[.)]\s*")
_QUOTED = re.compile(r'["“]([^"“”]*)["”]')


def visible(text: str) -> str:
    """A text without characters that show nothing and only confuse: zero-width ones and control characters."""
    return text.translate(_INVISIBLE)


def format_lines(fields: tuple[Field, ...]) -> str:
    """The lines that a prompt ends with, one blank for each field."""
    return "\n".join(f"{field.tag}: <{field.blank}>" for field in fields)


def read_format(prompt: str) -> tuple[Field, ...]:
    """The fields a prompt asks for: the unbroken block of blanks at its very end, empty when there is none."""
    fields: list[Field] = []
    for line in reversed(prompt.rstrip().splitlines()):
        match = _BLANK_LINE.match(line)
        if match is None:
            break
        fields.append(_field_from_blank(match["tag"], match["blank"]))
    return tuple(reversed(fields))


def _field_from_blank(tag: str, blank: str) -> Field:
    is_optional = blank.endswith(_OR_LEFT_OUT)
    what = blank.removesuffix(_OR_LEFT_OUT)
    if number := _NUMBER_BLANK.match(what):
        low, high, or_none = number.groups()
        low, high = int(low or 0), ANY if high is None else int(high)
        return NumberField(tag=tag, low=low, high=high, may_be_none=bool(or_none), is_optional=is_optional)
    if choice := _CHOICE_BLANK.match(blank):
        return ChoiceField(tag=tag, options=tuple(choice[1].split(", ")))
    return TextField(tag=tag, what=what, is_optional=is_optional)


def parse_reply(reply: str, fields: tuple[Field, ...], *, is_cut_off: bool = False) -> dict[str, Value]:
    """Read the value of every field from a reply; the last use of each tag counts.

    A question with a single number is also answered by a reply without the tag that consists of the number alone.

    Args:
        reply: the model's reply as it came; thinking, channels and special tokens of chat templates are not read.
        fields: what the question asked for.
        is_cut_off: whether the reply ended because it was too long: a number at its end may lack digits.

    Returns:
        A value by tag: ``int`` (or ``None`` for "none") for numbers, the option as written in the field for
        choices, stripped text for texts; optional fields that were left out are missing.

    Raises:
        Unparsable: at least one field could not be read; `partial` holds the others.
    """
    text = visible(_answer_of(reply)).strip()
    if not text:
        raise Unparsable(EMPTY)
    values: dict[str, Value] = {}
    reasons: list[str] = []
    for field in fields:
        try:
            raw = _tagged(text, field, fields)
            if is_cut_off and raw and isinstance(field, NumberField) and text.endswith(raw.strip()):
                raise Unparsable(f'The reply was cut off before "{field.tag}:" was complete.')
            if raw is not None:
                values[field.tag] = _read_value(raw, field)
        except Unparsable as refused:
            if not _is_pointless(field, values):
                reasons.append(refused.reason)
    if reasons:
        raise Unparsable(" ".join(reasons), values)
    return values


def _is_pointless(field: Field, values: dict[str, Value]) -> bool:
    return isinstance(field, ChoiceField) and field.unless is not None and field.unless in values.items()


def _answer_of(reply: str) -> str:
    """A reply without its thinking, other channels, and the special tokens of its model's chat template."""
    final = list(_FINAL_CHANNEL.finditer(reply))
    if final:
        reply = reply[final[-1].end() :]
    elif _CHANNEL.search(reply):
        return ""
    return _SPECIAL_TOKEN.sub("\n", _ROLE.sub("\n", _without_thinking(reply)))


def _without_thinking(reply: str) -> str:
    """A reply without what is marked as thinking: up to the last closing mark, and from an opening one never closed."""
    marks = list(_THINKING.finditer(reply))
    closing = next((mark for mark in reversed(marks) if any(mark.groups())), None)
    start = closing.end() if closing else 0
    opening = next((mark for mark in marks if not any(mark.groups()) and mark.start() >= start), None)
    return reply[start : opening.start() if opening else len(reply)]


def _tagged(text: str, field: Field, fields: tuple[Field, ...]) -> str | None:
    """The text after the last use of the field's tag, up to the next tag."""
    matches = list(_line_of(field.tag).finditer(text))
    if not matches:
        if not isinstance(field, ChoiceField) and field.is_optional:
            return None
        if len(fields) == 1 and isinstance(field, NumberField) and _is_sole(text, field):
            return text
        raise Unparsable(f'The line "{field.tag}:" is missing.')
    rest = text[matches[-1].end() :]
    following = _line_of(*(other.tag for other in fields)).search(rest)
    return rest[: following.start()] if following else rest


def _is_sole(text: str, field: NumberField) -> bool:
    """Whether a reply is nothing but a number, or "none" where there may be none."""
    if field.may_be_none and _NONE.fullmatch(text):
        return True
    return is_number_alone(text) and not _LIST_MARK.fullmatch(text)


@lru_cache(maxsize=256)
def _line_of(*tags: str) -> re.Pattern[str]:
    """Matches the beginning of a line that one of the tags begins."""
    return re.compile(_TAG_OPENING + f"(?:{'|'.join(map(re.escape, tags))})" + _TAG_CLOSING)


def _read_value(raw: str, field: Field) -> Value:
    match field:
        case NumberField():
            return _read_number_field(raw, field)
        case ChoiceField():
            return _read_choice(raw, field)
        case TextField():
            return _read_text(raw, field)


def _read_number_field(raw: str, field: NumberField) -> int | None:
    if field.may_be_none and _NONE.fullmatch(raw):
        return None
    return read_number(raw, low=field.low, high=field.high)


def _read_choice(raw: str, field: ChoiceField) -> str:
    """The option that the text begins with, where it names no other."""
    text = raw.strip()
    named = [option for option in field.options if re.search(_option(option), text, re.IGNORECASE)]
    # "John" is also found in "John Smith": the longer name is meant.
    named = [option for option in named if not any(option != other and option in other for other in named)]
    if len(named) != 1 or not re.match(r"[\W_]*" + _option(named[0]), text, re.IGNORECASE):
        line = text.partition("\n")[0]
        raise Unparsable(f'"{field.tag}: {line[:80]}" does not name exactly one of: {", ".join(field.options)}.')
    return named[0]


def _option(option: str) -> str:
    return rf"(?<!\w){re.escape(option)}(?!\w)"


def _read_text(raw: str, field: TextField) -> str:
    text = raw.strip()
    text = (_QUOTED.fullmatch(text) or [text, text])[1].strip()
    if not any(unicodedata.category(char)[0] not in "CZ" for char in text) or re.fullmatch(r"<[^<>]*>", text):
        raise Unparsable(f'The line "{field.tag}:" is empty.')
    if len(text) > LONGEST_TEXT:
        raise Unparsable(f'"{field.tag}:" has {len(text):,} characters; at most {LONGEST_TEXT:,} are allowed.')
    return text
