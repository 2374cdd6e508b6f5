"""What members earn after all charges, how equally, and what institutions cost."""

from __future__ import annotations

from collections import Counter

import numpy as np

from govsim.analysis.measures.catch import gini
from govsim.analysis.measures.institutional import institutional, share
from govsim.analysis.measures.measure import CountedRun
from govsim.commons import CENTS
from govsim.journal import Accounts, Charges

TAX = "tax"
"""The reason of charges that are taxes."""

_UNDEFINED = "without institutions and charges"


def net_incomes(run: CountedRun) -> dict[str, int]:
    """Return the cents that each member earned minus what it paid in charges, from `from_month` on."""
    incomes = Counter[str]()
    for line in run.since(Accounts):
        for name, account in line.members.items():
            incomes[name] += account.earned - account.charged
    return dict(incomes)


@institutional(
    "net income",
    ("net income", "dollars"),
    unit="dollars",
    formula="mean over i of Σ earned(i,t) − charged(i,t)",
    description="Mean dollars that a member earned minus charges, from `from_month` on.",
    undefined=_UNDEFINED,
    kinds=("accounts",),
)
def net_income(run: CountedRun) -> float | None:
    """Return the mean net income of a member in dollars; None without accounts."""
    incomes = net_incomes(run)
    return sum(incomes.values()) / len(incomes) / CENTS if incomes else None


@institutional(
    "equality of net incomes",
    ("income", "equality %"),
    formula="1 − Σᵢ Σⱼ |Y(i) − Y(j)| / (2·n·Σ Y), with the net income Y(i) = Σ earned(i,t) − charged(i,t)",
    source="One minus the Gini coefficient, as for the catch in Piatti et al. 2024",
    description="How equally money was shared after all charges, from `from_month` on.",
    undefined=f"{_UNDEFINED}, if a member lost money, or if no member has any",
    kinds=("accounts",),
)
def income_equality(run: CountedRun) -> float | None:
    """Return one minus the Gini index of net incomes; None if one is negative, or all are 0."""
    incomes = np.array(list(net_incomes(run).values()), dtype=float)
    if not incomes.size or incomes.min() < 0 or incomes.sum() == 0:
        return None
    return 1 - gini(incomes)


@institutional(
    "cost of enforcement",
    ("enforcement", "dollars"),
    unit="dollars",
    formula="Σ paid charges that no member and no fund receives / n",
    description="Dollars per member that leave the society by charges: fines, wages, and costs and losses by "
    "sanctions.",
    undefined=_UNDEFINED,
    kinds=("accounts", "charges"),
)
def enforcement_cost(run: CountedRun) -> float | None:
    """Return the dollars by which charges reduce the money of the society, per member; negative if they add money.

    Payments between members, and to and from common funds, reduce nothing.
    """
    return share(_lost(run) / CENTS, len(net_incomes(run)))


@institutional(
    "tax revenue",
    ("tax revenue", "dollars"),
    unit="dollars",
    formula="Σ taxes paid / n",
    description="Dollars of taxes that were paid, per member, before the revenue is used.",
    undefined="if no tax was charged",
    kinds=("accounts", "charges"),
    lowest=0.0,
    is_shown=False,
)
def tax_revenue(run: CountedRun) -> float | None:
    """Return the dollars of taxes that were paid, per member; None if no tax was charged."""
    members = net_incomes(run)
    paid = [one.paid for line in run.since(Charges) for one in line.charges if one.reason == TAX]
    return sum(paid) / len(members) / CENTS if paid and members else None


@institutional(
    "relative cost of enforcement",
    ("enforcement", "cents per dollar"),
    unit="cents per dollar",
    formula="100 · Σ paid charges that no member and no fund receives / Σ earned(i,t)",
    description="Cents that leave the society by charges for each dollar earned with the harvest.",
    undefined=f"{_UNDEFINED}, or if nothing is earned",
    kinds=("accounts", "charges"),
    is_shown=False,
)
def relative_enforcement_cost(run: CountedRun) -> float | None:
    """Return the cents that leave the society by charges for each dollar earned; None if nothing is earned."""
    earned = sum(account.earned for line in run.since(Accounts) for account in line.members.values())
    return share(100 * _lost(run), earned)


@institutional(
    "payments between members",
    ("payments between", "members dollars"),
    unit="dollars",
    formula="Σ paid charges from one member to another / n",
    description="Dollars per member that members pay each other, as under a contract or for permits.",
    undefined=_UNDEFINED,
    kinds=("accounts", "charges"),
    lowest=0.0,
    is_shown=False,
)
def payments(run: CountedRun) -> float | None:
    """Return the dollars that members pay each other, per member; None without accounts."""
    paid = sum(abs(one.paid) for line in run.since(Charges) for one in line.charges if one.to is not None)
    return share(paid / CENTS, len(net_incomes(run)))


@institutional(
    "public revenue",
    ("public", "revenue dollars"),
    unit="dollars",
    formula="Σ charges paid into common funds / n",
    description="Dollars per member that go to common funds, by taxes, fines and confiscation, before they are used.",
    undefined=_UNDEFINED,
    kinds=("accounts", "charges"),
    lowest=0.0,
    is_shown=False,
)
def public_revenue(run: CountedRun) -> float | None:
    """Return the dollars that members pay into common funds, per member; None without accounts."""
    paid = sum(max(0, one.paid) for line in run.since(Charges) for one in line.charges if one.fund is not None)
    return share(paid / CENTS, len(net_incomes(run)))


def _lost(run: CountedRun) -> int:
    """Return the cents that leave the society by charges; negative if charges add money."""
    return sum(one.paid for line in run.since(Charges) for one in line.charges if one.to is None and one.fund is None)
