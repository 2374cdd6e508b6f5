"""What members earn after all charges, how equally, and what institutions cost."""

from __future__ import annotations

from collections import Counter

import numpy as np

from govsim.analysis.measures.measure import MEASURES, CountedRun, Measure
from govsim.commons import CENTS
from govsim.journal import Accounts, Charges

TAX = "tax"
"""The reason of charges that are taxes."""

_UNDEFINED = "without institutions and charges"


def net_incomes(run: CountedRun) -> dict[str, int]:
    """Return the cents that each member earned minus what it paid in charges, from `from_month` on."""
    incomes = Counter[str]()
    for line in run.of("accounts"):
        if isinstance(line, Accounts) and line.month >= run.from_month:
            for name, account in line.members.items():
                incomes[name] += account.earned - account.charged
    return dict(incomes)


def net_income(run: CountedRun) -> float | None:
    """Return the mean net income of a member in dollars; None without accounts."""
    incomes = net_incomes(run)
    return sum(incomes.values()) / len(incomes) / CENTS if incomes else None


def income_equality(run: CountedRun) -> float | None:
    """Return one minus the Gini index of net incomes; None if one is negative, or all are 0."""
    incomes = np.array(list(net_incomes(run).values()), dtype=float)
    if not incomes.size or incomes.min() < 0 or incomes.sum() == 0:
        return None
    differences = float(np.abs(incomes[:, np.newaxis] - incomes).sum())
    return 1 - differences / (2 * incomes.size * float(incomes.sum()))


def enforcement_cost(run: CountedRun) -> float | None:
    """Return the dollars by which charges reduce the money of the society, per member; negative if they add money.

    Payments between members, and to and from common funds, reduce nothing.
    """
    members = net_incomes(run)
    lost = sum(
        one.paid
        for line in run.of("charges")
        if isinstance(line, Charges) and line.month >= run.from_month
        for one in line.charges
        if one.to is None and one.fund is None
    )
    return lost / len(members) / CENTS if members else None


def tax_revenue(run: CountedRun) -> float | None:
    """Return the dollars of taxes that were paid, per member; None if no tax was charged."""
    members = net_incomes(run)
    paid = [
        one.paid
        for line in run.of("charges")
        if isinstance(line, Charges) and line.month >= run.from_month
        for one in line.charges
        if one.reason == TAX
    ]
    return sum(paid) / len(members) / CENTS if paid and members else None


MEASURES.register(
    Measure(
        name="net_income",
        title="net income",
        heading=("net income", "dollars"),
        kind="amount",
        unit="dollars",
        formula="mean over i of Σ earned(i,t) − charged(i,t)",
        source="govsim",
        description="Mean dollars that a member earned minus charges, from `from_month` on.",
        undefined=_UNDEFINED,
        function=net_income,
        kinds=("accounts",),
        counts_from_month=True,
        is_optional=True,
    )
)
MEASURES.register(
    Measure(
        name="income_equality",
        title="equality of net incomes",
        heading=("income", "equality %"),
        kind="share",
        formula="1 − Σᵢ Σⱼ |Y(i) − Y(j)| / (2·n·Σ Y), with the net income Y(i) = Σ earned(i,t) − charged(i,t)",
        source="One minus the Gini coefficient, as for the catch in Piatti et al. 2024",
        description="How equally money was shared after all charges, from `from_month` on.",
        undefined=f"{_UNDEFINED}, if a member lost money, or if no member has any",
        function=income_equality,
        kinds=("accounts",),
        counts_from_month=True,
        is_optional=True,
    )
)
MEASURES.register(
    Measure(
        name="enforcement_cost",
        title="cost of enforcement",
        heading=("enforcement", "dollars"),
        kind="amount",
        unit="dollars",
        formula="Σ paid charges that no member and no fund receives / n",
        source="govsim",
        description="Dollars per member that leave the society by charges: fines, wages, and costs and losses by "
        "sanctions.",
        undefined=_UNDEFINED,
        function=enforcement_cost,
        kinds=("accounts", "charges"),
        counts_from_month=True,
        is_optional=True,
    )
)
MEASURES.register(
    Measure(
        name="tax_revenue",
        title="tax revenue",
        heading=("tax revenue", "dollars"),
        kind="amount",
        unit="dollars",
        formula="Σ taxes paid / n",
        source="govsim",
        description="Dollars of taxes that were paid, per member, before the revenue is used.",
        undefined="if no tax was charged",
        function=tax_revenue,
        kinds=("accounts", "charges"),
        counts_from_month=True,
        lowest=0.0,
        is_optional=True,
    )
)
