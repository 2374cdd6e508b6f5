"""Trade of permits: how sales and double auctions are cleared, and the phases in which members take part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from govsim.agents import Answer, Notice, Request, View
from govsim.calendar import first_day
from govsim.commons import CENTS, written_dollars
from govsim.journal import Auction, Order, PermitBid, PermitSale, Trade
from govsim.models.fields import ChoiceField, NumberField, Value
from govsim.models.fields import Field as ReplyField
from govsim.society.phase import Phase
from govsim.society.rules.inspection import in_cents

if TYPE_CHECKING:
    from govsim.society.rules.permits import Permits
    from govsim.society.society import Society

TRADE, PURCHASE = "trade-permits", "buy-permits"
BUY, BUY_PRICE, SELL, SELL_PRICE = "Buy", "Highest price", "Sell", "Lowest price"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleared:
    """The result of an auction.

    Attributes:
        price: cents for each permit; 0 if none was traded.
        trades: permits that change hands.
    """

    price: int
    trades: tuple[Trade, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """The result of a sale.

    Attributes:
        price: cents for each permit; 0 if none was sold.
        units: permits by buyer.
    """

    price: int = 0
    units: Mapping[str, int]


def divided(total: int, weights: Mapping[str, int]) -> dict[str, int]:
    """Divide a number in proportion to weights, by the method of largest remainders.

    Args:
        total: what is divided.
        weights: weights by name, at least one of them more than 0. Of equal remainders, the first one comes first.
    """
    weight = sum(weights.values())
    exact = {name: divmod(total * own, weight) for name, own in weights.items()}
    left = total - sum(units for units, _ in exact.values())
    rounded_up = sorted(exact, key=lambda name: -exact[name][1])[:left]
    return {name: units + (name in rounded_up) for name, (units, _) in exact.items()}


def sell(offered: int, bids: Sequence[PermitBid], reserve: int, rng: np.random.Generator) -> Sold:
    """Sell permits to the highest bidders, all at the highest price at which a bid was not met in full.

    Bids with the price at which supply ends are met in proportion to what they ask for.

    Args:
        offered: number of permits for sale.
        bids: the bids, at most one of each member.
        reserve: cents below which none is sold; the price if all other bids are met in full.
        rng: decides between equal remainders.
    """
    luck = rng.permutation(len(bids)).tolist()
    ranked = [one for _, one in sorted(zip(luck, bids, strict=True), key=lambda pair: pair[0])]
    left, price, sold = offered, reserve, dict[str, int]()
    for level in sorted({one.price for one in ranked if one.units and one.price >= reserve}, reverse=True):
        wanted = {one.member: one.units for one in ranked if one.units and one.price == level}
        total = sum(wanted.values())
        sold |= wanted if total <= left else divided(left, wanted)
        if total > left:
            price = level
            break
        left -= total
    units = {one.member: sold[one.member] for one in bids if sold.get(one.member)}
    return Sold(price=price if units else 0, units=units)


def clear(orders: Sequence[Order], rng: np.random.Generator) -> Cleared:
    """Clear a sealed double auction: trade as long as the highest bid left is at least the lowest ask left.

    All trades have the same price: the mean of the last bid and the last ask that trade, rounded down. Orders with the
    same price come in a random order. A member whose own bid is at least its own ask only sells.

    Args:
        orders: the orders, at most one of each member.
        rng: decides between equal prices.
    """
    luck = rng.permutation(len(orders)).tolist()
    ranked = [one for _, one in sorted(zip(luck, orders, strict=True), key=lambda pair: pair[0])]
    buyers = [one for one in ranked if one.buy and not (one.sell and one.bid >= one.ask)]
    buyers = sorted(buyers, key=lambda one: -one.bid)
    sellers = sorted((one for one in ranked if one.sell), key=lambda one: one.ask)
    wanted, offered = [one.buy for one in buyers], [one.sell for one in sellers]
    trades, price, i, j = list[Trade](), 0, 0, 0
    while i < len(buyers) and j < len(sellers) and buyers[i].bid >= sellers[j].ask:
        units = min(wanted[i], offered[j])
        trades.append(Trade(buyer=buyers[i].member, seller=sellers[j].member, units=units))
        price = (buyers[i].bid + sellers[j].ask) // 2
        wanted[i], offered[j] = wanted[i] - units, offered[j] - units
        i, j = i + (not wanted[i]), j + (not offered[j])
    return Cleared(price=price, trades=tuple(trades))


def _at_own_value(request: Request) -> Mapping[str, Value]:
    """Bid what a permit earns for all permits offered or held by others, and ask a dollar more for the own ones."""
    fields = {field.tag: field for field in request.fields if isinstance(field, NumberField)}
    value = request.variables["dollars"]
    assert isinstance(value, int), "dollars that a permit earns"
    wanted = {BUY_PRICE: value, SELL_PRICE: value + 1}
    return {tag: min(wanted.get(tag, field.high), field.high) for tag, field in fields.items()}


class Trading(Phase):
    """A phase of a rule of permits, in which members say how many they would buy or sell."""

    def __init__(self, *, name: str, rule: Permits) -> None:
        super().__init__(name=name)
        self._rule = rule

    def bid_fields(self, society: Society, view: View, most: int) -> tuple[ReplyField, ...]:
        """Return the fields of a bid for up to `most` permits; none for a member in debt."""
        if self._rule.debt_of(view.member or ""):
            return ()
        return (
            NumberField(tag=BUY, low=0, high=most, units=society.prompts.units),
            NumberField(tag=BUY_PRICE, low=0, high=self._highest(society, view)),
        )

    def ask_fields(self, society: Society, view: View) -> tuple[ReplyField, ...]:
        """Return the fields of an offer of the member's own permits."""
        held = self._rule.held[view.member or ""]
        return (
            NumberField(tag=SELL, low=0, high=held, units=society.prompts.units),
            NumberField(tag=SELL_PRICE, low=0, high=self._highest(society, view)),
        )

    def _highest(self, society: Society, view: View) -> int:
        """Return the highest price of an offer in dollars."""
        highest = in_cents(self._rule.settings.highest, society.institutions.price_of(""))
        return highest * self._rule.valid_months(view) // CENTS

    def request(
        self, society: Society, view: View, purpose: str, fields: tuple[ReplyField, ...], **variables: object
    ) -> Request:
        """Return the request to one member, whose fallback is no permits, or the last option.

        Args:
            society: the society.
            view: what the member knows.
            purpose: the purpose, which is also the name of the template, with underscores.
            fields: what it is asked for.
            variables: further variables of the template.
        """
        name, rule = view.member or "", self._rule
        worth, debt = society.institutions.price_of(name), rule.debt_of(name)
        shown = {
            "date": view.date,
            "held": rule.held[name],
            "worth": written_dollars(worth * CENTS),
            "dollars": worth * rule.valid_months(view),
            "debt": written_dollars(debt) if debt else None,
            "is_permanent": rule.is_permanent(view.month),
            **variables,
        }
        return Request(
            purpose=purpose,
            template=purpose.replace("-", "_"),
            fields=fields,
            view=view,
            variables=shown,
            queries=(society.prompts.render_cached("query"),),
            otherwise={field.tag: field.options[-1] if isinstance(field, ChoiceField) else 0 for field in fields},
        )


class SalePhase(Trading):
    """Members bid for permits without an owner; all buyers pay the same price."""

    sincere = {PURCHASE: _at_own_value}

    async def run(self, society: Society) -> None:
        """Hold the sale, if permits are offered, and inform every member of its result."""
        month, rule, offered = society.state.month, self._rule, self._rule.offered
        if not offered:
            return
        view = society.view(self, first_day(month).isoformat())
        reserve = rule.reserve(society)
        shown = {"offered": offered, "reserve": written_dollars(reserve) if reserve else None}
        answers = await society.ask_each(
            PURCHASE,
            view,
            lambda own: self.request(society, own, PURCHASE, self.bid_fields(society, own, offered), **shown),
            members=[name for name in society.state.members if not rule.debt_of(name)],
        )
        bids = tuple(_bid(name, answer) for name, answer in answers.items())
        sold = sell(offered, bids, reserve, self.draws(society))
        rule.sell(sold)
        line = PermitSale(
            month=month,
            phase=self.name,
            rule=rule.name,
            offered=offered,
            bids=bids,
            price=sold.price,
            sold=dict(sold.units),
            held=dict(rule.held),
        )
        society.recorder.note(line)
        society.institutions.limit(rule.name, rule.held)
        society.notify_each(view, lambda own: [self._notice(own, sold)])

    def _notice(self, view: View, sold: Sold) -> Notice:
        volume, held = sum(sold.units.values()), self._rule.held[view.member or ""]
        price = written_dollars(sold.price)
        return Notice(template="permits_sold", variables={"price": price, "volume": volume, "held": held})


class AuctionPhase(Trading):
    """Members bid for permits and offer their own; all of a round trade at the same price."""

    sincere = {TRADE: _at_own_value}

    async def run(self, society: Society) -> None:
        """Hold all rounds of the auction, and inform every member of each result."""
        draws = self._rule.draws(society)
        for number in range(self._rule.settings.rounds):
            await self._round(society, number, draws)
        society.institutions.limit(self._rule.name, self._rule.held)

    async def _round(self, society: Society, number: int, draws: np.random.Generator) -> None:
        month, rule = society.state.month, self._rule
        view = society.view(self, first_day(month).isoformat())
        total = sum(rule.held.values())

        answers = await society.ask_each(
            TRADE,
            view,
            lambda own: self._trade_request(society, own, total - rule.held[own.member or ""]),
            members=[name for name in society.state.members if rule.held[name] or not rule.debt_of(name)],
        )
        orders = tuple(_order(name, answer) for name, answer in answers.items())
        cleared = clear(orders, draws)
        rule.trade(cleared)
        line = Auction(
            month=month,
            phase=self.name,
            rule=rule.name,
            ordinal=number,
            orders=orders,
            price=cleared.price,
            trades=cleared.trades,
            held=dict(rule.held),
        )
        society.recorder.note(line)
        society.notify_each(view, lambda own: [self._notice(own, cleared)])

    def _trade_request(self, society: Society, view: View, most: int) -> Request:
        fields = (*self.bid_fields(society, view, most), *self.ask_fields(society, view))
        return self.request(society, view, TRADE, fields)

    def _notice(self, view: View, cleared: Cleared) -> Notice:
        volume = sum(one.units for one in cleared.trades)
        held = self._rule.held[view.member or ""]
        price = written_dollars(cleared.price)
        return Notice(template="traded", variables={"price": price, "volume": volume, "held": held})


def _bid(member: str, answer: Answer) -> PermitBid:
    return PermitBid(member=member, units=answer.number(BUY) or 0, price=(answer.number(BUY_PRICE) or 0) * CENTS)


def _order(member: str, answer: Answer) -> Order:
    buy, bid, sell, ask = (answer.number(tag) or 0 for tag in (BUY, BUY_PRICE, SELL, SELL_PRICE))
    return Order(member=member, buy=buy, bid=bid * CENTS, sell=sell, ask=ask * CENTS)
