"""Compliance with the quotas in force, and how violations were found and fined."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from govsim.analysis.measures.measure import MEASURES, CountedRun, Measure
from govsim.commons import CENTS
from govsim.journal import Auction, Harvest, InspectionLine, PermitOffers, PermitSale, TermsLine

_QUOTAS = ("terms", "sale", "auction", "offers")
"""Kinds of event that state quotas; later ones of a rule replace those before in the month."""
_KINDS = ("harvest", *_QUOTAS, "inspection")


def compliance(run: CountedRun) -> float | None:
    """Return the share of catches that do not exceed the member's quota, of all catches under a quota.

    Args:
        run: the run, with its events `harvest` and `terms`.

    Returns:
        A share in 0..1; None if no quota was in force.
    """
    found = list(_excesses(run))
    return sum(excess == 0 for excess in found) / len(found) if found else None


def excess_catch(run: CountedRun) -> float | None:
    """Return the mean units by which a catch exceeds the member's quota; None if no quota was in force."""
    found = list(_excesses(run))
    return sum(found) / len(found) if found else None


def detection(run: CountedRun) -> float | None:
    """Return the share of catches above a quota that an inspection found; None if there was no such catch."""
    violations = sum(excess > 0 for excess in _excesses(run))
    found = {(line.month, one.member) for line in _inspections(run) for one in line.inspected if one.excess}
    return len(found) / violations if violations else None


def recidivism(run: CountedRun) -> float | None:
    """Return the share of members found above a quota that exceed their quota again in their next month under one.

    None if no member was found that has such a month.
    """
    excesses = _by_member(run)
    again = []
    for line in _inspections(run):
        for name in (one.member for one in line.inspected if one.excess):
            later = min((month for month, other in excesses if other == name and month > line.month), default=None)
            if later is not None:
                again.append(excesses[later, name] > 0)
    return sum(again) / len(again) if again else None


def fines(run: CountedRun) -> float | None:
    """Return the dollars of fines imposed by inspections, per member of the roster; None if no member was inspected."""
    lines = list(_inspections(run))
    imposed = sum(one.fine for line in lines for one in line.inspected)
    return imposed / CENTS / len(run.harvests.members) if lines else None


def _excesses(run: CountedRun) -> Iterator[int]:
    """Yield the units above the quota for every catch of a member under a quota; the lowest quota counts."""
    yield from _by_member(run).values()


def _by_member(run: CountedRun) -> dict[tuple[int, str], int]:
    """Return the units above the quota by month and member, for members under a quota."""
    quotas = _quotas(run)
    return {
        (event.month, name): max(0, units - quotas[event.month][name])
        for event in run.of("harvest")
        if isinstance(event, Harvest) and event.month >= run.from_month and event.month in quotas
        for name, units in event.granted.items()
        if name in quotas[event.month]
    }


def _quotas(run: CountedRun) -> Mapping[int, Mapping[str, int]]:
    """Return the quotas of all members in each month: the lowest of all rules, as last stated by each of them."""
    of_rules: dict[tuple[int, str | None, str], Mapping[str, int]] = {}
    for event in (event for kind in _QUOTAS for event in run.of(kind)):
        if isinstance(event, TermsLine | PermitSale | Auction | PermitOffers) and event.quotas is not None:
            of_rules[event.month, event.site, event.rule] = event.quotas
    found: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for (month, _, _), quotas in of_rules.items():
        for name, units in quotas.items():
            found[month][name] = min(units, found[month].get(name, units))
    return found


def _inspections(run: CountedRun) -> Iterator[InspectionLine]:
    for event in run.of("inspection"):
        if isinstance(event, InspectionLine) and event.month >= run.from_month:
            yield event


MEASURES.register(
    Measure(
        name="compliance",
        title="compliance",
        heading=("compliance", "%"),
        kind="share",
        formula="share of r(i,t) ≤ q(i,t) over all i and t with a quota q(i,t)",
        source="Ostrom (1990)",
        description="Share of catches that do not exceed the member's quota, whether or not it is stated or enforced.",
        undefined="if no quota was in force",
        function=compliance,
        kinds=_KINDS,
        counts_from_month=True,
        is_optional=True,
    )
)
MEASURES.register(
    Measure(
        name="excess_catch",
        title="catch above the quota",
        heading=("above the", "quota units"),
        kind="amount",
        unit="units",
        formula="mean of max(0, r(i,t) − q(i,t))",
        source="govsim",
        description="Mean units above the quota, over all catches of members with a quota.",
        undefined="if no quota was in force",
        function=excess_catch,
        kinds=_KINDS,
        counts_from_month=True,
        lowest=0.0,
        is_optional=True,
    )
)
MEASURES.register(
    Measure(
        name="detection",
        title="detection",
        heading=("detection", "%"),
        kind="share",
        formula="catches found above the quota / catches above the quota",
        source="govsim",
        description="Share of the catches above a quota that an inspection found.",
        undefined="if no catch exceeded a quota",
        function=detection,
        kinds=_KINDS,
        counts_from_month=True,
        is_optional=True,
    )
)
MEASURES.register(
    Measure(
        name="recidivism",
        title="recidivism",
        heading=("recidivism", "%"),
        kind="share",
        formula="share of catches found above the quota with r(i,s) > q(i,s) in the next month s with a quota",
        source="govsim",
        description="Share of members found above the quota that exceed it again in the next month.",
        undefined="if no member was found that has another month",
        function=recidivism,
        kinds=_KINDS,
        counts_from_month=True,
        is_optional=True,
    )
)
MEASURES.register(
    Measure(
        name="fines",
        title="fines per member",
        heading=("fines per", "member $"),
        kind="amount",
        unit="dollars",
        formula="fines imposed / n",
        source="govsim",
        description="Dollars of fines imposed after inspections, per member, before they are limited by balances.",
        undefined="if there were no inspections",
        function=fines,
        kinds=_KINDS,
        counts_from_month=True,
        lowest=0.0,
        is_optional=True,
    )
)
