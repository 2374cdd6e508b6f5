"""Putting foreign words into sentences."""

from __future__ import annotations

import unicodedata

from govsim.characters import without_template_marks

_DOUBLE_QUOTES = dict.fromkeys(map(ord, '"“”„‟〝〞〟❝❞″＂'), "'")
_JOINERS = "\u200c\u200d"  # part of words in some scripts, and of emoji


def one_line(text: str) -> str:
    """A text as one line, so that nothing said can pass for a line of somebody else.

    Control characters are left out, and what a chat template could take for the end of a message becomes harmless.
    """
    if not text.isprintable():
        text = "".join(_visible(char) for char in text)
    return without_template_marks(" ".join(text.split()))


def quoted(text: str) -> str:
    """The words of a model as they stand in a prompt: in quotation marks, of which there are no others in them.

    So a reader can always tell where they end, and what the simulation itself says from what somebody said.
    """
    return f'"{text.translate(_DOUBLE_QUOTES)}"'


def _visible(char: str) -> str:
    match unicodedata.category(char):
        case "Cc" | "Zl" | "Zp":
            return " "
        case "Cf" | "Cs":
            return char if char in _JOINERS else ""
        case _:
            return char
