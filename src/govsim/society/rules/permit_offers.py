"""Bilateral trade of permits: members make offers to each other, which are accepted or rejected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from govsim.agents import Answer, Notice, Request, View
from govsim.calendar import first_day
from govsim.commons import CENTS, written_dollars
from govsim.journal import PermitOffer, PermitOffers, Trade
from govsim.models.fields import YES_NO, ChoiceField, NumberField, Value, words_in_tags
from govsim.society.rules.permit_trading import BUY, BUY_PRICE, SELL, SELL_PRICE, Cleared, Trading

if TYPE_CHECKING:
    import numpy as np

    from govsim.society.society import Society

OFFER, RESPOND = "offer-permits", "answer-offers"
TO, FROM, NO_MEMBER = "Sell to", "Buy from", "none"
SALE, PURCHASE = "Sale", "Purchase"
YES, NO = YES_NO


@dataclass(frozen=True, slots=True, kw_only=True)
class _Offer:
    """An offer: units at a price in cents for each, to sell to another member, or to buy from it."""

    by: str
    to: str
    sells: bool
    units: int
    price: int


def _offered_at_own_value(request: Request) -> Mapping[str, Value]:
    """Offer to buy all permits of one other member, a different one each time, at what they earn."""
    fields = {field.tag: field for field in request.fields}
    chosen, value = request.variables["partner"], request.variables["dollars"]
    wanted: dict[str, Value] = {TO: NO_MEMBER, SELL: 0, SELL_PRICE: 0}
    most, highest = fields.get(BUY), fields.get(BUY_PRICE)
    if isinstance(most, NumberField) and isinstance(highest, NumberField) and isinstance(value, int):
        wanted |= {FROM: str(chosen), BUY: most.high, BUY_PRICE: min(value, highest.high)}
    return {tag: wanted[tag] for tag in fields}


def _accepted_at_own_value(request: Request) -> Mapping[str, Value]:
    """Accept offers at a price that is better than what a permit earns."""
    value, prices = request.variables["dollars"], request.variables["prices"]
    assert isinstance(value, int), "dollars that a permit earns"
    assert isinstance(prices, dict), "cents by tag"
    better = {
        tag: price < value * CENTS if tag.startswith(SALE) else price > value * CENTS for tag, price in prices.items()
    }
    return {tag: YES if is_better else NO for tag, is_better in better.items()}


class OfferPhase(Trading):
    """Members offer to sell or buy permits; the addressees answer, and accepted offers are executed."""

    sincere = {OFFER: _offered_at_own_value, RESPOND: _accepted_at_own_value}

    async def run(self, society: Society) -> None:
        """Hold all rounds of offers, and inform every member of each result."""
        draws = self._rule.draws(society)
        for number in range(self._rule.settings.rounds):
            await self._round(society, number, draws)
        society.institutions.limit(self._rule.name, self._rule.held)

    async def _round(self, society: Society, number: int, draws: np.random.Generator) -> None:
        members, rule = society.state.members, self._rule
        view = society.view(self, first_day(society.state.month).isoformat())
        able = [name for name in members if len(members) > 1 and (rule.held[name] or not rule.debt_of(name))]
        answers = await society.ask_each(
            OFFER, view, lambda own: self._offer_request(society, own, number), members=able
        )
        offers = [one for name, answer in answers.items() for one in _offers(name, answer)]
        offers = [one for one in offers if not (one.sells and rule.debt_of(one.to))]
        received = {name: [one for one in offers if one.to == name] for name in members}
        answers = await society.ask_each(
            RESPOND,
            view,
            lambda own: self._response_request(society, own, received[own.member or ""]),
            members=[name for name, own in received.items() if own],
        )
        accepted = {
            (one.by, one.to, one.sells)
            for name, answer in answers.items()
            for tag, one in _by_tag(received[name]).items()
            if answer.text(tag) == YES
        }
        traded = self._trade([one for one in offers if (one.by, one.to, one.sells) in accepted], draws)
        line = PermitOffers(
            month=society.state.month,
            phase=self.name,
            rule=rule.name,
            ordinal=number,
            offers=tuple(
                PermitOffer(
                    by=one.by,
                    to=one.to,
                    side="sell" if one.sells else "buy",
                    units=one.units,
                    price=one.price,
                    is_accepted=(one.by, one.to, one.sells) in accepted,
                    traded=traded.get(one, 0),
                )
                for one in offers
            ),
            held=dict(rule.held),
        )
        society.recorder.note(line)
        society.notify_each(view, lambda own: [self._deals_notice(own, traded)])

    def _trade(self, accepted: Sequence[_Offer], draws: np.random.Generator) -> dict[_Offer, int]:
        """Carry out accepted offers in a random order, as far as the sellers have permits; return the units traded."""
        traded = dict[_Offer, int]()
        for place in draws.permutation(len(accepted)).tolist():
            one = accepted[place]
            seller, buyer = (one.by, one.to) if one.sells else (one.to, one.by)
            if units := min(one.units, self._rule.held[seller]):
                trade = Trade(buyer=buyer, seller=seller, units=units)
                self._rule.trade(Cleared(price=one.price, trades=(trade,)))
                traded[one] = units
        return traded

    def _offer_request(self, society: Society, view: View, number: int) -> Request:
        members, name, held = society.state.members, view.member or "", self._rule.held
        others = tuple(one for one in members if one != name)
        partner = others[(members.index(name) + view.month + number) % len(others)]
        bids = self.bid_fields(society, view, max(held[one] for one in others))
        asks = self.ask_fields(society, view)
        partners = (*others, NO_MEMBER)
        fields = (
            *((ChoiceField(tag=FROM, options=partners), *bids) if bids else ()),
            *(ChoiceField(tag=TO, options=partners), *asks),
        )
        permits = [f"{one} {held[one]}" for one in others]
        return self.request(society, view, OFFER, fields, permits=permits, partner=partner)

    def _response_request(self, society: Society, view: View, offers: Sequence[_Offer]) -> Request:
        by_tag = _by_tag(offers)
        shown = [
            f"{tag}: {one.units} for {written_dollars(one.price)} dollars each, "
            f"{'from' if one.sells else 'to'} {one.by}"
            for tag, one in by_tag.items()
        ]
        fields = tuple(ChoiceField(tag=tag, options=YES_NO) for tag in by_tag)
        prices = {tag: one.price for tag, one in by_tag.items()}
        return self.request(society, view, RESPOND, fields, offers=shown, prices=prices)

    def _deals_notice(self, view: View, traded: Mapping[_Offer, int]) -> Notice:
        member, own = view.member or "", list[str]()
        for one, units in traded.items():
            seller, buyer = (one.by, one.to) if one.sells else (one.to, one.by)
            price = written_dollars(one.price)
            if member == seller:
                own.append(f"you sold {units} to {buyer} for {price} dollars each")
            elif member == buyer:
                own.append(f"you bought {units} from {seller} for {price} dollars each")
        held = self._rule.held[member]
        return Notice(template="offers_traded", variables={"deals": own, "held": held})


def _by_tag(offers: Sequence[_Offer]) -> dict[str, _Offer]:
    """Return the offers to one member by the tags of its answers."""
    labels = words_in_tags(list(dict.fromkeys(one.by for one in offers)))
    return {f"{SALE if one.sells else PURCHASE} {labels[one.by]}": one for one in offers}


def _offers(member: str, answer: Answer) -> Iterator[_Offer]:
    """Yield the offers in an answer: at most one of a sale, and one of a purchase."""
    for partner, number, price, sells in ((TO, SELL, SELL_PRICE, True), (FROM, BUY, BUY_PRICE, False)):
        to, units = answer.text(partner), answer.number(number) or 0
        if to is not None and to != NO_MEMBER and units:
            yield _Offer(by=member, to=to, sells=sells, units=units, price=(answer.number(price) or 0) * CENTS)
