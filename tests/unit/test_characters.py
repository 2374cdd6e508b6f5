"""Text for terminals contains no control sequences and no invisible characters."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govsim.characters import enumerated, name_text, shortened, visible, without_formula
from govsim.errors import GovSimError


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("two\nlines", "two\nlines"),
        ("Zoë 李雷 می\u200cخواهم 👩\u200d🌾", "Zoë 李雷 می\u200cخواهم 👩\u200d🌾"),
        ("\x1b[31mred", "\\u001b[31mred"),
        ("title\x1b]0;x\x07", "title\\u001b]0;x\\u0007"),
        ("\x9b2J", "\\u009b2J"),
        ("a\rb\tc\x00d\x7f", "a\\rb\\tc\\u0000d\\u007f"),
        ("\u202eevil\u2066", "\\u202eevil\\u2066"),
        ("a\u2028b\ufeffc\u200bd", "a\\u2028b\\ufeffc\\u200bd"),
        ("half \udcff", "half \\udcff"),
        ("\U000e0041", "\\udb40\\udc41"),
    ],
)
def test_control_characters_are_escaped(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text(st.characters(), max_size=50))
def test_shown_text_is_visible_and_printable(text: str) -> None:
    shown = visible(text)
    shown.encode()
    unseen = {char for char in shown if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}}
    assert unseen <= set("\n\u200c\u200d")
    assert visible(shown) == shown


@given(st.dictionaries(st.text(st.characters(), max_size=9), st.text(st.characters(), max_size=9)))
def test_json_stays_equivalent(content: dict[str, str]) -> None:
    assert json.loads(visible(json.dumps(content, ensure_ascii=False, indent=2))) == content


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "-", "-٣"])
def test_spreadsheet_formulas_are_prefixed_with_an_apostrophe(text: str) -> None:
    assert without_formula(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "plain", "a=b", "'=1", "-1", "+2.5", "-1e-05", "−3", "no-talk", "[a, b]"])
def test_other_texts_and_signed_numbers_are_not_changed(text: str) -> None:
    assert without_formula(text) == text


@given(st.text(max_size=200), st.integers(8, 100))
def test_a_long_text_is_shortened_in_the_middle(text: str, longest: int) -> None:
    short = shortened(text, longest)
    assert len(short) <= longest
    assert short == text or (short[:4] == text[:4] and short[-2:] == text[-2:] and "…" in short)


def test_an_error_is_one_visible_line_of_bounded_length() -> None:
    message = str(GovSimError("what\n\x1b[2Jis\r\nwrong \u2028 " + "x" * 10_000))
    assert message.startswith("what \\u001b[2Jis wrong x")
    assert len(message) <= 2010


def test_names_of_phases_and_purposes_are_shown_in_words() -> None:
    assert name_text("leader-election") == "leader election"
    assert name_text("counter_sanction") == "counter sanction"
    assert name_text("sanctions-stage") == "sanctions", "the stage of an institution is called as the institution"


@pytest.mark.parametrize(
    ("names", "text"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_names_are_enumerated_as_in_a_sentence(names: list[str], text: str) -> None:
    assert enumerated(iter(names)) == text
