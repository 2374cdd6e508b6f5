"""A tax on what members take, or on what they take above an allowance."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field

from govsim.commons import CENTS, Charge, Outcome, member_threshold, written_dollars
from govsim.config import Experiment, Section
from govsim.errors import ConfigError
from govsim.game import UNCHANGED, Incentives, Position
from govsim.game.model import Floats
from govsim.society.rule import RULES, Rule, Terms
from govsim.society.rules.inspection import POOL, in_cents, shared_equally

if TYPE_CHECKING:
    from govsim.society.society import Society

THRESHOLD = "threshold"


class Bracket(Section):
    """A higher or lower rate for further units, as in a progressive tax."""

    above: int = Field(ge=1)
    """Taxed units that are not in the bracket; the rate applies to those beyond them."""
    rate: float = Field(ge=0)
    """Tax for each unit in the bracket, in prices of one unit."""


@RULES.register
class Tax(Rule):
    """Taxes the units that members take, or those above an allowance, and uses the revenue.

    The revenue is divided equally, buys units that are released into the commons, or goes to the common fund; or it
    leaves the society.
    """

    name = "tax"
    templates = {
        "tax": {
            "rate": "750",
            "allowance": 10,
            "allowances": [],
            "brackets": [],
            "changes": False,
            "use": "equal-dividend",
            "unit_price": "1,000",
        }
    }

    class Settings(Section):
        """Settings of the rule."""

        enforcement: Literal["none", "announced", "hard"] = "hard"
        """Enforcement: `hard` collects the tax; `announced` only states it; `none` does not even state it."""
        rate: float = Field(0.75, ge=0)
        """Tax for each unit, in prices of one unit."""
        brackets: tuple[Bracket, ...] = ()
        """Other rates for units beyond a number of taxed units, from the lowest bracket on; `rate` applies below the
        first one."""
        base: Literal["excess", "landed"] = "excess"
        """What is taxed: units above the allowance (`excess`), or all units received (`landed`)."""
        allowance: Annotated[int, Field(ge=0)] | Literal["threshold"] = "threshold"
        """Units that are not taxed if the base is `excess`: a number of units, or `threshold`, the member's share of
        the sustainable harvest of the month."""
        use: Literal["equal-dividend", "restock", "fund", "burn"] = "equal-dividend"
        """Use of the revenue: divided equally among the members present at the end of the month (`equal-dividend`);
        used to buy units of the catch and release them into the commons (`restock`); paid into the common `fund`; or
        taken out of the society (`burn`)."""

    settings: Settings

    def __init__(self, settings: Section | None = None, *, name: str | None = None) -> None:
        super().__init__(settings if settings is not None else self.Settings(), name=name)

    def check(self, experiment: Experiment) -> None:
        """Reject an allowance that would reveal a stock that members do not know, and brackets out of order."""
        settings, key = self.settings, f"institutions.{self.name}.allowance = {self.settings.allowance}"
        bounds = [one.above for one in settings.brackets]
        if bounds != sorted(set(bounds)):
            raise ConfigError(
                f"institutions.{self.name}.brackets: above = {', '.join(map(str, bounds))}; must increase from bracket "
                "to bracket"
            )
        is_told = settings.base == "excess" and settings.enforcement != "none"
        if is_told and settings.allowance == THRESHOLD and experiment.observation.stock != "exact":
            raise ConfigError(
                f"{key}: would reveal the stock, which members do not observe exactly (observation.stock); give a "
                "number of units"
            )

    def terms(self, society: Society) -> Terms | None:
        """Return the rate, the allowances of this month, and the use of the revenue."""
        settings, price = self.settings, society.institutions.price_of("")
        if settings.enforcement == "none":
            return None
        has_allowance = settings.base == "excess"
        members = society.state.members if has_allowance else ()
        allowances = {name: self._allowance(society, name) for name in members}
        is_same = len(set(allowances.values())) == 1
        text = society.prompts.render(
            "tax",
            rate=written_dollars(in_cents(settings.rate, price)),
            allowance=next(iter(allowances.values())) if is_same and has_allowance else None,
            allowances=[f"{name} {units}" for name, units in allowances.items()]
            if has_allowance and not is_same
            else [],
            brackets=[(one.above, written_dollars(in_cents(one.rate, price))) for one in settings.brackets],
            changes=settings.allowance == THRESHOLD,
            use=settings.use,
            unit_price=written_dollars(in_cents(1, price)),
        )
        return Terms(text=text, values={**settings.model_dump(mode="json"), "allowances": {**allowances}})

    def settle(self, society: Society, outcome: Outcome) -> Iterator[Charge]:
        """Charge the tax to every member that received taxed units."""
        if self.settings.enforcement != "hard":
            return
        price = society.institutions.price_of("")
        for name, units in outcome.granted.items():
            taxed = max(0, units - self._allowance(society, name))
            if amount := in_cents(self._tax(taxed), price):
                yield Charge(
                    by=self.name,
                    member=name,
                    amount=amount,
                    reason="tax",
                    fund={"equal-dividend": self.name, "fund": POOL}.get(self.settings.use),
                    returned=self._returned(society, outcome, name, amount) if self.settings.use == "restock" else 0,
                )

    def close(self, society: Society) -> Iterator[Charge]:
        """Divide this month's revenue equally, if that is its use."""
        if revenue := society.institutions.ledger.fund(self.name):
            yield from shared_equally(
                self.name, -revenue, society.state.members, "equal share of the tax", fund=self.name
            )

    def incentives(self, members: int) -> Incentives | None:
        """Return the tax on each catch, minus the member's own part of the dividend.

        It is not known if the revenue restocks the commons, or if the dividend depends on what others take.
        """
        settings = self.settings
        if settings.enforcement != "hard":
            return UNCHANGED
        has_dividend = settings.use == "equal-dividend"
        if settings.use == "restock" or (has_dividend and settings.base == "landed"):
            return None
        kept = 1 - 1 / members if has_dividend else 1

        def charge(position: Position, catches: Floats) -> Floats:
            share = position.threshold // position.members
            allowance = settings.allowance if isinstance(settings.allowance, int) else share
            taxed = np.maximum(0.0, catches - (allowance if settings.base == "excess" else 0))
            steps = self._steps()
            return np.asarray(kept * sum(float(change) * np.maximum(0.0, taxed - above) for above, change in steps))

        return Incentives(charge=charge)

    def _tax(self, taxed: int) -> Fraction:
        """Return the tax on a number of units, in prices of one unit."""
        return sum((change * max(0, taxed - above) for above, change in self._steps()), Fraction())

    def _steps(self) -> list[tuple[int, Fraction]]:
        """Return the taxed units above which the rate changes, and by how much."""
        rates = [Fraction(str(rate)) for rate in (0, self.settings.rate, *(one.rate for one in self.settings.brackets))]
        bounds = (0, *(one.above for one in self.settings.brackets))
        return [(above, rate - before) for above, (before, rate) in zip(bounds, pairwise(rates), strict=True)]

    def _allowance(self, society: Society, member: str) -> int:
        if self.settings.base == "landed":
            return 0
        allowance = self.settings.allowance
        return allowance if isinstance(allowance, int) else member_threshold(society.known, member)

    def _returned(self, society: Society, outcome: Outcome, member: str, amount: int) -> int:
        """Return the whole units of its catch that a member's tax buys back, as far as other rules left them to it."""
        kept = society.institutions.kept(outcome, member)
        return min(kept, amount // (society.institutions.price_of("") * CENTS))
