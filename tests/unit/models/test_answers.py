"""What is read out of awkward answers, and what is refused."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govsim.errors import Unparsable
from govsim.models.answers import read_number
from govsim.models.reply_format import NumberField, parse_reply

READ = [
    # plain, with units and marks
    ("10", 10),
    ("  10  ", 10),
    ("10.", 10),
    ("10!", 10),
    ("10,", 10),
    ("10.0", 10),
    ("10,0", 10),
    ("007", 7),
    ("+10", 10),
    ("0", 0),
    ("100", 100),
    ("10tons", 10),
    ("10 t", 10),
    ("10-ton", 10),
    ("10 barrels", 10),
    ("10 cubic metres of gas", 10),
    ("10 tons / month", 10),
    ("**10 tons**", 10),
    ("*10*", 10),
    ("_10_", 10),
    ("`10`", 10),
    ("- 10 tons", 10),
    ("* 10", 10),
    ("# 10", 10),
    ("$10$", 10),
    ("$10 tons$", 10),
    ("\\boxed{10}", 10),
    ("$\\boxed{10}$", 10),
    ("\\(10\\)", 10),
    ("\\[ \\boxed{10\\text{ tons}} \\]", 10),
    ("[10]", 10),
    ("<10>", 10),
    ("(10)", 10),
    ('"10"', 10),
    ('{"answer": 10}', 10),
    ("<b>10</b>", 10),
    ("10&nbsp;tons", 10),
    ("\\textbf{Answer:} 10", 10),
    ("= 10", 10),
    ("1.000", 1),
    # digits of other scripts and invisible characters
    ("１０", 10),
    ("١٠", 10),
    ("𝟏𝟎", 10),
    ("⑩", 10),
    ("1️⃣0️⃣", 10),
    ("🔟", 10),
    ("\u200b10\ufeff", 10),
    ("1\u200b0", 10),
    ("10\x00\x07", 10),
    ("10\u00a0tons", 10),
    # words
    ("ten", 10),
    ("Ten.", 10),
    ("TEN TONS", 10),
    ("twenty-five", 25),
    ("twenty five tons", 25),
    ("one hundred", 100),
    ("a hundred tons", 100),
    ("a dozen", 12),
    ("zero", 0),
    ("none", 0),
    ("nothing", 0),
    ("Nothing this month.", 0),
    ("I take none of the 100 tons", 0),
    ("I will not take 20, I take nothing", 0),
    ("one", 1),
    ("I take one ton", 1),
    ("10 (ten)", 10),
    ("ten (10) tons", 10),
    # shares of a total
    ("out of 100 I take 10", 10),
    ("10 out of 100", 10),
    ("10 (out of 100)", 10),
    ("10/100", 10),
    ("10 of the 100 tons", 10),
    # sums that come to a result
    ("50/5 = 10", 10),
    ("10 = 50/5", 10),
    ("100 - 90 = 10 tons", 10),
    ("100 * 0.5 / 5 = 10", 10),
    ("100 / 5 = 20 minus 10 = 10", 10),
    ("10% of the 100 tons = 10 tons", 10),
    ("10 (= 50/5)", 10),
    ("10 (50/5)", 10),
    # approximations
    ("about 10", 10),
    ("~10", 10),
    ("roughly 10 tons", 10),
    ("approx. 10", 10),
    ("10 or so", 10),
    # a decision among other numbers
    ("Last month 12 was too much. I will take 5.", 5),
    ("I could take 20 but I'll take 10", 10),
    ("Last cycle my use 12 was too much. HARVEST 5", 5),
    ("not 20 but 10", 10),
    ("I take 10 rather than 20", 10),
    ("Should I take 20? No, 10.", 10),
    ("On 2024-01-01 I take 10", 10),
    ("On January 5, 2024 I take 10", 10),
    ("At 10:30 I take 5", 5),
    ("In round 3 I catch 10", 10),
    ("For month 3: 10 tons", 10),
    ("#3: 10", 10),
    ("1. I think about the lake. 2. So I take 10", 10),
    ("1) I consider the lake. 2) I take 10.", 10),
    ("Step 1: look. Step 2: decide. I take 10.", 10),
    ("I earn $10,000 by taking 10 tons", 10),
    ("10 tons (10% of the stock)", 10),
    ("10 tons (12 last month)", 10),
    ("10 (5 fishers × 10 = 50)", 10),
    ("I take 10 and 90 remain", 10),
    ("I will take 10 tons, leaving 90 tons.", 10),
    ("The lake has 100 tons and there are 5 of us. I will harvest 10 tons.", 10),
    ("Stock: 100\nFishers: 5\nHarvest: 10", 10),
    ("I take 10; Bob takes 20", 10),
    ("To preserve the lake I will take 10 tons", 10),
    ("We agreed on 10 each, so I will take 10.", 10),
    ("10-15, so I take 12", 12),
    ("I'll graze 10 hectares of grass", 10),
    ("I would like to harvest 10 tons", 10),
    ("I should take 10 tons", 10),
    ("I think 10 would be good", 10),
    # the first line is the answer and the rest explains
    ("10\n\nThis keeps the lake at 100", 10),
    ("10\n100 tons remain", 10),
    ("10\nI'll take 10 since the lake has 100", 10),
    ("10 - this keeps the lake at 100", 10),
    ("10: it keeps the lake at 100", 10),
    # a change of mind that says so
    ("20... no, 10", 10),
    ("10\n\nWait, I will take 12", 12),
    ("I'll take 20. Final answer: 10", 10),
]

REFUSED = [
    # nothing to read
    ("", "was empty"),
    (" \n ", "was empty"),
    ("?", "no number"),
    ("...", "no number"),
    ("NaN", "no number"),
    ("inf", "no number"),
    ("I cannot answer that", "no number"),
    ("As an AI language model, I have no preferences.", "no number"),
    ("half of what is there", "no number"),
    ("one of the fishermen should decide", "no number"),
    ("I say nothing", "no number"),
    ("<a whole number>", "no number"),
    ("Fisher 10", "no number"),
    ("the 10th", "no number"),
    ("10:30", "no number"),
    # not allowed
    ("101", "You asked for 101, but the answer must be a whole number from 0 to 100"),
    ("120 tons", "You asked for 120"),
    ("1,000", "You asked for 1,000"),
    ("1 000", "You asked for 1 000"),
    ("1\u00a0000", "You asked for 1 000"),
    ("1'000", "You asked for 1'000"),
    ("1_000", "You asked for 1_000"),
    ("1.000.000", "You asked for 1.000.000"),
    ("two thousand", "You asked for two thousand"),
    ("one hundred and five", "You asked for one hundred and five"),
    ("10.5", "You asked for 10.5"),
    ("10,5", "You asked for 10,5"),
    (".5", "You asked for .5"),
    ("-3", "You asked for -3"),
    ("−3", "You asked for -3"),
    ("(-3)", "You asked for -3"),
    ("minus 3", "You asked for -3"),
    ("negative three", "You asked for -three"),
    # not one number
    ("10-15", "is a range"),
    ("10–15", "is a range"),
    ("10 - 15", "is a range"),
    ("10 to 15", "is a range"),
    ("10..15", "is a range"),
    ("**10** to **15**", "is a range"),
    ("a whole number from 0 to 100", "is a range"),
    ("between 5 and 10", "several numbers"),
    ("I will take between 5 and 10, leaving 90", "several numbers"),
    ("10 or 15", "several numbers"),
    ("I take 10 or 15", "several numbers"),
    ("10, 15", r"several numbers \(10, 15\)"),
    ("10 15", "several numbers"),
    ("1\x000", "several numbers"),
    ("10;5", "several numbers"),
    ("10<sup>2</sup>", "several numbers"),
    ("1. 10 tons", "several numbers"),
    ("10\n20", "several numbers"),
    ("ten (12)", "several numbers"),
    ("I take 10 now and 5 later", "several numbers"),
    ("I'll take 20. I'll take 10.", r"several numbers \(20, 10\)"),
    ("10\nSo I will take 20", "several numbers"),
    ("10 + 5", "unfinished sum"),
    ("50/5", "unfinished sum"),
    ("5/10", "unfinished sum"),
    ("10 x 5", "unfinished sum"),
    ("10 = 90", "unfinished sum"),
    ("$50 = 10", "unfinished sum"),
    ("ten point five", "unfinished sum"),
    ("½", "unfinished sum"),
    ("10½", "unfinished sum"),
    ("10 and a half", "not a whole number"),
    # not units, or not a fixed number
    ("10%", '"10%" is a percentage'),
    ("10 percent", "is a percentage"),
    ("I'll take 10%, leaving 90 tons", "is a percentage"),
    ("$10", "amount of money"),
    ("10 dollars", "amount of money"),
    ("at most 10", "only a limit"),
    ("up to 10", "only a limit"),
    ("I will take at most 10, so 90 remain", "only a limit"),
    ("10 or less", "only a limit"),
    ("<10", "only a limit"),
    (">= 10", "only a limit"),
    ("10, or 5 if the others do the same", "several numbers"),
    ("10 if the others agree", "depends on a condition"),
    ("10, if the others agree", "depends on a condition"),
    ("5 more than last month", "relative to another number"),
    # not written clearly
    ("1e1", '"1e1" is not written clearly'),
    ("0x1F", "not written clearly"),
    ("0xA", "not written clearly"),
    ("10k", "not written clearly"),
    ("2 million", "not written clearly"),
    ("10²", "not written clearly"),
    ("10^1", "not written clearly"),
    ("1,00,000", "not written clearly"),
    ("0,500", "not written clearly"),
    ("1,2,3", "not written clearly"),
    # numbers that nobody decides on
    ("10?", "asked and not decided"),
    ("Should I take 20?", "asked and not decided"),
    ("20. Wait, no.", 'take back "20"'),
    ("10 is too much", "plainly your decision"),
    ("There are 100 tons", "plainly your decision"),
    ("100 tons are in the lake", "plainly your decision"),
    ("5 people", "plainly your decision"),
    ("I took 12 last month", "plainly your decision"),
    ("I could take 10", "plainly your decision"),
    ("I won't take 10", "plainly your decision"),
    ("As an AI, I cannot take 10 tons", "plainly your decision"),
    ("If I take 10, the lake survives", "plainly your decision"),
    ("Kate will take 20", "plainly your decision"),
    ("half a dozen", "plainly your decision"),
    ("I take half of 100", "plainly your decision"),
    ("100 - 10 = 90 left", "plainly your decision"),
]


@pytest.mark.parametrize(("text", "expected"), READ)
def test_a_plain_decision_is_read_whatever_surrounds_it(text: str, expected: int) -> None:
    assert read_number(text, low=0, high=100) == expected


@pytest.mark.parametrize(("text", "reason"), REFUSED)
def test_what_is_not_one_plain_decision_is_refused_with_a_reason(text: str, reason: str) -> None:
    with pytest.raises(Unparsable, match=reason):
        read_number(text, low=0, high=100)


@pytest.mark.parametrize(
    ("text", "high", "expected"),
    [
        ("1,000", 5000, 1000),
        ("1 000 tons", 5000, 1000),
        ("1.000.000", 2_000_000, 1_000_000),
        ("12.500", 100, None),
        ("12.500", 20_000, None),
        ("1.000", 999, 1),
        ("1.000", 1000, None),
        ("1000.0", 1000, 1000),
        ("5/10", 10, 5),
        ("one thousand two hundred and five", 5000, 1205),
    ],
)
def test_separators_are_read_as_the_range_allows(text: str, high: int, expected: int | None) -> None:
    if expected is None:
        with pytest.raises(Unparsable, match=re.escape(text)):
            read_number(text, low=0, high=high)
    else:
        assert read_number(text, low=0, high=high) == expected


def test_a_number_below_the_range_is_refused() -> None:
    with pytest.raises(Unparsable, match=r"You asked for 3, but the answer must be a whole number from 5 to 9\."):
        read_number("3", low=5, high=9)


def test_a_negative_number_is_read_where_the_range_has_it() -> None:
    assert read_number("-3", low=-5, high=5) == -3


@pytest.mark.parametrize(
    "text",
    [
        "1" * 200_000,
        "1 " * 100_000,
        "I take 10 tons. " * 12_500,
        "10 no, " * 28_000,
        "-" * 200_000,
        "twenty-" * 28_000,
        "9" * 9_999,
    ],
    ids=lambda text: f"{text[:8]}...",
)
def test_an_endless_answer_is_refused_at_once(text: str) -> None:
    start = time.perf_counter()
    with pytest.raises(Unparsable, match=r"too long|You asked for 9{37}"):
        read_number(text, low=0, high=100)
    assert time.perf_counter() - start < 0.05


def test_an_endless_explanation_does_not_hide_the_first_line() -> None:
    assert read_number("10 tons\n" + "The lake holds 100 tons. " * 8_000, low=0, high=100) == 10


def test_an_answer_crowded_with_numbers_is_refused() -> None:
    with pytest.raises(Unparsable, match="has 2000 numbers"):
        read_number("1, " * 2000, low=0, high=100)


def test_a_long_number_is_shortened_in_the_reason() -> None:
    with pytest.raises(Unparsable) as refused:
        read_number("9" * 5000, low=0, high=100)
    assert len(refused.value.reason) < 150


ANSWER = (NumberField(tag="Answer", low=0, high=100),)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("The lake holds 100 tons and 5 of us fish.\nAnswer: 10", 10),
        ("I looked at 12 and 15.\n\n**Answer:** 10", 10),
        ("**Answer: 10 tons**", 10),
        ("Answer = 10", 10),
        ("answer: 10", 10),
        ("ANSWER: 10 tons", 10),
        ("# Answer: 10", 10),
        ("> Answer: 10", 10),
        ("Answer:\n\n10 tons", 10),
        ("Answer: 20\nThat would be too much.\nAnswer: 10", 10),
        ("<think>Answer: 50 seems greedy.</think>\nAnswer: 10", 10),
        ("<think>100 / 5 = 20</think>10", 10),
        ("My Answer: line must hold a number, perhaps 20.\nAnswer: 10", 10),
        ("Answer: <a whole number from 0 to 100>\nAnswer: 10", 10),
        ("Answer: 10\n\nThis keeps the lake at 100 tons.", 10),
        ("Answer: $\\boxed{10}$", 10),
        ("The stock is 100 tons. I will take 10 tons this month.", 10),
        ("Answer: none", 0),
    ],
)
def test_the_final_tag_of_a_whole_reply_is_read(reply: str, expected: int) -> None:
    assert parse_reply(reply, ANSWER) == {"Answer": expected}


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("I would take 10.\nAnswer:", "was empty"),
        ("Answer: 10\nAnswer: 120", "You asked for 120"),
        ("Answer: 10\nAnswer: I cannot say", "no number"),
        ("Answer: <a whole number from 0 to 100>", "no number"),
        ("Answer: a whole number from 0 to 100", "is a range"),
        ("Answer: -10", "You asked for -10"),
        ("Answer: 10-15", "is a range"),
        ("<think>Answer: 10</think>", "was empty"),
        ("The lake holds 100 tons.", "plainly your decision"),
        ("I might take 10 or 15, it depends.", "several numbers"),
    ],
)
def test_a_whole_reply_without_a_plain_decision_is_refused(reply: str, reason: str) -> None:
    with pytest.raises(Unparsable, match=reason):
        parse_reply(reply, ANSWER)


PRINTED = (
    "{}",
    "**{}**",
    "`{}`",
    "{} tons",
    "{}t",
    "<b>{}</b>",
    "\\boxed{{{}}}",
    "I will take {} tons.",
    "{}\n\nIt keeps 7.",
)


@given(low=st.integers(0, 50), data=st.data(), form=st.sampled_from(PRINTED))
def test_every_number_in_range_reads_back_from_every_print(low: int, data: st.DataObject, form: str) -> None:
    high = data.draw(st.integers(low, 10**9))
    number = data.draw(st.integers(low, high))
    assert read_number(form.format(number), low=low, high=high) == number


@given(number=st.integers(0, 10**9), separator=st.sampled_from([",", " ", "'", "_", "\u00a0", "\u202f"]))
def test_every_number_reads_back_with_thousands_separators(number: int, separator: str) -> None:
    assert read_number(f"{number:,}".replace(",", separator), low=0, high=10**9) == number


WORDS = (
    "10 5 100 1,000 2.5 -3 ten none one a dozen hundred I will take tons . , ... ? = / - ( ) % $ or and of no wait "
    "answer is if not more than # 3rd ** <b> \\boxed{ ² ½ 1. 2. Actually |"
)
JUMBLES = st.lists(st.sampled_from(["\n", *WORDS.split()]), max_size=12).map(" ".join)


@given(text=st.one_of(st.text(), JUMBLES, st.from_regex(r"[\d., /%-]*")))
def test_any_text_is_read_within_the_range_or_refused(text: str) -> None:
    try:
        number = read_number(text, low=2, high=60)
    except Unparsable:
        return
    assert 2 <= number <= 60


@given(number=st.integers(101), form=st.sampled_from(PRINTED))
def test_a_number_above_the_range_is_never_read(number: int, form: str) -> None:
    with pytest.raises(Unparsable, match="You asked for"):
        read_number(form.format(number), low=0, high=100)
