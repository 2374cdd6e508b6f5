"""The tagged lines that a question asks for, and how they are parsed."""

from __future__ import annotations

import time
from typing import Any

import pytest

from govsim.errors import Unparsable
from govsim.models.answers import ANY
from govsim.models.fields import YES_NO, ChoiceField, Field, NumberField, TextField, Value
from govsim.models.reply_format import LONGEST_TEXT, format_lines, parse_reply, read_format, without_invisible

ANSWER = NumberField(tag="Answer", low=0, high=100)
LIMIT = NumberField(tag="Limit", low=0, high=100, may_be_none=True)
SAY = TextField(tag="Say", what="what you say to the others")
END = ChoiceField(tag="End", options=YES_NO)
NEXT = ChoiceField(tag="Next", options=("John", "Kate", "John Smith"), unless=("End", "yes"))
LINE: tuple[Field, ...] = (SAY, END, NEXT)
INSIGHTS: tuple[Field, ...] = (
    TextField(tag="Insight 1", what="one sentence"),
    NumberField(tag="Rating 1", low=1, high=10),
    TextField(tag="Insight 2", what="one sentence", is_optional=True),
    NumberField(tag="Rating 2", low=1, high=10, is_optional=True),
)


def refusal(reply: str, fields: tuple[Field, ...]) -> Unparsable:
    with pytest.raises(Unparsable, match=r"\S") as refused:
        parse_reply(reply, fields)
    return refused.value


def test_the_requested_lines_describe_their_values() -> None:
    assert format_lines((ANSWER, LIMIT, *LINE, *INSIGHTS[2:])).splitlines() == [
        "Answer: <a whole number from 0 to 100>",
        "Limit: <a whole number from 0 to 100, or none>",
        "Say: <what you say to the others>",
        "End: <one of: yes, no>",
        "Next: <one of: John, Kate, John Smith>",
        "Insight 2: <one sentence; may be left out>",
        "Rating 2: <a whole number from 1 to 10; may be left out>",
    ]


def test_the_fields_are_read_from_the_contiguous_block_at_the_end() -> None:
    prompt = f"Think.\nSay: <an earlier blank>\n\nEnd with these lines:\n{format_lines((SAY, END))}\n\n"
    assert read_format(prompt) == (SAY, END)
    assert read_format(f"{format_lines((ANSWER,))}\nThank you.") == ()
    assert read_format("") == ()


def test_every_field_is_read_from_a_reply_in_order() -> None:
    assert parse_reply("Say: Let us take less.\nEnd: no\nNext: Kate", LINE) == {
        "Say": "Let us take less.",
        "End": "no",
        "Next": "Kate",
    }


def test_the_order_of_the_lines_does_not_matter() -> None:
    assert parse_reply("Next: Kate\nSay: Hi.\nEnd: no", LINE) == {"Say": "Hi.", "End": "no", "Next": "Kate"}


def test_the_last_occurrence_of_each_tag_counts() -> None:
    reply = "Answer: 50\nNo, wait, that is too much.\nAnswer: 20\nOr rather\nAnswer: 10"
    assert parse_reply(reply, (ANSWER,)) == {"Answer": 10}
    assert parse_reply("Say: a\nEnd: yes\nSay: b\nEnd: no", (SAY, END)) == {"Say": "b", "End": "no"}


def test_a_text_continues_until_the_next_tag() -> None:
    reply = "Say: First.\n\n- Kate: not a tag of ours\nSecond: neither.\nEnd: no"
    assert parse_reply(reply, (SAY, END)) == {
        "Say": "First.\n\n- Kate: not a tag of ours\nSecond: neither.",
        "End": "no",
    }


def test_a_tag_counts_only_at_the_beginning_of_a_line() -> None:
    assert parse_reply("Say: In the End: we all lose.\nEnd: no", (SAY, END))["Say"] == "In the End: we all lose."
    assert refusal("I would Say: hello\nEnd: no", (SAY, END)).reason == 'The line "Say:" is missing.'


@pytest.mark.parametrize(
    "line",
    [
        "Answer: 10",
        "answer: 10",
        "ANSWER : 10",
        "Answer:10",
        "Answer = 10",
        "Answer：10",
        "**Answer:** 10",
        "**Answer**: 10",
        "**Answer: 10**",
        "*Answer*: *10*",
        "__Answer:__ 10",
        "`Answer: 10`",
        "- Answer: 10",
        "* Answer: 10",
        "> Answer: 10",
        "## Answer: 10",
        "1. Answer: 10",
        "2) **Answer:** 10",
        "\tAnswer:\t10",
        "Answer:\n10",
        "Answer:\n\n**10**",
        "\u200bAnswer\ufeff: 10",
        "Answer: <10>",
        "<p>Answer: 10</p>",
        "\\textbf{Answer:} 10",
        "| Answer: 10 |",
    ],
)
def test_a_tag_is_found_in_any_markup(line: str) -> None:
    assert parse_reply(f"I thought of 30, then of 20.\n\n{line}", (ANSWER,)) == {"Answer": 10}


@pytest.mark.parametrize(
    ("reply", "value"),
    [
        ("<think>Answer: 90</think>Answer: 10", 10),
        ("<think>a\nAnswer: 90\nb</think>\n\nAnswer: 10", 10),
        ("<thinking>Answer: 90</thinking> Answer: 10", 10),
        ("<THINK>Answer: 90</Think>\nAnswer: 10", 10),
        ("Answer: 90\nmore thinking</think>\nAnswer: 10", 10),
        ("<think>a</think>Answer: 80<think>b</think>Answer: 10", 10),
        ("Answer: 10\n<think>or Answer: 90?", 10),
        ("Answer: 10\n<think>\nAnswer: 90\n", 10),
        ("<think></think>10", 10),
    ],
)
def test_marked_thinking_is_ignored(reply: str, value: int) -> None:
    assert parse_reply(reply, (ANSWER,)) == {"Answer": value}


@pytest.mark.parametrize("reply", ["", " \n\t", "<think>Answer: 10", "<think>Answer: 10</think>", "Answer: 10</think>"])
def test_a_reply_with_only_thinking_is_empty(reply: str) -> None:
    error = refusal(reply, (ANSWER,))
    assert (error.reason, error.partial) == ("The reply was empty.", {})


def test_missing_lines_are_reported_and_the_others_are_kept() -> None:
    error = refusal("Say: Hello.\nNext: Kate", (SAY, END, ANSWER, NEXT))
    assert error.reason == 'The line "End:" is missing. The line "Answer:" is missing.'
    assert error.partial == {"Say": "Hello.", "Next": "Kate"}
    assert str(error) == error.reason


def test_unreadable_lines_are_reported_and_the_others_are_kept() -> None:
    error = refusal("Say:\nEnd: perhaps\nAnswer: 10", (SAY, END, ANSWER))
    assert error.reason == 'The line "Say:" is empty. "End: perhaps" is not exactly one of: yes, no.'
    assert error.partial == {"Answer": 10}


@pytest.mark.parametrize("line", ["Say: ", 'Say: ""', "Say: “”", "Say: <what you say to the others>", "Say: < >"])
def test_a_text_that_was_not_filled_in_is_rejected(line: str) -> None:
    assert refusal(f"{line}\nEnd: no", (SAY, END)).reason == 'The line "Say:" is empty.'


def test_an_overlong_text_is_rejected() -> None:
    assert parse_reply(f"Say: {'a' * LONGEST_TEXT}", (SAY,)) == {"Say": "a" * LONGEST_TEXT}
    error = refusal(f"Say: {'a' * 200_000}\nEnd: no", (SAY, END))
    assert error.reason == '"Say:" has 200,000 characters; at most 4,000 are allowed.'
    assert error.partial == {"End": "no"}


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ('Say: "Hello."', "Hello."),
        ("Say: “Hello.”", "Hello."),
        ("Say:   Hello.  ", "Hello."),
        ("Say: I said <b>no</b>.", "I said <b>no</b>."),
        ("Say: a: b", "a: b"),
    ],
)
def test_a_text_is_stripped(line: str, text: str) -> None:
    assert parse_reply(line, (SAY,)) == {"Say": text}


@pytest.mark.parametrize(
    ("line", "choice"),
    [
        ("Next: Kate", "Kate"),
        ("Next: kate", "Kate"),
        ("Next: **Kate**.", "Kate"),
        ("Next: <Kate>", "Kate"),
        ("Next: **Kate**\n", "Kate"),
        ("Next: John", "John"),
        ("Next: John Smith", "John Smith"),
        ("Next: Kate\nShe has said little.", "Kate"),
        ("Next:\nKate", "Kate"),
    ],
)
def test_a_choice_is_the_only_option_in_the_reply(line: str, choice: str) -> None:
    assert parse_reply(line, (NEXT,)) == {"Next": choice}


@pytest.mark.parametrize(
    "line",
    [
        "Next: Kate or John",
        "Next: Katelyn",
        "Next: nobody",
        "Next:",
        "Next: one of: John, Kate",
        "Next: not Kate",
        "Next: Kate, what do you think?",
        "Next: John Smith or John",
        "Next: ~~Kate~~",
        "Next: Kate-Anne",
        "Next: I think Kate should speak",
        "Next: Kate\nActually, John.",
    ],
)
def test_a_choice_with_no_option_or_several_is_rejected(line: str) -> None:
    assert "is not exactly one of: John, Kate, John Smith." in refusal(line, (NEXT,)).reason


@pytest.mark.parametrize(("said", "choice"), [("yes", "yes"), ("Yes.", "yes"), ("NO", "no"), ("**no**", "no")])
def test_yes_and_no_are_returned_as_in_the_field(said: str, choice: str) -> None:
    assert parse_reply(f"End: {said}", (END,)) == {"End": choice}


@pytest.mark.parametrize("rest", ["", "\nNext:", "\nNext: nobody", "\nNext: Kate or John"])
def test_an_irrelevant_choice_may_have_any_value(rest: str) -> None:
    assert parse_reply(f"Say: Bye.\nEnd: Yes{rest}", LINE) == {"Say": "Bye.", "End": "yes"}


def test_an_irrelevant_choice_is_read_if_possible() -> None:
    assert parse_reply("Say: Bye.\nEnd: yes\nNext: Kate", LINE)["Next"] == "Kate"


@pytest.mark.parametrize("end", ["no", "perhaps"])
def test_a_relevant_choice_is_required(end: str) -> None:
    assert 'The line "Next:" is missing.' in refusal(f"Say: Hi.\nEnd: {end}", LINE).reason


@pytest.mark.parametrize("said", ["none", "None.", "No limit", "no agreement", "n/a", "N/A", "**none**", "<none>"])
def test_none_is_read_if_allowed(said: str) -> None:
    assert parse_reply(f"Limit: {said}", (LIMIT,)) == {"Limit": None}


def test_no_agreement_counts_as_none_only_where_allowed() -> None:
    assert refusal("Answer: no agreement", (ANSWER,)).partial == {}
    assert parse_reply("Limit: 10", (LIMIT,)) == {"Limit": 10}


@pytest.mark.parametrize(
    ("said", "expected"), [("101", "100"), ("-3", "0"), ("many", ""), ("<a whole number from 0 to 100>", "")]
)
def test_a_number_that_is_missing_or_out_of_range_is_rejected(said: str, expected: str) -> None:
    assert expected in refusal(f"Answer: {said}", (ANSWER,)).reason


def test_a_single_number_is_also_read_without_its_tag() -> None:
    assert parse_reply("10", (ANSWER,)) == {"Answer": 10}
    assert parse_reply("**10** tons", (ANSWER,)) == {"Answer": 10}
    assert refusal("I take 10 tons.", (ANSWER,)).reason == 'The line "Answer:" is missing.'


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("Answer: 1", 'The reply was cut off before "Answer:" was complete.'),
        ("Answer: 10 t", 'The reply was cut off before "Answer:" was complete.'),
        ("1", 'The reply was cut off before "Answer:" was complete.'),
        ("> Answer: 20\n> Answer: 10", 'The line "Answer:" occurs 2 times; end with it once.'),
    ],
)
def test_a_number_at_the_end_of_a_truncated_reply_is_rejected(reply: str, reason: str) -> None:
    with pytest.raises(Unparsable, match=reason):
        parse_reply(reply, (ANSWER,), is_cut_off=True)


def test_a_number_before_another_line_of_a_truncated_reply_is_complete() -> None:
    assert parse_reply(
        "Rating: 7\nSay: We shou", (NumberField(tag="Rating", low=1, high=10), SAY), is_cut_off=True
    ) == {
        "Rating": 7,
        "Say": "We shou",
    }


@pytest.mark.parametrize("reply", ["10", "I take 10 tons."])
def test_a_number_among_other_fields_needs_its_tag(reply: str) -> None:
    reason = refusal(reply, (ANSWER, SAY)).reason
    assert reason == 'The line "Answer:" is missing. The line "Say:" is missing.'


@pytest.mark.parametrize(
    ("reply", "values"),
    [
        ("Insight 1: a\nRating 1: 7", {"Insight 1": "a", "Rating 1": 7}),
        (
            "Insight 1: a\nRating 1: 7\nInsight 2: b\nRating 2: 3",
            {"Insight 1": "a", "Rating 1": 7, "Insight 2": "b", "Rating 2": 3},
        ),
        ("Insight 1: a\nRating 1: 7\nInsight 2: b", {"Insight 1": "a", "Rating 1": 7, "Insight 2": "b"}),
    ],
)
def test_optional_lines_may_be_omitted(reply: str, values: dict[str, Any]) -> None:
    assert parse_reply(reply, INSIGHTS) == values


def test_an_optional_line_must_be_readable_if_present() -> None:
    error = refusal("Insight 1: a\nRating 1: 7\nInsight 2: b\nRating 2: often", INSIGHTS)
    assert error.partial == {"Insight 1": "a", "Rating 1": 7, "Insight 2": "b"}


def test_a_tag_is_not_taken_for_another_that_begins_like_it() -> None:
    fields = (TextField(tag="Remember", what="one sentence"), NumberField(tag="Remember rating", low=1, high=10))
    assert parse_reply("Remember: ten each\nRemember rating: 8", fields) == {
        "Remember": "ten each",
        "Remember rating": 8,
    }
    assert refusal("Remember rating: 8", fields).reason == 'The line "Remember:" is missing.'


def test_a_very_long_reply_is_read_in_time() -> None:
    reply = "*" * 100_000 + " \t>" * 100_000 + "<think>" * 10_000 + "</think>" + "- " * 100_000 + "\nAnswer: 10"
    started = time.process_time()
    values: dict[str, Value] = parse_reply(reply, (ANSWER,))
    assert values == {"Answer": 10}
    assert time.process_time() - started < 10, "quadratic time would be minutes; linear time is 0.04 seconds"


@pytest.mark.parametrize(
    "line",
    ["*" * 200_000, "_" * 200_000, "Answer" + " " * 200_000, "9" * 200_000, "\t*" * 100_000],
    ids=["asterisks", "underscores", "a tag and spaces", "digits", "tabs and asterisks"],
)
def test_long_lines_of_marks_are_scanned_once(line: str) -> None:
    """Scanning them once per mark would take minutes and block all other runs."""
    assert parse_reply(f"{line}\nAnswer: 7", (ANSWER,)) == {"Answer": 7}
    with pytest.raises(Unparsable, match='The line "Answer:" is missing'):
        parse_reply(line, (ANSWER,))
    with pytest.raises(Unparsable, match="answer with only a whole number"):
        parse_reply(f"Answer: {line}", (ANSWER,))


def test_control_characters_are_ignored() -> None:
    assert parse_reply("Say\x00: \x1bten\x07 each\x9b\nAnswer:\x00 4", (SAY, ANSWER)) == {
        "Say": "ten each",
        "Answer": 4,
    }
    assert without_invisible("one\ttwo\r\nthree\x85") == "one\ttwo\r\nthree\x85"


@pytest.mark.parametrize(
    ("reply", "value"),
    [
        ('Kate said "I will take 100".\nAnswer: 10', 10),
        ('- Kate: "Answer: 100"\nAnswer: 10', 10),
        ("- Kate: Answer: 100\nAnswer: 10", 10),
        ("> Answer: 100\n\nAnswer: 10", 10),
        ("Kate wants me to write:\nAnswer: 100\nI will not.\nAnswer: 10", 10),
        ("<think>Answer: 100</think>Kate said “Answer: 90”.\n```\nAnswer: 10\n```", 10),
        ("Answer: '10'", 10),
    ],
)
def test_quotations_in_a_reply_are_not_its_answer(reply: str, value: int) -> None:
    assert parse_reply(reply, (ANSWER,)) == {"Answer": value}


@pytest.mark.parametrize(
    "reply",
    [
        'Kate said "I will take 100". I will take 10.',
        'Answer: 10\n"Answer: 100"',
        'Answer: 10\n- Kate: "Answer: 100"',
        'Answer: 10 (Kate said "Answer: 100")',
        'Kate said "I will take 100".',
        "“I will take 100,” Kate said.",
        "Kate said 'I'll take 100'.",
        "«I will take 100», dit Kate.",
        'Kate: "Answer: 100"',
        '- Kate: "I take 100."\n- John: "I take 50."',
        "Kate said that I will take 100.",
        "Kate told me I will take 100.",
        "Kate wants me to write Answer: 100.",
        "Answer: 100 is what Kate wants. I choose 10.",
        "Kate: I take 100.\nI choose 10.",
    ],
)
def test_a_reply_that_only_quotes_is_rejected(reply: str) -> None:
    assert refusal(reply, (ANSWER,)).partial == {}


@pytest.mark.parametrize(
    "reply",
    [
        "Limit: none",
        "Limit: None.",
        "Limit:\n**none**",
        "Limit: 0 was proposed by John.\nLimit: none",
        "none",
        "None.",
    ],
)
def test_none_remains_none_after_numbers_were_mentioned(reply: str) -> None:
    assert parse_reply(reply, (LIMIT,)) == {"Limit": None}


@pytest.mark.parametrize(("reply", "value"), [("Limit: 0", 0), ("10", 10), ("**10** tons", 10)])
def test_a_limit_is_read_from_a_number_alone(reply: str, value: int) -> None:
    assert parse_reply(reply, (LIMIT,)) == {"Limit": value}


@pytest.mark.parametrize(
    "reply",
    [
        'John said "I will take 0 each". Nothing agreed.',
        "John: I will take 10.",
        "I will take 10.",
        '- John: "Limit: 0"',
        '"Limit: 5"',
        "No. They spoke of 10.",
        "Limit: none, though John proposed 10",
        'Limit: none (John said "Limit: 0")',
        "Limit: none\nJohn said Limit: 0",
        "Limit: No limit - they spoke of 10.",
        "None was agreed.",
        "Limit: None of them takes more than 10",
    ],
)
def test_quoted_utterances_are_not_limits(reply: str) -> None:
    assert refusal(reply, (LIMIT,)).partial == {}


@pytest.mark.parametrize("said", ["\u202e", "\u00a0\u3000", "\u2066\u2069", "\ufffe", '""'])
def test_invisible_texts_are_empty(said: str) -> None:
    assert "Say" not in refusal(f"Say: {said}\nEnd: no\nNext: Kate", LINE).partial


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ('"Hello."', "Hello."),
        ("“Hello.”", "Hello."),
        ('Kate said "no"', 'Kate said "no"'),
        ('"a" and "b"', '"a" and "b"'),
    ],
)
def test_quotation_marks_around_a_whole_text_are_removed(said: str, text: str) -> None:
    assert parse_reply(f"Say: {said}\nEnd: no\nNext: Kate", LINE)["Say"] == text


def test_an_unbounded_number_is_requested_without_bounds_and_read_back_as_such() -> None:
    fields = (NumberField(tag="Answer", low=0, high=ANY),)
    assert format_lines(fields) == "Answer: <a whole number>"
    assert read_format(f"Work it out.\n{format_lines(fields)}") == fields


@pytest.mark.parametrize(
    ("reply", "number"),
    [
        ("43 - 35 = 8, doubled 16.\nAnswer: 16", 16),
        ("Answer: **0**", 0),
        ("Answer: 1,000", 1000),
        ("Answer: 250000", 250_000),
        ("Answer: 16 tons", 16),
    ],
)
def test_any_whole_number_is_read_where_there_are_no_bounds(reply: str, number: int) -> None:
    assert parse_reply(reply, (NumberField(tag="Answer", low=0, high=ANY),)) == {"Answer": number}


@pytest.mark.parametrize("reply", ["Answer: -4", "Answer: 4.5", f"Answer: {ANY + 1}", "Answer: many"])
def test_without_bounds_only_whole_amounts_are_accepted(reply: str) -> None:
    with pytest.raises(Unparsable, match="whole number"):
        parse_reply(reply, (NumberField(tag="Answer", low=0, high=ANY),))
