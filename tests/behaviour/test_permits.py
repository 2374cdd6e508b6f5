"""Permits: the auction, what members may take, and what they pay."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from govsim.agents import AGENTS, Agent, Answer, Request
from govsim.analysis import read_run
from govsim.errors import ConfigError
from govsim.jobs.replay import replay
from govsim.journal import (
    Accounts,
    Auction,
    Charges,
    MessageLine,
    Order,
    PermitBid,
    PermitOffers,
    PermitSale,
    TermsLine,
)
from govsim.society.rules.permit_trading import clear, sell
from govsim.society.rules.permits import in_proportion
from tests.living import Live, Lived

GREEDY: dict[str, Any] = {"agents.default": "policy:greedy", "world.months": 1}


def lived(live: Live, society: dict[str, Any], **how: Any) -> Lived:
    [run] = live("fishery", {**society, "institutions": [{"permits": how}]})
    return run


def allotted(run: Lived) -> list[Any]:
    """Permits by member at the start of each month."""
    return [line.values["allotments"] for line in run.journal.of(TermsLine)]


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


def test_announced_permits_limit_no_member_in_the_same_words(live: Live) -> None:
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


def bid(member: str, units: int, price: int) -> PermitBid:
    return PermitBid(member=member, units=units, price=price)


@pytest.mark.parametrize(
    ("bids", "reserve", "price", "sold"),
    [
        ([bid("A", 4, 90), bid("B", 3, 50)], 0, 0, {"A": 4, "B": 3}),
        ([bid("A", 4, 90), bid("B", 3, 50)], 20, 20, {"A": 4, "B": 3}),
        ([bid("A", 4, 90), bid("B", 3, 50)], 60, 60, {"A": 4}),
        ([bid("A", 4, 90), bid("B", 9, 50)], 0, 50, {"A": 4, "B": 6}),
        ([bid("A", 10, 90), bid("B", 9, 50)], 0, 50, {"A": 10}),
        ([bid("A", 10, 90), bid("B", 40, 90), bid("C", 9, 80)], 0, 90, {"A": 2, "B": 8}),
        ([bid("A", 0, 90)], 5, 0, {}),
        ([], 5, 0, {}),
    ],
)
def test_a_sale_serves_the_highest_bids_at_the_highest_price_not_met_in_full(
    bids: list[PermitBid], reserve: int, price: int, sold: dict[str, int]
) -> None:
    found = sell(10, bids, reserve, np.random.default_rng(0))
    assert (found.price, dict(found.units)) == (price, sold)


@given(
    offered=st.integers(1, 30),
    bids=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 5)), max_size=6),
    reserve=st.integers(0, 4),
    seed=st.integers(0, 99),
)
def test_a_sale_takes_from_no_buyer_more_than_it_bid(
    offered: int, bids: list[tuple[int, int]], reserve: int, seed: int
) -> None:
    named = {str(index): bid(str(index), units, price) for index, (units, price) in enumerate(bids)}
    found = sell(offered, list(named.values()), reserve, np.random.default_rng(seed))
    served = sum(one.units for one in named.values() if one.price >= reserve)
    assert sum(found.units.values()) == min(offered, served)
    for name, units in found.units.items():
        assert 0 < units <= named[name].units
        assert reserve <= found.price <= named[name].price
    missed = [one.price for name, one in named.items() if found.units.get(name, 0) < one.units]
    assert not found.units or found.price == max([reserve, *missed])


class TestSale:
    """Permits that are sold to the highest bidders."""

    def test_bids_of_equal_members_leave_them_nothing(self, live: Live) -> None:
        run = lived(live, {**GREEDY, "world.months": 2}, shares="auction", revenue="pool")
        line = next(run.journal.of(PermitSale))
        assert (line.offered, line.price) == (50, 100_000)
        assert set(line.sold.values()) == {10}
        assert list(run.journal.of(Accounts))[-1].funds == {"pool": 2 * 50 * 100_000}
        assert {one.balance for one in list(run.journal.of(Accounts))[-1].members.values()} == {0}

    @pytest.mark.parametrize(("revenue", "share"), [("burn", 0), ("equal-share", 50 * 100_000 // 5)])
    def test_permits_go_to_the_highest_value_at_the_second_highest(self, live: Live, revenue: str, share: int) -> None:
        run = lived(live, {**GREEDY, "members.John.price": 2_000}, shares="auction", revenue=revenue)
        line = next(run.journal.of(PermitSale))
        assert (line.sold, line.price) == ({"John": 50}, 100_000)
        assert run.harvests[0].granted == {"John": 50, "Kate": 0, "Jack": 0, "Emma": 0, "Luke": 0}
        accounts = next(run.journal.of(Accounts))
        assert {name: one.balance - share for name, one in accounts.members.items()} == {
            "John": 50 * 100_000,
            **dict.fromkeys(("Kate", "Jack", "Emma", "Luke"), 0),
        }
        assert not any(accounts.funds.values())

    def test_nothing_is_sold_below_the_reserve(self, live: Live) -> None:
        run = lived(live, {**GREEDY, "members.John.price": 2_000}, shares="auction", reserve=1.5, trade=False)
        line = next(run.journal.of(PermitSale))
        assert (line.sold, line.price) == ({"John": 50}, 150_000)
        assert "at least 1,500 dollars each" in next(run.journal.of(TermsLine)).text
        unsold = lived(live, GREEDY, shares="auction", reserve=1.5, trade=False)
        assert next(unsold.journal.of(PermitSale)).sold == {}
        assert set(unsold.harvests[0].granted.values()) == {0}

    def test_a_bidder_without_the_money_pays_all_it_has_and_buys_nothing_until_it_has_paid(self, live: Live) -> None:
        with AGENTS.temporary(_Overbidder):
            society = {"agents.default": "overbidder", "world.months": 5, "society.communication": False}
            run = lived(live, society, shares="auction", allotment=10, trade=False)
        first, *later = run.journal.of(PermitSale)
        assert first.price == 300_000
        assert first.sold == {"John": 25, "Kate": 25}, (
            "they bid 4,000 and 3,000 dollars for 25 permits, others 10 for 1"
        )
        bidders = [[one.member for one in line.bids] for line in later]
        assert bidders[0] == ["Jack", "Emma", "Luke"], "the others owe 2,000 of 3,000 dollars for each permit"
        charged = [one for line in run.journal.of(Charges) for one in line.charges if one.member == "John"]
        assert [(one.reason, one.amount, one.paid) for one in charged[:3]] == [
            ("permits", 25 * 300_000, 25 * 100_000),
            ("debt for permits", 25 * 200_000, 0),
            ("debt for permits", 25 * 200_000, 0),
        ]

    @pytest.mark.parametrize("market", ["auction", "offers"])
    def test_a_model_in_debt_is_asked_only_what_it_sells(self, live: Live, market: str) -> None:
        society = {"models.default": "fake/society", "models.args": {"catch": 3_000}, "world.months": 3}
        how = {"shares": "auction", "allotment": 6, "permanent_from": 1, "highest": 60, "market": market}
        run = lived(live, {**society, "society.phases": ["harvest", "report"]}, **how)
        unpaid = {
            one.member
            for line in run.journal.of(Charges)
            for one in line.charges
            if line.month == 1 and one.paid < one.amount
        }
        assert unpaid
        purpose = {"auction": "trade-permits", "offers": "offer-permits"}[market]
        asked = run.calls(purpose=purpose, month=2)
        assert {call.member for call in asked if "You still owe" in run.prompt(call)} == unpaid
        assert {call.member for call in asked if "Buy:" not in (call.reply or "")} == unpaid
        assert not unpaid & {call.member for call in run.calls(purpose="buy-permits", month=2)}

    def test_debts_are_paid_from_later_income(self, live: Live) -> None:
        society = {**GREEDY, "members.John.price": 2_000, "members.Kate.price": 1_900}
        society |= {"world.months": 12, "world.horizon": "known"}
        run = lived(live, society, shares="auction", permanent_from=1)
        line = next(run.journal.of(PermitSale))
        assert (line.sold, line.price) == ({"John": 50}, 12 * 190_000)
        paid = [sum(one.paid for one in line.charges) for line in run.journal.of(Charges)]
        assert sum(paid) == 50 * 12 * 190_000
        assert paid == [10_000_000] * 11 + [4_000_000]
        assert len(list(run.journal.of(PermitSale))) == 1, "nothing is left to be sold"


class _Overbidder(Agent):
    """Bids too much as John and Kate."""

    name = "overbidder"

    async def answer(self, request: Request) -> Answer:
        if request.purpose == "harvest":
            return Answer(values={"Answer": 25})
        dollars = {"John": 4_000, "Kate": 3_000}.get(str(request.view.member), 10)
        return Answer(
            values={"Buy": 26 if dollars == 3_000 else 25 if dollars == 4_000 else 1, "Highest price": dollars}
        )


class TestPermanentTrade:
    """Permits that are traded for good."""

    def test_they_move_to_the_highest_value_with_all_later_quotas(self, live: Live) -> None:
        society = {**GREEDY, "members.John.price": 2_000, "world.months": 12, "world.horizon": "known"}
        run = lived(live, society, permanent_from=1)
        first, *later = run.journal.of(Auction)
        assert first.held == {"John": 50, "Kate": 0, "Jack": 0, "Emma": 0, "Luke": 0}
        assert first.price == (12 * 200_000 + 12 * 100_000 + 100) // 2
        assert not any(line.trades for line in later)
        terms = list(run.journal.of(TermsLine))
        assert terms[0].values["rights"] == dict.fromkeys(first.held, 0.2)
        assert {tuple(one.items()) for one in allotted(run)[1:]} == {tuple(first.held.items())}
        assert {tuple(one.granted.values()) for one in run.harvests} == {(50, 0, 0, 0, 0)}

    def test_leases_come_first_and_the_shares_follow_the_stock(self, live: Live) -> None:
        society = {**GREEDY, "members.John.price": 2_000, "members.Kate.price": 500, "world.months": 5}
        run = lived(live, {**society, "world.growth": 1.5}, permanent_from=3)
        found = allotted(run)
        assert [set(one.values()) for one in found[:3]] == [{6}, {6}, {6}], "leases are for one month"
        assert found[3] == {"John": 30, "Kate": 0, "Jack": 0, "Emma": 0, "Luke": 0}
        assert "From month 3 on" in next(run.journal.of(TermsLine)).text

    def test_a_newcomer_has_no_share_and_can_buy_one(self, live: Live) -> None:
        society = {**GREEDY, "members.Luke.joins": 2, "members.Luke.price": 1_500, "world.months": 3}
        run = lived(live, society, permanent_from=1)
        found = allotted(run)
        assert found[1] == {"John": 13, "Kate": 13, "Jack": 12, "Emma": 12, "Luke": 0}
        assert found[2] == {"John": 0, "Kate": 0, "Jack": 0, "Emma": 0, "Luke": 50}

    @pytest.mark.parametrize("market", ["auction", "offers"])
    def test_no_permits_and_no_rights_appear_or_disappear_by_trade(self, live: Live, market: str) -> None:
        society = {"models.default": "fake/society", "members.Luke.joins": 3, "world.months": 6, "world.growth": 3}
        how = {"allotment": 9, "shares": "auction", "permanent_from": 2, "rounds": 2, "highest": 2}
        run = lived(live, {**society, "society.phases": ["harvest", "report"]}, market=market, **how)
        assert len(run.harvests) == 6
        sales = {line.month: line for line in run.journal.of(PermitSale)}
        for line in run.journal.of(TermsLine):
            start: dict[str, int] = allotted(run)[line.month - 1]
            sold = sum(sales[line.month].sold.values()) if line.month in sales else 0
            offered = sales[line.month].offered if line.month in sales else 0
            assert sum(start.values()) + offered == 9 * len(start)
            held = [one.held for one in run.journal.of(Auction) if one.month == line.month]
            held += [one.held for one in run.journal.of(PermitOffers) if one.month == line.month]
            assert {sum(one.values()) for one in held} == {sum(start.values()) + sold}
            rights: Any = line.values.get("rights", {})
            assert line.month < 2 or 0 <= sum(rights.values()) <= 1 + 1e-9
            assert min(rights.values(), default=0) >= 0
        assert any(line.trades for line in run.journal.of(Auction)) or any(
            one.traded for line in run.journal.of(PermitOffers) for one in line.offers
        )

    def test_later_rounds_trade_what_was_traded_before(self, live: Live) -> None:
        run = lived(live, {**GREEDY, "members.John.price": 2_000}, rounds=2)
        assert [(line.ordinal, bool(line.trades)) for line in run.journal.of(Auction)] == [(0, True), (1, False)]
        assert "in 2 rounds" in next(run.journal.of(TermsLine)).text


class TestOffers:
    """Permits that are traded by offers of one member to another."""

    def test_they_move_to_the_highest_value_one_partner_at_a_time(self, live: Live) -> None:
        run = lived(live, {**GREEDY, "members.John.price": 2_000}, market="offers", rounds=4)
        held = [line.held["John"] for line in run.journal.of(PermitOffers)]
        assert held == [20, 30, 40, 50]
        assert run.harvests[0].granted == {"John": 50, "Kate": 0, "Jack": 0, "Emma": 0, "Luke": 0}
        accounts = next(run.journal.of(Accounts)).members
        assert accounts["John"].balance == 50 * 200_000 - 40 * 200_000, "who offers own value gains nothing by trade"
        assert {one.balance for name, one in accounts.items() if name != "John"} == {10 * 200_000}
        found = read_run(run.journal.path).values
        assert (found["permit_price"], found["compliance"]) == (2_000, 1)
        assert asyncio.run(replay(run.journal.path)).difference is None

    def test_equal_members_reject_what_gains_them_nothing(self, live: Live) -> None:
        run = lived(live, GREEDY, market="offers")
        [line] = run.journal.of(PermitOffers)
        assert len(line.offers) == 5
        assert not any(one.is_accepted or one.traded for one in line.offers)

    def test_a_seller_that_accepts_too_much_delivers_what_it_has(self, live: Live) -> None:
        with AGENTS.temporary(_Careless):
            run = lived(live, {"agents.default": "careless", "world.months": 1, "society.communication": False},
                        market="offers", allotment=10)  # fmt: skip
        [line] = run.journal.of(PermitOffers)
        assert [one.is_accepted for one in line.offers] == [True] * 4
        assert sorted(one.traded for one in line.offers) == [0, 0, 3, 7]
        assert line.held["John"] == 0
        assert sum(line.held.values()) == 50

    def test_models_make_and_answer_offers_in_the_same_words_however_they_bind(self, live: Live) -> None:
        sent = set()
        for enforcement in ("announced", "hard"):
            base = {"models.default": "fake/society", "world.months": 1, "society.members": ["Ann", "Zoë", "李"]}
            run = lived(live, base, enforcement=enforcement, market="offers")
            messages = {line.hash: line.content for line in run.journal.of(MessageLine)}
            asked = [call for call in run.calls() if call.purpose in ("offer-permits", "answer-offers", "harvest")]
            assert {call.purpose for call in asked} == {"offer-permits", "answer-offers", "harvest"}
            sent.add(tuple(messages[hash_] for call in asked for hash_ in call.messages))
            assert asyncio.run(replay(run.journal.path)).difference is None
        assert len(sent) == 1


class _Careless(Agent):
    """All buy 7 permits from John, who sells to all of them."""

    name = "careless"

    async def answer(self, request: Request) -> Answer:
        if request.purpose == "harvest":
            return Answer(values={"Answer": 10})
        if request.purpose == "answer-offers":
            return Answer(values={field.tag: "yes" for field in request.fields})
        buys = request.view.member != "John"
        bid = {"Buy from": "John" if buys else "none", "Buy": 7 if buys else 0, "Highest price": 500}
        return Answer(values={**bid, "Sell to": "none", "Sell": 0, "Lowest price": 0})


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"reserve": 11}, "institutions.permits.reserve = 11: must be at most highest = 10"),
        (
            {"permanent_from": 2, "trade": False},
            "institutions.permits.permanent_from = 2: needs trade = true or shares = auction",
        ),
        (
            {"permanent_from": 3, "shares": "historic"},
            "institutions.permits.permanent_from = 3: must be more than baseline = 3, as historic shares are not known "
            "before",
        ),
    ],
)
def test_settings_without_a_meaning_are_refused(live: Live, how: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=f"^{re.escape(message)}$"):
        lived(live, GREEDY, **how)


@pytest.mark.parametrize("how", [{"shares": "auction", "trade": False}, {"permanent_from": 1, "rounds": 2}])
def test_models_buy_in_the_same_words_whether_or_not_permits_bind(live: Live, how: dict[str, Any]) -> None:
    sent = set()
    for enforcement in ("announced", "hard"):
        base = {"models.default": "fake/society", "world.months": 1}
        run = lived(live, base, enforcement=enforcement, **how)
        messages = {line.hash: line.content for line in run.journal.of(MessageLine)}
        asked = [call for call in run.calls() if call.purpose in ("buy-permits", "trade-permits")]
        assert asked
        until_harvest = (*asked, *run.calls(purpose="harvest"))
        sent.add(tuple(messages[hash_] for call in until_harvest for hash_ in call.messages))
        assert asyncio.run(replay(run.journal.path)).difference is None
    assert len(sent) == 1


def test_what_members_may_take_after_trade_is_what_compliance_refers_to(live: Live) -> None:
    society = {**GREEDY, "members.John.price": 2_000}
    found = {
        (enforcement, shares): read_run(lived(live, society, enforcement=enforcement, shares=shares).journal.path)
        for enforcement in ("hard", "announced")
        for shares in ("equal", "auction")
    }
    assert {key: one.values["compliance"] for key, one in found.items()} == {
        ("hard", "equal"): 1.0,
        ("hard", "auction"): 1.0,
        ("announced", "equal"): 1 / 5,
        ("announced", "auction"): 1 / 5,
    }
    excess = (4 * 20) / 5
    assert found["announced", "equal"].values["excess_catch"] == excess, "John holds 50 permits and takes 20"


NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


@pytest.mark.parametrize("shares", ["equal", "historic", "auction"])
@pytest.mark.parametrize(("rounds", "market"), [(1, "auction"), (1, "offers"), (3, "offers"), (3, "auction")])
@pytest.mark.parametrize("reserve", [0, 0.25])
@pytest.mark.parametrize("permanent_from", [None, 5])
def test_every_number_in_the_terms_is_applied_and_the_reverse(
    live: Live, shares: str, rounds: int, market: str, reserve: float, permanent_from: int | None
) -> None:
    how: dict[str, Any] = {
        "allotment": 7,
        "market": market,
        "rounds": rounds,
        "reserve": reserve,
        "permanent_from": permanent_from,
    }
    run = lived(live, GREEDY, shares=shares, **how)
    is_sold = shares == "auction"
    applied = [35, *([1000 * reserve] if reserve else [])] if is_sold else [7]
    applied += [*([rounds] if rounds > 1 else []), *([permanent_from] if permanent_from else [])]
    applied += [3] if shares == "historic" else []
    text = next(run.journal.of(TermsLine)).text
    assert sorted(float(one.replace(",", "")) for one in NUMBER.findall(text)) == sorted(applied), text
