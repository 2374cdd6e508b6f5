"""The tax: what is taxed, and where the revenue goes."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from govsim.journal import Accounts, Charges, Harvest, MessageLine, TermsLine
from tests.living import Live, Lived

FIVE = ("John", "Kate", "Jack", "Emma", "Luke")
ONE_TAKES_14: dict[str, Any] = {
    "agents.default": "policy:fixed:10",
    "members.John.agent": "policy:fixed:14",
    "world.months": 2,
}


def lived(live: Live, society: dict[str, Any] = ONE_TAKES_14, **how: Any) -> Lived:
    [run] = live("fishery", {**society, "institutions": [{"tax": how}]})
    return run


def first_month(run: Lived) -> tuple[dict[str, int], dict[str, int]]:
    """Balances by member, and common funds, in dollars, at the end of the first month."""
    accounts = next(run.journal.of(Accounts))
    return (
        {name: one.balance // 100 for name, one in accounts.members.items()},
        {name: cents // 100 for name, cents in accounts.funds.items()},
    )


@pytest.mark.parametrize(
    ("how", "john", "others", "funds"),
    [
        ({}, 14_000 - 3_000 + 600, 10_600, {}),
        ({"use": "burn"}, 11_000, 10_000, {}),
        ({"use": "fund", "rate": 1.5}, 8_000, 10_000, {"pool": 6_000}),
        ({"use": "fund", "allowance": 12}, 12_500, 10_000, {"pool": 1_500}),
        ({"use": "fund", "base": "landed", "rate": 0.5}, 7_000, 5_000, {"pool": 27_000}),
        (
            {"use": "fund", "rate": 0.5, "brackets": [{"above": 1, "rate": 1.5}, {"above": 3, "rate": 3}]},
            14_000 - 500 - 3_000 - 3_000,
            10_000,
            {"pool": 6_500},
        ),
        ({"enforcement": "announced"}, 14_000, 10_000, {}),
        ({"enforcement": "none"}, 14_000, 10_000, {}),
    ],
)
def test_the_taxed_units_and_the_use_of_the_revenue(
    live: Live, how: dict[str, Any], john: int, others: int, funds: dict[str, int]
) -> None:
    assert first_month(lived(live, **how)) == ({"John": john, **dict.fromkeys(FIVE[1:], others)}, funds)


def test_charges_at_the_end_of_the_last_month_are_recorded(live: Live) -> None:
    run = lived(live)
    months = [line.month for line in run.journal.of(Charges) if not line.phase]
    assert months == [1, 2]


def test_the_revenue_buys_units_that_are_returned_to_the_stock(live: Live) -> None:
    run = lived(live, use="restock", rate=1, base="landed")
    first, second = run.journal.of(Harvest)
    assert [one.returned for line in run.journal.of(Charges) for one in line.charges][:5] == [14, 10, 10, 10, 10]
    assert (first.stock_after_harvest, second.stock_before) == (46, 100)
    assert first_month(run)[0] == dict.fromkeys(FIVE, 0)


def test_units_are_returned_once_by_all_rules_together(live: Live) -> None:
    how = {"amount": 10, "enforcement": "probabilistic", "inspection": {"probability": 1}, "confiscation": "stock"}
    rules = [{"quota": how}, {"tax": {"use": "restock", "rate": 2, "base": "landed"}}]
    for order in (rules, rules[::-1]):
        [run] = live("fishery", {**ONE_TAKES_14, "institutions": order})
        line = next(run.journal.of(Charges))
        assert sum(one.returned for one in line.charges if one.member == "John") == 14


def test_stated_arms_send_the_same_prompts(live: Live) -> None:
    sent = set()
    for how in ("announced", "hard"):
        run = lived(live, {"models.default": "fake/society", "world.months": 1}, enforcement=how)
        messages = {one.hash: one.content for one in run.journal.of(MessageLine)}
        sent.add(tuple(messages[hash_] for call in run.calls() for hash_ in call.messages))
    assert len(sent) == 1


def test_an_allowance_that_would_reveal_the_stock_is_refused(live: Live) -> None:
    with pytest.raises(Exception, match="allowance = threshold: would reveal the stock"):
        lived(live, {**ONE_TAKES_14, "observation.stock": "hidden"})


def test_brackets_out_of_order_are_refused(live: Live) -> None:
    with pytest.raises(Exception, match="brackets: above = 5, 2; must increase"):
        lived(live, brackets=[{"above": 5, "rate": 1}, {"above": 2, "rate": 2}])


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rate=st.sampled_from((0.1, 0.75, 2)),
    allowance=st.one_of(st.integers(0, 99), st.just("threshold")),
    base=st.sampled_from(("excess", "landed")),
    use=st.sampled_from(("equal-dividend", "restock", "fund", "burn")),
    brackets=st.dictionaries(st.integers(1, 50), st.sampled_from((0.5, 1, 3)), max_size=2),
)
def test_every_number_in_the_terms_is_one_that_is_applied_and_the_reverse(
    live: Live, rate: float, allowance: int | str, base: str, use: str, brackets: dict[int, float]
) -> None:
    higher = [{"above": above, "rate": of_bracket} for above, of_bracket in sorted(brackets.items())]
    how = {"rate": rate, "allowance": allowance, "base": base, "use": use, "brackets": higher}
    run = lived(live, {**ONE_TAKES_14, "world.months": 1}, **how)
    text = next(run.journal.of(TermsLine)).text
    applied = [1000 * rate, *([10 if allowance == "threshold" else allowance] if base == "excess" else [])]
    applied += [1000] if use == "restock" else []
    applied += [number for one in higher for number in (one["above"], 1000 * one["rate"])]
    stated = [float(one.replace(",", "")) for one in re.findall(r"\d[\d,]*(?:\.\d+)?", text)]
    assert sorted(stated) == sorted(applied), text
