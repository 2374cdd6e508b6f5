"""Permits: the auction, what members may take, and what they pay."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from govsim.journal import Accounts, Auction, Charges, MessageLine, Order, TermsLine
from govsim.society.rules.permits import clear, in_proportion
from tests.living import Live, Lived

GREEDY: dict[str, Any] = {"agents.default": "policy:greedy", "world.months": 1}


def lived(live: Live, society: dict[str, Any], **how: Any) -> Lived:
    [run] = live("fishery", {**society, "institutions": [{"permits": how}]})
    return run


def order(member: str, buy: int = 0, bid: int = 0, sell: int = 0, ask: int = 0) -> Order:
    return Order(member=member, buy=buy, bid=bid, sell=sell, ask=ask)


@pytest.mark.parametrize(
    ("orders", "price", "trades"),
    [
        ([order("A", buy=3, bid=90), order("B", sell=5, ask=50)], 70, [("A", "B", 3)]),
        ([order("A", buy=3, bid=40), order("B", sell=5, ask=50)], 0, []),
        (
            [order("A", buy=3, bid=60), order("B", sell=2, ask=50), order("C", sell=4, ask=20), order("D", 2, 90)],
            55,
            [("D", "C", 2), ("A", "C", 2), ("A", "B", 1)],
        ),
        ([order("A", buy=3, bid=60, sell=3, ask=50)], 0, []),
        ([order("A", buy=3, bid=60, sell=3, ask=50), order("B", buy=1, bid=50)], 50, [("B", "A", 1)]),
    ],
)
def test_the_auction_trades_from_the_highest_bid_and_the_lowest_ask(
    orders: list[Order], price: int, trades: list[tuple[str, str, int]]
) -> None:
    cleared = clear(orders, np.random.default_rng(0))
    assert cleared.price == price
    assert [(one.buyer, one.seller, one.units) for one in cleared.trades] == trades


def test_equal_policies_do_not_trade_and_permits_are_a_quota(live: Live) -> None:
    run = lived(live, {**GREEDY, "world.months": 12})
    assert run.journal.status == "completed"
    assert {tuple(one.granted.values()) for one in run.harvests} == {(10,) * 5}
    assert not any(one.trades for one in run.journal.of(Auction))


def test_permits_go_to_the_member_that_earns_most_with_a_unit_and_it_pays_for_them(live: Live) -> None:
    run = lived(live, {**GREEDY, "members.John.price": 2_000, "members.Kate.price": 500})
    line = next(run.journal.of(Auction))
    # John bids 2,000 for the 40 permits of others, who ask for 501 (Kate) and 1,001.
    assert line.held == {"John": 50, "Kate": 0, "Jack": 0, "Emma": 0, "Luke": 0}
    assert line.price == (200_000 + 100_100) // 2
    assert run.harvests[0].granted == line.held
    accounts = next(run.journal.of(Accounts)).members
    assert accounts["John"].balance == 50 * 200_000 - 40 * line.price
    assert {one.balance for name, one in accounts.items() if name != "John"} == {10 * line.price}


def test_historic_shares_follow_the_catches_of_the_first_months(live: Live) -> None:
    society = {"agents.default": "policy:fixed:8", "members.John.agent": "policy:fixed:18", "world.months": 3}
    run = lived(live, society, shares="historic", baseline=1, allotment=14, trade=False)
    terms = [line.values["allotments"] for line in run.journal.of(TermsLine)]
    # John received 14 of the 46 units of month 1, and the others 8 each; 70 permits are divided.
    assert terms[0] == dict.fromkeys(run.harvests[0].asked, 14)
    assert terms[1] == terms[2] == {"John": 22, "Kate": 12, "Jack": 12, "Emma": 12, "Luke": 12}
    assert [line.quotas for line in run.journal.of(TermsLine)] == terms
    assert run.harvests[1].granted["John"] == 18


@pytest.mark.parametrize(
    ("caught", "permits"),
    [
        ({"A": 1, "B": 1, "C": 1}, [4, 3, 3]),
        ({"A": 0, "B": 9}, [0, 10, 0]),
        ({}, [4, 4, 2]),
        ({"C": 7, "D": 5}, [0, 0, 10]),
    ],
)
def test_permits_in_proportion_to_catches_are_all_allotted(caught: dict[str, int], permits: list[int]) -> None:
    assert list(in_proportion({"A": 4, "B": 4, "C": 2}, caught).values()) == permits


def test_announced_permits_limit_nobody_in_the_same_words(live: Live) -> None:
    run = lived(live, {**GREEDY, "members.John.price": 2_000}, enforcement="announced")
    assert run.journal.status == "collapsed"
    assert not list(run.journal.of(Charges))
    sent = set()
    for how in ("announced", "hard"):
        one = lived(live, {"models.default": "fake/society", "world.months": 1}, enforcement=how, trade=False)
        messages = {line.hash: line.content for line in one.journal.of(MessageLine)}
        sent.add(tuple(messages[hash_] for call in one.calls() for hash_ in call.messages))
    assert len(sent) == 1


@pytest.mark.parametrize(("allotment", "numbers"), [("threshold", ["10"]), (7, ["7"])])
def test_numbers_in_the_terms_are_those_of_the_rule(live: Live, allotment: int | str, numbers: list[str]) -> None:
    run = lived(live, GREEDY, allotment=allotment)
    assert re.findall(r"\d+", next(run.journal.of(TermsLine)).text) == numbers
