"""A quota: a maximum number of units that each member may take in a month, stated, inspected or enforced."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator, Field

from govsim.agents import Notice, View
from govsim.commons import Charge, Outcome, member_threshold, written_dollars
from govsim.config import Experiment, Section, in_per_cent
from govsim.config.section import invalid_form
from govsim.errors import ConfigError
from govsim.game import UNCHANGED, Incentives, Position, Risk
from govsim.game.model import Floats
from govsim.journal.line import MAX_WHOLE
from govsim.society.rule import RULES, AddedPhase, Adjustable, Rule, Terms
from govsim.society.rules.inspection import (
    Consequences,
    Fine,
    Inspection,
    Offences,
    PeerInspection,
    drawn,
    in_cents,
    inspected_notice,
    inspection_line,
    shared_equally,
    wage_of_guard,
)

if TYPE_CHECKING:
    from govsim.journal import Inspected
    from govsim.society.society import Society

THRESHOLD, DECIDED = "threshold", "decided"
AMOUNT, FINE = "amount", "fine"
HIGHEST_FINE = 10
"""Highest fine per unit that can be decided, in prices of one unit."""


def _amount(value: Any) -> Any:
    """Parse an amount.

    Raises:
        PydanticCustomError: it has none of the allowed forms.
    """
    is_number = type(value) is int or (isinstance(value, str) and value.isdecimal())
    if not (is_number and 0 <= int(value) <= MAX_WHOLE) and value not in (THRESHOLD, DECIDED):
        raise invalid_form(f"must be a number of units, 0 or more, {THRESHOLD} or {DECIDED}")
    return int(value) if is_number else value


@RULES.register
class Quota(Rule):
    """Limits what each member may take in a month.

    The quota is a number of units, a share of the sustainable harvest, or an amount that the members decide. It is only
    stated, or members are inspected and fined, or it is enforced before the harvest.
    """

    name = "quota"
    templates = {
        "quota": {
            "amount": 10,
            "limits": [],
            "changes": False,
            "suspended": [],
            "enforcement": None,
            "inspection": {"by": "world", "chance": "25 %", "count": None, "cost": "1,000", "paid_by": "members"},
            "fine": {"fines": ["3,000"], "fixed": None, "memory": 6, "suspension": 0},
            "confiscation": "pool",
            "revenue": "burn",
        },
        "inspected": {"excess": 4, "fine": "12,000", "confiscation": "pool", "by": None},
        "inspect": {"date": "2024-01-30", "cost": "1,000", "catches": ["Kate 12"], "limits": ["Kate 10"]},
    }

    class Settings(Section):
        """Settings of the rule."""

        amount: Annotated[int | Literal["threshold", "decided"], BeforeValidator(_amount)] = "threshold"
        """Quota of each member: units per month; `threshold`, the member's share of the sustainable harvest of the
        month; or `decided`, the amount that another institution decides; until then there is no quota."""
        share: float = Field(1, gt=0)
        """Factor for the quota if `amount` is `threshold`."""
        enforcement: Literal["none", "announced", "probabilistic", "hard"] = "hard"
        """Enforcement: `hard` limits what a member receives to the quota, even if it demands more; `probabilistic`
        inspects members and fines those found above the quota; `announced` only states the quota; `none` does not even
        state it, so that compliance can be compared."""
        wording: Literal["quota", "enforcement"] = "quota"
        """Content of the text shown to members: only the `quota`, the same for all kinds of enforcement, or also the
        `enforcement`."""
        inspection: Inspection = Inspection()
        """Inspections, if the enforcement is `probabilistic`."""
        fine: Fine = Fine()
        """Fines for members found above the quota."""
        confiscation: Literal["none", "stock", "pool"] = "pool"
        """Units found above the quota: they are kept (`none`), returned to the `stock`, or sold for the common fund
        (`pool`)."""
        revenue: Literal["burn", "pool", "equal-share"] = "burn"
        """Fines: they leave the society (`burn`), go to the common fund (`pool`), or are divided equally among the
        members present (`equal-share`). Fines found by peers are paid to the inspector."""

    settings: Settings

    def __init__(self, settings: Section | None = None, *, name: str | None = None) -> None:
        super().__init__(settings if settings is not None else self.Settings(), name=name)
        self.offences = Offences(fine=self.settings.fine)
        self._quotas: dict[str, int] = {}
        self._found: dict[str, Inspected] = {}

    def check(self, experiment: Experiment) -> None:
        """Reject a quota that would reveal a stock that members do not know."""
        stock = experiment.observation.stock
        if self.settings.amount == THRESHOLD and stock != "exact":
            raise ConfigError(
                f"institutions.{self.name}.amount = {THRESHOLD}: would reveal the stock, which members do not observe "
                "exactly (observation.stock); give a number of units"
            )
        inspection = self.settings.inspection
        if inspection.paid_by == "pool" and inspection.by != "guard":
            raise ConfigError(
                f"institutions.{self.name}.inspection.paid_by = pool: only a guard is paid by the fund; set "
                "inspection.by = guard"
            )
        if self.settings.fine.is_decided and self.settings.fine.scale:
            raise ConfigError(
                f"institutions.{self.name}.fine.per_unit = {DECIDED}: cannot be combined with fine.scale; remove one"
            )

    @property
    def undecided(self) -> Collection[str]:
        """The amount and the fine, if they are decided by another institution."""
        are_decided = {AMOUNT: self.settings.amount == DECIDED, FINE: self.settings.fine.is_decided}
        return [name for name, is_decided in are_decided.items() if is_decided]

    def adjustable(self, society: Society) -> Mapping[str, Adjustable]:
        """Return the ranges of the amount, up to the capacity, and of the fine per unit in dollars."""
        price, prompts = society.institutions.price_of(""), society.prompts
        unit, units = prompts.word("unit"), prompts.word("units")
        return {
            AMOUNT: Adjustable(
                low=0,
                high=society.state.capacity,
                units=prompts.units,
                sincere=lambda view: view.ahead.member_threshold,
                what=f"the most {units} that each of you may take in a month",
                limits_catches=True,
            ),
            FINE: Adjustable(
                low=0,
                high=HIGHEST_FINE * price,
                units=("dollar", "dollars"),
                sincere=lambda view: round(Fine().amounts[0] * price),
                what=f"the fine in dollars for every {unit} above the quota",
            ),
        }

    def terms(self, society: Society) -> Terms | None:
        """Return the quota of every member present, as text unless the enforcement is `none`."""
        self._found = {}
        self.offences.fine = self._fine(society)
        month = society.state.month
        amounts = {name: self._amount(society, name) for name in society.state.members}
        suspended = [name for name in amounts if self.offences.is_suspended(name, month)]
        self._quotas = {name: units for name, units in amounts.items() if units is not None}
        self._quotas |= dict.fromkeys(suspended, 0)
        if not self._quotas:
            return None
        settings = self.settings
        values = {
            **settings.model_dump(mode="json"),
            AMOUNT: next(iter(self._quotas.values())),
            FINE: self.offences.fine.model_dump(mode="json"),
            "suspended": suspended,
        }
        if settings.enforcement == "none":
            return Terms(text="", values=values, quotas=dict(self._quotas))
        return Terms(text=self._text(society, suspended), values=values, quotas=dict(self._quotas))

    def admit(self, society: Society, demands: Mapping[str, int]) -> Mapping[str, int]:
        """Return the quota for each member that demands more, if it is enforced; 0 for suspended members."""
        is_hard = self.settings.enforcement == "hard"
        return {
            name: self._quotas[name]
            for name, units in demands.items()
            if units > self._quotas.get(name, units)
            and (is_hard or self.offences.is_suspended(name, society.state.month))
        }

    def settle(self, society: Society, outcome: Outcome) -> Iterator[Charge]:
        """Inspect members, and charge those found above the quota."""
        inspection, consequences = self.settings.inspection, self.consequences(society)
        if self.settings.enforcement != "probabilistic" or inspection.by == "peers":
            return
        if inspection.by == "guard":
            if (wage := wage_of_guard(society, self.name, inspection)) is None:
                society.recorder.note(inspection_line(society, self.name, (), probability=0.0))
                return
            yield from wage
        for name, draw in drawn(self, society, inspection).items():
            self._found[name], charges = consequences.of(society, outcome, name, draw)
            yield from charges
        society.recorder.note(
            inspection_line(society, self.name, self._found.values(), probability=inspection.probability)
        )

    def notices(self, view: View) -> Iterator[Notice]:
        """Yield the result of an inspection to the member inspected, if it was found above the quota."""
        found = self._found.get(view.member or "")
        if found is not None and found.excess:
            yield inspected_notice(found, self.settings.confiscation)

    def close(self, society: Society) -> Iterator[Charge]:
        """Divide this month's fines equally, if the revenue is shared."""
        revenue = society.institutions.ledger.fund(self.name)
        if revenue:
            yield from shared_equally(self.name, -revenue, society.state.members, "share of the fines", fund=self.name)

    def phases(self) -> Iterable[AddedPhase]:
        """Return the inspection by peers, after the report of catches."""
        if self.settings.enforcement == "probabilistic" and self.settings.inspection.by == "peers":
            yield AddedPhase(phase=PeerInspection(name=f"{self.name}-inspection", rule=self))

    def incentives(self, members: int) -> Incentives | None:
        """Return the limit, or the expected fine and confiscation for each unit above the quota.

        It is not known if the quota is decided during the simulation, if fines depend on previous offences, if members
        inspect each other, if confiscated units grow, or if inspections depend on the content of the common fund.
        """
        settings = self.settings
        if settings.amount == DECIDED:
            return None
        if settings.enforcement in ("none", "announced"):
            return UNCHANGED
        if settings.enforcement == "hard":
            return Incentives(limit=self._limit)
        inspection, fine = settings.inspection, settings.fine
        if fine.scale or fine.suspension or inspection.by == "peers" or settings.confiscation == "stock":
            return None
        if isinstance(fine.per_unit, str) or inspection.paid_by == "pool":
            return None
        chance = inspection.probability if inspection.count is None else min(1.0, inspection.count / members)
        wage = inspection.cost / members if inspection.by == "guard" else 0.0
        per_unit = fine.per_unit + (settings.confiscation == "pool")

        def found(position: Position, catches: Floats) -> Floats:
            excess = np.maximum(0.0, catches - self._limit(position))
            return np.asarray(per_unit * excess + fine.fixed * (excess > 0))

        def risks(position: Position, catches: Floats) -> tuple[Risk, Risk]:
            return (chance, wage + found(position, catches)), (1 - chance, np.full(catches.shape, wage))

        return Incentives(charge=lambda position, catches: wage + chance * found(position, catches), risks=risks)

    def _limit(self, position: Position) -> int:
        amount = self.settings.amount
        if isinstance(amount, int):
            return amount
        return int(Fraction(str(self.settings.share)) * (position.threshold // position.members))

    def consequences(self, society: Society) -> Consequences:
        """Return what follows from inspections of this month."""
        return Consequences(
            rule=self.name,
            quotas=self._quotas,
            offences=self.offences,
            confiscation=self.settings.confiscation,
            revenue=self.settings.revenue,
        )

    @property
    def inspection(self) -> Inspection:
        """The settings of inspections."""
        return self.settings.inspection

    def _amount(self, society: Society, member: str) -> int | None:
        amount = self.settings.amount
        if isinstance(amount, int):
            return amount
        if amount == DECIDED:
            return society.institutions.decided_number(f"{self.name}.{AMOUNT}")
        return int(Fraction(str(self.settings.share)) * member_threshold(society.known, member))

    def _fine(self, society: Society) -> Fine:
        if not self.settings.fine.is_decided:
            return self.settings.fine
        dollars = society.institutions.decided_number(f"{self.name}.{FINE}") or 0
        return self.settings.fine.decided(dollars / society.institutions.price_of(""))

    def _text(self, society: Society, suspended: list[str]) -> str:
        quotas = {name: units for name, units in self._quotas.items() if name not in suspended}
        is_same = len(set(quotas.values())) == 1
        settings, price = self.settings, society.institutions.price_of("")
        fine, inspection = self.offences.fine, settings.inspection

        def dollars(amount: float) -> str:
            return written_dollars(in_cents(amount, price))

        return society.prompts.render(
            "quota",
            amount=next(iter(quotas.values())) if is_same else None,
            limits=[] if is_same else [f"{name} {units}" for name, units in quotas.items()],
            changes=not isinstance(settings.amount, int),
            suspended=suspended,
            enforcement=settings.enforcement if settings.wording == "enforcement" else None,
            inspection={
                "by": inspection.by,
                "chance": in_per_cent(inspection.probability),
                "count": inspection.count,
                "cost": dollars(inspection.cost),
                "paid_by": inspection.paid_by,
            },
            fine={
                "fines": [dollars(amount) for amount in fine.amounts],
                "fixed": dollars(fine.fixed) if fine.fixed else None,
                "memory": fine.memory,
                "suspension": fine.suspension,
            },
            confiscation=settings.confiscation,
            revenue=settings.revenue,
        )
