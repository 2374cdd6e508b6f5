"""Tradable permits: every unit needs a permit of the month, and permits are sold or traded before the harvest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from govsim.agents import View
from govsim.commons import Charge, Outcome, member_threshold, written_dollars
from govsim.config import Experiment, Section
from govsim.errors import ConfigError
from govsim.game import UNCHANGED, Incentives
from govsim.society.rule import RULES, AddedPhase, Rule, Terms
from govsim.society.rules.inspection import POOL, in_cents, shared_equally
from govsim.society.rules.permit_offers import OfferPhase
from govsim.society.rules.permit_trading import AuctionPhase, Cleared, SalePhase, Sold, divided

if TYPE_CHECKING:
    from govsim.society.society import Society

THRESHOLD = "threshold"
ALL_RIGHTS = 10**9
"""Number of equal parts of which rights to a share of all permits consist."""
_UNOWNED = ""


@RULES.register
class Permits(Rule):
    """Allows members to receive only as many units as they hold permits for, and lets them trade these permits.

    Permits are allotted every month, equally or in proportion to earlier catches, or sold to the highest bidders.
    Members lease them to each other for the month, or sell them for good, in a sealed double auction with a uniform
    price or by offers to each other. They are paid for after the harvest.
    """

    name = "permits"
    templates = {
        "permits": {
            "allotted": 10,
            "allotments": [],
            "baseline": None,
            "changes": True,
            "trade": True,
            "market": "auction",
            "rounds": 1,
            "offered": 0,
            "reserve": None,
            "permanent_from": None,
            "owed": False,
        },
        "trade_permits": {
            "date": "2024-01-01",
            "held": 10,
            "worth": "1,000",
            "dollars": 1000,
            "debt": None,
            "is_permanent": False,
        },
        "buy_permits": {
            "date": "2024-01-01",
            "held": 0,
            "worth": "1,000",
            "dollars": 1000,
            "debt": None,
            "is_permanent": False,
            "offered": 50,
            "reserve": None,
        },
        "offer_permits": {
            "date": "2024-01-01",
            "held": 10,
            "worth": "1,000",
            "dollars": 1000,
            "debt": None,
            "is_permanent": False,
            "permits": ["Kate 10"],
            "partner": "Kate",
        },
        "answer_offers": {
            "date": "2024-01-01",
            "held": 10,
            "worth": "1,000",
            "dollars": 1000,
            "debt": None,
            "is_permanent": False,
            "offers": ["Sale Kate: 5 for 900 dollars each, from Kate"],
            "prices": {"Sale Kate": 90000},
        },
        "offers_traded": {"deals": ["you sold 5 to Kate for 900 dollars each"], "held": 5},
        "traded": {"price": "1,000", "volume": 4, "held": 14},
        "permits_sold": {"price": "1,000", "volume": 50, "held": 14},
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
        shares: Literal["equal", "historic", "auction"] = "equal"
        """Division of all permits among the members: as above (`equal`); in proportion to what they received in the
        first months (`historic`), from the month after these on; or sold before the harvest to the highest bidders, all
        at the highest price at which a bid is not met in full (`auction`)."""
        baseline: int = Field(3, ge=1)
        """Number of months at the start that determine `historic` shares. Members who join later have a share of 0."""
        reserve: float = Field(0, ge=0)
        """Minimum price of permits that are sold, in prices of one unit."""
        revenue: Literal["burn", "pool", "equal-share"] = "burn"
        """What members pay for permits that are sold: it leaves the society (`burn`), goes to the common fund (`pool`),
        or is divided equally among the members present (`equal-share`)."""
        trade: bool = True
        """Whether members can trade permits with each other; without trade, they are a quota."""
        market: Literal["auction", "offers"] = "auction"
        """How members trade: in a sealed double auction, all at one price (`auction`), or by `offers` of one member to
        another, who accepts or rejects them."""
        rounds: int = Field(1, ge=1)
        """Number of auctions or rounds of offers before each harvest."""
        permanent_from: int | None = Field(None, ge=1)
        """First month from which permits are sold and traded for good, with the same share of the permits of all later
        months; before it, or with null, they are leased for the month."""
        highest: float = Field(10, gt=0)
        """Maximum price of a permit in offers, in prices of one unit; for permits that are valid for good, for each
        month that is left, if members know how many."""

    settings: Settings

    def __init__(self, settings: Section | None = None, *, name: str | None = None) -> None:
        super().__init__(settings if settings is not None else self.Settings(), name=name)
        self._held: dict[str, int] = {}
        self._caught = Counter[str]()
        self._rights: dict[str, int] | None = None
        self._offered = 0
        self._sold = Sold(units={})
        self._cleared: list[Cleared] = []
        self._debts: list[Charge] = []

    def check(self, experiment: Experiment) -> None:
        """Reject an allotment that would reveal a stock that members do not know, and settings without effect."""
        settings, key = self.settings, f"institutions.{self.name}"
        is_told = settings.enforcement != "none" and settings.allotment == THRESHOLD
        if is_told and experiment.observation.stock != "exact":
            raise ConfigError(
                f"{key}.allotment = {THRESHOLD}: would reveal the stock, which members do not "
                "observe exactly (observation.stock); give a number of units"
            )
        if settings.reserve > settings.highest:
            raise ConfigError(f"{key}.reserve = {settings.reserve:g}: must be at most highest = {settings.highest:g}")
        if (first := settings.permanent_from) is None:
            return
        if not settings.trade and settings.shares != "auction":
            raise ConfigError(f"{key}.permanent_from = {first}: needs trade = true or shares = auction")
        if settings.shares == "historic" and first <= settings.baseline:
            raise ConfigError(
                f"{key}.permanent_from = {first}: must be more than baseline = {settings.baseline}, as historic shares "
                "are not known before"
            )

    def terms(self, society: Society) -> Terms | None:
        """Allot the permits of the month, and return them."""
        settings = self.settings
        self._cleared, self._sold = [], Sold(units={})
        known, fixed = society.known, settings.allotment if isinstance(settings.allotment, int) else None
        own = {name: member_threshold(known, name) if fixed is None else fixed for name in known.members}
        self._held = self._allotted(society.state.month, own)
        self._offered = sum(own.values()) - sum(self._held.values())
        if settings.enforcement == "none":
            return None
        values = {**settings.model_dump(mode="json"), "allotments": {**self._held}}
        if self._rights is not None:
            values["rights"] = {name: parts / ALL_RIGHTS for name, parts in self._rights.items()}
        is_final = not settings.trade and not self._offered
        return Terms(text=self._text(society), values=values, quotas={**self._held} if is_final else None)

    def _text(self, society: Society) -> str:
        settings, reserve = self.settings, self.reserve(society)
        is_same = len(set(self._held.values())) == 1
        is_allotted = not self._offered or any(self._held.values())
        return society.prompts.render(
            "permits",
            allotted=next(iter(self._held.values())) if is_same and is_allotted else None,
            allotments=[f"{name} {units}" for name, units in self._held.items()] if is_allotted and not is_same else [],
            baseline=settings.baseline if settings.shares == "historic" else None,
            changes=settings.allotment == THRESHOLD or self._rights is not None,
            trade=settings.trade,
            market=settings.market,
            rounds=settings.rounds,
            offered=self._offered,
            reserve=written_dollars(reserve) if reserve else None,
            permanent_from=settings.permanent_from,
            owed=self._keeps_debts and not society.institutions.ledger.may_go_negative,
        )

    def _allotted(self, month: int, own: Mapping[str, int]) -> dict[str, int]:
        """Return the permits that members hold before any are sold or traded.

        Args:
            month: the month.
            own: permits by member present, if they are divided equally.
        """
        total = sum(own.values())
        if self._rights is None and total and self.is_permanent(month):
            first = self._leased(month, own)
            self._rights = divided(ALL_RIGHTS, first) if any(first.values()) else dict.fromkeys(own, 0)
        if self._rights is None:
            return self._leased(month, own)
        unowned = ALL_RIGHTS - sum(self._rights.values())
        held = in_proportion({**own, _UNOWNED: 0}, {**self._rights, _UNOWNED: unowned})
        return {name: held[name] for name in own}

    def _leased(self, month: int, own: Mapping[str, int]) -> dict[str, int]:
        """Return the permits that members receive for one month."""
        if self.settings.shares == "auction":
            return dict.fromkeys(own, 0)
        is_historic = self.settings.shares == "historic" and month > self.settings.baseline
        return in_proportion(own, self._caught) if is_historic else dict(own)

    def admit(self, society: Society, demands: Mapping[str, int]) -> Mapping[str, int]:
        """Return the permits that each member holds."""
        is_hard = self.settings.enforcement == "hard"
        return {name: units for name, units in self._held.items() if is_hard and name in demands}

    def settle(self, society: Society, outcome: Outcome) -> Iterator[Charge]:
        """Record the catches that determine historic shares, and let members pay their debts and what they bought."""
        if society.state.month <= self.settings.baseline:
            self._caught.update(outcome.granted)
        if self.settings.enforcement != "hard":
            return
        present = society.state.members
        due = [one for one in self._debts if one.member in present and (one.to is None or one.to in present)]
        self._debts = [one for one in self._debts if one not in due]
        yield from due
        fund = {"burn": None, "pool": POOL, "equal-share": self.name}[self.settings.revenue]
        for name, units in self._sold.units.items():
            if amount := units * self._sold.price:
                yield Charge(by=self.name, member=name, amount=amount, reason="permits", fund=fund)
        for cleared in self._cleared:
            for one in cleared.trades:
                if amount := one.units * cleared.price:
                    yield Charge(by=self.name, member=one.buyer, amount=amount, reason="permits", to=one.seller)

    def close(self, society: Society) -> Iterator[Charge]:
        """Keep what could not be paid as debts, and divide the revenue of sales equally, if that is its use."""
        if self._keeps_debts:
            own = [one for one in society.institutions.settled if one.charge.by == self.name]
            self._debts += [
                replace(one.charge, amount=one.charge.amount - one.paid, reason="debt for permits")
                for one in own
                if one.paid < one.charge.amount
            ]
        if revenue := society.institutions.ledger.fund(self.name):
            yield from shared_equally(
                self.name, -revenue, society.state.members, "equal share of the sale", fund=self.name
            )

    def phases(self) -> Iterable[AddedPhase]:
        """Return the sale, and the auction or the offers, before the harvest."""
        if self.settings.enforcement == "none":
            return
        if self.settings.shares == "auction":
            yield AddedPhase(phase=SalePhase(name=f"{self.name}-sale", rule=self), place="before-harvest")
        if self.settings.trade and self.settings.market == "auction":
            yield AddedPhase(phase=AuctionPhase(name=f"{self.name}-auction", rule=self), place="before-harvest")
        elif self.settings.trade:
            yield AddedPhase(phase=OfferPhase(name=f"{self.name}-offers", rule=self), place="before-harvest")

    def incentives(self, members: int) -> Incentives | None:
        """Return the limit of equal permits without trade; others depend on what members do."""
        settings = self.settings
        if settings.enforcement != "hard":
            return UNCHANGED
        if settings.trade or settings.shares != "equal":
            return None
        allotment = settings.allotment
        if isinstance(allotment, int):
            return Incentives(limit=lambda position: allotment)
        return Incentives(limit=lambda position: position.threshold // position.members)

    @property
    def held(self) -> Mapping[str, int]:
        """Permits that each member holds."""
        return self._held

    @property
    def offered(self) -> int:
        """Permits of the month without an owner, which are sold."""
        return self._offered

    @property
    def _keeps_debts(self) -> bool:
        """Whether members still owe what they could not pay; permits that are only leased to each other are waived."""
        return self.settings.shares == "auction" or self.settings.permanent_from is not None

    def debt_of(self, member: str) -> int:
        """Return the cents that a member owes for permits of earlier months."""
        return sum(one.amount for one in self._debts if one.member == member)

    def reserve(self, society: Society) -> int:
        """Return the lowest price of permits that are sold, in cents."""
        return in_cents(self.settings.reserve, society.institutions.price_of(""))

    def is_permanent(self, month: int) -> bool:
        """Whether permits sold and traded in a month are valid for good."""
        return self.settings.permanent_from is not None and month >= self.settings.permanent_from

    def valid_months(self, view: View) -> int:
        """Return the number of months for which a permit bought now is valid, as far as the member knows."""
        return view.months - view.month + 1 if self.is_permanent(view.month) and view.months is not None else 1

    def sell(self, sold: Sold) -> None:
        """Give the buyers their permits, and their rights if these are valid for good."""
        self._sold = sold
        unowned = 0 if self._rights is None else ALL_RIGHTS - sum(self._rights.values())
        for name, units in sold.units.items():
            self._held[name] += units
            if self._rights is not None:
                self._rights[name] = self._rights.get(name, 0) + unowned * units // self._offered

    def trade(self, cleared: Cleared) -> None:
        """Move the permits traded, and the rights of their sellers if these are valid for good."""
        self._cleared.append(cleared)
        for one in cleared.trades:
            if self._rights is not None:
                parts = self._rights.get(one.seller, 0) * one.units // self._held[one.seller]
                self._rights[one.seller] = self._rights.get(one.seller, 0) - parts
                self._rights[one.buyer] = self._rights.get(one.buyer, 0) + parts
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
    weights = {name: caught.get(name, 0) for name in allotted}
    return divided(sum(allotted.values()), weights) if any(weights.values()) else dict(allotted)
