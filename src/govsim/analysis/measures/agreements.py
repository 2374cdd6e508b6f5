"""Contracts, mediation, exclusion and reputation: how many members take part, and how ratings differ."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from statistics import fmean, pstdev

from govsim.analysis.measures.institutional import institutional, mean, share, slope
from govsim.analysis.measures.measure import CountedRun
from govsim.journal import Accounts, ContractLine, Delegation, ExclusionLine, Harvest, Ratings, TermsLine


@institutional(
    "signature rate",
    ("signature", "rate %"),
    formula="Σ signatures / Σ members asked to sign",
    description="Signatures as a share of the members asked to sign the contract with the most approvals.",
    undefined="if no contract could be signed",
    kinds=("contract",),
)
def signature_rate(run: CountedRun) -> float | None:
    """Return the share of members asked to sign a contract that sign it; None if no contract could be signed."""
    offered = [one for one in run.since(ContractLine) if one.winner is not None]
    return share(sum(len(one.signed) for one in offered), sum(len(one.approvals) for one in offered))


@institutional(
    "contracts concluded",
    ("contracts", "concluded %"),
    formula="negotiations that end with a valid contract / negotiations",
    description="Share of negotiations after which a contract is in force.",
    undefined="without negotiations of contracts",
    kinds=("contract",),
)
def contract_rate(run: CountedRun) -> float | None:
    """Return the share of rounds of negotiation that end with a valid contract; None without negotiations."""
    return mean(bool(one.parties) for one in run.since(ContractLine))


@institutional(
    "delegation rate",
    ("delegation", "rate %"),
    formula="Σ members that delegate / Σ members present",
    description="Share of members that delegate to the mediator in a month.",
    undefined="without a mediator",
    kinds=("harvest", "delegation"),
)
def delegation_rate(run: CountedRun) -> float | None:
    """Return the share of members that delegate to the mediator, over all months; None without a mediator."""
    present = {(one.month, one.site): len(one.granted) for one in run.since(Harvest)}
    lines = [one for one in run.since(Delegation) if (one.month, one.site) in present]
    return share(sum(len(one.delegating) for one in lines), sum(present[one.month, one.site] for one in lines))


@institutional(
    "exclusion rate",
    ("exclusion", "rate %"),
    formula="votes after which a member is excluded / votes",
    description="Share of the votes on exclusion after which a member is excluded.",
    undefined="without votes on exclusion",
    kinds=("exclusion",),
)
def exclusion_rate(run: CountedRun) -> float | None:
    """Return the share of votes on exclusion after which a member is excluded; None without votes."""
    return mean(one.excluded is not None for one in run.since(ExclusionLine))


@institutional(
    "appeals that succeed",
    ("appeals that", "succeed %"),
    formula="exclusions overturned / appeals",
    description="Share of the appeals against an exclusion after which the member is acquitted.",
    undefined="without appeals",
    kinds=("exclusion",),
)
def overturned(run: CountedRun) -> float | None:
    """Return the share of appeals against an exclusion that succeed; None without appeals."""
    return mean(one.excluded is None for one in run.since(ExclusionLine) if one.appealed)


@institutional(
    "spread of ratings",
    ("spread of", "ratings points"),
    unit="points",
    formula="mean over t of the standard deviation over i of the mean rating of i in month t",
    description="Standard deviation of members' mean ratings, averaged over months; 0 if all are rated alike.",
    undefined="without ratings",
    kinds=("ratings",),
    lowest=0.0,
)
def rating_spread(run: CountedRun) -> float | None:
    """Return the standard deviation over members of their mean ratings, averaged over months; None without ratings."""
    spreads = []
    for line in run.since(Ratings):
        received = defaultdict(list)
        for given in line.ratings.values():
            for name, points in given.items():
                received[name].append(points)
        if received:
            spreads.append(pstdev(map(fmean, received.values())))
    return mean(spreads)


@institutional(
    "contracts that deter",
    ("contracts", "that deter %"),
    formula="share of winning designs with limit ≤ τ(t), transfer ≥ the price of a unit and bonus ≤ this price",
    description="Share of the contracts with most approvals under which no member gains by exceeding its threshold.",
    undefined="if no contract was designed, or no member earned anything in the months of the designs",
    kinds=("harvest", "contract", "accounts"),
    is_shown=False,
)
def contract_quality(run: CountedRun) -> float | None:
    """Return the share of winning contracts that make it a best reply to stay within the threshold.

    A unit above the limit costs at least what it earns, so that no member gains by exceeding the limit, in any month;
    and a unit left below the limit earns no more than one that is taken.
    """
    thresholds = {(one.month, one.site): one.member_threshold for one in run.since(Harvest)}
    prices = _prices(run)
    return mean(
        one.limit <= thresholds[line.month, line.site] and one.transfer >= prices[line.month, line.site] >= one.bonus
        for line in run.since(ContractLine)
        for one in line.designs
        if one.by == line.winner and (line.month, line.site) in prices
    )


def _prices(run: CountedRun) -> dict[tuple[int, str | None], int]:
    """Return the most cents that a unit earned a member, by month and site."""
    granted = {(one.month, one.site): one.granted for one in run.since(Harvest)}
    found = {}
    for line in run.since(Accounts):
        caught = {name: units for name, units in granted.get((line.month, line.site), {}).items() if units}
        if caught:
            found[line.month, line.site] = max(line.members[name].earned // units for name, units in caught.items())
    return found


@institutional(
    "bias of ratings",
    ("bias of", "ratings points"),
    unit="points",
    formula="mean of the rating of i in month t − max(0, 10 − max(0, r(i,t) − f(i,t)))",
    description="Points by which ratings exceed 10 minus a point for each unit above the threshold.",
    undefined="without ratings",
    kinds=("harvest", "ratings"),
    is_shown=False,
)
def rating_bias(run: CountedRun) -> float | None:
    """Return the mean of ratings minus what the month's catches deserve; None without ratings."""
    excess = {(one.month, name): max(0, units) for one in run.since(Harvest) for name, units in _excess(one)}
    return mean(
        points - max(0, 10 - excess[line.month, name])
        for line in run.since(Ratings)
        for given in line.ratings.values()
        for name, points in given.items()
        if (line.month, name) in excess
    )


@institutional(
    "slope of excess on standing",
    ("excess per", "standing units"),
    unit="units",
    formula="least-squares slope of r(i,t) − f(i,t) on the standing of i before the harvest of month t",
    description="Units above the threshold that members of full standing take more than members without any.",
    undefined="without standings, or if they do not vary",
    kinds=("harvest", "terms"),
    is_shown=False,
)
def excess_by_standing(run: CountedRun) -> float | None:
    """Return the slope of units above the threshold on the member's standing; None if standings do not vary."""
    excess = {(one.month, one.site): dict(_excess(one)) for one in run.since(Harvest)}
    return slope(
        (standing, excess[line.month, line.site][name])
        for line in run.since(TermsLine)
        for name, standing in _standings(line)
        if name in excess.get((line.month, line.site), {})
    )


@institutional(
    "whitewashing",
    ("whitewashing", "standing"),
    unit="standing",
    formula="mean of s(i,t) − s(i,t′) over i at a site in t but not in t − 1, with the last t′ that states s(i)",
    description="How much higher the standings of members are who return or come from another site; 0 if kept.",
    undefined="if no member with a standing returns or moves to a site with standings",
    kinds=("harvest", "terms"),
    is_shown=False,
)
def whitewashing(run: CountedRun) -> float | None:
    """Return the mean change of standings by leaving and returning, or by moving; None if no member does so."""
    present = {(one.month, one.site, name) for one in run.since(Harvest) for name in one.granted}
    last: dict[tuple[str, str], float] = {}
    changes = []
    for line in sorted(run.since(TermsLine), key=lambda line: line.month):
        for name, standing in _standings(line):
            before = last.get((line.rule, name))
            if before is not None and (line.month - 1, line.site, name) not in present:
                changes.append(standing - before)
            last[line.rule, name] = standing
    return mean(changes)


def _standings(line: TermsLine) -> Iterator[tuple[str, float]]:
    """Yield the standings that the terms of a rule state, by member."""
    standings = line.values.get("standings")
    for name, standing in standings.items() if isinstance(standings, dict) else ():
        if isinstance(standing, float | int):
            yield name, float(standing)


def _excess(harvest: Harvest) -> Iterator[tuple[str, int]]:
    """Yield the units received above the own threshold by each member; negative below it."""
    return ((name, units - harvest.threshold_of(name)) for name, units in harvest.granted.items())
