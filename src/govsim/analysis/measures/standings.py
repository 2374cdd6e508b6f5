"""Reputation: how ratings follow catches, and catches follow standings."""

from __future__ import annotations

from collections import defaultdict
from statistics import fmean

from govsim.analysis.measures.institutional import institutional, slope
from govsim.analysis.measures.measure import CountedRun
from govsim.journal import Harvest, Ratings, TermsLine


@institutional(
    "slope of ratings on excess",
    ("ratings", "points per unit"),
    unit="points per unit",
    formula="least-squares slope of the mean rating of i in month t on r(i,t) − f(i,t)",
    description="Points by which a member's mean rating changes for another unit above its threshold; negative if "
    "ratings punish high catches.",
    undefined="without ratings, or if the excess does not vary",
    kinds=("harvest", "ratings"),
)
def rating_slope(run: CountedRun) -> float | None:
    """Return the slope of the mean rating of a member on its excess over the threshold; None if either is unknown."""
    excess = {
        (line.month, line.site, name): units - (line.member_thresholds or {}).get(name, line.member_threshold)
        for line in run.since(Harvest)
        for name, units in line.granted.items()
    }
    pairs = []
    for line in run.since(Ratings):
        received = defaultdict(list)
        for given in line.ratings.values():
            for name, points in given.items():
                received[line.month, line.site, name].append(points)
        pairs += [(excess[key], fmean(points)) for key, points in received.items() if key in excess]
    return slope(pairs)


@institutional(
    "slope of catches on standings",
    ("catch per", "standing units"),
    unit="units",
    formula="least-squares slope of r(i,t) on the standing of i at the start of month t",
    description="Units that a member with a standing of 1 receives more than one with a standing of 0.",
    undefined="without standings, or if they do not vary",
    kinds=("harvest", "terms"),
)
def standing_slope(run: CountedRun) -> float | None:
    """Return the slope of a member's catch on its standing at the start of the month; None if standings are equal."""
    standings = {
        (line.month, line.site): line.values["standings"]
        for line in run.since(TermsLine)
        if isinstance(line.values.get("standings"), dict)
    }
    pairs = []
    for line in run.since(Harvest):
        known = standings.get((line.month, line.site))
        if isinstance(known, dict):
            pairs += [
                (standing, units)
                for name, units in line.granted.items()
                if isinstance(standing := known.get(name), int | float)
            ]
    return slope(pairs)
