"""Compliance with promises and agreed limits in the harvests that follow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from govsim.analysis.dialogue.frames import AgreementRow
from govsim.journal import Agreement, Harvest

PromiseOutcome = Literal["kept", "broken", "unknown", "no harvest"]
"""Whether a promise was kept; `unknown` without a readable decision."""

OUTCOMES: tuple[PromiseOutcome, ...] = ("kept", "broken", "unknown", "no harvest")
"""All outcomes of promises. Rates are based on the first two."""

Ending = Literal["broken", "superseded", "run ended"]
"""What ended the months in which a limit was kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compliance:
    """The decision of a member in the harvest after a discussion, compared with its promise.

    Attributes:
        asked: units it asked for; None if there was no harvest, or if it was absent or forfeited.
        granted: units it was granted; None if there was no harvest, or if it was absent.
        outcome: whether its promise was kept; None without a promise.
        excess: units asked for above the promise; None unless it was broken.
    """

    asked: int | None
    granted: int | None
    outcome: PromiseOutcome | None
    excess: int | None


def compliance_of(member: str, promised: int | None, harvest: Harvest | None) -> Compliance:
    """Return the decision of a member after a discussion, compared with its promise.

    A promise is compared with the units asked for: fewer can be granted if total demand exceeds the stock.

    Args:
        member: the member's name.
        promised: the maximum that it promised to take, in units; None without a promise.
        harvest: the harvest that followed the discussion; None if none did.
    """
    asked = None if harvest is None else harvest.asked.get(member)
    granted = None if harvest is None else harvest.granted.get(member)
    if promised is None:
        return Compliance(asked=asked, granted=granted, outcome=None, excess=None)
    if harvest is None:
        return Compliance(asked=None, granted=None, outcome="no harvest", excess=None)
    if asked is None:
        return Compliance(asked=None, granted=granted, outcome="unknown", excess=None)
    if asked <= promised:
        return Compliance(asked=asked, granted=granted, outcome="kept", excess=None)
    return Compliance(asked=asked, granted=granted, outcome="broken", excess=asked - promised)


def agreed_limits(agreements: Iterable[Agreement], harvests: Mapping[int, Harvest], model: str) -> list[AgreementRow]:
    """Return the limits agreed on in a run, in order of months, and how long each was kept.

    A limit is in force until a member asks for more, another limit is agreed on, or the run ends. A forfeited decision
    does not break a limit.

    Args:
        agreements: the outcomes of the discussions.
        harvests: the run's harvests by month.
        model: the members' language model, `none` or `mixed`.
    """
    limits = {one.month: one.limit for one in agreements if one.limit is not None}
    found: list[AgreementRow] = []
    held: int | None = None  # the limit in force
    for month in range(min(limits, default=0), max([*limits, *harvests], default=0) + 1):
        if held is not None and month in harvests and _above(harvests[month], held):
            held = None
        if month in limits:
            found.append(_agreed(month, limits, harvests, model=model, is_renewal=held == limits[month]))
            held = limits[month]
    return found


def _agreed(
    month: int, limits: Mapping[int, int], harvests: Mapping[int, Harvest], *, model: str, is_renewal: bool
) -> AgreementRow:
    limit, following = limits[month], harvests.get(month + 1)
    months_held, ending = _held(month, limits, harvests)
    above = None if following is None else _above(following, limit)
    return AgreementRow(
        month=month,
        model=model,
        limit=limit,
        is_renewal=is_renewal,
        deciding=None if following is None else len(following.asked),
        above=None if above is None else len(above),
        is_kept=None if following is None or above is None or not following.asked else not above,
        excess=None if above is None else sum(above),
        months_held=months_held,
        ending=ending,
    )


def _held(month: int, limits: Mapping[int, int], harvests: Mapping[int, Harvest]) -> tuple[int, Ending]:
    """Consecutive harvests that kept the limit of a month, and what ended them."""
    limit, later = limits[month], month + 1
    while later in harvests:
        if _above(harvests[later], limit):
            return later - month - 1, "broken"
        if limits.get(later, limit) != limit:
            return later - month, "superseded"
        later += 1
    return later - month - 1, "run ended"


def _above(harvest: Harvest, limit: int) -> list[int]:
    """The units asked for above a limit, one number for each member that exceeded it."""
    return [asked - limit for asked in harvest.asked.values() if asked > limit]
