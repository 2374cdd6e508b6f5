"""How members punish and reward each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from govsim.analysis.measures.institutional import institutional, mean, share, slope
from govsim.analysis.measures.measure import CountedRun
from govsim.journal import Harvest, Points, SanctionsLine

_SOURCE = "Fehr and Gächter 2000; Herrmann et al. 2008"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Month:
    """The sanctions of a month.

    Attributes:
        points: points assigned, in all stages.
        excess: units received above the own threshold, by member present; negative below it.
    """

    points: tuple[Points, ...]
    excess: dict[str, int]


def _months(run: CountedRun) -> Iterator[_Month]:
    """Yield the months with sanctions, from `from_month` on."""
    points: dict[int, tuple[Points, ...]] = {}
    for line in run.since(SanctionsLine):
        points[line.month] = (*points.get(line.month, ()), *line.points)
    harvests = run.harvests
    for month, assigned in points.items():
        if month > len(harvests.received):  # a re-simulation for bounds may collapse before
            return
        received, own = harvests.received[month - 1], harvests.member_thresholds[month - 1]
        by_member = zip(harvests.members, received, own, strict=True)
        excess = {name: int(units - limit) for name, units, limit in by_member if not np.isnan(units)}
        yield _Month(points=assigned, excess=excess)


@institutional(
    "sanction points",
    ("sanctions", "points"),
    unit="points",
    formula="mean over i and t of the points of punishment and reward that i assigns in month t",
    source=_SOURCE,
    description="Mean points of punishment and reward that a member assigns in a month.",
    undefined="without sanctions",
    kinds=("sanctions",),
    lowest=0.0,
)
def sanction_points(run: CountedRun) -> float | None:
    """Return the mean number of points that a member assigns in a month; None without sanctions."""
    months = list(_months(run))
    present = sum(len(one.excess) for one in months)
    return share(sum(each.punish + each.reward for one in months for each in one.points), present)


@institutional(
    "antisocial punishment",
    ("antisocial", "punishment %"),
    formula="Σ points of punishment for members with r(i,t) ≤ f(i,t) / Σ points of punishment",
    source=_SOURCE,
    description="Share of the points of punishment for members who took no more than their threshold.",
    undefined="without punishment",
    kinds=("sanctions",),
)
def antisocial_share(run: CountedRun) -> float | None:
    """Return the share of points of punishment for members at or below their threshold; None without punishment."""
    given = [(each.punish, one.excess[each.member]) for one in _months(run) for each in one.points]
    return share(sum(points for points, excess in given if excess <= 0), sum(points for points, _ in given))


@institutional(
    "slope of punishment on excess",
    ("punishment", "points per unit"),
    unit="points per unit",
    formula="least-squares slope of the points of punishment for i in month t on r(i,t) − f(i,t)",
    source=_SOURCE,
    description="Points of punishment that a member receives for another unit above its threshold.",
    undefined="without sanctions, or if the excess does not vary",
    kinds=("sanctions",),
)
def punishment_slope(run: CountedRun) -> float | None:
    """Return the slope of the points of punishment that a member receives on its excess over the threshold.

    The slope of least squares over all members and months; None if the excess does not vary.
    """
    return slope(pair for one in _months(run) for pair in _received(one))


def _received(month: _Month) -> Iterator[tuple[int, int]]:
    """Yield the excess and the points of punishment received, for each member."""
    points = Counter[str]()
    for one in month.points:
        points[one.member] += one.punish
    yield from ((excess, points[name]) for name, excess in month.excess.items())


@institutional(
    "second-order free riding",
    ("second-order", "free riding %"),
    formula="share of i with r(i,t) ≤ f(i,t) who punish no member, over months in which another j has r(j,t) > f(j,t)",
    source=_SOURCE,
    description="Share of members within their threshold who leave the punishment of others to others.",
    undefined="without sanctions, if no member exceeds its threshold, or all do",
    kinds=("sanctions",),
)
def second_order_free_riding(run: CountedRun) -> float | None:
    """Return the share of members within their threshold who punish no member although another exceeds its own.

    Over all months in which somebody exceeds its threshold; None without such a month or such members.
    """
    return mean(
        name not in {each.by for each in one.points if each.punish}
        for one in _months(run)
        if max(one.excess.values(), default=0) > 0
        for name, excess in one.excess.items()
        if excess <= 0
    )


@institutional(
    "share of rewards",
    ("rewards of", "all points %"),
    formula="Σ points of reward / Σ points",
    source=_SOURCE,
    description="Share of the points that reward members instead of punishing them.",
    undefined="if no points are assigned",
    kinds=("sanctions",),
    is_shown=False,
)
def reward_share(run: CountedRun) -> float | None:
    """Return the share of points of reward among all points; None without points."""
    points = [each for one in _months(run) for each in one.points]
    total = sum(each.punish + each.reward for each in points)
    return share(sum(each.reward for each in points), total)


@institutional(
    "response to punishment",
    ("response to", "punishment units"),
    unit="units",
    formula="mean of r(i,t+1) − r(i,t) over i punished in month t and present in both months",
    source="Fehr and Gächter 2002",
    description="Mean change of the catch of a member from a month in which it is punished to the next.",
    undefined="without punishment of a member who is present in the next month",
    kinds=("harvest", "sanctions"),
    is_shown=False,
)
def response_to_punishment(run: CountedRun) -> float | None:
    """Return the mean change of the catch after a punishment; None without punished members in the next month."""
    received = {(one.month, name): units for one in run.since(Harvest) for name, units in one.granted.items()}
    punished = {(one.month, each.member) for one in run.since(SanctionsLine) for each in one.points if each.punish}
    return mean(
        received[month + 1, name] - received[month, name] for month, name in punished if (month + 1, name) in received
    )
