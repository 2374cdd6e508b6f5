"""Yardsticks of societies whose members differ state what they do not take into account."""

from __future__ import annotations

from typing import Any

import pytest

from govsim.config import experiment_from, merge, nested
from govsim.game import yardsticks


def of(settings: dict[str, Any]) -> Any:
    return yardsticks(experiment_from(merge(*(nested(key, value) for key, value in settings.items()))))


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
        ({"world.growth": {"threshold": {"below": 60, "told": "nothing"}}}, "members do not know how the stock grows"),
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


def test_the_sustainable_total_is_that_of_the_expected_number_of_months() -> None:
    found = of({"world.horizon": {"continuation": 0.5}, "world.months": 3})
    assert found.sustainable_total.value == 50 * (1 + 0.5 + 0.25)
    assert of({}).sustainable_total.value == 600


def test_a_shock_that_depends_on_too_many_harvests_leaves_what_needs_no_computation() -> None:
    found = of({"world.capacity": 300, "world.shocks": ["over-use"]})
    assert (found.optimum.method, found.equilibrium.method) == ("unavailable", "unavailable")
    assert "depends on 543,606 harvests" in found.optimum.reason
    assert (found.depletion.value, found.sustainable_total.value) == (300, 1800)


def test_an_optimum_with_too_many_collapse_thresholds_is_unavailable() -> None:
    found = of({"world.capacity": 20_000, "world.collapse": {"uniform": [0, 10_000]}})
    assert found.optimum.method == found.optimum_surviving.method == "unavailable"
    assert "a table of 200,0" in found.optimum.reason


def test_allocations_of_very_large_demands_are_not_computed() -> None:
    found = of({"world.capacity": 1_000_000})
    assert found.critical_continuation.method == "unavailable"
    assert "demands of at most 100,000 units" in found.critical_continuation.reason
