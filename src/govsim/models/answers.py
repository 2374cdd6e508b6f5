"""Reading one whole number from a reply, strictly: a wrong number is worse than one more request.

The rule, for any language and script: the text is one whole number in digits, optionally followed by one word as its
unit, with or without markup, and nothing else. The word must not change what the number means: a share, a scale, a
limit, a comparison, a condition, a correction, a time or money is no unit. Everything else is refused with the reason.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from govsim.errors import Unparsable
from govsim.models.not_units import changes_a_number

ANY = 10**9
"""The bound of a number that is not bounded in words."""

_LONGEST = 2_000
"""Characters of a text in which a number is looked for; a number, its unit and markup need far less."""

_MARKS = "*_`\"'“”‘’„‚«»‹›「」『』()[]{}|（）【】《》〈〉"
_END = re.compile(r"[.,;!。．，、！；।۔]?")
"""What may end the line: one mark, so that an ellipsis is none."""
_NUMBER = re.compile(r"(?P<sign>[-−])?(?P<whole>[1-9]\d{0,2}(?:,\d{3})+|\d+)(?:[.,]0{1,2})?(?![\d.,]\d|\d)")
_ANY_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_TAGS = re.compile(
    r"</?(?:a|b|big|br|center|code|div|em|font|h[1-6]|i|li|mark|ol|p|pre|small|span|strong|td|tr|u|ul"
    r"|answer|final|final_answer|output|response|result)(?:\s[^<>\n]{0,80})?/?>",
    re.IGNORECASE,
)
_BRACKETS = re.compile(r"<(\s*\d[^<>\n]{0,40})>")
_LATEX = re.compile(r"\\(?:boxed|fbox|text\w*|math\w*)\s*(?=\{)|\\[()\[\],;: ]|\\(?:left|right|quad)\b")
_DOLLARS = re.compile(r"(\$\$?)([^$\n]{1,60})\1")
_RULER = re.compile(r"(?m)^[ \t]*(?:-{3,}|={3,})[ \t]*$")
_ITEM = re.compile(r"\s*\n\s*(?:[-•]|1[.)])[ \t]+")
_HEADING = re.compile(r"(?m)^[ \t]*#{1,6}[ \t]+")
_TURNING = "\u202d\u202e"
"""Invisible characters that turn the order of digits around, so that they are not passed over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Amount:
    """A number as it is written, with the word that follows it."""

    written: str
    value: int
    word: str


def number_wanted(low: int, high: int) -> str:
    """What a number has to be, in words."""
    return "a whole number" if (low, high) == (0, ANY) else f"a whole number from {low} to {high}"


def read_number(text: str, *, low: int, high: int) -> int:
    """Read the whole number that a text consists of.

    Args:
        text: what follows the tag of a reply, from the tag on, or a whole reply without a tag.
        low: the smallest number allowed.
        high: the largest number allowed.

    Returns:
        The number, in ``low..high``.

    Raises:
        Unparsable: the text is not one whole number with at most a unit, or the number is not allowed.
    """
    wanted = f"answer with only {number_wanted(low, high)}, in digits"
    amount = _amount(text)
    if amount is None:
        raise Unparsable(f"{_what_is_wrong(text)}; {wanted}.")
    if amount.word and changes_a_number(amount.word):
        raise Unparsable(f'"{amount.written} {amount.word}" is not a plain amount; {wanted}.')
    if not low <= amount.value <= high:
        raise Unparsable(f"You asked for {amount.written}, but the answer must be {number_wanted(low, high)}.")
    return amount.value


def is_number_alone(text: str) -> bool:
    """Whether a text is one whole number, with at most a word after it and markup around it."""
    return _amount(text) is not None


def _amount(text: str) -> _Amount | None:
    if len(text) > _LONGEST:
        return None
    text = _without_markup(text)
    plain = text.lstrip(_MARKS + " \t\r\n")
    number = _NUMBER.match(plain)
    if number is None:
        return None
    line, _, below = plain[number.end() :].partition("\n")
    word = _without_end(line)
    if _without_end(below) or not _is_word(word) or len(number["whole"]) > 18 or text.count("(") != text.count(")"):
        return None  # a bracket that only closes begins a list, as in "1)"
    value = int(number["whole"].replace(",", ""))
    return _Amount(written=number[0], value=-value if number["sign"] else value, word=word)


def _without_end(text: str) -> str:
    """A text without the marks around it and the one mark that ends a sentence."""
    inner = text.strip(_MARKS + " \t\r\n")
    if inner and _END.fullmatch(inner[-1]):
        inner = inner[:-1].rstrip(_MARKS + " \t")
    return inner


def _without_markup(text: str) -> str:
    """A text without the marks of HTML, Markdown and LaTeX that hold no content, and without what shows nothing."""
    text = _ITEM.sub("\n", text, count=1) if _ITEM.match(text) else text
    text = "".join(map(_plain, text)).replace("&nbsp;", " ")
    text = _BRACKETS.sub(r"\1", _TAGS.sub(" ", text))
    text = _DOLLARS.sub(r"\2", _LATEX.sub("", text))
    return _HEADING.sub("", _RULER.sub("", text))


def _plain(char: str) -> str:
    """A space for any kind of space; nothing for what shows nothing, or stands for a character cut in half."""
    category = unicodedata.category(char)
    if char == "\ufffd" or (category == "Cf" and char not in _TURNING):
        return ""
    return " " if category == "Zs" else char


def _is_word(text: str) -> bool:
    """Whether a text is one word, or empty: letters of any script with their marks."""
    return len(text) <= 40 and all(unicodedata.category(char)[0] in "LM" for char in text)


def _what_is_wrong(text: str) -> str:
    numbers = _ANY_NUMBER.findall(text[:_LONGEST])
    if not text.strip():
        return "The answer was empty"
    if not numbers:
        return "The answer has no number in digits"
    if len(numbers) > 1:
        return "The answer has more than one number"
    if not _NUMBER.fullmatch(numbers[0]):
        return f"{numbers[0]} is not a whole number written without separators"
    return "The answer is more than a number with its unit"
