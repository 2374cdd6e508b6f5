"""The money ledger: what members earn and what they are charged, in whole cents.

It does not affect the stock. Income is units received times the unit price, plus transfers, minus fines and fees.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from govsim.errors import PluginError

CENTS = 100
"""Cents in a dollar."""

MAX_CENTS = 2**53
"""Maximum amount of a charge in cents: up to it, a float represents every whole number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """Money that a rule or phase charges a member, or pays to it if the amount is negative.

    Attributes:
        by: the name of the rule or phase.
        member: name of the member.
        amount: amount in cents.
        reason: short reason.
    """

    by: str
    member: str
    amount: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A charge and the amount paid.

    Attributes:
        charge: the charge.
        paid: cents paid: the whole amount, or the member's balance if that is smaller.
    """

    charge: Charge
    paid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """Money of each member, accumulated over the months.

    Attributes:
        balances: cents by member; missing members have 0.
        may_go_negative: whether a charge can exceed a member's balance; otherwise the excess is waived.
    """

    balances: Mapping[str, int] = field(default_factory=dict)
    may_go_negative: bool = False

    def balance(self, member: str) -> int:
        """Return the balance of a member in cents."""
        return self.balances.get(member, 0)

    def with_balance(self, member: str, cents: int) -> Ledger:
        """Return the ledger with another balance of a member, as of one who comes from another site."""
        return replace(self, balances={**self.balances, member: cents})

    def earn(self, granted: Mapping[str, int], prices: Mapping[str, int]) -> Ledger:
        """Return the ledger after a harvest.

        Args:
            granted: units received, by member.
            prices: dollars that one unit earns, by member.
        """
        earned = {member: units * prices[member] * CENTS for member, units in granted.items()}
        return self._plus(earned)

    def settle(self, charges: Iterable[Charge]) -> tuple[Ledger, tuple[Settled, ...]]:
        """Return the ledger after charges, each limited by the member's balance after the previous ones.

        Args:
            charges: charges in order; payments to members are applied in this order too.

        Raises:
            PluginError: an amount is not a whole number, or too large.
        """
        ledger, settled = self, []
        for charge in charges:
            if type(charge.amount) is not int:
                raise PluginError(f"{charge.by}: a charge of {charge.amount!r}; must be a whole number of cents")
            if abs(charge.amount) > MAX_CENTS:
                raise PluginError(f"{charge.by}: a charge of more than {MAX_CENTS:,} cents, which is the maximum")
            has = max(0, ledger.balance(charge.member))
            paid = charge.amount if self.may_go_negative else min(charge.amount, has)
            ledger = ledger._plus({charge.member: -paid})
            settled.append(Settled(charge=charge, paid=paid))
        return ledger, tuple(settled)

    def _plus(self, amounts: Mapping[str, int]) -> Ledger:
        balances = {**self.balances, **{member: self.balance(member) + cents for member, cents in amounts.items()}}
        return Ledger(balances=balances, may_go_negative=self.may_go_negative)
