"""Compliance with the quotas in force, and how violations were found and fined."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import chain

from govsim.analysis.measures.institutional import institutional, mean, share
from govsim.analysis.measures.measure import CountedRun
from govsim.commons import CENTS
from govsim.journal import Auction, Harvest, InspectionLine, PermitOffers, PermitSale, TermsLine

_KINDS = ("harvest", "terms", "sale", "auction", "offers", "inspection")


@institutional(
    "compliance",
    ("compliance", "%"),
    formula="share of r(i,t) ≤ q(i,t) over all i and t with a quota q(i,t)",
    source="Ostrom (1990)",
    description="Share of catches that do not exceed the member's quota, whether or not it is stated or enforced.",
    undefined="if no quota was in force",
    kinds=_KINDS,
)
def compliance(run: CountedRun) -> float | None:
    """Return the share of catches that do not exceed the member's quota, of all catches under a quota.

    Args:
        run: the run, with its events `harvest` and `terms`.

    Returns:
        A share in 0..1; None if no quota was in force.
    """
    return mean(excess == 0 for excess in _excesses(run))


@institutional(
    "catch above the quota",
    ("above the", "quota units"),
    unit="units",
    formula="mean of max(0, r(i,t) − q(i,t))",
    description="Mean units above the quota, over all catches of members with a quota.",
    undefined="if no quota was in force",
    kinds=_KINDS,
    lowest=0.0,
)
def excess_catch(run: CountedRun) -> float | None:
    """Return the mean units by which a catch exceeds the member's quota; None if no quota was in force."""
    return mean(_excesses(run))


@institutional(
    "detection",
    ("detection", "%"),
    formula="catches found above the quota / catches above the quota",
    description="Share of the catches above a quota that an inspection found.",
    undefined="if no catch exceeded a quota",
    kinds=_KINDS,
)
def detection(run: CountedRun) -> float | None:
    """Return the share of catches above a quota that an inspection found; None if there was no such catch."""
    violations = sum(excess > 0 for excess in _excesses(run))
    found = {(line.month, one.member) for line in run.since(InspectionLine) for one in line.inspected if one.excess}
    return share(len(found), violations)


@institutional(
    "fines per member",
    ("fines per", "member, $"),
    unit="dollars",
    formula="fines imposed / n",
    description="Dollars of fines imposed after inspections, per member, before they are limited by balances.",
    undefined="if there were no inspections",
    kinds=_KINDS,
    lowest=0.0,
)
def fines(run: CountedRun) -> float | None:
    """Return the dollars of fines imposed by inspections, per member of the roster; None if no member was inspected."""
    lines = list(run.since(InspectionLine))
    imposed = sum(one.fine for line in lines for one in line.inspected)
    return imposed / CENTS / len(run.harvests.members) if lines else None


def _excesses(run: CountedRun) -> Iterator[int]:
    """Yield the units above the quota for every catch of a member under a quota; the lowest quota counts."""
    quotas = _quotas(run)
    for event in run.since(Harvest):
        of_month = quotas.get(event.month, {})
        yield from (max(0, units - of_month[name]) for name, units in event.granted.items() if name in of_month)


def _quotas(run: CountedRun) -> Mapping[int, Mapping[str, int]]:
    """Return the quotas of all members in each month: the lowest of all rules, as last stated by each of them."""
    of_rules: dict[tuple[int, str | None, str], Mapping[str, int]] = {}
    for event in chain[TermsLine | PermitSale | Auction | PermitOffers](
        run.since(TermsLine), run.since(PermitSale), run.since(Auction), run.since(PermitOffers)
    ):
        if event.quotas is not None:
            of_rules[event.month, event.site, event.rule] = event.quotas
    found: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for (month, _, _), quotas in of_rules.items():
        for name, units in quotas.items():
            found[month][name] = min(units, found[month].get(name, units))
    return found


@institutional(
    "recidivism",
    ("recidivism", "%"),
    formula="share of the violations found after which i exceeds its quota in the next month with a quota",
    source="Ostrom (1990)",
    description="Share of the violations found by inspections that are followed by another violation.",
    undefined="if no violation was found before the last month",
    kinds=_KINDS,
    is_shown=False,
)
def recidivism(run: CountedRun) -> float | None:
    """Return the share of violations found that the same member repeats at its next catch under a quota."""
    quotas = _quotas(run)
    exceeds: dict[str, dict[int, bool]] = defaultdict(dict)
    for event in run.since(Harvest):
        for name, units in event.granted.items():
            if (quota := quotas.get(event.month, {}).get(name)) is not None:
                exceeds[name][event.month] = units > quota
    found = {(line.month, one.member) for line in run.since(InspectionLine) for one in line.inspected if one.excess}
    later = [[again for at, again in sorted(exceeds[name].items()) if at > month] for month, name in found]
    return mean(again[0] for again in later if again)


@institutional(
    "quota relative to threshold",
    ("quota per", "threshold unit"),
    unit="per unit",
    formula="Σ q(i,t) / Σ f(i,t) over all i and t with a quota q(i,t)",
    source="Ostrom (1990)",
    description="Units allowed by quotas for each unit that can be taken sustainably; 1 if the rule fits the commons.",
    undefined="if no quota was in force, or the thresholds are 0",
    kinds=_KINDS,
    lowest=0.0,
    is_shown=False,
)
def quota_fit(run: CountedRun) -> float | None:
    """Return the quotas in force relative to the members' thresholds; None if no quota was in force."""
    quotas = _quotas(run)
    pairs = [
        (quotas[event.month][name], event.threshold_of(name))
        for event in run.since(Harvest)
        for name in event.granted
        if name in quotas.get(event.month, {})
    ]
    return share(sum(quota for quota, _ in pairs), sum(threshold for _, threshold in pairs))


@institutional(
    "deterrence ratio",
    ("deterrence", "ratio"),
    unit="per unit",
    formula="mean of p·F, or p·(F + 1) with confiscation, over all t and quotas that are inspected",
    description="Expected loss for a unit above the quota, relative to its price; inspections deter from 1 on.",
    undefined="without inspections by the world or a guard, or if fines are graduated",
    kinds=("terms", "inspection"),
    lowest=0.0,
    is_shown=False,
)
def deterrence_ratio(run: CountedRun) -> float | None:
    """Return the mean of the expected loss for a unit above the quota, in prices of a unit; None without inspections.

    A guard that the common fund cannot pay inspects with a probability of 0. Fines for an offence, rather than for its
    units, are not included.
    """
    terms = {(line.month, line.site, line.rule): line for line in run.since(TermsLine)}
    ratios = []
    for line in run.since(InspectionLine):
        stated = terms.get((line.month, line.site, line.rule))
        loss = None if stated is None or line.phase else _loss_if_found(stated)
        if stated is not None and loss is not None:
            ratios.append(_probability(line, stated) * loss)
    return mean(ratios)


def _loss_if_found(terms: TermsLine) -> float | None:
    """Return what a unit above the quota costs if it is found, in prices of a unit; None if it depends on offences."""
    fine, confiscation = terms.values.get("fine"), terms.values.get("confiscation")
    if not isinstance(fine, dict) or fine.get("scale"):
        return None
    per_unit = fine.get("per_unit")
    return per_unit + (confiscation != "none") if isinstance(per_unit, int | float) else None


def _probability(line: InspectionLine, terms: TermsLine) -> float:
    """Return the probability that a member is inspected in a month."""
    if line.probability is not None:
        return line.probability
    return len(line.inspected) / len(terms.quotas) if terms.quotas else 0.0
