"""When a run has too many unreadable decisions for certain, and what is said of the cause."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import pytest

from govsim.agents import Answer
from govsim.commons import Outcome, State, collapse_level, growth_law
from govsim.config import Experiment, experiment_from
from govsim.errors import TooManyForfeits
from govsim.models.question import Refusal
from govsim.society.forfeits import Forfeits

READ = Answer(values={"Answer": 1})
UNREAD = Answer(values={}, invalid="The reply was empty.")


def experiment(**keys: Any) -> Experiment:
    society = {"members": keys.pop("members", 5), **keys.pop("society", {})}
    joins = {name: {"joins": month} for name, month in keys.pop("joins", {}).items()}
    return experiment_from({"world": keys, "society": society, "members": joins})


def harvested(run: Experiment, month: int, *, stock: int | None = None, left: int | None = None) -> Outcome:
    """A harvest of a month, before which there were `stock` units and after which there are `left`."""
    world = run.world
    before = State(
        stock=world.capacity if stock is None else stock,
        month=month,
        capacity=world.capacity,
        growth=growth_law(world),
        collapse=collapse_level(world),
        members=(),
    )
    after = before.stock if left is None else left
    return Outcome(before=before, asked={}, granted={}, stock_after_harvest=after)


def decided(read: int, unread: int, decision: Answer = UNREAD) -> dict[str, Answer]:
    return {f"Member{number}": decision if number < unread else READ for number in range(read + unread)}


def months_until_the_end(run: Experiment, read: int, unread: int, *, ends_early: bool = True) -> int | None:
    """The month in which a run ends whose months all have as many unreadable decisions; None where it does not."""
    forfeits = Forfeits(run, ends_early=ends_early)
    for month in range(1, run.world.months + 1):
        try:
            forfeits.count(month, decided(read, unread))
            forfeits.check([harvested(run, month)])
        except TooManyForfeits:
            return month
    forfeits.check_at_end()
    return None


@pytest.mark.parametrize(
    ("unread", "month"),
    [
        (5, 3),  # 10 of 60 may be readable still, 15 may not
        (4, 4),  # 12 of 60 are exactly 20 %
        (3, 5),
        (2, 7),
        (1, None),  # 12 of 60 in the end
    ],
)
def test_a_run_ends_after_the_harvest_that_makes_its_limit_unattainable(unread: int, month: int) -> None:
    assert months_until_the_end(experiment(), 5 - unread, unread) == month


def test_with_the_earlier_rule_a_run_continues_to_its_last_month() -> None:
    with pytest.raises(
        TooManyForfeits, match=r"^60 of 60 harvest decisions could not be parsed; .* = 20% allows 12 of 60"
    ) as failed:
        months_until_the_end(experiment(), 0, 5, ends_early=False)
    assert "at most" not in str(failed.value)


def test_the_message_counts_the_decisions_that_are_still_possible() -> None:
    run = experiment()
    forfeits = Forfeits(run, ends_early=True)
    for month in (1, 2, 3):
        forfeits.count(month, decided(0, 5))
    with pytest.raises(
        TooManyForfeits,
        match=r"^15 of 15 harvest decisions could not be parsed; society.max_invalid = 20% allows 12 of at most 60; "
        r"see the journal$",
    ):
        forfeits.check([harvested(run, 3)])


def test_a_member_that_joins_later_decides_from_then_on() -> None:
    late = experiment(members=["Ann", "Bob"], joins={"Bob": 3}, months=4, society={"max_invalid": 0.4})
    forfeits = Forfeits(late, ends_early=True)
    for month in (1, 2):
        forfeits.count(month, {"Ann": UNREAD})
        forfeits.check([harvested(late, month)])  # 2 of at most 6 are a third
    forfeits.count(3, {"Ann": UNREAD, "Bob": READ})
    with pytest.raises(TooManyForfeits, match=r"^3 of 4 .* 40% allows 2 of at most 6"):
        forfeits.check([harvested(late, 3)])


def test_after_a_collapse_no_decision_is_possible_any_more() -> None:
    run = experiment()
    forfeits = Forfeits(run, ends_early=True)
    forfeits.count(1, decided(3, 2))
    forfeits.check([harvested(run, 1, left=5)])
    with pytest.raises(TooManyForfeits, match=r"^2 of 5 .* = 20% allows 1 of 5; see the journal$"):
        forfeits.check([harvested(run, 1, left=4)])


def test_an_inevitable_collapse_leaves_fewer_decisions() -> None:
    """100, 50, 25: the stock is below 30 in the third month, whose decisions are the last: Bob joins too late."""
    settings: dict[str, Any] = {"growth": 0.5, "collapse": 30, "society": {"max_invalid": 0.4}}
    run = experiment(members=["Ann", "Bob"], joins={"Bob": 4}, **settings)
    forfeits = Forfeits(run, ends_early=True)
    forfeits.count(1, {"Ann": UNREAD})
    forfeits.check([harvested(run, 1, stock=100)])
    forfeits.count(2, {"Ann": UNREAD})
    with pytest.raises(TooManyForfeits, match=r"^2 of 2 .* allows 1 of at most 3"):
        forfeits.check([harvested(run, 2, stock=50)])


def test_a_stock_that_falls_but_never_below_the_level_leaves_all_months() -> None:
    run = experiment(members=1, growth=0.5, collapse=0, society={"max_invalid": 0.4})
    assert months_until_the_end(run, 0, 1) == 5  # 5 of 12 are more than 40 %, 4 are not


def test_the_share_is_compared_exactly() -> None:
    """In binary numbers 0.29 times 100 is a little less than 29."""
    assert Fraction(0.29) * 100 < 29
    run = experiment(members=100, months=1, society={"max_invalid": 0.29})
    assert months_until_the_end(run, 71, 29) is None
    assert months_until_the_end(run, 70, 30) == 1


def test_with_on_invalid_fail_the_first_unparsable_decision_ends_the_run_and_names_the_cause() -> None:
    refusals = (Refusal(reason="The reply was empty.", stop_reason="max_tokens"),) * 3
    forfeits = Forfeits(experiment(society={"on_invalid": "fail"}), ends_early=True)
    forfeits.count(1, decided(5, 0))
    with pytest.raises(
        TooManyForfeits,
        match=r"^month 2: Member0's harvest decision could not be parsed \(society.on_invalid = fail\): "
        r"The reply was empty.; 3 of 3 rejected replies were cut off .* raise models.sampling.max_tokens",
    ):
        forfeits.count(2, decided(4, 1, Answer(values={}, invalid="The reply was empty.", refusals=refusals)))


CUT = Refusal(reason="It was cut off.", stop_reason="max_tokens", has_only_reasoning=True)
SILENT = Refusal(reason="The reply was empty.", stop_reason="stop", has_only_reasoning=True)
VAGUE = Refusal(reason="There is no number in the answer.", stop_reason="stop")
OUTSIDE = Refusal(reason="You asked for 150.", stop_reason="stop")


@pytest.mark.parametrize(
    ("refusals", "message"),
    [
        (
            [CUT, CUT, SILENT],
            "2 of 3 rejected replies were cut off at the token limit; raise models.sampling.max_tokens",
        ),
        ([SILENT, SILENT, VAGUE], "2 of 3 rejected replies contained only reasoning; configure"),
        (
            [VAGUE, OUTSIDE, VAGUE],
            'the most frequent reason, of 2 of 3 rejected replies: "There is no number in the ans',
        ),
        ([CUT, OUTSIDE, VAGUE, OUTSIDE], 'the most frequent reason, of 2 of 4 rejected replies: "You asked for 150."'),
    ],
)
def test_the_likely_cause_is_what_most_rejected_replies_have_in_common(refusals: list[Refusal], message: str) -> None:
    run = experiment(months=1)
    forfeits = Forfeits(run, ends_early=True)
    decision = Answer(values={}, invalid=refusals[-1].reason, refusals=tuple(refusals))
    forfeits.count(1, decided(4, 1, decision) | {"Luke": UNREAD})
    with pytest.raises(TooManyForfeits, match=re.escape(f"; {message}")):
        forfeits.check([harvested(run, 1)])


def test_the_current_token_limit_is_named_if_there_is_one() -> None:
    for limit, message in ((4096, r"max_tokens \(now 4096\); see"), (None, r"max_tokens; see")):
        run = experiment_from({"models": {"sampling": {"max_tokens": limit}}, "world": {"months": 1}})
        forfeits = Forfeits(run, ends_early=True)
        forfeits.count(1, decided(0, 5, Answer(values={}, invalid="cut", refusals=(CUT,))))
        with pytest.raises(TooManyForfeits, match=message):
            forfeits.check([harvested(run, 1)])
