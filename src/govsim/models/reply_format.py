"""The format of a text reply: the tagged lines that a question asks for, and how they are parsed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

from govsim.errors import Unparsable
from govsim.models.answers import is_number_alone, read_number, without_marks
from govsim.models.fields import (
    ChoiceField,
    Field,
    NumberField,
    TextField,
    Value,
    excess_of,
    field_of,
    is_irrelevant,
    is_optional,
    key_of,
)

LONGEST_TEXT = 4000
"""Maximum length, in characters, of a text field: it becomes part of other prompts, which must stay readable."""

EMPTY = "The reply was empty."
"""The reason for rejecting a reply that contains only thinking or special tokens."""

_BLANK_LINE = re.compile(r"^(?P<tag>[A-Z][A-Za-z0-9 ]*): <(?P<blank>[^<>\n]+)>$")
_THINKING = re.compile(
    r"(?:<|&lt;)(/?)(?:seed:|longcat_)?(?:think|thinking|thoughts?|reasoning|reflection|scratchpad|analysis)"
    r"(?:\s[^<>\n]{0,80})?(?:>|&gt;)"
    r"|<\|(?:START|(END))_THINKING\|>|<\|(?:begin|(end))_of_thought\|>|<\|channel>thought|(<channel\|>)"
    r"|<unused94>|(<unused95>)|\[(/?)THINK\]|◁(/?)think▷",
    re.IGNORECASE,
)
"""Matches the start of a thinking passage or, if a group matched, its end."""
_FINAL_CHANNEL = re.compile(
    r"<\|channel\|>\s*final\b[^<]*(?:<\|constrain\|>[^<]*)?<\|message\|>|^analysis[\s\S]*assistantfinal"
)
_OTHER_CHANNEL = re.compile(r"<\|channel\|>|^\s*analysis(?=[A-Z])")
_ROLE = re.compile(
    r"(?:<\|(?:im_start|start)\|>|<start_of_turn>)\s*(?:assistant|model)\b"
    r"|<\|start_header_id\|>\s*assistant\s*<\|end_header_id\|>"
)
_TOKEN = (
    r"(?:<[|｜][A-Za-z0-9_▁]{1,40}[|｜]>|</?(?:bos|eos|pad|unk|(?:start|end)_of_(?:turn|utterance))>"
    r"|\[/?(?:INST|EOS|BOS)\])"
)
_SPECIAL_TOKEN = re.compile(_TOKEN + r"|^\s*<s>|(?:</s>\s*)+$")
_CONTINUATION = re.compile(
    r"(?:<\|(?:im_end|eot_id|end|endoftext|end_of_text|END_OF_TURN_TOKEN)\|>|<end_of_turn>|<eos>|</s>"
    rf"|<｜end▁of▁sentence｜>)(?:\s|{_TOKEN}|</s>)*+(?!\s)."
)
"""Text that a model generates after the end of its turn, as an imagined next turn."""
# Possessive, so that a line of 200,000 asterisks is scanned once and not once per asterisk.
_TAG_OPENING = (
    r"(?im)^(?P<dress>(?:[^\S\n]|[\u200e\u200f\u2066-\u2069>*_#`|•\-]|</?(?:b|p|strong|em|i|div|span|code|answer|final_answer|output|response|result)>)*+"
    r"(?:\d{1,2}[.)][ \t]++)?)[*_`]*+(?:\\(?:boxed|fbox|text\w{0,8}|math\w{0,8})\{)*+"
)
_TAG_CLOSING = r"[^\S\n]*+[*_`]*+[^\S\n]*+[:=：][ \t]*+[*_`]*+[ \t]*+"
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u2060\ufeff"))
# Control characters are meaningless, and some providers reject prompts with them; line breaks are kept.
_INVISIBLE |= dict.fromkeys(code for code in (*range(0x20), *range(0x7F, 0xA0)) if not chr(code).isspace())
_NONE = frozenset(("none", "no limit", "no agreement", "n/a"))
_LIST_MARK = re.compile(r"[\s*_]*\d{1,2}[.)．）、]\W*")
_QUOTED = re.compile(r'["“]([^"“”]*)["”]')


def without_invisible(text: str) -> str:
    """Return a text without zero-width and control characters."""
    return text.translate(_INVISIBLE)


def format_lines(fields: tuple[Field, ...]) -> str:
    """Return the lines at the end of a prompt, with one blank per field."""
    return "\n".join(f"{field.tag}: <{field.blank}>" for field in fields)


def read_format(prompt: str) -> tuple[Field, ...]:
    """Return the fields that a prompt asks for: the contiguous block of blanks at its end; empty if there is none.

    It reads what `format_lines` writes.
    """
    fields: list[Field] = []
    for line in reversed(prompt.rstrip().splitlines()):
        match = _BLANK_LINE.match(line)
        field = None if match is None else field_of(match["tag"], match["blank"])
        if field is None:
            break
        fields.append(field)
    return tuple(reversed(fields))


def parse_reply(reply: str, fields: tuple[Field, ...], *, is_cut_off: bool = False) -> dict[str, Value]:
    """Parse the value of every field from a reply; the last occurrence of each tag counts.

    For a question with a single number, a reply that consists of the number alone, without the tag, is also accepted.

    Args:
        reply: the model's raw reply; thinking, channels and special tokens of chat templates are ignored.
        fields: the fields of the question.
        is_cut_off: whether the reply ended because it was too long: a number or name at its end may be incomplete.

    Returns:
        The values by tag: ``int`` (or ``None`` for "none") for numbers, the option as written in the field for
        choices, stripped text for texts; omitted optional fields are missing.

    Raises:
        Unparsable: at least one field could not be parsed; `partial` contains the others.
    """
    text = text_of(reply)

    def raw_of(field: Field) -> str | None:
        raw = _tagged(text, field, fields)
        if is_cut_off and raw and not isinstance(field, TextField) and text.endswith(raw.strip()):
            raise Unparsable(f'The reply was cut off before "{field.tag}:" was complete.')
        return raw

    return read_fields(fields, raw_of)


def text_of(reply: str) -> str:
    """Return a reply without thinking, channels, special tokens and invisible characters.

    Raises:
        Unparsable: nothing is left, or it continues after the end of the model's turn.
    """
    text = without_invisible(_answer_of(reply)).strip()
    if not text:
        raise Unparsable(EMPTY)
    return text


def read_fields(
    fields: tuple[Field, ...], raw_of: Callable[[Field], str | None], where: str = 'The line "{tag}:"'
) -> dict[str, Value]:
    """Parse the value of every field by the rules shared by text and structured replies.

    Args:
        fields: the fields of the question.
        raw_of: returns the raw text of a field; None if it is omitted.
        where: how an error message refers to a field, with the placeholders `tag` and `key`.

    Raises:
        Unparsable: at least one field could not be parsed; `partial` contains the others.
    """
    values: dict[str, Value] = {}
    reasons: list[str] = []
    for field in fields:
        try:
            raw = raw_of(field)
            if raw is not None:
                values[field.tag] = _read_value(raw, field, where.format(tag=field.tag, key=key_of(field.tag)))
        except Unparsable as refused:
            if not is_irrelevant(field, values):
                reasons.append(refused.reason)
    if not reasons and (excess := excess_of(values, fields)) is not None:
        raise Unparsable(excess)
    if reasons:
        raise Unparsable(" ".join(reasons), values)
    return values


def _answer_of(reply: str) -> str:
    """Return a reply without thinking, other channels and the special tokens of the model's chat template.

    Raises:
        Unparsable: it continues after the end of the model's turn.
    """
    final = list(_FINAL_CHANNEL.finditer(reply))
    if final:
        reply = reply[final[-1].end() :]
    elif _OTHER_CHANNEL.search(reply):
        return ""
    reply = _without_thinking(reply)
    if _CONTINUATION.search(reply):
        raise Unparsable("The reply goes on after its end; write your own reply only.")
    return _SPECIAL_TOKEN.sub("\n", _ROLE.sub("\n", reply))


def _without_thinking(reply: str) -> str:
    """Return a reply without thinking: the text up to the last closing mark, and after an opening mark never closed."""
    marks = list(_THINKING.finditer(reply))
    closing = next((mark for mark in reversed(marks) if any(mark.groups())), None)
    start = closing.end() if closing else 0
    opening = next((mark for mark in marks if not any(mark.groups()) and mark.start() >= start), None)
    return reply[start : opening.start() if opening else len(reply)]


def _tagged(text: str, field: Field, fields: tuple[Field, ...]) -> str | None:
    """The text after the last occurrence of the field's tag, up to the next tag."""
    matches = list(_line_of(field.tag).finditer(text))
    if not matches:
        if is_optional(field):
            return None
        if len(fields) == 1 and isinstance(field, NumberField) and _is_sole(text, field):
            return text
        raise Unparsable(f'The line "{field.tag}:" is missing.')
    rest = text[_last(matches, field).end() :]
    following = _line_of(*(other.tag for other in fields)).search(rest)
    return rest[: following.start()] if following else rest


def _last(matches: list[re.Match[str]], field: Field) -> re.Match[str]:
    """The last occurrence of a tag.

    Raises:
        Unparsable: it is in a quotation or a numbered list and not the only one, so it may not be the answer.
    """
    last = matches[-1]
    if len(matches) > 1 and re.search(r"[>\d]", last["dress"]):
        raise Unparsable(f'The line "{field.tag}:" occurs {len(matches)} times; end with it once.')
    return last


def _is_sole(text: str, field: NumberField) -> bool:
    """Whether a reply consists of a number alone, or of "none" if that is allowed."""
    return _is_none(text, field) or (is_number_alone(text) and not _LIST_MARK.fullmatch(text))


def _is_none(text: str, field: NumberField) -> bool:
    return field.may_be_none and without_marks(text).casefold() in _NONE


@lru_cache(maxsize=256)
def _line_of(*tags: str) -> re.Pattern[str]:
    """A pattern for the start of a line that begins with one of the tags."""
    return re.compile(_TAG_OPENING + f"(?:{'|'.join(map(re.escape, tags))})" + _TAG_CLOSING)


def _read_value(raw: str, field: Field, where: str) -> Value:
    match field:
        case NumberField():
            return _read_number_field(raw, field)
        case ChoiceField():
            return _read_choice(raw, field)
        case TextField():
            return _read_text(raw, field, where)


def _read_number_field(raw: str, field: NumberField) -> int | None:
    if _is_none(raw, field):
        return None
    return read_number(
        raw,
        low=field.low,
        high=field.high,
        units=field.units,
        or_else=field.or_else,
        out_of_range=field.out_of_range,
    )


def _read_choice(raw: str, field: ChoiceField) -> str:
    """The option that is alone on the first line, unless another one is named below it."""
    first, _, below = raw.strip().partition("\n")
    said = {first.strip().casefold(), without_marks(first).casefold()}
    chosen = [option for option in field.options if option.casefold() in said]
    # Longest first: "John" is also found in "John Smith".
    longest_first = "|".join(map(re.escape, sorted(field.options, key=len, reverse=True)))
    others = {found.casefold() for found in re.findall(rf"(?<!\w)(?:{longest_first})(?!\w)", below, re.IGNORECASE)}
    if not chosen or others - said:
        raise Unparsable(f'"{field.tag}: {first[:80]}" is not exactly one of: {", ".join(field.options)}.')
    return chosen[0]


def _read_text(raw: str, field: TextField, where: str) -> str:
    text = raw.strip()
    text = (_QUOTED.fullmatch(text) or [text, text])[1].strip()
    if not any(unicodedata.category(char)[0] not in "CZ" for char in text) or re.fullmatch(r"<[^<>]*>", text):
        raise Unparsable(f"{where} is empty.")
    if len(text) > LONGEST_TEXT:
        raise Unparsable(f'"{field.tag}:" has {len(text):,} characters; at most {LONGEST_TEXT:,} are allowed.')
    return text
