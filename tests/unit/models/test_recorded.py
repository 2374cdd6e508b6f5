"""What was read from a recorded answer is taken from the journal, and is never read again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from govsim.errors import ContextTooLong, JournalMismatch, Unparsable
from govsim.journal import TOO_LONG, Call
from govsim.models.fields import ChoiceField, Field, NumberField, TextField, Value
from govsim.models.question import Reply
from govsim.models.recorded import read_again, read_reply, recorded_reply

ANSWER = (NumberField(tag="Answer", low=0, high=100),)
LIMIT = (NumberField(tag="Limit", low=0, high=100, may_be_none=True),)
LINE: tuple[Field, ...] = (
    TextField(tag="Say", what="what you say"),
    ChoiceField(tag="End", options=("yes", "no")),
    ChoiceField(tag="Next", options=("Kate", "Jack"), unless=("End", "yes")),
)
THOUGHTS: tuple[Field, ...] = (
    TextField(tag="Insight", what="one sentence"),
    NumberField(tag="Rating", low=1, high=10, is_optional=True),
)


def call(
    values: Mapping[str, Value] | None, *, reply: str = "", refused: str | None = None, stop_reason: str = "stop"
) -> Call:
    return Call(
        **{"month": 2, "phase": "harvest", "member": "Kate", "purpose": "harvest", "ordinal": 0, "attempt": 0},
        **{"model": "scripted/model", "messages": (), "reply": reply, "stop_reason": stop_reason, "seconds": 0.0},
        refused=refused,
        values=None if values is None else dict(values),
    )


@pytest.mark.parametrize(
    ("fields", "values"),
    [
        (ANSWER, {"Answer": 0}),
        (LIMIT, {"Limit": None}),
        (LIMIT, {"Limit": 12}),
        (LINE, {"Say": "Let us take ten.", "End": "no", "Next": "Jack"}),
        (LINE, {"Say": "Good night.", "End": "yes"}),
        (THOUGHTS, {"Insight": "Less is more.", "Rating": 8}),
        (THOUGHTS, {"Insight": "Less is more."}),
    ],
)
def test_recorded_values_are_taken_whatever_the_reply_says(
    fields: tuple[Field, ...], values: dict[str, Value], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("govsim.models.recorded.parse_reply", _never_read)
    assert recorded_reply(call(values, reply="Answer: 77"), fields) == Reply(values=values)


def test_a_recorded_refusal_is_taken_with_what_could_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("govsim.models.recorded.parse_reply", _never_read)
    found = recorded_reply(
        call({"Insight": "Less is more."}, reply="Insight: More\nRating: 3", refused="why"), THOUGHTS
    )
    assert found == Reply(values={"Insight": "Less is more."}, invalid="why")


@pytest.mark.parametrize(
    ("fields", "values", "told"),
    [
        (ANSWER, {"Answer": 101}, "Answer = 101 is not an allowed answer"),
        (ANSWER, {"Answer": -1}, "Answer = -1 is not an allowed answer"),
        (ANSWER, {"Answer": "ten"}, "Answer = 'ten' is not an allowed answer"),
        (ANSWER, {"Answer": None}, "Answer = None is not an allowed answer"),
        (ANSWER, {}, "Answer is missing"),
        (ANSWER, {"Answer": 3, "Next": "Kate"}, "Next is not a field of the question"),
        (LINE, {"Say": " ", "End": "yes"}, "Say = ' ' is not an allowed answer"),
        (LINE, {"Say": 3, "End": "yes"}, "Say = 3 is not an allowed answer"),
        (LINE, {"Say": "Hello", "End": "perhaps", "Next": "Kate"}, "End = 'perhaps' is not an allowed answer"),
        (LINE, {"Say": "Hello", "End": "no"}, "Next is missing"),
        (THOUGHTS, {"Rating": 3}, "Insight is missing"),
    ],
)
def test_values_that_are_no_answer_to_the_question_are_refused(
    fields: tuple[Field, ...], values: dict[str, Value], told: str
) -> None:
    with pytest.raises(JournalMismatch, match=rf"^call, month 2, phase harvest, member Kate.*values: {told}"):
        recorded_reply(call(values), fields)


def test_without_recorded_values_there_is_nothing_to_take() -> None:
    with pytest.raises(JournalMismatch, match="the call does not record the values of the reply"):
        recorded_reply(call(None, reply="Answer: 3"), ANSWER)


def test_a_reply_whose_values_were_not_recorded_is_read_again() -> None:
    assert read_again(call(None, reply="Answer: 3"), ANSWER) == Reply(values={"Answer": 3})


def test_a_refusal_was_always_recorded_and_is_kept() -> None:
    found = read_again(call(None, reply="Insight: Less.\nRating: 99", refused="as it was said then"), THOUGHTS)
    assert found == Reply(values={"Insight": "Less."}, invalid="as it was said then")


def test_a_refused_reply_that_can_be_read_today_stays_refused_and_gives_no_value() -> None:
    found = read_again(call(None, reply="Answer: 3", refused="unclear"), ANSWER)
    assert found == Reply(values={}, invalid="unclear")


def test_an_accepted_reply_that_cannot_be_read_today_is_named() -> None:
    with pytest.raises(
        JournalMismatch, match=r"month 2.*the reply was accepted, but is rejected by the current rules: .*100"
    ):
        read_again(call(None, reply="Answer: 400"), ANSWER)


def test_a_prompt_that_was_too_long_is_too_long_again() -> None:
    for take in (recorded_reply, read_again):
        with pytest.raises(ContextTooLong, match="longer than its context"):
            take(call({}, refused="too long", stop_reason=TOO_LONG), ANSWER)


def test_a_reply_that_was_cut_off_says_so_where_it_cannot_be_read() -> None:
    assert read_reply("Answer: 3", "stop", ANSWER) == Reply(values={"Answer": 3})
    for reply in ("I wonder", "Answer: 3"):
        cut = read_reply(reply, "max_tokens", ANSWER)
        assert cut.values == {}
        assert (cut.invalid or "").endswith("It was cut off because it was too long.")
    assert read_reply("Answer: 3", "content_filter", ANSWER).values == {}


def _never_read(reply: str, fields: Sequence[Field], *, is_cut_off: bool) -> dict[str, Value]:
    raise Unparsable(f"{reply}: must not be read again")
