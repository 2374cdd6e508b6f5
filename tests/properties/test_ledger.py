"""Money is conserved: balances equal earnings minus charges."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from govsim.commons import CENTS, Charge, Ledger

NAMES = ("Ada", "Bo", "Cy")

harvests = st.dictionaries(st.sampled_from(NAMES), st.integers(0, 100))
charges = st.lists(
    st.builds(
        Charge,
        by=st.just("tax"),
        member=st.sampled_from(NAMES),
        amount=st.integers(-(10**7), 10**7) | st.integers(-3, 3),
        reason=st.just(""),
    ),
    max_size=8,
)


@given(st.lists(st.tuples(harvests, charges), max_size=6), st.booleans(), st.integers(0, 1000))
def test_money_is_conserved_over_months(
    months: list[tuple[dict[str, int], list[Charge]]], may_go_negative: bool, price: int
) -> None:
    ledger, earned, paid = Ledger(may_go_negative=may_go_negative), 0, 0
    for granted, charged in months:
        ledger = ledger.earn(granted, dict.fromkeys(granted, price))
        earned += sum(granted.values()) * price * CENTS
        before = ledger
        ledger, settled = ledger.settle(charged)
        assert [one.charge for one in settled] == charged
        paid += sum(one.paid for one in settled)
        for one in settled:
            assert one.paid == one.charge.amount or 0 <= one.paid < one.charge.amount
            assert one.paid == one.charge.amount or not may_go_negative
        own = {name: sum(one.paid for one in settled if one.charge.member == name) for name in NAMES}
        assert all(ledger.balance(name) == before.balance(name) - own[name] for name in NAMES)
        assert may_go_negative or all(ledger.balance(name) >= 0 for name in NAMES)
    assert sum(map(ledger.balance, NAMES)) == earned - paid
