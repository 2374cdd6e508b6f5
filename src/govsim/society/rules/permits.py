"""Tradable permits: every unit needs a permit of the month, and permits are traded in an auction before the harvest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field

from govsim.agents import Answer, Notice, Request, View
from govsim.calendar import first_day
from govsim.commons import CENTS, Charge, Outcome, member_threshold
from govsim.config import Experiment, Section
from govsim.errors import ConfigError
from govsim.journal import Auction, Order, Trade
from govsim.models.fields import NumberField, Value
from govsim.society.phase import Phase
from govsim.society.rule import RULES, AddedPhase, Rule, Terms
from govsim.society.rules.inspection import in_cents, written_dollars

if TYPE_CHECKING:
    from govsim.society.society import Society

TRADE = "trade-permits"
BUY, BUY_PRICE, SELL, SELL_PRICE = "Buy", "Highest price", "Sell", "Lowest price"
THRESHOLD = "threshold"


@RULES.register
class Permits(Rule):
    """Allows members to receive only as many units as they hold permits for, and lets them trade these permits.

    Permits are allotted every month, equally or in proportion to earlier catches. They are leased for the month in a
    sealed double auction with a uniform price, and paid for after the harvest.
    """

    name = "permits"
    templates = {
        "permits": {"allotted": 10, "allotments": [], "baseline": None, "changes": True, "trade": True},
        "trade_permits": {"date": "2024-01-01", "held": 10, "worth": "1,000", "dollars": 1000},
        "traded": {"price": "1,000", "volume": 4, "held": 14},
    }

    class Settings(Section):
        """Settings of the rule."""

        enforcement: Literal["none", "announced", "hard"] = "hard"
        """Enforcement: with `hard`, members receive at most as many units as they hold permits for, and pay for permits
        that they buy; with `announced`, they trade in the same words, but are not limited, and no money moves; with
        `none`, there are no permits."""
        allotment: Annotated[int, Field(ge=0)] | Literal["threshold"] = "threshold"
        """Permits that each member receives every month: a number, or `threshold`, its share of the sustainable harvest
        of the month."""
        shares: Literal["equal", "historic"] = "equal"
        """Division of all permits among the members: as above (`equal`), or in proportion to what they received in the
        first months (`historic`), from the month after these on."""
        baseline: int = Field(3, ge=1)
        """Number of months at the start that determine `historic` shares. Members who join later have a share of 0."""
        trade: bool = True
        """Whether permits can be traded; without trade, they are a quota."""
        highest: float = Field(10, gt=0)
        """Maximum price of a permit in offers, in prices of one unit."""

    settings: Settings

    def __init__(self, settings: Section | None = None, *, name: str | None = None) -> None:
        super().__init__(settings if settings is not None else self.Settings(), name=name)
        self._held: dict[str, int] = {}
        self._caught = Counter[str]()
        self._auction: Cleared | None = None

    def check(self, experiment: Experiment) -> None:
        """Reject an allotment that would reveal a stock that members do not know."""
        is_told = self.settings.enforcement != "none" and self.settings.allotment == THRESHOLD
        if is_told and experiment.observation.stock != "exact":
            raise ConfigError(
                f"institutions.{self.name}.allotment = {THRESHOLD}: would reveal the stock, which members do not "
                "observe exactly (observation.stock); give a number of units"
            )

    def terms(self, society: Society) -> Terms | None:
        """Allot the permits of the month, and return them."""
        self._auction = None
        allotment = self.settings.allotment
        own = {
            name: allotment if isinstance(allotment, int) else member_threshold(society.state, name)
            for name in society.state.members
        }
        is_historic = self.settings.shares == "historic" and society.state.month > self.settings.baseline
        self._held = in_proportion(own, self._caught) if is_historic else own
        if self.settings.enforcement == "none":
            return None
        is_same = len(set(self._held.values())) == 1
        text = society.prompts.render(
            "permits",
            allotted=next(iter(self._held.values())) if is_same else None,
            allotments=[] if is_same else [f"{name} {units}" for name, units in self._held.items()],
            baseline=self.settings.baseline if self.settings.shares == "historic" else None,
            changes=allotment == THRESHOLD,
            trade=self.settings.trade,
        )
        values = {**self.settings.model_dump(mode="json"), "allotments": {**self._held}}
        return Terms(text=text, values=values, quotas=None if self.settings.trade else {**self._held})

    def admit(self, society: Society, demands: Mapping[str, int]) -> Mapping[str, int]:
        """Return the permits that each member holds."""
        is_hard = self.settings.enforcement == "hard"
        return {name: units for name, units in self._held.items() if is_hard and name in demands}

    def settle(self, society: Society, outcome: Outcome) -> Iterator[Charge]:
        """Record the catches that determine historic shares, and let the buyers of permits pay the sellers."""
        if society.state.month <= self.settings.baseline:
            self._caught.update(outcome.granted)
        if self._auction is not None and self.settings.enforcement == "hard":
            for one in self._auction.trades:
                if amount := one.units * self._auction.price:
                    yield Charge(by=self.name, member=one.buyer, amount=amount, reason="permits", to=one.seller)

    def phases(self) -> Iterable[AddedPhase]:
        """Return the auction, before the harvest."""
        if self.settings.trade and self.settings.enforcement != "none":
            yield AddedPhase(phase=AuctionPhase(name=f"{self.name}-auction", rule=self), place="before-harvest")

    @property
    def held(self) -> Mapping[str, int]:
        """Permits that each member holds."""
        return self._held

    def trade(self, cleared: Cleared) -> None:
        """Move the permits traded."""
        self._auction = cleared
        for one in cleared.trades:
            self._held[one.buyer] += one.units
            self._held[one.seller] -= one.units


def in_proportion(allotted: Mapping[str, int], caught: Mapping[str, int]) -> dict[str, int]:
    """Divide the permits of all members in proportion to earlier catches, by the method of largest remainders.

    Args:
        allotted: permits of each member present, whose sum is divided; returned if none of them caught anything.
        caught: units by member.

    Returns:
        Permits of each member present. Of equal remainders, the first in the roster comes first.
    """
    total, weight = sum(allotted.values()), sum(caught.get(name, 0) for name in allotted)
    if not weight:
        return dict(allotted)
    exact = {name: divmod(total * caught.get(name, 0), weight) for name in allotted}
    left = total - sum(units for units, _ in exact.values())
    rounded_up = sorted(exact, key=lambda name: -exact[name][1])[:left]
    return {name: units + (name in rounded_up) for name, (units, _) in exact.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleared:
    """The result of an auction.

    Attributes:
        price: cents for each permit; 0 if none was traded.
        trades: permits that change hands.
    """

    price: int
    trades: tuple[Trade, ...]


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
    """Bid what a unit earns for all permits of the group, and ask for more than that for the own ones."""
    fields = {field.tag: field for field in request.fields if isinstance(field, NumberField)}
    worth = request.variables["dollars"]
    assert isinstance(worth, int), "dollars that a unit earns"
    wanted = {BUY: fields[BUY].high, BUY_PRICE: worth, SELL: fields[SELL].high, SELL_PRICE: worth + 1}
    return {tag: min(value, fields[tag].high) for tag, value in wanted.items()}


class AuctionPhase(Phase):
    """Members bid for permits and offer their own; all trade at the same price."""

    sincere = {TRADE: _at_own_value}

    def __init__(self, *, name: str, rule: Permits) -> None:
        super().__init__(name=name)
        self._rule = rule

    async def run(self, society: Society) -> None:
        """Hold the auction, and inform every member of its result."""
        month = society.state.month
        view = society.view(self, first_day(month).isoformat())
        answers = await society.ask_each(TRADE, view, lambda own: self._request(society, own))
        orders = tuple(_order(name, answer) for name, answer in answers.items())
        cleared = clear(orders, self._rule.draws(society))
        self._rule.trade(cleared)
        society.recorder.note(
            Auction(
                month=month,
                phase=self.name,
                rule=self._rule.name,
                orders=orders,
                price=cleared.price,
                trades=cleared.trades,
                held=dict(self._rule.held),
            )
        )
        society.notify_each(view, lambda own: [self._notice(own, cleared)])

    def _request(self, society: Society, view: View) -> Request:
        name = view.member or ""
        worth, held = society.institutions.price_of(name), self._rule.held
        highest = in_cents(self._rule.settings.highest, society.institutions.price_of("")) // CENTS
        return Request(
            purpose=TRADE,
            template="trade_permits",
            fields=(
                NumberField(tag=BUY, low=0, high=sum(held.values()) - held[name], units=society.prompts.units),
                NumberField(tag=BUY_PRICE, low=0, high=highest),
                NumberField(tag=SELL, low=0, high=held[name], units=society.prompts.units),
                NumberField(tag=SELL_PRICE, low=0, high=highest),
            ),
            view=view,
            variables={
                "date": view.date,
                "held": held[name],
                "worth": written_dollars(worth * CENTS),
                "dollars": worth,
            },
            queries=(society.prompts.render_cached("query"),),
            otherwise=dict.fromkeys((BUY, BUY_PRICE, SELL, SELL_PRICE), 0),
        )

    def _notice(self, view: View, cleared: Cleared) -> Notice:
        volume = sum(one.units for one in cleared.trades)
        held = self._rule.held[view.member or ""]
        price = written_dollars(cleared.price)
        return Notice(template="traded", variables={"price": price, "volume": volume, "held": held})


def _order(member: str, answer: Answer) -> Order:
    buy, bid, sell, ask = (answer.number(tag) or 0 for tag in (BUY, BUY_PRICE, SELL, SELL_PRICE))
    return Order(member=member, buy=buy, bid=bid * CENTS, sell=sell, ask=ask * CENTS)
