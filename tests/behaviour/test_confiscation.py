"""Several rules that take away units of the same catch: no unit is taken away twice."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from govsim.analysis.frames import months_in
from govsim.analysis.runs import measures_of
from govsim.journal import Accounts, Charges, Month
from govsim.testing.societies import check_conserved
from tests.living import Live, Lived

ONE_TAKES_14: dict[str, Any] = {"agents.default": "policy:fixed:10", "members.John.agent": "policy:fixed:14"}
CERTAIN = {"by": "world", "probability": 1}
PEERS = {"by": "peers", "cost": 0}


def quota(amount: int, inspection: dict[str, Any], confiscation: str, name: str) -> dict[str, Any]:
    how = {"amount": amount, "inspection": inspection, "confiscation": confiscation}
    return {"quota": {"as": name, "enforcement": "probabilistic", "fine": {"per_unit": 0}, **how}}


def taken_from(run: Lived, member: str, month: int = 1) -> list[tuple[str, int, int]]:
    """Return rule, units by price and units returned of each confiscation."""
    lines = [line for line in run.journal.of(Charges) if line.month == month]
    found = [one for line in lines for one in line.charges if one.reason == "confiscated catch"]
    return [(one.by, one.amount // 100_000, one.returned) for one in found if one.member == member]


@pytest.mark.parametrize("first", [CERTAIN, PEERS], ids=["world", "peers"])
@pytest.mark.parametrize("second", [CERTAIN, PEERS], ids=["world", "peers"])
def test_two_quotas_take_away_the_same_excess_once(live: Live, first: dict[str, Any], second: dict[str, Any]) -> None:
    rules = [quota(10, first, "stock", "first"), quota(10, second, "stock", "second")]
    [run] = live("fishery", {**ONE_TAKES_14, "institutions": rules, "world.months": 2})
    assert sum(units for _, units, _ in taken_from(run, "John")) == 4
    assert sum(returned for _, _, returned in taken_from(run, "John")) == 4
    accounts = next(run.journal.of(Accounts))
    assert accounts.members["John"].balance == 10 * 100_000
    assert [one.stock_before for one in run.harvests] == [100, 100], "46 left, and 4 returned"
    check_conserved("two quotas", run.journal)
    assert [row.stock_after_growth for row in months_in(measures_of(run.journal), run.journal)] == [100, 100]


def test_a_stricter_quota_takes_away_the_rest(live: Live) -> None:
    rules = [quota(10, PEERS, "pool", "first"), quota(8, PEERS, "stock", "second")]
    [run] = live("fishery", {**ONE_TAKES_14, "institutions": rules, "world.months": 1})
    assert taken_from(run, "John") == [("first", 4, 0), ("second", 2, 2)]
    [accounts] = run.journal.of(Accounts)
    assert accounts.members["John"].balance == 8 * 100_000
    assert accounts.funds == {"pool": 4 * 100_000}


@pytest.mark.parametrize(
    ("takes", "rule"),
    [
        (19, {"quota": {"amount": 5, "enforcement": "probabilistic", "inspection": CERTAIN, "confiscation": "stock"}}),
        (18, {"tax": {"allowance": 5, "rate": 1, "use": "restock"}}),
    ],
)
def test_measures_count_only_units_that_were_not_returned(live: Live, takes: int, rule: dict[str, Any]) -> None:
    [run] = live("fishery", {"agents.default": f"policy:fixed:{takes}", "institutions": [rule]})
    returned = sum(one.returned for line in run.journal.of(Charges) for one in line.charges)
    kept = sum(sum(one.granted.values()) for one in run.harvests) - returned
    values = measures_of(run.journal).values
    assert returned > 0
    assert values["gain"] == kept / 5
    assert values["share_of_optimum"] == pytest.approx(kept / 650)
    assert values["between_equilibrium_and_optimum"] == pytest.approx(100 * (kept - 100) / (650 - 100))
    assert values["regret"] == pytest.approx(650 - kept)
    rows = list(months_in(measures_of(run.journal), run.journal))
    assert sum(row.returned for row in rows) == returned


QUOTA = st.tuples(
    st.integers(0, 20), st.sampled_from((CERTAIN, PEERS, {"by": "guard"})), st.sampled_from(("stock", "pool", "none"))
)
TAX = st.fixed_dictionaries(
    {"rate": st.sampled_from((0.5, 1, 3)), "base": st.sampled_from(("excess", "landed")), "use": st.just("restock")}
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    quotas=st.lists(QUOTA, min_size=1, max_size=3),
    taxes=st.lists(TAX, max_size=2),
    order=st.randoms(use_true_random=False),
    agent=st.sampled_from(("policy:random", "policy:fixed:13")),
    seed=st.integers(0, 99),
)
def test_units_are_conserved_if_rules_confiscate_them(
    live: Live,
    quotas: list[tuple[int, dict[str, Any], str]],
    taxes: list[dict[str, Any]],
    order: Any,
    agent: str,
    seed: int,
) -> None:
    rules = [quota(*one, f"quota-{index}") for index, one in enumerate(quotas)]
    rules += [{"tax": {"as": f"tax-{index}", **one}} for index, one in enumerate(taxes)]
    order.shuffle(rules)
    world = {"world.months": 3, "world.collapse": 0}
    [run] = live("fishery", {"agents.default": agent, "seed": seed, "institutions": rules, **world})
    check_conserved("rules that take units away", run.journal)
    starts = {one.month: one.stock for one in run.journal.of(Month)}
    for harvest in run.harvests:
        charged = [one for line in run.journal.of(Charges) if line.month == harvest.month for one in line.charges]
        returned = sum(one.returned for one in charged)
        grown = min(100, 2 * (harvest.stock_after_harvest + returned))
        assert starts.get(harvest.month + 1, grown) == grown
        for name, units in harvest.granted.items():
            own = [one for one in charged if one.member == name]
            sold = [one.amount // 100_000 for one in own if one.reason == "confiscated catch" and not one.returned]
            assert sum(one.returned for one in own) + sum(sold) <= units
            lowest = min((amount for amount, _, confiscation in quotas if confiscation != "none"), default=units)
            confiscated = sum(one.amount // 100_000 for one in own if one.reason == "confiscated catch")
            assert confiscated <= max(0, units - lowest)
