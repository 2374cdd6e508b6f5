"""Values of recorded answers are taken from the journal, and replies are not parsed again."""

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
def test_recorded_values_are_used_regardless_of_the_reply(
    fields: tuple[Field, ...], values: dict[str, Value], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("govsim.models.recorded.parse_reply", _never_read)
    assert recorded_reply(call(values, reply="Answer: 77"), fields) == Reply(values=values)


def test_a_recorded_rejection_is_used_with_its_partial_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("govsim.models.recorded.parse_reply", _never_read)
    found = recorded_reply(
        call({"Insight": "Less is more."}, reply="Insight: More\nRating: 3", refused="why"), THOUGHTS
    )
    assert found == Reply(values={"Insight": "Less is more."}, invalid="why")


@pytest.mark.parametrize(
    ("fields", "values", "expected"),
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
def test_invalid_recorded_values_are_rejected(
    fields: tuple[Field, ...], values: dict[str, Value], expected: str
) -> None:
    with pytest.raises(JournalMismatch, match=rf"^call, month 2, phase harvest, member Kate.*values: {expected}"):
        recorded_reply(call(values), fields)


def test_a_call_without_recorded_values_is_rejected() -> None:
    with pytest.raises(JournalMismatch, match="the call does not record the values of the reply"):
        recorded_reply(call(None, reply="Answer: 3"), ANSWER)


def test_a_reply_without_recorded_values_is_parsed_again() -> None:
    assert read_again(call(None, reply="Answer: 3"), ANSWER) == Reply(values={"Answer": 3})


def test_a_recorded_rejection_is_kept() -> None:
    found = read_again(call(None, reply="Insight: Less.\nRating: 99", refused="as it was said then"), THOUGHTS)
    assert found == Reply(values={"Insight": "Less."}, invalid="as it was said then")


def test_a_rejected_reply_that_is_valid_now_stays_rejected_without_values() -> None:
    found = read_again(call(None, reply="Answer: 3", refused="unclear"), ANSWER)
    assert found == Reply(values={}, invalid="unclear")


def test_an_accepted_reply_that_is_invalid_now_is_reported() -> None:
    with pytest.raises(
        JournalMismatch, match=r"month 2.*the reply was accepted, but is rejected by the current rules: .*100"
    ):
        read_again(call(None, reply="Answer: 400"), ANSWER)


def test_a_recorded_overlong_prompt_raises_again() -> None:
    for take in (recorded_reply, read_again):
        with pytest.raises(ContextTooLong, match="longer than its context"):
            take(call({}, refused="too long", stop_reason=TOO_LONG), ANSWER)


def test_an_unreadable_truncated_reply_is_reported_as_truncated() -> None:
    assert read_reply("Answer: 3", "stop", ANSWER) == Reply(values={"Answer": 3})
    for reply in ("I wonder", "Answer: 3"):
        cut = read_reply(reply, "max_tokens", ANSWER)
        assert cut.values == {}
        assert (cut.invalid or "").endswith("It was cut off because it was too long.")
    assert read_reply("Answer: 3", "content_filter", ANSWER).values == {}


def _never_read(reply: str, fields: Sequence[Field], *, is_cut_off: bool) -> dict[str, Value]:
    raise Unparsable(f"{reply}: must not be read again")
