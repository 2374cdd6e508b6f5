"""Votes and leaders: turnout, the wisdom of what is decided, kept promises, and honest reports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import fmean

from govsim.analysis.measures.measure import MEASURES, CountedRun, Measure
from govsim.journal import Agenda, BallotLine, Decree, Harvest, Report, TermsLine

_LIMIT = "quota.amount"
"""The setting of a vote on the maximum units of each member."""


def turnout(run: CountedRun) -> float | None:
    """Return the share of members entitled to vote that cast a valid ballot, over all votes.

    Args:
        run: the run, with its events `ballot`; months before its first month are not counted.

    Returns:
        A share in 0..1; None if no vote was held.
    """
    ballots = list(_ballots(run))
    cast = sum(len(one.ballots) for one in ballots)
    entitled = cast + sum(len(one.abstained) for one in ballots)
    return cast / entitled if entitled else None


def decision_error(run: CountedRun) -> float | None:
    """Return the mean of the quota decided for a month, in a vote or by a leader, minus that month's threshold.

    Args:
        run: the run, with its events `harvest`, `ballot` and `decree`; months before its first month are not counted.

    Returns:
        Units per member, positive if decisions exceed the threshold; None if no quota was decided.
    """
    thresholds = {(one.month, one.site): one.member_threshold for one in _harvests(run)}
    voted = [
        ((one.month + 1, one.site), one.value)
        for one in _ballots(run)
        if one.subject == _LIMIT and one.outcome == "adopted"
    ]
    decreed = [
        ((one.month + 1, one.site), one.values.get(_LIMIT))
        for one in run.of("decree")
        if isinstance(one, Decree) and one.month >= run.from_month
    ]
    gaps = [
        units - thresholds[place]
        for place, units in (*voted, *decreed)
        if place in thresholds and isinstance(units, int)
    ]
    return fmean(gaps) if gaps else None


def promise_gap(run: CountedRun) -> float | None:
    """Return the mean of units received minus the last limit that the member had proposed or announced.

    Args:
        run: the run, with its events `harvest`, `ballot` and `agenda`; months before its first month are not counted.

    Returns:
        Units, negative if members stay below their own limits; None if no member proposed or announced one.
    """
    gaps, promises = [], _promises(run)
    for harvest in _harvests(run):
        promised = {one.member: one.units for one in promises if one.month < harvest.month}
        gaps += [units - promised[name] for name, units in harvest.granted.items() if name in promised]
    return fmean(gaps) if gaps else None


def agenda_kept(run: CountedRun) -> float | None:
    """Return the share of months in office in which the leader took at most the limit that it had announced last.

    Args:
        run: the run, with its events `harvest`, `terms` and `agenda`; months before its first month are not counted.

    Returns:
        A share in 0..1; None if no leader had announced a limit.
    """
    leaders = {
        (line.month, line.site): line.values["leader"]
        for line in run.of("terms")
        if isinstance(line, TermsLine) and line.values.get("leader") is not None and line.month >= run.from_month
    }
    kept = []
    for harvest in _harvests(run):
        leader = leaders.get((harvest.month, harvest.site))
        said = [one.limit for one in _agendas(run) if one.member == leader and one.month < harvest.month]
        if said and isinstance(leader, str) and leader in harvest.granted:
            kept.append(harvest.granted[leader] <= said[-1])
    return fmean(kept) if kept else None


def report_honesty(run: CountedRun) -> float | None:
    """Return the share of catches in reports written by a member that equal the true ones.

    Args:
        run: the run, with its events `harvest` and `report`; months before its first month are not counted.

    Returns:
        A share in 0..1; None if no member wrote a report.
    """
    granted = {(one.month, one.site): one.granted for one in _harvests(run)}
    are_true = [
        granted[report.of_month or report.month, report.site][name] == units
        for report in run.of("report")
        if isinstance(report, Report) and report.author is not None and report.month >= run.from_month
        for name, units in report.catches.items()
    ]
    return fmean(are_true) if are_true else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Promise:
    month: int
    member: str
    units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Announced:
    month: int
    member: str
    limit: int


def _harvests(run: CountedRun) -> Iterator[Harvest]:
    return (one for one in run.of("harvest") if isinstance(one, Harvest) and one.month >= run.from_month)


def _ballots(run: CountedRun) -> Iterator[BallotLine]:
    return (one for one in run.of("ballot") if isinstance(one, BallotLine) and one.month >= run.from_month)


def _agendas(run: CountedRun) -> Iterator[_Announced]:
    for one in run.of("agenda"):
        if isinstance(one, Agenda) and one.limit is not None:
            yield _Announced(month=one.month, member=one.member, limit=one.limit)


def _promises(run: CountedRun) -> list[_Promise]:
    """Return the limits that members proposed in votes or announced, in order of the months."""
    found = [_Promise(month=one.month, member=one.member, units=one.limit) for one in _agendas(run)]
    for line in run.of("ballot"):
        if isinstance(line, BallotLine) and line.subject == _LIMIT:
            named = {**line.ballots, **line.proposals}
            found += [
                _Promise(month=line.month, member=name, units=units)
                for name, units in named.items()
                if isinstance(units, int)
            ]
    return sorted(found, key=lambda one: one.month)


MEASURES.register(
    Measure(
        name="turnout",
        title="turnout",
        heading=("turnout", "%"),
        kind="share",
        formula="Σ ballots / Σ (ballots + abstentions)",
        source="govsim",
        description="Ballots as a share of the members that could vote; invalid ballots are abstentions.",
        undefined="if no vote was held",
        function=turnout,
        kinds=("ballot",),
        counts_from_month=True,
        is_optional=True,
    )
)

MEASURES.register(
    Measure(
        name="decision_error",
        title="error of decisions",
        heading=("error of", "decisions units"),
        kind="amount",
        unit="units",
        formula="mean of q(t) − τ(t) over the months t for which a quota q(t) was decided",
        source="govsim",
        description="Mean units by which quotas decided in votes or by leaders exceed the per-member threshold.",
        undefined="if no quota was decided",
        function=decision_error,
        kinds=("harvest", "ballot", "decree"),
        counts_from_month=True,
        is_optional=True,
    )
)

MEASURES.register(
    Measure(
        name="promise_gap",
        title="promise gap",
        heading=("promise", "gap units"),
        kind="amount",
        unit="units",
        formula="mean of r(i,t) − the last limit that i proposed in a vote or announced before month t",
        source="govsim",
        description="Mean units by which members receive more than the limit that they last proposed or announced.",
        undefined="if no member proposed or announced a limit",
        function=promise_gap,
        kinds=("harvest", "ballot", "agenda"),
        counts_from_month=True,
        is_optional=True,
    )
)

MEASURES.register(
    Measure(
        name="agenda_kept",
        title="agendas kept",
        heading=("agendas", "kept %"),
        kind="share",
        formula="share of months in which the leader received at most the limit that it last announced",
        source="govsim",
        description="Months in which the leader received at most the limit that it had announced last.",
        undefined="if no leader had announced a limit",
        function=agenda_kept,
        kinds=("harvest", "terms", "agenda"),
        counts_from_month=True,
        is_optional=True,
    )
)

MEASURES.register(
    Measure(
        name="report_honesty",
        title="report honesty",
        heading=("report", "honesty %"),
        kind="share",
        formula="share of numbers in reports written by a member that equal r(i,t)",
        source="govsim",
        description="Catches in reports written by a member that equal the true ones.",
        undefined="if no member wrote a report",
        function=report_honesty,
        kinds=("harvest", "report"),
        counts_from_month=True,
        is_optional=True,
    )
)
