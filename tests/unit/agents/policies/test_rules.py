"""The rule of each policy, on observed months whose decisions are computed by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.stats import chisquare

from govsim.agents import POLICIES, ObservedMonth, Policy, PolicyAgent, Request, View, policy_named
from govsim.agents.policies import Facts
from govsim.commons import State, multiply
from govsim.config import experiment_from
from govsim.errors import ConfigError
from govsim.models.fields import YES_NO, ChoiceField, Field, NumberField, TextField

FIVE = ("John", "Kate", "Jack", "Emma", "Luke")


def state(stock: int, month: int, members: tuple[str, ...] = FIVE, growth: float = 2.0) -> State:
    return State(stock=stock, month=month, capacity=100, growth=multiply(growth), collapse=0, members=members)


def observed(month: int, stock: int, catches: Sequence[int] | None, **changes: Any) -> ObservedMonth:
    """A month in which all catches are known; with None only the own one, of 10 units."""
    known = {"John": 10} if catches is None else dict(zip(FIVE, catches, strict=True))
    content: dict[str, Any] = {"state": state(stock, month), "asked": known["John"], "received": known["John"]}
    return ObservedMonth(**{**content, "catches": known, **changes})


def view(stock: int = 100, history: Sequence[ObservedMonth] = (), **changes: Any) -> View:
    month = len(history) + 1
    content: dict[str, Any] = {
        "state": state(stock, month),
        "low": stock,
        "high": stock,
        "date": "2024-01-01",
        "phase": "harvest",
        "history": tuple(history),
    }
    return View(**{**content, **changes})


def request(seen: View, purpose: str = "harvest", fields: tuple[Field, ...] | None = None) -> Request:
    own = (NumberField(tag="Answer", low=0, high=seen.most),)
    return Request(purpose=purpose, template=purpose, fields=fields or own, view=seen)


def decide(policy: Policy, asked: Request, seed: int = 0) -> Any:
    method = policy.decides(asked.purpose)
    assert method is not None
    return method(policy, asked, np.random.default_rng(seed))


def demand(policy: str, seen: View, knowledge: Facts | None = None) -> int:
    named = policy_named(f"policy:{policy}")
    named.knowledge = knowledge or Facts()
    units = decide(named, request(seen))
    assert type(units) is int
    return units


SUSTAINED = observed(1, 100, [10, 10, 10, 10, 10])
"""All take their threshold."""

OVERUSED = observed(1, 100, [10, 10, 10, 10, 20])
"""60 units of a threshold of 50."""

UNKNOWN = observed(1, 100, None)
"""Only the own catch is known."""


@pytest.mark.parametrize(
    ("policy", "seen", "units"),
    [
        ("split-all", view(99), 19),
        ("cautious", view(), 5),
        ("cautious:.7", view(), 7),  # 0.7 · 10 in floating point is 7.000000000000001, 0.7 · 30 is 20.999999999999996
        ("cautious:share=0.3", view(), 3),
        ("proportional", view(99), 9),
        ("proportional:0.3", view(50), 3),
        ("escapement", view(), 10),
        ("escapement:stock=80", view(), 4),
        ("escapement", view(40), 0),
        ("steward", view(), 10),
        ("steward", view(100, [observed(1, 100, [10, 10, 10, 5, 5])]), 20),
        ("steward", view(80, [OVERUSED]), 0),
        ("conditional", view(), 10),
        ("conditional", view(100, [SUSTAINED]), 10),
        ("conditional", view(80, [OVERUSED]), 10),  # 12.5 of 10 by the others, times a threshold of 8
        ("conditional:1.2", view(80, [OVERUSED]), 12),
        ("conditional:0", view(80, [OVERUSED]), 0),
        ("conditional", view(80, [UNKNOWN]), 8),
        ("conditional", view(80, [observed(1, 100, None, total=60)]), 10),
        ("conditional", view(3, [observed(1, 1, [0, 0, 0, 0, 1])]), 0),  # the threshold was 0
        ("tit-for-tat", view(), 10),
        ("tit-for-tat", view(100, [SUSTAINED]), 10),
        ("tit-for-tat", view(80, [OVERUSED]), 16),
        ("tit-for-tat", view(80, [UNKNOWN]), 8),
        ("tit-for-tat:tolerance=1", view(80, [OVERUSED]), 16),
        ("tit-for-tat:tolerance=2", view(80, [OVERUSED]), 8),
        ("tit-for-two-tats", view(80, [OVERUSED]), 8),
        ("tit-for-two-tats", view(40, [OVERUSED, observed(2, 80, [8, 8, 8, 8, 28])]), 8),
        ("tit-for-two-tats", view(80, [OVERUSED, observed(2, 80, [8, 8, 8, 8, 8])]), 8),
        ("generous:0", view(80, [OVERUSED]), 16),
        ("generous:1", view(80, [OVERUSED]), 8),
        ("grim", view(100, [SUSTAINED]), 10),
        ("grim", view(80, [OVERUSED]), 80),
        ("grim", view(80, [OVERUSED, observed(2, 80, [8, 8, 8, 8, 8])]), 80),
        ("win-stay-lose-shift", view(100, [SUSTAINED]), 10),
        ("win-stay-lose-shift", view(80, [observed(1, 100, [9, 10, 10, 10, 11])]), 16),
        ("win-stay-lose-shift", view(80, [observed(1, 100, [9, 9, 9, 9, 9]), observed(2, 100, [8, 9, 9, 9, 9])]), 8),
        ("aspiration", view(), 10),
        ("aspiration", view(100, [SUSTAINED]), 12),
        ("aspiration:step=3", view(100, [SUSTAINED]), 13),
        ("aspiration", view(80, [SUSTAINED, observed(2, 100, [4, 10, 10, 10, 10])]), 10),  # 4 is below 10: turns
        ("aspiration", view(80, [UNKNOWN, observed(2, 100, None)]), 14),
        ("myopic-best-reply", view(), 100),
        ("creeping", view(100, [SUSTAINED, observed(2, 100, [10, 10, 10, 10, 10])]), 12),
        ("promise-breaker", view(), 20),
        ("promise-breaker:1.5", view(80), 12),
        ("punisher", view(80), 8),
        ("noisy:0", view(80), 8),
        ("noisy:p=0:base=fixed:7", view(80), 7),
        ("noisy:0:noisy:0:fixed:units=6", view(80), 6),
        ("tremble:0:greedy", view(80), 80),
    ],
)
def test_a_demand_is_the_one_computed_by_hand(policy: str, seen: View, units: int) -> None:
    assert demand(policy, seen) == units


@pytest.mark.parametrize(
    ("policy", "month", "units"),
    [
        ("endgame", 11, 10),
        ("endgame", 12, 100),
        ("optimal", 11, 10),
        ("optimal", 12, 20),
        ("optimal-survive", 12, 19),
        ("far-best-reply", 11, 10),
        ("far-best-reply", 12, 100),
    ],
)
def test_an_informed_policy_uses_the_last_month(policy: str, month: int, units: int) -> None:
    knowledge = Facts(horizon=12, collapse=5, growth=multiply(2.0))
    seen = view(history=[observed(past, 100, [10, 10, 10, 10, 10]) for past in range(1, month)])
    assert demand(policy, seen, knowledge) == units


@pytest.mark.parametrize(("policy", "units"), [("endgame", 10), ("optimal", 10), ("optimal-survive", 10)])
def test_without_knowledge_of_the_horizon_no_month_is_the_last(policy: str, units: int) -> None:
    history = [observed(past, 100, [10, 10, 10, 10, 10]) for past in range(1, 12)]
    assert demand(policy, view(history=history)) == units
    assert demand(policy, view(history=history, months=12)) > units, "members are told the number of months"


@pytest.mark.parametrize(
    ("start", "growth", "total"),
    [
        *((20, 2.0, 530), (40, 2.0, 580), (50, 2.0, 600), (60, 2.0, 610), (80, 2.0, 630), (100, 2.0, 650)),
        *((100, 1.25, 320), (100, 1.5, 463), (100, 2.5, 760), (100, 3.0, 826), (100, 4.0, 925)),
    ],
)
def test_a_single_owner_who_harvests_optimally_reaches_the_optimum_of_dynamic_programming(
    start: int, growth: float, total: int
) -> None:
    stock, taken, law = start, 0, multiply(growth)
    for month in range(1, 13):
        seen = view(stock, state=state(stock, month, ("John",), growth), months=12)
        units = demand("optimal", seen)
        stock, taken = law.grown(stock - units, 100), taken + units
    assert taken == total == _optimum(start, growth)


def _optimum(start: int, growth: float) -> int:
    """The most that can be taken in 12 months, by backward induction over all harvests."""
    value, law = [0] * 101, multiply(growth)
    for _ in range(12):
        later = [0 if left < 5 else value[law.grown(left, 100)] for left in range(101)]
        value = [max(stock - left + later[left] for left in range(stock + 1)) for stock in range(101)]
    return value[start]


@pytest.mark.parametrize("others", [0, 20, 40, 60, 90])
@pytest.mark.parametrize("month", [1, 5, 11, 12])
def test_the_far_best_reply_is_optimal_among_all_replies(others: int, month: int) -> None:
    catches = [0, *(others // 4 for _ in range(4))]
    knowledge = Facts(horizon=12, collapse=5, growth=multiply(2.0))
    value = _value_of_replies(others, 12 - month)
    for stock in range(0, 101, 7):
        seen = view(stock, [observed(past, 100, catches) for past in range(1, month)])
        if month == 1:
            others_now = 4 * seen.member_threshold
            value_now = _value_of_replies(others_now, 11)
        else:
            others_now, value_now = others, value
        units = demand("far-best-reply", seen, knowledge)
        best = max(_worth(reply, stock, others_now, value_now) for reply in range(stock + 1))
        assert _worth(units, stock, others_now, value_now) == best


@pytest.mark.parametrize(("limit", "continuation"), [(15, 1.0), (100, 0.8), (15, 0.5), (3, 0.9)])
@pytest.mark.parametrize("month", [1, 6, 12])
def test_the_far_best_reply_is_optimal_with_a_limit_and_a_random_end(
    limit: int, continuation: float, month: int
) -> None:
    knowledge = Facts(horizon=12, collapse=5, growth=multiply(2.0), continuation=continuation)
    value = [0.0] * 101
    for _ in range(12 - month):
        value = [
            max(_worth(reply, stock, 40, value, continuation) for reply in range(min(limit, stock) + 1))
            for stock in range(101)
        ]
    for stock in (10, 43, 60, 77, 100):
        history = [observed(past, 100, [0, 10, 10, 10, 10], member="John") for past in range(1, month)]
        limited = replace(state(stock, month), limits={"John": limit})
        seen = view(stock, history, member="John", state=limited)
        others = 40 if history else 4 * seen.member_threshold
        units = demand("far-best-reply", seen, knowledge)
        assert units <= limit
        best = max(_worth(reply, stock, others, value, continuation) for reply in range(min(limit, stock) + 1))
        if others == 40:
            assert _worth(units, stock, others, value, continuation) == pytest.approx(best)


def test_informed_policies_know_the_probability_of_another_month() -> None:
    policy = policy_named("policy:far-best-reply")
    policy.inform(experiment_from({"world": {"horizon": {"continuation": 0.8}}}))
    assert (policy.knowledge.horizon, policy.knowledge.continuation) == (12, 0.8)


def _worth(units: int, stock: int, others: int, value: Sequence[float], continuation: float = 1.0) -> float:
    """A reply's expected catch: the others are served first."""
    available = max(0, stock - others)
    left = available - min(units, available)
    return min(units, available) + continuation * (0 if left < 5 else value[min(100, 2 * left)])


def _value_of_replies(others: int, months: int) -> list[float]:
    value = [0.0] * 101
    for _ in range(months):
        value = [max(_worth(reply, stock, others, value) for reply in range(stock + 1)) for stock in range(101)]
    return value


def test_a_myopic_member_waits_if_the_stock_grows_faster_than_it_is_shared() -> None:
    seen = view(40, state=state(40, 1, ("John", "Kate"), growth=4.0))
    worth = [2 * units + min(100, 4 * max(0, 40 - 15 - units)) for units in range(41)]
    assert seen.member_threshold == 15
    assert demand("myopic-best-reply", seen) == worth.index(max(worth)) == 0


@pytest.mark.parametrize("name", ["random", "quantal:0"])
def test_uniform_policies_draw_every_amount_equally_often(name: str) -> None:
    policy, asked = policy_named(f"policy:{name}"), request(view(9))
    drawn = np.bincount([decide(policy, asked, seed) for seed in range(2000)], minlength=10)
    assert chisquare(drawn).pvalue > 0.001


def test_random_up_to_two_shares_stays_within_them() -> None:
    policy, asked = policy_named("policy:random:two-shares"), request(view(29))
    drawn = np.bincount([decide(policy, asked, seed) for seed in range(2000)])
    assert len(drawn) == 11, "floor(29 / 5) = 5 units are a share"
    assert chisquare(drawn).pvalue > 0.001


def test_quantal_draws_by_the_exponential_of_the_value() -> None:
    policy, asked = policy_named("policy:quantal:0.5"), request(view(6))
    worth = [units + 2 * max(0, 6 - 0 - units) / 5 for units in range(7)]  # the threshold per member is 0
    weights = np.exp(0.5 * np.array(worth))
    drawn = np.bincount([decide(policy, asked, seed) for seed in range(4000)], minlength=7)
    assert chisquare(drawn, 4000 * weights / weights.sum()).pvalue > 0.001


def test_noise_replaces_a_share_of_the_decisions() -> None:
    policy, asked = policy_named("policy:noisy:p=.3:base=fixed:7"), request(view(99))
    drawn = np.array([decide(policy, asked, seed) for seed in range(4000)])
    assert abs(np.mean(drawn != 7) - 0.3 * 99 / 100) < 0.03


def test_trembling_has_the_standard_deviation_of_its_setting() -> None:
    policy, asked = policy_named("policy:tremble:sigma=.1:base=fixed:50"), request(view())
    drawn = np.array([decide(policy, asked, seed) for seed in range(4000)])
    assert abs(drawn.mean() - 50) < 0.4
    assert abs(drawn.std() - 5) < 0.3


def test_generous_forgives_with_the_probability_of_its_setting() -> None:
    policy, asked = policy_named("policy:generous:0.25"), request(view(80, [OVERUSED]))
    forgiven = np.mean([decide(policy, asked, seed) == 8 for seed in range(4000)])
    assert abs(forgiven - 0.25) < 0.03


PROPOSAL: tuple[Field, ...] = (NumberField(tag="Proposal", low=0, high=100, may_be_none=True),)


@pytest.mark.parametrize(("policy", "proposed"), [("fixed:7", 7), ("cautious", 5), ("escapement:80", 4)])
def test_policies_of_constant_rules_vote_for_their_own_demand(policy: str, proposed: int) -> None:
    assert decide(policy_named(f"policy:{policy}"), request(view(), "vote", PROPOSAL)) == {"Proposal": proposed}


def sanctions(high: int, total: int, history: list[ObservedMonth]) -> Request:
    fields = tuple(
        NumberField(tag=f"{kind} {name}", low=0, high=high, total=total) for name in FIVE[1:] for kind in KINDS
    )
    about = {f"{kind} {name}": name for name in FIVE[1:] for kind in KINDS}
    return replace(request(view(60, history), "sanction", fields), about=about)


KINDS = ("Punish", "Reward")


@pytest.mark.parametrize(
    ("high", "total", "kate", "luke"),
    [(20, 50, 3, 20), (6, 10, 3, 6), (6, 6, 2, 4)],
)
def test_the_punisher_sanctions_in_proportion_to_the_excess(high: int, total: int, kate: int, luke: int) -> None:
    asked = sanctions(high, total, [observed(1, 100, [10, 13, 10, 2, 30])])
    none = dict.fromkeys(asked.about, 0)
    assert decide(policy_named("policy:punisher"), asked) == {**none, "Punish Kate": kate, "Punish Luke": luke}
    assert decide(policy_named("policy:punisher"), sanctions(high, total, [])) == none


CATCH: tuple[Field, ...] = (NumberField(tag="Catch", low=0, high=100),)


def test_a_report_is_true_unless_the_policy_deceives() -> None:
    asked = request(view(60, [observed(1, 100, [20, 10, 10, 10, 10])]), "report", CATCH)
    assert decide(policy_named("policy:split-all"), asked) == {"Catch": 20}
    assert decide(policy_named("policy:promise-breaker"), asked) == {"Catch": 10}
    modest = request(view(60, [observed(1, 100, [4, 10, 10, 10, 10])]), "report", CATCH)
    assert decide(policy_named("policy:promise-breaker"), modest) == {"Catch": 4}


def test_a_report_without_a_catch_states_none_or_nothing() -> None:
    history = [observed(1, 100, [0, 10, 10, 10, 10], asked=None, received=None)]
    optional: tuple[Field, ...] = (NumberField(tag="Catch", low=0, high=100, may_be_none=True),)
    assert decide(policy_named("policy:greedy"), request(view(100, history), "report", CATCH)) == {"Catch": 0}
    assert decide(policy_named("policy:greedy"), request(view(100, history), "report", optional)) == {"Catch": None}


LINE: tuple[Field, ...] = (
    TextField(tag="Say", what="what you say"),
    ChoiceField(tag="End", options=YES_NO),
    ChoiceField(tag="Next", options=("Kate", "Emma"), unless=("End", "yes")),
)


def test_only_the_promise_breaker_speaks_and_promises_the_threshold() -> None:
    speaking = [one.name for one in POLICIES if one.value.decides("line") is not None]
    assert speaking == ["promise-breaker"]
    said = decide(policy_named("policy:promise-breaker"), request(view(80), "line", LINE))
    text = "I take no more than 8 a month, and I ask everyone to do the same."
    assert said == {"Say": text, "End": "no", "Next": "Emma"}


def test_informed_policies_learn_only_what_they_declare() -> None:
    experiment = experiment_from({"world": {"months": 9, "collapse": 7, "growth": 3}})
    expected: Mapping[str, Facts] = {
        "endgame": Facts(horizon=9),
        "optimal": Facts(horizon=9, growth=multiply(3.0)),
        "optimal-survive": Facts(horizon=9, collapse=7, growth=multiply(3.0)),
        "far-best-reply": Facts(horizon=9, collapse=7, growth=multiply(3.0)),
    }
    for one in POLICIES:
        policy = policy_named("policy:fixed:1" if one.name == "fixed" else f"policy:{one.name}")
        policy.inform(experiment)
        assert policy.knowledge == expected.get(one.name, Facts())
        assert bool(one.value.knows) is (one.name in expected)
        summary = (one.value.__doc__ or "").partition("\n\n")[0]
        assert ("Informed of" in summary) is (one.name in expected), "govsim plugins shows it"


def test_a_policy_that_deviates_from_an_informed_one_is_informed() -> None:
    policy = policy_named("policy:noisy:0:endgame")
    policy.inform(experiment_from({"world": {"months": 2}}))
    assert PolicyAgent.facts("policy:tremble:.1:noisy:0:endgame") == ("horizon",)
    assert PolicyAgent.facts("policy:noisy") == ()
    assert decide(policy, request(view(100, [SUSTAINED]))) == 100


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("noisy:2", "p = '2': must be at most 1"),
        ("noisy:p=.1:base=nice", "base: agent = policy:nice: there is no such policy"),
        ("noisy:.1:fixed", "base: agent = policy:fixed: units: is missing; write policy:fixed:UNITS"),
        ("cautious:half", "share = 'half': must be a number"),
        ("random:all", "up_to = 'all': must be 'stock' or 'two-shares'"),
        ("tit-for-tat:-1", "tolerance = '-1': must be at least 0"),
    ],
)
def test_settings_that_cannot_be_used_are_rejected_in_one_line(policy: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as refused:
        policy_named(f"policy:{policy}")
    assert "\n" not in str(refused.value)
    assert "; write policy:" in str(refused.value)
