"""The lines of a run's journal about institutions: terms in force, limited demands, charges, accounts."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from govsim.config.section import Frozen
from govsim.journal.kinds import EVENTS
from govsim.journal.line import MOST, Event, Whole

Cents = Annotated[int, Field(ge=-MOST, le=MOST)]
"""An amount of money in hundredths of a dollar."""


@EVENTS.register
class TermsLine(Event):
    """What a rule demands in a month."""

    kind: Literal["terms"] = "terms"
    month: Whole
    phase: str = ""
    """Empty: terms are set when the month begins."""
    rule: str
    """The rule's name in the experiment."""
    ordinal: Whole
    """The rule's place in the experiment, from 0."""
    text: str
    """What every member is told; empty where nothing is."""
    values: dict[str, JsonValue]
    """The numbers and names in it, as the rule applies them."""


@EVENTS.register
class Admission(Event):
    """A rule limits what members can receive, before units are allocated."""

    kind: Literal["admission"] = "admission"
    month: Whole
    phase: str
    rule: str
    """The rule's name in the experiment."""
    ordinal: Whole
    """The rule's place in the experiment, from 0."""
    admitted: dict[str, Whole]
    """The most units that a member can receive, for members that it limits."""


class Charged(Frozen):
    """One charge of a member."""

    by: str
    """The rule or phase that charges."""
    member: str
    """Who is charged."""
    reason: str
    """Why."""
    amount: Cents
    """What was charged, in cents; negative where the member is given money."""
    paid: Cents
    """What was paid of it, in cents: less where the member had less."""


@EVENTS.register
class Charges(Event):
    """What members are charged in a phase, by all rules or by the phase itself."""

    kind: Literal["charges"] = "charges"
    month: Whole
    phase: str
    ordinal: Whole = 0
    """How often something was charged before in this phase."""
    charges: tuple[Charged, ...]
    """In the order in which they were settled."""


class Account(Frozen):
    """One member's money in a month, in cents."""

    earned: Cents
    """What the units received this month earned."""
    charged: Cents
    """What was paid in charges this month; negative where more was given than taken."""
    balance: Cents
    """What the member has now."""


@EVENTS.register
class Accounts(Event):
    """Everyone's money at the end of a month; only where there are institutions, or a phase has charged something."""

    kind: Literal["accounts"] = "accounts"
    month: Whole
    members: dict[str, Account]
    """By member, of all present."""
