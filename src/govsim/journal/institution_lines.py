"""Events of a run's journal about institutions: terms in force, limited demands, charges, accounts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from govsim.characters import counted
from govsim.config.section import Frozen
from govsim.journal.kinds import EVENTS
from govsim.journal.line import MAX_WHOLE, Event, Whole

Cents = Annotated[int, Field(ge=-MAX_WHOLE, le=MAX_WHOLE)]
"""An amount of money in hundredths of a dollar."""


def in_dollars(cents: int) -> str:
    """Return cents in dollars, as in "$1,200.00"."""
    return f"${cents / 100:,.2f}"


def _names(members: Iterable[str]) -> str:
    return ", ".join(members) or "no member"


def numbers_by_name(by_name: Mapping[str, int]) -> str:
    """Return numbers with their names, as in "Kate 3, John 0"."""
    return ", ".join(f"{name} {value}" for name, value in by_name.items())


@EVENTS.register
class TermsLine(Event):
    """The terms of a rule in a month."""

    kind: Literal["terms"] = "terms"
    month: Whole
    phase: str = ""
    """Empty, as terms are set at the start of the month."""
    rule: str
    """Name of the rule in the experiment."""
    ordinal: Whole
    """Index of the rule in the experiment, from 0."""
    text: str
    """Text shown to every member; empty if none."""
    values: dict[str, JsonValue]
    """Numbers and names in the terms, as the rule applies them."""
    quotas: dict[str, Whole] | None = None
    """Maximum units that each member present may take by this rule, in this month; null if it limits no catches."""


@EVENTS.register
class Admission(Event):
    """A rule limits what members can receive, before units are allocated."""

    kind: Literal["admission"] = "admission"
    month: Whole
    phase: str
    rule: str
    """Name of the rule in the experiment."""
    ordinal: Whole
    """Index of the rule in the experiment, from 0."""
    admitted: dict[str, Whole]
    """Maximum units that a member can receive, for members whose demand is limited."""


class Inspected(Frozen):
    """The inspection of one member's catch."""

    member: str
    """The inspected member."""
    by: str | None = None
    """Member that inspected it; null for the world or a guard."""
    draw: float | None
    """Random number that selected the member; null if another member chose it."""
    excess: Whole
    """Units found above the member's limit."""
    offence: Whole
    """Number of the offence within the memory of the rule, from 1; 0 if there was none."""
    fine: Cents
    """Fine in cents, before it is limited by the member's balance."""


@EVENTS.register
class InspectionLine(Event):
    """Inspections of catches in a month."""

    kind: Literal["inspection"] = "inspection"
    month: Whole
    phase: str = ""
    """Name of the phase in which members inspect each other; empty for inspections right after the harvest."""
    rule: str
    """Name of the rule in the experiment."""
    ordinal: Whole
    """Index of the rule in the experiment, from 0."""
    probability: float | None
    """Probability with which each member was inspected; 0 if the common fund could not pay the guard, null for
    inspections by members."""
    inspected: tuple[Inspected, ...]
    """Members inspected, in roster order; with inspections by members, in the order of the inspectors."""

    @property
    def in_words(self) -> str:
        """The members inspected, with what was found."""
        return f"{self.rule}: inspected {', '.join(map(_found, self.inspected)) or 'no member'}."


def _found(one: Inspected) -> str:
    by = f" by {one.by}" if one.by else ""
    if not one.excess:
        return f"{one.member}{by} (nothing found)"
    return f"{one.member}{by} ({one.excess} above the quota, offence {one.offence}, fine {in_dollars(one.fine)})"


class Points(Frozen):
    """Points that one member assigns to another."""

    by: str
    """Member that assigns them."""
    member: str
    """Member that receives them."""
    punish: Whole
    """Points of punishment."""
    reward: Whole
    """Points of reward."""


@EVENTS.register
class SanctionsLine(Event):
    """Sanctions of members by each other."""

    kind: Literal["sanctions"] = "sanctions"
    month: Whole
    phase: str
    """Name of the phase."""
    rule: str
    """Name of the rule in the experiment."""
    ordinal: Whole = 0
    """0 for the first stage, 1 for counter-sanctions."""
    points: tuple[Points, ...]
    """Points assigned, by giver and receiver in roster order; pairs without points are missing."""
    invalid: tuple[str, ...] = ()
    """Members whose answers could not be parsed, and who assign no points."""

    @property
    def in_words(self) -> str:
        """Who assigned which points to whom."""
        given = "; ".join(f"{one.by} to {one.member}: {_points(one)}" for one in self.points)
        return f"{self.rule}: {given or 'no points were assigned'}."


def _points(one: Points) -> str:
    parts = ((one.punish, "of punishment"), (one.reward, "of reward"))
    return ", ".join(f"{counted(points, 'point')} {what}" for points, what in parts if points)


@EVENTS.register
class Ratings(Event):
    """Ratings of members by each other."""

    kind: Literal["ratings"] = "ratings"
    month: Whole
    phase: str
    """Name of the phase."""
    rule: str
    """Name of the rule in the experiment."""
    ratings: dict[str, dict[str, Whole]]
    """Ratings from 0 to 10, by the rating member and the rated member; missing ones were not given."""

    @property
    def in_words(self) -> str:
        """The ratings that each member gave."""
        return (
            f"{self.rule}: {'; '.join(f'{by} rates {numbers_by_name(of)}' for by, of in self.ratings.items() if of)}."
        )


class ContractDesign(Frozen):
    """A contract. Amounts are in cents."""

    by: str
    """Member that designed it."""
    limit: Whole
    """Units that a member may take in a month without a transfer."""
    transfer: Cents
    """Amount for each unit above the limit, paid to the other parties in equal parts."""
    bonus: Cents
    """Amount for each unit below the limit, paid by the other parties in equal parts."""
    escrow: Cents
    """Deposit, divided among the other parties after the first catch above the limit, otherwise returned at the end."""


@EVENTS.register
class ContractLine(Event):
    """The conclusion of a contract: designs, approvals and signatures."""

    kind: Literal["contract"] = "contract"
    month: Whole
    phase: str
    """Name of the phase."""
    rule: str
    """Name of the rule in the experiment."""
    designs: tuple[ContractDesign, ...]
    """Designs, in roster order."""
    approvals: dict[str, tuple[str, ...]]
    """Designers whose contracts a member approves, by member."""
    winner: str | None
    """Designer of the contract with the most approvals; null if no contract was approved."""
    signed: tuple[str, ...]
    """Members that signed it."""
    parties: tuple[str, ...]
    """Members that it binds from the next month on; empty if it is void."""

    @property
    def in_words(self) -> str:
        """The chosen contract, and whom it binds."""
        chosen = next((one for one in self.designs if one.by == self.winner), None)
        if chosen is None:
            return f"{self.rule}: no contract was approved."
        terms = (
            f"limit {chosen.limit}, transfer {in_dollars(chosen.transfer)}, bonus {in_dollars(chosen.bonus)}, "
            f"deposit {in_dollars(chosen.escrow)}"
        )
        binds = f"binds {', '.join(self.parties)}" if self.parties else "is void"
        signed = _names(self.signed)
        return f"{self.rule}: the contract of {chosen.by} ({terms}) was signed by {signed} and {binds}."


@EVENTS.register
class ExclusionLine(Event):
    """A vote on the exclusion of a member from the harvest, and its appeal."""

    kind: Literal["exclusion"] = "exclusion"
    month: Whole
    phase: str
    """Name of the phase."""
    rule: str
    """Name of the rule in the experiment."""
    votes: dict[str, str]
    """Member that a member votes to exclude, by voter; those who vote for no member are missing."""
    accused: str | None
    """Member that the majority votes to exclude; null if there is none."""
    appealed: bool
    """Whether the accused appeals."""
    acquittals: tuple[str, ...]
    """Members that vote to acquit the accused after an appeal."""
    excluded: str | None
    """Member that is excluded; null if there is none, or it is acquitted."""
    until: Whole | None
    """Last month of the exclusion."""

    @property
    def in_words(self) -> str:
        """The votes, the appeal and who is excluded."""
        votes = "; ".join(f"{voter} votes to exclude {member}" for voter, member in self.votes.items())
        appeal = f"{self.accused} appeals; votes to acquit: {len(self.acquittals)}" if self.appealed else ""
        result = f"{self.excluded} is excluded until month {self.until}" if self.excluded else "no member is excluded"
        return f"{self.rule}: {'; '.join(part for part in (votes, appeal, result) if part)}."


@EVENTS.register
class Delegation(Event):
    """Decisions of members to delegate their harvest to a mediator."""

    kind: Literal["delegation"] = "delegation"
    month: Whole
    phase: str
    """Name of the phase."""
    rule: str
    """Name of the rule in the experiment."""
    delegating: tuple[str, ...]
    """Members that delegate, in roster order."""
    amount: Whole | None
    """Maximum units that each of them receives; null if the mediator does not limit them."""

    @property
    def in_words(self) -> str:
        """Who delegates, and the resulting limit."""
        limit = "no limit" if self.amount is None else f"a limit of {counted(self.amount, 'unit')} each"
        return f"{self.rule}: delegated by {_names(self.delegating)}; {limit}."


class MediatorDesign(Frozen):
    """A design of a mediator."""

    by: str
    """Member that designed it."""
    amounts: dict[str, Whole | None]
    """Maximum units for each member that delegates, by the number of those members; null if they are not limited."""


@EVENTS.register
class MediatorLine(Event):
    """The choice of a mediator: designs and approvals."""

    kind: Literal["mediator"] = "mediator"
    month: Whole
    phase: str
    """Name of the phase."""
    rule: str
    """Name of the rule in the experiment."""
    designs: tuple[MediatorDesign, ...]
    """Designs, in roster order."""
    approvals: dict[str, tuple[str, ...]]
    """Designers whose mediators a member approves, by member."""
    winner: str | None
    """Designer of the mediator that applies from the next month on; null if none was approved."""
    ties: tuple[str, ...] = ()
    """Designers in the order that breaks ties; empty if there was no tie."""

    @property
    def in_words(self) -> str:
        """The mediator that applies from the next month on."""
        chosen = next((one for one in self.designs if one.by == self.winner), None)
        if chosen is None:
            return f"{self.rule}: no mediator was approved."
        amounts = ", ".join(
            f"{number}: {'no limit' if amount is None else amount}" for number, amount in chosen.amounts.items()
        )
        approvals = sum(self.winner in approved for approved in self.approvals.values())
        return f"{self.rule}: the mediator of {chosen.by} applies ({amounts}); approvals: {approvals}."


@EVENTS.register
class ExitLine(Event):
    """Decisions of members to leave."""

    kind: Literal["exit"] = "exit"
    month: Whole
    phase: str
    """Name of the phase."""
    rule: str
    """Name of the rule in the experiment."""
    decisions: dict[str, bool]
    """Whether a member decides to leave, by member."""
    leaving: tuple[str, ...]
    """Members that are absent from the next month on; empty if the rule is only announced."""

    @property
    def in_words(self) -> str:
        """Who decides to leave, and who is absent from the next month on."""
        decided = _names(name for name, leaves in self.decisions.items() if leaves)
        return f"{self.rule}: {decided} decides to leave; absent from the next month on: {_names(self.leaving)}."


class Charged(Frozen):
    """One charge of a member."""

    by: str
    """Name of the rule or phase that charges."""
    member: str
    """Name of the charged member."""
    reason: str
    """Reason of the charge."""
    amount: Cents
    """Amount charged, in cents; negative if the member receives money."""
    paid: Cents
    """Amount paid, in cents: less than charged if the payer had less."""
    to: str | None = None
    """Member that receives what is paid, or pays it if the amount is negative."""
    fund: str | None = None
    """Common fund that receives what is paid, or pays it. If both are null, money leaves or enters the society."""
    returned: Whole = 0
    """Units of the member's catch that were returned to the stock."""


@EVENTS.register
class Charges(Event):
    """Charges of members in a phase, by all rules or by the phase itself."""

    kind: Literal["charges"] = "charges"
    month: Whole
    phase: str
    """Name of the phase; empty for charges at the end of the month."""
    ordinal: Whole = 0
    """Number of previous `charges` events in this phase."""
    charges: tuple[Charged, ...]
    """Charges in the order in which they were settled."""


class Account(Frozen):
    """One member's money in a month, in cents."""

    earned: Cents
    """Earnings from the units received this month."""
    charged: Cents
    """Charges paid this month; negative if the member received more than it paid."""
    balance: Cents
    """Balance at the end of the month."""


@EVENTS.register
class Accounts(Event):
    """Balances at the end of a month; recorded only if there are institutions or charges."""

    kind: Literal["accounts"] = "accounts"
    month: Whole
    members: dict[str, Account]
    """Accounts by member, of all members present, and of absent ones who received money."""
    funds: dict[str, Cents] = {}
    """Cents in each common fund at the end of the month."""
