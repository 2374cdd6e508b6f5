"""Inspection of catches, and the consequences for members found to have taken more than a rule allows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Literal, Protocol

from pydantic import Field

from govsim.agents import Notice, Request, View
from govsim.calendar import discussion_day
from govsim.commons import CENTS, Charge, Outcome, written_dollars
from govsim.config import Section
from govsim.journal import Inspected, InspectionLine
from govsim.models.fields import ChoiceField
from govsim.society.phase import Phase

if TYPE_CHECKING:
    from govsim.society.rule import Rule
    from govsim.society.society import Society

NO_MEMBER = "none"
INSPECT = "inspect"
MEMBER = "Member"
POOL = "pool"
"""The common fund for fines and confiscated catches."""


class Inspection(Section):
    """Who inspects the catches of a month, and which."""

    by: Literal["world", "guard", "peers"] = "world"
    """Inspector: the `world` inspects at no cost; a `guard` is paid by all members equally; with `peers`, every member
    may inspect one other member after the report, at its own cost, and receives the fine."""
    probability: float = Field(0.25, ge=0, le=1)
    """Probability that a member is inspected in a month by the world or the guard, independently of others."""
    count: int | None = Field(None, ge=0)
    """Number of members inspected each month by the world or the guard, drawn at random, instead of a probability."""
    cost: float = Field(1, ge=0)
    """The guard's monthly wage, or the cost of an inspection by a peer, in prices of one unit."""
    paid_by: Literal["members", "pool"] = Field("members", exclude_if=lambda payer: payer == "members")
    """Payer of the guard: all `members` equally, or the common fund (`pool`), to which taxes, fines and confiscated
    catches can go; in months in which it cannot pay the wage, there are no inspections."""


class Fine(Section):
    """The fine for a catch above the limit. Amounts are multiples of the price of one unit."""

    per_unit: Annotated[float, Field(ge=0)] | Literal["decided"] = 3.0
    """Fine for each unit above the limit; `decided`: the amount that another institution decides, 0 until then."""
    fixed: float = Field(0, ge=0)
    """Fine for each offence, in addition."""
    scale: tuple[float, ...] = ()
    """Graduated fines per unit by number of offences, instead of `per_unit`: the first for the first offence, the last
    for all offences beyond the scale; 0 is a warning."""
    memory: int = Field(6, ge=1)
    """Number of months, including the current one, in which offences are counted."""
    suspension: int = Field(0, ge=0)
    """Number of months for which a member may take nothing after an offence beyond the scale."""

    @property
    def is_decided(self) -> bool:
        """Whether another institution decides the fine."""
        return self.per_unit == "decided"

    @property
    def amounts(self) -> tuple[float, ...]:
        """Fines per unit by number of offences; the last one is for all further offences."""
        if self.scale:
            return self.scale
        return (0.0 if self.per_unit == "decided" else self.per_unit,)

    def decided(self, per_unit: float) -> Fine:
        """Return the fine with the amount per unit that was decided."""
        return self.model_copy(update={"per_unit": per_unit})


@dataclass(slots=True, kw_only=True)
class Offences:
    """The offences found so far, and suspensions.

    Attributes:
        fine: the fine in force.
        months: months of the offences found, by member.
        suspended_until: last month of each member's suspension.
    """

    fine: Fine
    months: dict[str, list[int]] = field(default_factory=dict)
    suspended_until: dict[str, int] = field(default_factory=dict)

    def found(self, member: str, month: int) -> int:
        """Count an offence, and suspend the member if it is beyond the scale.

        Args:
            member: the offender.
            month: month of the offence, from 1.

        Returns:
            The number of its offences within the memory of the fine, from 1.
        """
        recent = [one for one in self.months.get(member, []) if one > month - self.fine.memory]
        self.months[member] = [*recent, month]
        number = len(recent) + 1
        if self.fine.suspension and number > len(self.fine.scale):
            self.suspended_until[member] = month + self.fine.suspension
        return number

    def is_suspended(self, member: str, month: int) -> bool:
        """Whether a member may take nothing in a month."""
        return self.suspended_until.get(member, 0) >= month

    def cents(self, excess: int, number: int, price: int) -> int:
        """Return the fine in cents.

        Args:
            excess: units above the limit.
            number: number of the offence, 1 for the first.
            price: dollars that the member earns with a unit.
        """
        scale = self.fine.amounts
        per_unit = scale[min(number, len(scale)) - 1]
        return in_cents(per_unit * excess + self.fine.fixed, price)


def in_cents(amount: float | Fraction, price: int) -> int:
    """Return an amount of money in cents, rounded to the nearest one.

    Args:
        amount: the amount as a multiple of the price of one unit.
        price: dollars that a unit earns.
    """
    return round(Fraction(str(amount)) * price * CENTS)


def drawn(rule: Rule, society: Society, inspection: Inspection) -> dict[str, float | None]:
    """Draw the members that are inspected this month by the world or the guard.

    Numbers are drawn for the whole roster, so that they do not depend on who is present.

    Returns:
        By member inspected: the random number that selected it.
    """
    roster = society.experiment.society.members
    numbers = dict(zip(roster, rule.draws(society).random(len(roster)).tolist(), strict=True))
    present = {name: numbers[name] for name in society.state.members}
    if inspection.count is None:
        return {name: number for name, number in present.items() if number < inspection.probability}
    chosen = sorted(present, key=lambda name: present[name])[: inspection.count]
    return {name: number for name, number in present.items() if name in chosen}


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequences:
    """What follows from an inspection.

    Attributes:
        rule: name of the rule.
        quotas: maximum units by member.
        offences: the offences found so far.
        confiscation: what happens to units above the limit.
        revenue: what happens to the fines.
    """

    rule: str
    quotas: Mapping[str, int]
    offences: Offences
    confiscation: Literal["none", "stock", "pool"]
    revenue: Literal["burn", "pool", "equal-share"]

    def of(
        self, society: Society, outcome: Outcome, member: str, draw: float | None, inspector: str | None = None
    ) -> tuple[Inspected, tuple[Charge, ...]]:
        """Return the result of inspecting a member, with the charges that follow.

        Args:
            society: the society.
            outcome: the month's harvest.
            member: the inspected member.
            draw: the random number that selected it; None if it was chosen.
            inspector: the member that inspects and receives the fine; None for the world or a guard.
        """
        excess = max(0, outcome.granted[member] - self.quotas.get(member, outcome.granted[member]))
        if not excess:
            return Inspected(member=member, by=inspector, draw=draw, excess=0, offence=0, fine=0), ()
        price = society.institutions.price_of(member)
        number = self.offences.found(member, society.state.month)
        fine = self.offences.cents(excess, number, price)
        inspected = Inspected(member=member, by=inspector, draw=draw, excess=excess, offence=number, fine=fine)
        return inspected, (
            *self._confiscated(society, outcome, member),
            *self._fined(member, fine, inspector),
        )

    def _confiscated(self, society: Society, outcome: Outcome, member: str) -> Iterator[Charge]:
        """Take away what is above the limit, unless another rule has already done so."""
        units = society.institutions.kept(outcome, member) - self.quotas[member]
        if self.confiscation != "none" and units > 0:
            yield Charge(
                by=self.rule,
                member=member,
                amount=units * society.institutions.price_of(member) * CENTS,
                reason="confiscated catch",
                fund=POOL if self.confiscation == "pool" else None,
                returned=units if self.confiscation == "stock" else 0,
                sold=units if self.confiscation == "pool" else 0,
            )

    def _fined(self, member: str, fine: int, inspector: str | None) -> Iterator[Charge]:
        if fine:
            fund = None if self.revenue == "burn" else POOL if self.revenue == "pool" else self.rule
            to = inspector
            yield Charge(
                by=self.rule, member=member, amount=fine, reason="fine", to=to, fund=None if to is not None else fund
            )


def wage_of_guard(society: Society, rule: str, inspection: Inspection) -> tuple[Charge, ...] | None:
    """Return the charges that pay a guard this month; None if the common fund cannot pay it.

    Money from the fund goes through the members' accounts, which it does not change.

    Args:
        society: the society.
        rule: name of the rule.
        inspection: the settings of inspections by a guard.
    """
    wage = in_cents(inspection.cost, society.institutions.price_of(""))
    paid = tuple(shared_equally(rule, wage, society.state.members, "wage of the guard", fund=None))
    if inspection.paid_by == "members":
        return paid
    if society.institutions.available(POOL) < wage:
        return None
    return (*shared_equally(rule, -wage, society.state.members, "wage of the guard, from the fund", fund=POOL), *paid)


def shared_equally(by: str, amount: int, members: tuple[str, ...], reason: str, fund: str | None) -> Iterator[Charge]:
    """Yield charges that divide an amount equally; remaining cents are charged to the first members of the roster.

    Args:
        by: name of the rule.
        amount: cents; negative to pay them out.
        members: the members present.
        reason: reason of the charges.
        fund: the fund that receives or pays; None for none.
    """
    share, rest = divmod(abs(amount), len(members))
    sign = -1 if amount < 0 else 1
    for index, name in enumerate(members):
        if cents := share + (index < rest):
            yield Charge(by=by, member=name, amount=sign * cents, reason=reason, fund=fund)


def inspected_notice(found: Inspected, confiscation: str) -> Notice:
    """Return the notice to a member that was found above its limit.

    Args:
        found: the result of the inspection.
        confiscation: what happens to the excess: `none`, `stock` or `pool`.
    """
    return Notice(
        template="inspected",
        variables={
            "excess": found.excess,
            "fine": written_dollars(found.fine),
            "confiscation": confiscation,
            "by": found.by,
        },
        lasts=True,
    )


def inspection_line(
    society: Society, rule: str, inspected: Iterable[Inspected], *, probability: float | None, phase: str = ""
) -> InspectionLine:
    """Return the event that records the inspections of a month.

    Args:
        society: the society.
        rule: name of the rule.
        inspected: the results.
        probability: probability of an inspection of each member; None if a number of members is drawn.
        phase: name of the phase of inspections by peers; otherwise empty.
    """
    return InspectionLine(
        month=society.state.month,
        phase=phase,
        rule=rule,
        ordinal=society.institutions.ordinal_of(rule),
        probability=probability,
        inspected=tuple(inspected),
    )


class Monitored(Protocol):
    """A rule whose observance peers inspect."""

    name: str

    @property
    def inspection(self) -> Inspection:
        """The settings of inspections."""

    def consequences(self, society: Society) -> Consequences:
        """Return what follows from inspections of this month."""


class PeerInspection(Phase):
    """Every member may inspect one other member, at its own cost; fines are paid to the inspector."""

    sincere = {INSPECT: lambda request: {MEMBER: _most_in_excess(request.view)}}

    def __init__(self, *, name: str, rule: Monitored) -> None:
        super().__init__(name=name)
        self._rule = rule

    async def run(self, society: Society) -> None:
        """Ask every member whom to inspect, then charge the inspectors and the members found."""
        outcome, consequences = society.outputs.get(Outcome), self._rule.consequences(society)
        if outcome is None or not consequences.quotas or len(society.state.members) < 2:
            return
        view = society.view(self, discussion_day(society.state.month).isoformat())
        answers = await society.ask_each(INSPECT, view, lambda own: self._request(society, own))
        found, charges = dict[str, Inspected](), list[Charge]()
        for inspector, answer in answers.items():
            if (member := answer.text(MEMBER)) in society.state.members and member is not None:
                # A catch above the limit is fined once, to the benefit of the first inspector in roster order.
                if member not in found:
                    found[member], consequence = consequences.of(society, outcome, member, None, inspector)
                    charges += consequence
                charges.append(self._cost(society, inspector))
        society.institutions.charge(society, self, charges)
        society.recorder.note(
            inspection_line(society, self._rule.name, found.values(), probability=None, phase=self.name)
        )
        society.notify_each(view, lambda own: _notices(own, found, consequences.confiscation))

    def _cost(self, society: Society, inspector: str) -> Charge:
        cents = in_cents(self._rule.inspection.cost, society.institutions.price_of(inspector))
        return Charge(by=self.name, member=inspector, amount=cents, reason="inspection of another member")

    def _request(self, society: Society, view: View) -> Request:
        others = tuple(name for name in view.members if name != view.member)
        known = view.history[-1].catches if view.history else {}
        return Request(
            purpose=INSPECT,
            template="inspect",
            fields=(ChoiceField(tag=MEMBER, options=(*others, NO_MEMBER)),),
            view=view,
            variables={
                "date": view.date,
                "cost": written_dollars(self._cost(society, view.member or "").amount),
                "catches": [f"{name} {units}" for name, units in known.items() if name in others],
                "limits": [f"{name} {view.quotas[name]}" for name in others if name in view.quotas],
            },
            queries=(society.prompts.render_cached("query"),),
            otherwise={MEMBER: NO_MEMBER},
        )


def _most_in_excess(view: View) -> str:
    """Return the other member whose known catch exceeds its quota most; none if no known catch does."""
    catches = view.history[-1].catches if view.history else {}
    excess = {name: units - view.quotas.get(name, units) for name, units in catches.items() if name != view.member}
    found = max(excess, key=lambda name: excess[name], default=NO_MEMBER)
    return found if excess.get(found, 0) > 0 else NO_MEMBER


def _notices(view: View, found: Mapping[str, Inspected], confiscation: str) -> Iterator[Notice]:
    one = found.get(view.member or "")
    if one is not None and one.excess:
        yield inspected_notice(one, confiscation)
