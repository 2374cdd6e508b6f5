"""Safe insertion of text written by models into prompts."""

from __future__ import annotations

import unicodedata

from govsim.characters import without_template_marks

_DOUBLE_QUOTES = dict.fromkeys(map(ord, '"“”„‟〝〞〟❝❞″＂'), "'")
_JOINERS = "\u200c\u200d"  # part of words in some scripts, and of emoji


def on_one_line(text: str) -> str:
    """Reduce a text to one line, so that no part of it can pass for another speaker's utterance.

    Control characters are removed, and special tokens of chat templates are neutralized.
    """
    if not text.isprintable():
        text = "".join(_visible(char) for char in text)
    return without_template_marks(" ".join(text.split()))


def quoted(text: str) -> str:
    """Quote a model's text for a prompt; double quotation marks inside it are replaced.

    So the end of the quotation is unambiguous, and a member's words cannot pass for a statement of the simulation.
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
