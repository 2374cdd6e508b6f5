"""Fields that cannot be shown in a prompt are rejected when they are created."""

from __future__ import annotations

import pytest

from govsim.models.answers import ANY
from govsim.models.fields import ChoiceField, NumberField, TextField, field_of, key_of, numbered, words_in_tags


@pytest.mark.parametrize("tag", ["", "answer", "Ärger", "Two\nlines", "A:", "Insight  1", "Vote ", "Vote_1"])
def test_an_invalid_tag_is_rejected(tag: str) -> None:
    with pytest.raises(ValueError, match="must be words of letters A to Z and digits"):
        NumberField(tag=tag, low=0, high=1)
    with pytest.raises(ValueError, match="not a valid tag; must be words"):
        TextField(tag=tag, what="a sentence")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ((), "options must not be empty"),
        (("yes, always", "no"), "must not contain a comma"),
        (("",), "must be a non-empty line"),
        (("yes ",), "must be a non-empty line"),
        (("a\nb",), "must be a non-empty line"),
        (("<a>",), "without angle brackets"),
    ],
)
def test_options_that_cannot_be_listed_are_rejected(options: tuple[str, ...], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        ChoiceField(tag="Vote", options=options)


def test_names_that_cannot_be_part_of_a_tag_are_all_numbered() -> None:
    assert words_in_tags(("John", "Kate 2")) == {"John": "John", "Kate 2": "Kate 2"}
    words = words_in_tags(("John", "Zoë"))
    assert words == {"John": "1", "Zoë": "2"}
    assert numbered(words) == ["1 John", "2 Zoë"]
    assert numbered(words_in_tags(("John", "Kate"))) == []


def test_an_empty_range_is_rejected() -> None:
    with pytest.raises(ValueError, match="low = 3 must not exceed high = 2"):
        NumberField(tag="Answer", low=3, high=2)


def test_a_text_that_is_not_a_blank_is_not_a_field() -> None:
    assert field_of("Answer", "a whole number from 9 to 3") is None
    assert field_of("answer", "a whole number") is None
    assert field_of("Answer", "a whole number") == NumberField(tag="Answer", low=0, high=ANY)


def test_keys_contain_no_spaces() -> None:
    assert key_of("Remember rating") == "Remember_rating"
