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
    """Amount paid, in cents: less than charged if the member's balance was lower."""


@EVENTS.register
class Charges(Event):
    """Charges of members in a phase, by all rules or by the phase itself."""

    kind: Literal["charges"] = "charges"
    month: Whole
    phase: str
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
