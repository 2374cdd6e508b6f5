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
