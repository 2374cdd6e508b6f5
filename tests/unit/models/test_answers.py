"""A number is parsed from a reply by one strict rule, or the reply is rejected with a reason."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from govsim.errors import Unparsable
from govsim.models.answers import ANY, number_wanted, read_number
from govsim.models.fields import NumberField
from govsim.models.reply_format import parse_reply
from govsim.models.units import UNITS
from tests.unit.models.replies import AGAIN, NEVER, READ

ANSWER = (NumberField(tag="Answer", low=0, high=100, units=("ton of fish", "tons of fish")),)


def number_in(reply: str) -> int | None:
    """The number parsed from a reply; None if the reply is rejected."""
    try:
        value = parse_reply(reply, ANSWER)["Answer"]
    except Unparsable:
        return None
    assert isinstance(value, int)
    return value


def test_the_list_of_replies_is_long_and_has_no_duplicates() -> None:
    replies = [
        *(reply for kind in READ.values() for reply, _ in kind),
        *(reply for kind in AGAIN.values() for reply in kind),
        *(reply for kind in NEVER.values() for reply in kind),
    ]
    assert [reply for reply, count in Counter(replies).items() if count > 1] == []
    assert len(replies) >= 1300
    assert sum("Answer" not in reply for kind in NEVER.values() for reply in kind) >= 200


def test_the_page_about_answers_states_the_size_of_the_list() -> None:
    page = " ".join(Path("docs/explanation/answers.md").read_text(encoding="utf-8").split())
    read, again, never = (sum(map(len, replies.values())) for replies in (READ, AGAIN, NEVER))
    assert f"a list of {read + again + never} replies" in page
    assert (
        f"{read} are read, all with the right number; {again + never} are asked again, of which {again} would" in page
    )


@pytest.mark.parametrize("kind", READ)
def test_values_allowed_by_the_rule_are_read(kind: str) -> None:
    assert {reply: number_in(reply) for reply, _ in READ[kind]} == dict(READ[kind])


@pytest.mark.parametrize("kind", AGAIN)
def test_values_not_allowed_by_the_rule_are_retried(kind: str) -> None:
    assert {reply: number_in(reply) for reply in AGAIN[kind] if number_in(reply) is not None} == {}


@pytest.mark.parametrize("kind", NEVER)
def test_a_reply_without_a_plain_number_is_never_read(kind: str) -> None:
    assert {reply: number_in(reply) for reply in NEVER[kind] if number_in(reply) is not None} == {}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "The answer was empty"),
        ("many", "The answer has no number in digits"),
        ("20 tons, or rather 10 tons", "The answer has more than one number"),
        ("33.3", "33.3 is not a whole number, or has separators that can be read in two ways"),
        ("1.000", "1.000 is not a whole number, or has separators that can be read in two ways"),
        ("\n1. 10 tons for me", '"10 tons for me" is not a plain amount'),
        ("10 max", '"10 max" is not a plain amount'),
        ("10%", "The answer is more than a number with its unit"),
    ],
)
def test_the_reason_states_the_problem_and_the_expected_answer(text: str, reason: str) -> None:
    expected = f"^{re.escape(reason)}; answer with only a whole number from 0 to 100, in digits\\.$"
    with pytest.raises(Unparsable, match=expected):
        read_number(text, low=0, high=100)


def test_a_negative_number_is_read_if_allowed() -> None:
    assert read_number("-3 tons", low=-5, high=5) == read_number("−3", low=-5, high=5) == -3
    with pytest.raises(Unparsable, match=r"^The number is -3, but must be"):
        read_number("-3", low=0, high=100)


def test_a_number_out_of_range_is_reported_with_the_allowed_range() -> None:
    with pytest.raises(Unparsable, match=r"^The number is 150, but must be a whole number from 0 to 100\.$"):
        read_number("150 tons", low=0, high=100)


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        (NumberField(tag="Answer", low=0, high=10, is_demand=True), "You asked for 11, but the answer must be"),
        (NumberField(tag="Punish Kate", low=0, high=10), '"Punish Kate" is 11, but must be'),
    ],
)
def test_a_number_out_of_range_is_named_by_its_field_unless_it_is_demanded(field: NumberField, reason: str) -> None:
    with pytest.raises(Unparsable, match=rf"^{reason} a whole number from 0 to 10\.$"):
        parse_reply(f"{field.tag}: 11", (field,))


def test_the_reason_for_a_missing_line_contains_the_tag() -> None:
    with pytest.raises(Unparsable, match=r'^The line "Answer:" is missing\.$'):
        parse_reply("I will take 10 tons.", ANSWER)


def test_an_unbounded_number_is_wanted_without_bounds() -> None:
    assert number_wanted(0, ANY) == "a whole number"
    assert number_wanted(1, 10) == "a whole number from 1 to 10"


def test_commas_between_thousands_are_read_and_points_are_not() -> None:
    assert read_number("12,500 tons", low=0, high=ANY) == 12_500
    assert read_number("1,000,000", low=0, high=ANY) == 1_000_000
    for written in ("12.500", "1.000.000", "1,00,000", "12 500", "0,500"):
        with pytest.raises(Unparsable, match="answer with only a whole number"):
            read_number(written, low=0, high=ANY)


def test_replies_are_parsed_equally_well_in_all_scenarios() -> None:
    """With a list of the words of some scenarios, members of others would forfeit more often."""
    for units in (
        ("ton of fish", "tons of fish"),
        ("megalitre", "megalitres"),
        ("Baumstamm", "Baumstämme"),
        ("桶", "桶"),
    ):
        for unit in units:
            assert read_number(f"10 {unit}", low=0, high=100, units=units) == 10
    for verb in ("catch", "graze", "produce", "pump", "fell"):
        assert number_in(f"I will {verb} 10") is None


def test_a_unit_of_another_magnitude_is_no_unit() -> None:
    for written in ("10 kg", "10 litres", "10 kilotons"):
        with pytest.raises(Unparsable, match="is not a plain amount"):
            read_number(written, low=0, high=100, units=("ton of fish", "tons of fish"))


def test_the_nouns_of_a_unit_count_and_connecting_words_do_not() -> None:
    assert read_number("10 sheep", low=0, high=100, units=("flock of sheep", "flocks of sheep")) == 10
    with pytest.raises(Unparsable, match="is not a plain amount"):
        read_number("10 of", low=0, high=100, units=("flock of sheep", "flocks of sheep"))


def test_the_reason_mentions_none_if_it_is_allowed() -> None:
    with pytest.raises(Unparsable, match="answer with only a whole number from 0 to 100, or none, in digits"):
        parse_reply("Limit: none yet", (NumberField(tag="Limit", low=0, high=100, may_be_none=True),))


@pytest.mark.parametrize("mark", ["*", "(", "[", "<", "$", "\\", "\n", "#", " ", "1,000", "9", "<b>", "-", "<think>"])
def test_a_long_repetitive_text_is_rejected(mark: str) -> None:
    with pytest.raises(Unparsable, match=r"\."):
        parse_reply(f"Answer: {mark * 100_000} x", ANSWER)


PRINTED = (
    "{}",
    "**{}**",
    "`{}`",
    "{} tons",
    "{}t",
    "<b>{}</b>",
    "\\boxed{{{}}}",
    "({})",
    "{}.",
    "{}吨",
    "\n1. {} tons",
)


@given(low=st.integers(0, 50), data=st.data(), form=st.sampled_from(PRINTED))
def test_every_number_in_range_reads_back_from_every_print(low: int, data: st.DataObject, form: str) -> None:
    high = data.draw(st.integers(low, 10**9))
    number = data.draw(st.integers(low, high))
    assert read_number(form.format(number), low=low, high=high) == number


PIECES = (
    "10 5 100 1,000 2.5 -3 ten none one a dozen tons . , ... ? = / - ( ) % or and of no wait if not more than # 3rd "
    "** <b> ² ½ Actually | 吨 万 < > ~ + \ufffd \u200b"
)
JUMBLES = st.lists(st.sampled_from(["\n", *PIECES.split()]), max_size=8).map(" ".join)
UNIT = "|".join(map(re.escape, sorted(UNITS, key=len, reverse=True)))
ALLOWED = re.compile(
    r"(?i)(?:<b>|[\s*_`\"'“”‘’„‚«»‹›「」『』()\[\]{}|（）【】《》〈〉\ufffd\u200b#.,!]"
    rf"|(?<!\w)(?:{UNIT})(?!\w))*"
)


@given(text=st.one_of(JUMBLES, st.from_regex(r"[\d., /%-]*")))
@example("5\n10")
@example("10 -")
def test_a_read_number_is_the_only_one_with_only_units_and_markup(text: str) -> None:
    try:
        number = read_number(text, low=0, high=10**18)
    except Unparsable:
        return
    written = re.search(r"\d[\d,]*(?:[.,]0{1,2}(?!\d))?", text)
    assert written is not None
    assert re.sub(r"[.,]0{1,2}$", "", written[0]).replace(",", "") == str(number) or int(written[0]) == number
    rest = text[: written.start()] + text[written.end() :]
    assert ALLOWED.fullmatch(re.sub(r"(?m)^\s*-{3,}\s*$|^\s*\n\s*-\s", "", rest))


@given(number=st.integers(101), form=st.sampled_from(PRINTED))
def test_a_number_above_the_range_is_never_read(number: int, form: str) -> None:
    with pytest.raises(Unparsable, match="but must be"):
        read_number(form.format(number), low=0, high=100)
