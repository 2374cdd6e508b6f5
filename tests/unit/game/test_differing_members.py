"""Yardsticks of societies whose members differ state what they do not take into account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import product
from typing import Any

import pytest

from govsim.commons import growth_law, initial_state, member_threshold
from govsim.config import Experiment, experiment_from, merge, nested
from govsim.game import expected_catch, yardsticks
from govsim.society import incentives_of
from govsim.society.observation import known_to_members as told_state


def built(settings: dict[str, Any]) -> Experiment:
    return experiment_from(merge(*(nested(key, value) for key, value in settings.items())))


def of(settings: dict[str, Any]) -> Any:
    return yardsticks(built(settings))


def test_with_limits_the_optimum_is_an_upper_bound_and_equilibria_are_not_computed() -> None:
    found = of({"members.Kate.limit": 5})
    assert (found.optimum.value, found.optimum.method) == (650, "bound")
    assert "limits of members are not taken into account" in found.optimum.reason
    assert found.equilibrium.method == found.critical_continuation.method == "unavailable"


@pytest.mark.parametrize("leaves", [6, {"hazard": 0.1}])
def test_with_members_who_leave_no_equilibrium_is_stated(leaves: Any) -> None:
    found = of({"members.Kate.leaves": leaves})
    assert (found.optimum.value, found.optimum.method) == (650, "exact")
    assert (found.equilibrium.method, found.equilibrium.reason) == ("unavailable", "members leave")


def test_unequal_shares_leave_the_equilibrium_and_not_the_trigger_strategy() -> None:
    found = of({"members.Kate.weight": 2})
    assert found.equilibrium.is_unique
    assert found.critical_continuation.reason == "members have different shares"
    assert (found.best_reply.value, found.best_reply.reason) == (None, "members have different shares")


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"observation.stock": {"interval": 50}}, "members do not know the stock exactly"),
        (
            {"world.growth": {"multiply": {"factor": {"choice": [1.5, 2.5]}, "told": "realised"}}},
            "fair shares depend on the growth of each month, which members know",
        ),
    ],
)
def test_the_best_reply_is_unavailable_if_members_do_not_know_the_fair_share(
    settings: dict[str, Any], reason: str
) -> None:
    found = of(settings).best_reply
    assert (found.value, found.method, found.reason) == (None, "unavailable", reason)


SHIFT = {"threshold": {"factor": 2, "below": 6, "factor_below": 1.2, "told": "nothing"}}
"""A regime shift that members do not know."""


@pytest.mark.parametrize("quota", [None, {"enforcement": "hard"}, {"enforcement": "hard", "share": 0.5}])
@pytest.mark.parametrize("months", [2, 3])
def test_the_best_reply_and_a_quota_follow_the_growth_that_members_know(
    quota: dict[str, Any] | None, months: int
) -> None:
    """Every plan of one of two members is tried in the commons themselves, with the share that members are told."""
    settings = {"world.growth": SHIFT, "world.capacity": 9, "world.collapse": 1, "world.months": months}
    rules = {} if quota is None else {"institutions": [{"quota": quota}]}
    experiment = built({**settings, "society.members": 2, **rules})
    share = Fraction(str(quota.get("share", 1))) if quota else None
    catches = [_caught(experiment, plan, share) for plan in product(range(10), repeat=months)]
    found = yardsticks(experiment, incentives_of(experiment)).best_reply
    assert found.method == "exact"
    assert found.value == pytest.approx(max(catches))
    told = built({**settings, "society.members": 2, **rules, "world.growth.threshold.told": "threshold"})
    known = yardsticks(told, incentives_of(told)).best_reply
    assert known.value != pytest.approx(found.value), "the best reply follows the law itself only if members know it"


def _caught(experiment: Experiment, plan: Sequence[int], share: Fraction | None) -> float:
    """The catch of the first of two members by a plan; the other takes what it knows as its fair share."""
    state, total, rule = initial_state(experiment).with_members(("Ann", "Bob")), 0.0, experiment.world.allocation
    for demand in plan:
        fair = member_threshold(told_state(state), "Bob")
        limit = state.stock if share is None else int(share * fair)
        own, other = min(demand, state.stock, limit), min(fair, limit)
        total += expected_catch(rule, own, (other,), state.stock)
        left = max(0, state.stock - own - other)
        if left < 1:
            break
        state = replace(state, month=state.month + 1, stock=growth_law(experiment.world).grown(left, state.capacity))
    return total


def test_fair_shares_cannot_be_sustained_by_threats_if_members_do_not_know_the_growth() -> None:
    found = of({"world.growth": SHIFT}).critical_continuation
    assert (found.method, found.reason) == ("unavailable", "members do not know how the stock grows")
    known = of({"world.growth": {"threshold": {**SHIFT["threshold"], "told": "threshold"}}}).critical_continuation
    assert known.probability is not None


def test_the_sustainable_total_is_that_of_the_expected_number_of_months() -> None:
    found = of({"world.horizon": {"continuation": 0.5}, "world.months": 3})
    assert found.sustainable_total.value == 50 * (1 + 0.5 + 0.25)
    assert of({}).sustainable_total.value == 600


def test_a_shock_that_depends_on_too_many_harvests_leaves_what_needs_no_computation() -> None:
    found = of({"world.capacity": 300, "world.shocks": ["over-use"]})
    assert (found.optimum.method, found.equilibrium.method) == ("unavailable", "unavailable")
    assert "depends on 543,606 harvests" in found.optimum.reason
    assert (found.depletion.value, found.sustainable_total.value) == (300, 1800)


def test_the_price_of_anarchy_compares_the_optimum_with_the_worst_equilibrium() -> None:
    assert of({}).price_of_anarchy.value == 6.5
    several = of({"society.members": 2, "world.growth": 2.5}).price_of_anarchy
    assert (several.value, several.method) == (7.6, "exact")
    assert of({"society.members": 1}).price_of_anarchy.value == 1
    assert of({"members.Kate.leaves": 6}).price_of_anarchy.reason == "members leave"
    assert of({"world.initial": 0}).price_of_anarchy.reason == "nothing is caught in the worst equilibrium"


def test_an_optimum_with_too_many_collapse_thresholds_is_unavailable() -> None:
    found = of({"world.capacity": 20_000, "world.collapse": {"uniform": [0, 10_000]}})
    assert found.optimum.method == found.optimum_surviving.method == "unavailable"
    assert "a table of 200,0" in found.optimum.reason


def test_allocations_of_very_large_demands_are_not_computed() -> None:
    found = of({"world.capacity": 1_000_000})
    assert found.critical_continuation.method == "unavailable"
    assert "demands of at most 100,000 units" in found.critical_continuation.reason
