"""The money ledger beside the stock: what members earn and what they are charged, in whole cents.

Units are never moved by it. Income is units received times the price of a unit, plus transfers, minus fines and fees.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from govsim.errors import PluginError

CENTS = 100
"""Cents in a dollar."""

MOST_CENTS = 2**53
"""The largest amount that can be charged: up to here a float holds every whole number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """Money that a rule or phase takes from a member, or gives to it where the amount is negative.

    Attributes:
        by: the name of the rule or phase.
        member: who is charged.
        amount: cents.
        reason: why, in a few words.
    """

    by: str
    member: str
    amount: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A charge and what was paid of it.

    Attributes:
        charge: what was charged.
        paid: cents paid: the whole amount, or what the member had.
    """

    charge: Charge
    paid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """Money of each member, accumulated over the months.

    Attributes:
        balances: cents by member; who is missing has none.
        may_go_negative: whether a member can be charged more than it has; the rest is waived otherwise.
    """

    balances: Mapping[str, int] = field(default_factory=dict)
    may_go_negative: bool = False

    def balance(self, member: str) -> int:
        """What a member has, in cents."""
        return self.balances.get(member, 0)

    def earn(self, granted: Mapping[str, int], price: int) -> Ledger:
        """The ledger after a harvest.

        Args:
            granted: units received, by member.
            price: dollars that one unit earns.
        """
        earned = {member: units * price * CENTS for member, units in granted.items()}
        return self._plus(earned)

    def settle(self, charges: Iterable[Charge]) -> tuple[Ledger, tuple[Settled, ...]]:
        """The ledger after charges, each limited to what the member has after those before it.

        Args:
            charges: in order; those that give money come in this order too.

        Raises:
            PluginError: an amount is no whole number, or too large.
        """
        ledger, settled = self, []
        for charge in charges:
            if type(charge.amount) is not int:
                raise PluginError(f"{charge.by}: a charge of {charge.amount!r}; must be a whole number of cents")
            if abs(charge.amount) > MOST_CENTS:
                raise PluginError(f"{charge.by}: a charge of more than {MOST_CENTS:,} cents, the most there can be")
            has = max(0, ledger.balance(charge.member))
            paid = charge.amount if self.may_go_negative else min(charge.amount, has)
            ledger = ledger._plus({charge.member: -paid})
            settled.append(Settled(charge=charge, paid=paid))
        return ledger, tuple(settled)

    def _plus(self, amounts: Mapping[str, int]) -> Ledger:
        balances = {**self.balances, **{member: self.balance(member) + cents for member, cents in amounts.items()}}
        return Ledger(balances=balances, may_go_negative=self.may_go_negative)
