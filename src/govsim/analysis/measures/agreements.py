"""Contracts, mediation, exclusion and reputation: how many members take part, and how ratings differ."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from statistics import fmean, pstdev

from govsim.analysis.measures.measure import MEASURES, CountedRun, Measure
from govsim.journal import ContractLine, Delegation, ExclusionLine, Harvest, Ratings


def signature_rate(run: CountedRun) -> float | None:
    """Return the share of members asked to sign a contract that sign it.

    Args:
        run: the run, with its events `contract`; months before its first month are not counted.

    Returns:
        A share in 0..1; None if no contract could be signed.
    """
    offered = [one for one in _contracts(run) if one.winner is not None]
    return _share(sum(len(one.signed) for one in offered), sum(len(one.approvals) for one in offered))


def contract_rate(run: CountedRun) -> float | None:
    """Return the share of rounds of negotiation that end with a valid contract.

    Args:
        run: the run, with its events `contract`; months before its first month are not counted.

    Returns:
        A share in 0..1; None without negotiations.
    """
    return _mean(bool(one.parties) for one in _contracts(run))


def delegation_rate(run: CountedRun) -> float | None:
    """Return the share of members that delegate to the mediator, over all months and members present.

    Args:
        run: the run, with its events `harvest` and `delegation`; months before its first month are not counted.

    Returns:
        A share in 0..1; None without a mediator.
    """
    present = {
        (one.month, one.site): len(one.granted)
        for one in run.of("harvest")
        if isinstance(one, Harvest) and one.month >= run.from_month
    }
    lines = [one for one in run.of("delegation") if isinstance(one, Delegation) and (one.month, one.site) in present]
    return _share(sum(len(one.delegating) for one in lines), sum(present[one.month, one.site] for one in lines))


def exclusion_rate(run: CountedRun) -> float | None:
    """Return the share of votes on exclusion after which a member is excluded.

    Args:
        run: the run, with its events `exclusion`; months before its first month are not counted.

    Returns:
        A share in 0..1; None without votes.
    """
    return _mean(one.excluded is not None for one in _exclusions(run))


def overturned(run: CountedRun) -> float | None:
    """Return the share of appeals against an exclusion that succeed.

    Args:
        run: the run, with its events `exclusion`; months before its first month are not counted.

    Returns:
        A share in 0..1; None without appeals.
    """
    return _mean(one.excluded is None for one in _exclusions(run) if one.appealed)


def rating_spread(run: CountedRun) -> float | None:
    """Return the standard deviation over members of their mean ratings, averaged over months.

    Args:
        run: the run, with its events `ratings`; months before its first month are not counted.

    Returns:
        Points of ratings, 0 if all members are rated alike; None without ratings.
    """
    spreads = []
    for line in run.of("ratings"):
        if isinstance(line, Ratings) and line.month >= run.from_month:
            received = defaultdict(list)
            for given in line.ratings.values():
                for name, points in given.items():
                    received[name].append(points)
            if received:
                spreads.append(pstdev(map(fmean, received.values())))
    return _mean(spreads)


def _contracts(run: CountedRun) -> Iterator[ContractLine]:
    return (one for one in run.of("contract") if isinstance(one, ContractLine) and one.month >= run.from_month)


def _exclusions(run: CountedRun) -> Iterator[ExclusionLine]:
    return (one for one in run.of("exclusion") if isinstance(one, ExclusionLine) and one.month >= run.from_month)


def _share(part: int, total: int) -> float | None:
    return part / total if total else None


def _mean(values: Iterable[float]) -> float | None:
    known = list(values)
    return fmean(known) if known else None


def _register(
    name: str,
    title: str,
    heading: tuple[str, str],
    *,
    unit: str = "%",
    formula: str,
    description: str,
    undefined: str,
    function: Callable[[CountedRun], float | None],
    kinds: tuple[str, ...],
) -> None:
    MEASURES.register(
        Measure(
            name=name,
            title=title,
            heading=heading,
            kind="share" if unit == "%" else "amount",
            unit=unit,
            formula=formula,
            source="govsim",
            description=description,
            undefined=undefined,
            function=function,
            kinds=kinds,
            counts_from_month=True,
            lowest=None if unit == "%" else 0.0,
            is_optional=True,
        )
    )


_register(
    "signature_rate",
    "signature rate",
    ("signature", "rate %"),
    formula="Σ signatures / Σ members asked to sign",
    description="Signatures as a share of the members asked to sign the contract with the most approvals.",
    undefined="if no contract could be signed",
    function=signature_rate,
    kinds=("contract",),
)
_register(
    "contract_rate",
    "contracts concluded",
    ("contracts", "concluded %"),
    formula="negotiations that end with a valid contract / negotiations",
    description="Share of negotiations after which a contract is in force.",
    undefined="without negotiations of contracts",
    function=contract_rate,
    kinds=("contract",),
)
_register(
    "delegation_rate",
    "delegation rate",
    ("delegation", "rate %"),
    formula="Σ members that delegate / Σ members present",
    description="Share of members that delegate to the mediator in a month.",
    undefined="without a mediator",
    function=delegation_rate,
    kinds=("harvest", "delegation"),
)
_register(
    "exclusion_rate",
    "exclusion rate",
    ("exclusion", "rate %"),
    formula="votes after which a member is excluded / votes",
    description="Share of the votes on exclusion after which a member is excluded.",
    undefined="without votes on exclusion",
    function=exclusion_rate,
    kinds=("exclusion",),
)
_register(
    "overturned",
    "appeals that succeed",
    ("appeals that", "succeed %"),
    formula="exclusions overturned / appeals",
    description="Share of the appeals against an exclusion after which the member is acquitted.",
    undefined="without appeals",
    function=overturned,
    kinds=("exclusion",),
)
_register(
    "rating_spread",
    "spread of ratings",
    ("spread of", "ratings points"),
    unit="points",
    formula="mean over t of the standard deviation over i of the mean rating of i in month t",
    description="Standard deviation of members' mean ratings, averaged over months; 0 if all are rated alike.",
    undefined="without ratings",
    function=rating_spread,
    kinds=("ratings",),
)
