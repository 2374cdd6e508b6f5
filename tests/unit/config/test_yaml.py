"""YAML 1.2: every scalar has one meaning, every key occurs once, and what is written is read back."""

from __future__ import annotations

import math
from typing import Any

import pytest
import yaml as yaml_1_1
from hypothesis import given
from hypothesis import strategies as st

from govsim.config.yaml import MAX_DEPTH, YAMLProblem, parse, to_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("012", 12),
        ("-012", -12),
        ("0o17", 15),
        ("0x1f", 31),
        ("12:30", "12:30"),
        ("1:30:00", "1:30:00"),
        ("1_000", "1_000"),
        ("0b11", "0b11"),
        ("1e3", 1000.0),
        ("12e03", 12000.0),
        (".5", 0.5),
        ("1.", 1.0),
        (".inf", math.inf),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("null", None),
        ("", None),
        ("2024-01-01", "2024-01-01"),
        ("2024-13-45", "2024-13-45"),
        ("=", "="),
        ("y", "y"),
        ("n", "n"),
        ("nope", "nope"),
        ("'no'", "no"),
        ('"on"', "on"),
        ("!!str no", "no"),
        ("[a, b]", ["a", "b"]),
        ("%YAML 1.1\n---\n012", 12),
        ("\ufefftext", "text"),
    ],
)
def test_a_scalar_means_what_yaml_1_2_says(text: str, value: object) -> None:
    found = parse(text)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("word", "meaning"),
    [("no", "false"), ("No", "false"), ("off", "false"), ("yes", "true"), ("YES", "true"), ("On", "true")],
)
def test_a_word_that_yaml_1_1_reads_as_a_boolean_is_rejected_unless_it_is_quoted(word: str, meaning: str) -> None:
    for text in (f"a: {word}", f"a:\n  - {word}", f"a: [x, {word}]"):
        with pytest.raises(YAMLProblem, match=rf'{word}: write {meaning}, or quote it \("{word}"\)'):
            parse(text)
    assert parse(f"a: '{word}'") == {"a": word}


@pytest.mark.parametrize("key", ["No", "yes", "1", "012", "true", "null", "~", "1.5", "2024-01-01"])
def test_a_key_is_text_as_it_is_written(key: str) -> None:
    assert parse(f"{key}: 1") == {key: 1}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3", "line 3, column 1: a: is given twice, first in line 1; keep one of them"),
        ("w:\n  x: 1\n  'x': 2", "line 3, column 3: x: is given twice, first in line 2"),
        ("{a: 1, a: 2}", "line 1, column 8: a: is given twice, first in line 1"),
        ("1: a\n'1': b", "line 2, column 1: 1: is given twice, first in line 1"),
        ("a: {<<: {b: 1}, <<: {c: 1}}", "<<: is given twice"),
    ],
)
def test_a_key_that_occurs_twice_is_rejected_with_both_lines(text: str, message: str) -> None:
    with pytest.raises(YAMLProblem, match=message):
        parse(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("? [a, b]\n: 1", "line 1, column 3: a key must be text"),
        ("a: !!python/object:os.system x", "tags such as !name are not supported"),
        ("a: !!binary aGk=", "tags such as !name are not supported"),
        ("a: !!set {x, y}", "tags such as !name are not supported"),
        ("a: !!int x", "does not have the type named by its tag"),
        ("a: !!bool x", "does not have the type named by its tag"),
        ("a: &a [*a]", "an alias refers to a value that contains it"),
        ("a: *secret", r"line 1, column 4: found undefined alias\)"),
        ("a: 1\n---\nb: 2", "line 2, column 1: another document starts here; a file may contain only one"),
        ("a:\n\tb: 1", "line 2, column 1: a tab; indent with spaces"),
        ("a: [1", r"is not valid YAML \(line 1"),
        ("a: \x01", r"the control character U\+0001 is not allowed"),
        ('a: "\\ud800"', "lone surrogate"),
        ("a: " + "9" * 5000, "a number may have at most 100 digits"),
        (b"\xff\xfea\x00", "encoded as UTF-16; save it as UTF-8"),
        (b"a: 1\nb: \xff", "line 2: not UTF-8; save the file as UTF-8"),
    ],
)
def test_anything_but_plain_data_is_rejected_in_one_line(text: str | bytes, message: str) -> None:
    with pytest.raises(YAMLProblem, match=message) as refused:
        parse(text)
    assert len(str(refused.value).splitlines()) == 1
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("text", ["[" * 5000, "{a: " * 5000, "- " * 5000])
def test_deep_nesting_is_rejected(text: str) -> None:
    with pytest.raises(YAMLProblem, match=f"nested more than {MAX_DEPTH} levels deep"):
        parse(text)


def test_aliases_that_grow_without_bound_are_rejected() -> None:
    levels = (f"a{i}: &a{i} [" + ",".join([f"*a{i - 1}"] * 9) + "]" for i in range(1, 30))
    with pytest.raises(YAMLProblem, match="more than 100,000 values after expansion of aliases"):
        parse("\n".join(["a0: &a0 [x]", *levels]))


def test_anchors_merge_keys_and_reused_anchors_are_understood() -> None:
    assert parse("a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  p: 3") == {"a": {"p": 1, "q": 2}, "b": {"p": 3, "q": 2}}
    assert parse("a: &x [1]\nb: &x [2]\nc: *x") == {"a": [1], "b": [2], "c": [2]}


WORDS = st.one_of(
    st.text(
        st.characters(
            codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\u2028\u2029\x85\ufeff\ufffe\uffff"
        ),
        max_size=8,
    ),
    st.sampled_from(
        ["no", "On", "012", "1e3", "12:30", "~", "null", "true", ".inf", "2024-01-01", "0x1f", "a: b", "- c", "# d"]
    ),
)
DATA = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(10**18), 10**18), st.floats(allow_nan=False), WORDS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(WORDS, inner, max_size=4)),
    max_leaves=12,
)


@given(DATA)
def test_written_data_is_read_back_unchanged(content: Any) -> None:
    assert parse(to_yaml(content)) == content


@given(
    st.dictionaries(
        st.text("abcno", min_size=1, max_size=3),
        st.one_of(st.none(), st.booleans(), st.integers(), st.text("ano1:. ", max_size=5)),
    )
)
def test_files_written_as_yaml_1_1_are_read_as_meant_or_rejected(content: dict[str, Any]) -> None:
    assert parse(yaml_1_1.safe_dump(content)) == content
