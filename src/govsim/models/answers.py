"""Strict parsing of one whole number from a reply: a wrong number is worse than one more request.

The rule, for any language and script: the text is one whole number in digits, optionally followed by its unit, with or
without markup, and nothing else. A unit is the scenario's own or a common one. Everything else is rejected with a
reason.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

from govsim.errors import Unparsable
from govsim.models.units import UNITS, plain_unit

ANY = 10**9
"""The upper bound of a number for which the prompt states no bounds."""

_LONGEST = 2_000
"""Maximum length of a text that is searched for a number; a number with its unit and markup is far shorter."""

_MAX_DIGITS = 600
"""Number of digits that Python converts regardless of its configured limit. A number with more exceeds every bound."""

_MARKS = "*_`\"'“”‘’„‚«»‹›「」『』()[]{}|（）【】《》〈〉 \t\r\n"
_PAIRS = (("(", ")"), ("[", "]"), ("（", "）"), ("【", "】"))
_ENDS = ".,!。．，、！।۔"
_NUMBER = re.compile(r"(?P<sign>[-−])?(?P<whole>[1-9]\d{0,2}(?:,\d{3})+|\d+)(?:[.,]0{1,2})?(?![\d.,]\d|\d)")
_ANY_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_TAGS = re.compile(
    r"</?(?:a|b|big|br|center|code|div|em|font|h[1-6]|i|li|mark|ol|p|pre|small|span|strong|td|tr|u|ul"
    r"|answer|final|final_answer|output|response|result)\s?/?>",
    re.IGNORECASE,
)
_BRACKETS = re.compile(r"<(\s*\d[^<>\n]{0,40})>")
_LATEX = re.compile(
    r"\\(?:boxed|fbox|text(?:bf|it|rm|sf|tt|md|up|normal)?|math(?:bf|it|rm|sf|tt)?)\s*(?=\{)"
    r"|\\[()\[\],;: ]|\\(?:left|right|quad)\b"
)
_DOLLARS = re.compile(r"(\$\$?)([^$\n]{1,60})\1")
_LINES_OF_MARKS = re.compile(r"(?m)^[ \t]*(?:-{3,}|={3,}|```\w{0,20})[ \t]*$|^[ \t]*#{1,6}[ \t]+(?=[^\n]*$)")
_ITEM = re.compile(r"\s*\n\s*(?:[-•]|1[.)])[ \t]+")
_NUMBERED = re.compile(r"\s*[(\[（【]\s*\d+\s*[)\]）】]\s*\w")
_NOT_PASSED_OVER = "\u00ad\u202d\u202e\u2061\u2062\u2063\u2064"
"""Invisible characters that reverse the order of digits or act as an operator between them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Amount:
    """A number as written, its value, and the unit that follows it."""

    written: str
    value: int
    unit: str


def number_wanted(low: int, high: int) -> str:
    """Describe the allowed range of a number, as in `a whole number from 0 to 100`."""
    return "a whole number" if (low, high) == (0, ANY) else f"a whole number from {low} to {high}"


def read_number(
    text: str,
    *,
    low: int,
    high: int,
    units: Collection[str] = (),
    or_else: str = "",
    out_of_range: str = "The number is {written}, but must be {wanted}.",
) -> int:
    """Parse the whole number that a text consists of.

    Args:
        text: the part of a reply after the tag, or a whole reply without a tag.
        low: the minimum.
        high: the maximum.
        units: singular and plural names of the requested unit, in addition to the common `UNITS`.
        or_else: other allowed answers, as in ``, or none``.
        out_of_range: the reason for rejecting a number outside the range, with the placeholders `written` and `wanted`.

    Returns:
        The number, in ``low..high``.

    Raises:
        Unparsable: the text is not one whole number with at most a unit, or the number is out of range.
    """
    wanted = f"{number_wanted(low, high)}{or_else}"
    amount = _amount(text)
    if amount is None:
        raise Unparsable(f"{_flaw_of(text)}; answer with only {wanted}, in digits.")
    if amount.unit and not _is_unit(amount.unit, units):
        written = _shortened(f"{amount.written} {amount.unit}")
        raise Unparsable(f'"{written}" is not a plain amount; answer with only {wanted}, in digits.')
    if not low <= amount.value <= high:
        raise Unparsable(out_of_range.format(written=_shortened(amount.written), wanted=wanted))
    return amount.value


def is_number_alone(text: str) -> bool:
    """Whether a text begins with a whole number that is followed by nothing but markup and a few words."""
    return _amount(text) is not None


def without_marks(text: str) -> str:
    """Return a text without surrounding markup and the final punctuation mark, as `10 tons` for `**10 tons.**`."""
    inner = re.sub(r"^<([^<>]*)>$", r"\1", _without_markup(text).strip(_MARKS)).strip(_MARKS)
    return inner[:-1].rstrip(_MARKS) if inner.endswith(tuple(_ENDS)) else inner


def _amount(text: str) -> _Amount | None:
    if len(text) > _LONGEST:
        return None
    plain = _without_markup(text)
    if _NUMBERED.match(plain) or any(plain.count(left) != plain.count(right) for left, right in _PAIRS):
        return None  # "1)" and "(1) Cooperate" are lists
    plain = plain.lstrip(_MARKS)
    number = _NUMBER.match(plain)
    if number is None:
        return None
    line, _, below = plain[number.end() :].partition("\n")
    unit = without_marks(line)
    if without_marks(below) or not all(unicodedata.category(char)[0] in "LMZ" for char in unit):
        return None
    digits = number["whole"].replace(",", "")
    value = int(digits) if len(digits) <= _MAX_DIGITS else 10**_MAX_DIGITS
    return _Amount(written=number[0], value=-value if number["sign"] else value, unit=unit)


def _is_unit(text: str, units: Collection[str]) -> bool:
    """Whether a text is a common unit, the requested one, or a noun in it, as "tons" in "tons of fish"."""
    unit = plain_unit(text)
    own = {plain_unit(name) for name in units}
    nouns = {word for name in own for word in name.split() if len(word) > 2 or not word.isascii()}
    return unit in UNITS or unit in own or unit in nouns


def _without_markup(text: str) -> str:
    """Return a text without HTML, Markdown and LaTeX markup and without invisible characters."""
    text = _ITEM.sub("\n", text, count=1) if _ITEM.match(text) else text
    text = "".join(map(_plain, text.rstrip("\ufffd \t\r\n"))).replace("&nbsp;", " ")
    text = _BRACKETS.sub(r" \1 ", _TAGS.sub(" ", text))
    text = _DOLLARS.sub(r" \2 ", _LATEX.sub(" ", text))
    return _LINES_OF_MARKS.sub("", text)


def _plain(char: str) -> str:
    """Replace any kind of space with a plain space, and formatting characters with nothing."""
    category = unicodedata.category(char)
    if category == "Cf" and char not in _NOT_PASSED_OVER:
        return ""
    return " " if category == "Zs" else char


def _flaw_of(text: str) -> str:
    numbers = _ANY_NUMBER.findall(_without_markup(text[:_LONGEST]))
    if not text.strip():
        return "The answer was empty"
    if not numbers:
        return "The answer has no number in digits"
    if len(numbers) > 1:
        return "The answer has more than one number"
    if not _NUMBER.fullmatch(numbers[0]):
        return f"{_shortened(numbers[0])} is not a whole number, or has separators that can be read in two ways"
    return "The answer is more than a number with its unit"


def _shortened(written: str) -> str:
    return written if len(written) <= 40 else written[:37] + "..."
