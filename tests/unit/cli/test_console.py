"""Texts on a terminal are wrapped between words."""

from __future__ import annotations

import io
import sys

import pytest

from govsim.cli.console import wrapped_lines

PROMPT = (
    f"problem 0\n  > {'twelve words of a prompt ' * 12}\n  >\n  > {'x' * 200}\n    an indented line {'and more ' * 20}"
)


class Terminal(io.StringIO):
    """A terminal of 60 columns."""

    def isatty(self) -> bool:
        """It is one."""
        return True


def test_lines_are_wrapped_between_words_and_keep_their_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setenv("COLUMNS", "60")
    lines = wrapped_lines(PROMPT, ["  > "]).split("\n")
    assert max(len(line) for line in lines if "x" * 200 not in line) <= 60
    assert "  > " + "x" * 200 in lines, "a word is not broken"
    quoted = [line for line in lines if "prompt" in line]
    assert len(quoted) > 3
    assert all(line.startswith("  > ") for line in quoted)
    assert "  >" in lines, "an empty line stays"
    assert all(line.startswith("    ") for line in lines[-3:])
    assert " ".join(wrapped_lines(PROMPT).split()) == " ".join(PROMPT.split()), "nothing is lost"


def test_lines_are_not_wrapped_without_a_terminal() -> None:
    assert wrapped_lines(PROMPT, ["  > "]) == PROMPT
