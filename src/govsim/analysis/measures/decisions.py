"""Votes and leaders: turnout, the wisdom of what is decided, kept promises, and honest reports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import fmean, pstdev

from govsim.analysis.measures.institutional import institutional, mean, share
from govsim.analysis.measures.measure import CountedRun
from govsim.journal import Agenda, BallotLine, Decree, Harvest, Report, TermsLine

_LIMIT = "quota.amount"
"""The setting of a vote on the maximum units of each member."""
_LEADER = ".member"
"""The end of the setting of a vote on who leads the group."""


@institutional(
    "turnout",
    ("turnout", "%"),
    formula="Σ ballots / Σ (ballots + abstentions)",
    description="Ballots as a share of the members that could vote; invalid ballots are abstentions.",
    undefined="if no vote was held",
    kinds=("ballot",),
)
def turnout(run: CountedRun) -> float | None:
    """Return the share of members entitled to vote that cast a valid ballot, over all votes."""
    ballots = list(run.since(BallotLine))
    cast = sum(len(one.ballots) for one in ballots)
    entitled = cast + sum(len(one.abstained) for one in ballots)
    return share(cast, entitled)


@institutional(
    "error of decisions",
    ("error of", "decisions units"),
    unit="units",
    formula="mean of q(t) − τ(t) over the months t for which a quota q(t) was decided",
    description="Mean units by which quotas decided in votes or by leaders exceed the per-member threshold.",
    undefined="if no quota was decided",
    kinds=("harvest", "ballot", "decree"),
)
def decision_error(run: CountedRun) -> float | None:
    """Return the mean of the quota decided for a month, in a vote or by a leader, minus that month's threshold."""
    thresholds = {(one.month, one.site): one.member_threshold for one in run.since(Harvest)}
    voted = [
        ((one.month + 1, one.site), one.value)
        for one in run.since(BallotLine)
        if one.subject == _LIMIT and one.outcome == "adopted"
    ]
    decreed = [((one.month + 1, one.site), one.values.get(_LIMIT)) for one in run.since(Decree)]
    return mean(
        units - thresholds[place]
        for place, units in (*voted, *decreed)
        if place in thresholds and isinstance(units, int)
    )


@institutional(
    "promise gap",
    ("promise", "gap units"),
    unit="units",
    formula="mean of r(i,t) − the last limit that i proposed in a vote or announced before month t",
    description="Mean units by which members receive more than the limit that they last proposed or announced.",
    undefined="if no member proposed or announced a limit",
    kinds=("harvest", "ballot", "agenda"),
)
def promise_gap(run: CountedRun) -> float | None:
    """Return the mean of units received minus the last limit that the member had proposed or announced."""
    gaps, promises = [], _promises(run)
    for harvest in run.since(Harvest):
        promised = {one.member: one.units for one in promises if one.month < harvest.month}
        gaps += [units - promised[name] for name, units in harvest.granted.items() if name in promised]
    return mean(gaps)


@institutional(
    "spread of proposals",
    ("spread of", "proposals units"),
    unit="units",
    formula="mean over votes on a quota of the standard deviation over i of the number that i proposes",
    description="Standard deviation of the quotas that members propose in a vote, averaged over votes.",
    undefined="if no quota was voted on",
    kinds=("ballot",),
    lowest=0.0,
)
def proposal_spread(run: CountedRun) -> float | None:
    """Return the standard deviation of the quotas that members propose in a vote, averaged over votes."""
    spreads = []
    for line in (one for one in run.since(BallotLine) if one.subject == _LIMIT):
        named = [one for one in ({**line.ballots, **line.proposals}).values() if isinstance(one, int)]
        if named:
            spreads.append(pstdev(named))
    return mean(spreads)


@institutional(
    "re-election",
    ("re-election", "%"),
    formula="elections that the leader in office wins / elections with a leader in office",
    description="Share of elections in which the member that leads the group is elected again.",
    undefined="if no election was held with a leader in office",
    kinds=("terms", "ballot"),
)
def reelection(run: CountedRun) -> float | None:
    """Return the share of elections in which the member that leads the group is elected again."""
    leaders = _leaders(run)
    again = [
        one.value == leader
        for one in run.since(BallotLine)
        if one.subject.endswith(_LEADER)
        and one.outcome == "adopted"
        and (leader := leaders.get((one.month, one.site))) is not None
    ]
    return mean(again)


@institutional(
    "advantage of leaders",
    ("advantage of", "leaders units"),
    unit="units",
    formula="mean over t of r(l,t) − the mean of r(j,t) over j ≠ l, with the leader l of month t",
    description="Mean units that the leader receives more than the others do on average.",
    undefined="if no member leads the group",
    kinds=("harvest", "terms"),
)
def leader_advantage(run: CountedRun) -> float | None:
    """Return the mean of units received by the leader minus the mean of what the others receive."""
    leaders, gaps = _leaders(run), []
    for harvest in run.since(Harvest):
        leader = leaders.get((harvest.month, harvest.site))
        others = [units for name, units in harvest.granted.items() if name != leader]
        if leader in harvest.granted and others:
            gaps.append(harvest.granted[leader] - fmean(others))
    return mean(gaps)


def _leaders(run: CountedRun) -> dict[tuple[int, str | None], str]:
    """Return who leads the group, by month and site."""
    return {
        (line.month, line.site): leader
        for line in run.since(TermsLine)
        if isinstance(leader := line.values.get("leader"), str)
    }


@institutional(
    "agendas kept",
    ("agendas", "kept %"),
    formula="share of months in which the leader received at most the limit that it last announced",
    description="Months in which the leader received at most the limit that it had announced last.",
    undefined="if no leader had announced a limit",
    kinds=("harvest", "terms", "agenda"),
)
def agenda_kept(run: CountedRun) -> float | None:
    """Return the share of months in office in which the leader took at most the limit that it had announced last."""
    leaders = _leaders(run)
    kept = []
    for harvest in run.since(Harvest):
        leader = leaders.get((harvest.month, harvest.site))
        said = [one.limit for one in _agendas(run) if one.member == leader and one.month < harvest.month]
        if said and leader is not None and leader in harvest.granted:
            kept.append(harvest.granted[leader] <= said[-1])
    return mean(kept)


@institutional(
    "report honesty",
    ("report", "honesty %"),
    formula="share of numbers in reports written by a member that equal r(i,t)",
    description="Catches in reports written by a member that equal the true ones.",
    undefined="if no member wrote a report",
    kinds=("harvest", "report"),
)
def report_honesty(run: CountedRun) -> float | None:
    """Return the share of catches in reports written by a member that equal the true ones."""
    # A report after a delay can be about a month before `from_month`.
    granted = {(one.month, one.site): one.granted for one in run.of("harvest") if isinstance(one, Harvest)}
    return mean(
        granted[report.of_month or report.month, report.site][name] == units
        for report in run.since(Report)
        if report.author is not None
        for name, units in report.catches.items()
    )


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
