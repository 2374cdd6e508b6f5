"""Events of a run's journal about institutions: terms in force, limited demands, charges, accounts."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from govsim.config.section import Frozen
from govsim.journal.kinds import EVENTS
from govsim.journal.line import MAX_WHOLE, Event, Whole

Cents = Annotated[int, Field(ge=-MAX_WHOLE, le=MAX_WHOLE)]
"""An amount of money in hundredths of a dollar."""


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
    """Probability with which each member was inspected; null for inspections by members."""
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
    return f"{one.member}{by} ({one.excess} above the quota, offence {one.offence}, fine ${one.fine / 100:,.2f})"


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
    """Accounts by member, of all members present."""
    funds: dict[str, Cents] = {}
    """Cents in each common fund at the end of the month."""
