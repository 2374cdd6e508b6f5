"""Putting foreign words into sentences."""

from __future__ import annotations

import unicodedata

_JOINERS = "\u200c\u200d"  # part of words in some scripts, and of emoji


def one_line(text: str) -> str:
    """A text as one line without control characters, so that nothing said can pass for a line of somebody else."""
    if not text.isprintable():
        text = "".join(_visible(char) for char in text)
    return " ".join(text.split())


def _visible(char: str) -> str:
    match unicodedata.category(char):
        case "Cc" | "Zl" | "Zp":
            return " "
        case "Cf" | "Cs":
            return char if char in _JOINERS else ""
        case _:
            return char
