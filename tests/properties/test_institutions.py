"""All institutions together: money and units are conserved, whatever their settings."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from govsim.journal import Accounts, Charges
from tests.living import Live

SANCTIONS = st.fixed_dictionaries(
    {
        "price": st.sampled_from(("linear", "convex")),
        "currency": st.sampled_from(("income", "endowment")),
        "reward_ratio": st.sampled_from((0, 1, 2.5)),
        "floor": st.sampled_from(("balance", "income")),
        "counter": st.booleans(),
    }
)
TAX = st.fixed_dictionaries(
    {
        "rate": st.sampled_from((0.3, 1, 4)),
        "base": st.sampled_from(("excess", "landed")),
        "use": st.sampled_from(("equal-dividend", "restock", "fund", "burn")),
    }
)
REPUTATION = st.fixed_dictionaries({"of": st.sampled_from(("deeds", "record", "ratings")), "minimum": st.just(0.3)})
CONTRACT = st.fixed_dictionaries({"months": st.integers(1, 2), "unsigned": st.sampled_from(("void", "signers"))})
QUOTA = st.fixed_dictionaries(
    {
        "amount": st.integers(0, 20),
        "enforcement": st.just("probabilistic"),
        "inspection": st.fixed_dictionaries({"by": st.sampled_from(("world", "guard", "peers"))}),
        "confiscation": st.sampled_from(("none", "stock", "pool")),
        "revenue": st.sampled_from(("burn", "pool", "equal-share")),
    }
)


MEDIATOR = st.fixed_dictionaries({"share": st.sampled_from((0.2, 1)), "otherwise": st.sampled_from((None, 3))})
EXCLUSION = st.fixed_dictionaries({"appeal": st.booleans(), "months": st.integers(1, 2)})
PERMITS = (
    st.fixed_dictionaries(
        {
            "allotment": st.sampled_from(("threshold", 12)),
            "shares": st.sampled_from(("equal", "auction")),
            "revenue": st.sampled_from(("burn", "pool", "equal-share")),
            "market": st.sampled_from(("auction", "offers")),
            "rounds": st.integers(1, 2),
        }
    )
    | st.fixed_dictionaries({"trade": st.just(False)})
    | st.fixed_dictionaries(
        {"shares": st.sampled_from(("equal", "auction")), "permanent_from": st.integers(1, 2), "reserve": st.just(0.5)}
    )
)
NAMES = ("sanctions", "tax", "reputation", "contract", "quota", "mediator", "exclusion", "permits")


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rules=st.tuples(SANCTIONS, TAX, REPUTATION, CONTRACT, QUOTA, MEDIATOR, EXCLUSION, PERMITS),
    order=st.permutations(NAMES),
    society=st.sampled_from(({"models.default": "fake/society"}, {"agents.default": "policy:random"})),
    may_go_negative=st.booleans(),
    seed=st.integers(0, 99),
)
def test_money_changes_only_by_earnings_and_what_leaves_or_enters_the_society(
    live: Live, rules: tuple[Any, ...], order: list[str], society: dict[str, Any], may_go_negative: bool, seed: int
) -> None:
    chosen = dict(zip(NAMES, rules, strict=True))
    base = {**society, "society.may_go_negative": may_go_negative, "seed": seed, "world.months": 3, "world.growth": 3}
    [run] = live("fishery", {**base, "institutions": [{name: chosen[name]} for name in order]})
    assert run.journal.status in ("completed", "collapsed")
    money = 0
    for harvest, accounts in zip(run.harvests, run.journal.of(Accounts), strict=True):
        charged = [one for line in run.journal.of(Charges) if line.month == harvest.month for one in line.charges]
        lost = sum(one.paid for one in charged if one.to is None and one.fund is None)
        money += sum(harvest.granted.values()) * 100_000 - lost
        assert sum(one.balance for one in accounts.members.values()) + sum(accounts.funds.values()) == money
        assert may_go_negative or all(one.balance >= 0 for one in accounts.members.values())
        assert all(cents >= 0 for cents in accounts.funds.values())
        assert 0 <= harvest.stock_after_growth <= 100
        assert sum(one.returned for one in charged) <= sum(harvest.granted.values())
