"""The money ledger: what members earn and what they are charged, in whole cents.

It does not affect the stock, except for confiscated units that are returned to it. Income is units received times the
unit price, plus transfers, minus fines and fees. Money is conserved: what is paid goes to a member, to a common fund or
out of the society, and each charge states which.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from govsim.errors import PluginError

CENTS = 100
"""Cents in a dollar."""

MAX_CENTS = 2**53
"""Maximum amount of a charge in cents: up to it, a float represents every whole number."""


def written_dollars(cents: int) -> str:
    """Return cents in dollars, as in "1,200" and "0.50"."""
    return f"{cents / CENTS:,.2f}".removesuffix(".00")


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """Money that a rule or phase charges a member, or pays to it if the amount is negative.

    Without `to` or `fund`, the money leaves the society, or enters it if the amount is negative.

    Attributes:
        by: the name of the rule or phase.
        member: name of the member.
        amount: amount in cents.
        reason: short reason.
        to: the member that receives what is paid, or pays if the amount is negative.
        fund: the common fund that receives or pays instead of a member; a fund cannot pay more than it contains.
        returned: units of the member's catch that are returned to the stock before it grows.
        sold: units of the member's catch that are sold for the benefit of others; no rule can take them away again.
    """

    by: str
    member: str
    amount: int
    reason: str
    to: str | None = None
    fund: str | None = None
    returned: int = 0
    sold: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A charge and the amount paid.

    Attributes:
        charge: the charge.
        paid: cents paid: the whole amount, or what the payer had if that is less; negative as the charge's amount.
    """

    charge: Charge
    paid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """Money of each member and of common funds, accumulated over the months.

    Attributes:
        balances: cents by member; missing members have 0.
        funds: cents by common fund; missing funds have 0.
        may_go_negative: whether a charge can exceed a member's balance; otherwise the excess is waived.
    """

    balances: Mapping[str, int] = field(default_factory=dict)
    funds: Mapping[str, int] = field(default_factory=dict)
    may_go_negative: bool = False

    def balance(self, member: str) -> int:
        """Return a member's balance in cents."""
        return self.balances.get(member, 0)

    def fund(self, name: str) -> int:
        """Return the content of a common fund in cents."""
        return self.funds.get(name, 0)

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
        """Return the ledger after charges, each limited by what the payer has after the previous ones.

        Args:
            charges: charges in order; payments to members are applied in this order too.

        Raises:
            PluginError: an amount is not a whole number, or too large, or a charge has two recipients.
        """
        ledger, settled = self, []
        for charge in charges:
            _check(charge)
            paid = ledger._paid(charge)
            ledger = ledger._plus({charge.member: -paid})
            if charge.to is not None:
                ledger = ledger._plus({charge.to: paid})
            if charge.fund is not None:
                ledger = replace(ledger, funds={**ledger.funds, charge.fund: ledger.fund(charge.fund) + paid})
            settled.append(Settled(charge=charge, paid=paid))
        return ledger, tuple(settled)

    def _paid(self, charge: Charge) -> int:
        """Return the cents that move, limited by what the payer has."""
        if charge.amount >= 0:
            return min(charge.amount, self._available(charge.member))
        if charge.fund is not None:
            return -min(-charge.amount, self.fund(charge.fund))
        return charge.amount if charge.to is None else -min(-charge.amount, self._available(charge.to))

    def _available(self, member: str) -> int:
        return MAX_CENTS if self.may_go_negative else max(0, self.balance(member))

    def _plus(self, amounts: Mapping[str, int]) -> Ledger:
        balances = {**self.balances, **{member: self.balance(member) + cents for member, cents in amounts.items()}}
        return replace(self, balances=balances)


def _check(charge: Charge) -> None:
    """Reject an invalid charge.

    Raises:
        PluginError: as `Ledger.settle`.
    """
    if type(charge.amount) is not int:
        raise PluginError(f"{charge.by}: a charge of {charge.amount!r}; must be a whole number of cents")
    if abs(charge.amount) > MAX_CENTS:
        raise PluginError(f"{charge.by}: a charge of more than {MAX_CENTS:,} cents, which is the maximum")
    for does, units in (("returns", charge.returned), ("sells", charge.sold)):
        if type(units) is not int or units < 0:
            raise PluginError(f"{charge.by}: {does} {units!r} units; must be a whole number, 0 or more")
    if charge.to is not None and charge.fund is not None:
        raise PluginError(f"{charge.by}: a charge to both {charge.to} and the fund {charge.fund}; must be one of them")
