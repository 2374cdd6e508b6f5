"""Characters that mean something to whoever is given them: a terminal, a spreadsheet, a model's chat template."""

from __future__ import annotations

import json
import re
import unicodedata

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_TEMPLATE_MARK = re.compile(r"<(?=[|｜/!]?[^\W\d])|\[(?=/?(?:[A-Z_]{3,}|gMASK)\])")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)
_KEPT = "\n\u200c\u200d"  # line breaks, and joiners, which are part of words in some scripts


def visible(text: str) -> str:
    """A text as a terminal may be given it: control characters are written out; line breaks stay.

    They are written as JSON writes them, so that JSON stays the same JSON.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(escaped(char) if _is_unseen(char) else char for char in text)


def escaped(text: str) -> str:
    """A text in ASCII, written as JSON writes it."""
    return json.dumps(text)[1:-1]


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """A number of things, as in "1 month" or "1,200 months"; the plural ends in -s where none is given."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def without_template_marks(text: str) -> str:
    """A text in which no chat template finds a mark of its own, such as <|im_end|>, </s> or [INST].

    Many servers take such a mark for the end of a message wherever it stands, so that who writes it could go on in
    somebody else's name.
    """
    return _TEMPLATE_MARK.sub(lambda mark: "‹" if mark[0] == "<" else "(", text)


def without_formula(text: str) -> str:
    """A text that a spreadsheet takes for a text: before one that it would compute there is an apostrophe.

    Names in a journal can come from anywhere, and a formula in a file that is opened can fetch and send things. Signed
    numbers are no formulas and stay.
    """
    if not text.startswith(_FORMULA_STARTS) or _NUMBER.fullmatch(text):
        return text
    return f"'{text}"


def shortened(text: str, longest: int) -> str:
    """A text of at most so many characters; what is left out of its middle is marked by an ellipsis."""
    if len(text) <= longest:
        return text
    end = longest // 4
    return f"{text[: longest - end - 1]}…{text[len(text) - end :]}"


def _is_unseen(char: str) -> bool:
    return unicodedata.category(char) in _UNSEEN and char not in _KEPT
