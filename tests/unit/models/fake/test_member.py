"""The fake model answers any question, reproducibly but differently for different members."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govsim.errors import ConfigError
from govsim.models.answers import ANY
from govsim.models.fake.member import FakeSettings, reply
from govsim.models.fields import YES_NO, ChoiceField, Field, NumberField, TextField, Value
from govsim.models.reply_format import format_lines, parse_reply
from tests.properties.test_reply_format import fields

NAMES = ("John", "Kate", "Jack", "Emma", "Luke", "Omar", "Lena", "Igor")
DATES = tuple(f"2024-{month:02}-28" for month in range(1, 13))
TALK = 'In the talk of 2024-01-30 the following was said:\n- Moderator: "Hello."\n' + '- Kate: "Ten each."\n' * 9


def asked(
    *wanted: Field, name: str = "Kate", date: str = DATES[0], before: str = "", how: FakeSettings | None = None
) -> dict[str, Value]:
    prompt = f"It is {date}, and you vote.\n\nEnd with these lines:\n{format_lines(wanted)}"
    messages = [("system", "Rules."), ("user", before), ("user", f"You are {name}."), ("user", prompt)]
    return parse_reply(reply(messages, how or FakeSettings()), wanted)


def answers(field: Field, before: str = "") -> list[Value]:
    """The answers of all members in every month, including omissions."""
    return [asked(field, name=name, date=date, before=before).get(field.tag) for name in NAMES for date in DATES]


@given(wanted=fields(), name=st.sampled_from(NAMES))
def test_any_question_is_answered_readably_and_reproducibly(wanted: tuple[Field, ...], name: str) -> None:
    assert asked(*wanted, name=name) == asked(*wanted, name=name)


@pytest.mark.parametrize("before", ["", TALK])
@pytest.mark.parametrize(
    "field",
    [
        ChoiceField(tag="Vote", options=YES_NO),
        ChoiceField(tag="Candidate", options=NAMES),
        ChoiceField(tag="Ballot", options=("abstain", "no fine at all", "Ünal-Öz")),
        NumberField(tag="Points", low=0, high=3),
        NumberField(tag="Change", low=-4, high=4),
        NumberField(tag="Share", low=45, high=54),
    ],
)
def test_an_unknown_question_gets_every_answer_from_some_member(field: NumberField | ChoiceField, before: str) -> None:
    allowed = field.options if isinstance(field, ChoiceField) else range(field.low, field.high + 1)
    assert set(answers(field, before)) == set(allowed)


@pytest.mark.parametrize(("low", "high"), [(0, 100), (0, ANY), (-500, 500), (1, 40)])
def test_an_unknown_amount_is_near_the_usual_one(low: int, high: int) -> None:
    found = answers(NumberField(tag="Quota", low=low, high=high))
    assert set(found) == set(range(5, 16))


def test_none_and_omissions_occur_in_a_minority_of_answers() -> None:
    may_be_none = answers(NumberField(tag="Quota", low=0, high=100, may_be_none=True))
    may_be_missing = answers(TextField(tag="Reason", what="one sentence", is_optional=True))
    for found in (may_be_none, may_be_missing):
        assert 0.1 < found.count(None) / len(found) < 0.4


def test_only_optional_numbered_lines_are_omitted() -> None:
    texts = [TextField(tag=f"Insight {number}", what="one sentence", is_optional=number > 1) for number in range(1, 6)]
    assert list(asked(*texts, how=FakeSettings(insights=2))) == ["Insight 1", "Insight 2"]
    places = [NumberField(tag=f"Place {number}", low=1, high=5) for number in range(1, 6)]
    assert len(asked(*places, how=FakeSettings(insights=2))) == 5


def test_a_retry_answers_the_original_question() -> None:
    vote = ChoiceField(tag="Vote", options=NAMES)
    end = f"\n\nEnd with these lines:\n{format_lines((vote,))}"
    first = [("user", "You are Kate."), ("user", f"It is {DATES[3]}.{end}")]
    again = [*first, ("assistant", "Anyone."), ("user", f"That was no name. (2031-01-01){end}")]
    assert reply(again, FakeSettings()) == reply(first, FakeSettings())


def test_a_date_in_another_phrase_still_distinguishes_months() -> None:
    vote = ChoiceField(tag="Vote", options=NAMES)
    end = f"\n\nEnd with these lines:\n{format_lines((vote,))}"
    said = {reply([("user", f"You are Kate. We count the votes of {date}.{end}")], FakeSettings()) for date in DATES}
    assert len(said) > 3


def test_an_unknown_argument_is_rejected_with_all_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"model_args\.catsh: no such argument .* latency_ms, context, words"):
        FakeSettings.from_args({"catsh": 3})
