"""Events of a run's journal about permits: sales and auctions."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from govsim.characters import counted
from govsim.config.section import Frozen
from govsim.journal.institution_lines import Cents, in_dollars, numbers_by_name
from govsim.journal.kinds import EVENTS
from govsim.journal.line import Event, Whole


class PermitBid(Frozen):
    """The bid of one member for permits that are sold."""

    member: str
    """The member."""
    units: Whole
    """Number of permits that it would buy."""
    price: Cents
    """Highest price that it would pay for each, in cents."""


@EVENTS.register
class PermitSale(Event):
    """A sale of permits that no member owns."""

    kind: Literal["sale"] = "sale"
    month: Whole
    phase: str
    """Name of the phase."""
    rule: str
    """Name of the rule in the experiment."""
    offered: Whole
    """Permits for sale."""
    bids: tuple[PermitBid, ...]
    """Bids, in roster order."""
    price: Cents
    """Price of each permit sold, in cents; 0 if none was."""
    sold: dict[str, Whole]
    """Permits sold, by buyer."""
    held: dict[str, Whole]
    """Permits held after the sale, by member."""

    @property
    def quotas(self) -> dict[str, Whole]:
        """Maximum units that each member present may take by this rule, in this month, unless permits are traded."""
        return self.held

    @property
    def in_words(self) -> str:
        """What was sold at which price, and the permits held."""
        units = sum(self.sold.values())
        price = f"; price {in_dollars(self.price)} each" if units else ""
        sold = f"{units} of {counted(self.offered, 'permit')} were sold{price}"
        return f"{self.rule}: {sold}; permits held: {numbers_by_name(self.held)}."


class Order(Frozen):
    """The offers of one member in an auction of permits. Prices are in cents."""

    member: str
    """The member."""
    buy: Whole
    """Number of permits that it would buy."""
    bid: Cents
    """Highest price that it would pay for each."""
    sell: Whole
    """Number of permits that it would sell."""
    ask: Cents
    """Lowest price that it would accept for each."""


class Trade(Frozen):
    """Permits that change hands."""

    buyer: str
    """Member that buys them."""
    seller: str
    """Member that sells them."""
    units: Whole
    """Number of permits."""


@EVENTS.register
class Auction(Event):
    """An auction of permits."""

    kind: Literal["auction"] = "auction"
    month: Whole
    phase: str
    """Name of the phase."""
    rule: str
    """Name of the rule in the experiment."""
    ordinal: Whole = Field(0, exclude_if=lambda ordinal: ordinal == 0)
    """Number of previous auctions of the rule in this month; missing for the first one."""
    orders: tuple[Order, ...]
    """Offers, in roster order."""
    price: Cents
    """Price of each permit traded, in cents; 0 if none was."""
    trades: tuple[Trade, ...]
    """Trades, from the highest bid on."""
    held: dict[str, Whole]
    """Permits held after the auction, by member."""

    @property
    def quotas(self) -> dict[str, Whole]:
        """Maximum units that each member present may take by this rule, in this month, unless another round follows."""
        return self.held

    @property
    def in_words(self) -> str:
        """The trades with their price, and the permits held."""
        trades = "; ".join(f"{one.buyer} buys {one.units} from {one.seller}" for one in self.trades)
        traded = f"{trades}; price {in_dollars(self.price)} each" if trades else "no permits were traded"
        return f"{self.rule}: {traded}; permits held: {numbers_by_name(self.held)}."


class PermitOffer(Frozen):
    """An offer of one member to another, and its result."""

    by: str
    """Member that makes the offer."""
    to: str
    """Member that receives it."""
    side: Literal["sell", "buy"]
    """Whether the member that makes the offer would sell or buy."""
    units: Whole
    """Number of permits."""
    price: Cents
    """Price of each, in cents."""
    is_accepted: bool
    """Whether the other member accepts."""
    traded: Whole
    """Permits that change hands: fewer than offered if the seller has fewer left."""


@EVENTS.register
class PermitOffers(Event):
    """Offers of permits between members."""

    kind: Literal["offers"] = "offers"
    month: Whole
    phase: str
    """Name of the phase."""
    rule: str
    """Name of the rule in the experiment."""
    ordinal: Whole
    """Number of previous rounds of offers of the rule in this month."""
    offers: tuple[PermitOffer, ...]
    """Offers, in roster order of those who make them."""
    held: dict[str, Whole]
    """Permits held after the round, by member."""

    @property
    def quotas(self) -> dict[str, Whole]:
        """Maximum units that each member present may take by this rule, in this month, unless another round follows."""
        return self.held

    @property
    def in_words(self) -> str:
        """The offers with their results, and the permits held."""
        offers = "; ".join(map(_offer_in_words, self.offers)) or "no offers"
        return f"{self.rule}: {offers}; permits held: {numbers_by_name(self.held)}."


def _offer_in_words(one: PermitOffer) -> str:
    what = f"{one.by} would {one.side} {one.units} {'to' if one.side == 'sell' else 'from'} {one.to}"
    answer = f"{one.traded} traded" if one.is_accepted else "rejected"
    return f"{what} at {in_dollars(one.price)} each ({answer})"
