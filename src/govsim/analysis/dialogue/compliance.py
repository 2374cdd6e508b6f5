"""What came of promises and of agreed limits, from the harvests that followed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from govsim.analysis.dialogue.frames import AgreementRow
from govsim.journal import Agreement, Harvest

Outcome = Literal["kept", "broken", "unknown", "no harvest"]
"""What came of a promise."""

OUTCOMES: tuple[Outcome, ...] = ("kept", "broken", "unknown", "no harvest")
"""All of them. Rates rest on the first two."""

Ending = Literal["broken", "superseded", "run ended"]
"""What ended the months in which a limit held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What a member did in the harvest after a talk.

    Attributes:
        asked: units it asked for; None where there was no harvest, it was absent, or its decision was forfeited.
        granted: units it was granted; None where there was no harvest, or it was absent.
        outcome: what came of its promise; None where it gave none.
        excess: units asked for above the promise; None unless it is broken.
    """

    asked: int | None
    granted: int | None
    outcome: Outcome | None
    excess: int | None


def deed_of(member: str, promised: int | None, harvest: Harvest | None) -> Deed:
    """What a member did after it promised something, or nothing.

    A promise is judged by what the member asked for: what it was granted can be less because others wanted too much.

    Args:
        member: the member's name.
        promised: the most units it bound itself to; None for nothing.
        harvest: the harvest that followed the talk; None where none did.
    """
    asked = None if harvest is None else harvest.asked.get(member)
    granted = None if harvest is None else harvest.granted.get(member)
    if promised is None:
        return Deed(asked=asked, granted=granted, outcome=None, excess=None)
    if harvest is None:
        return Deed(asked=None, granted=None, outcome="no harvest", excess=None)
    if asked is None:
        return Deed(asked=None, granted=granted, outcome="unknown", excess=None)
    if asked <= promised:
        return Deed(asked=asked, granted=granted, outcome="kept", excess=None)
    return Deed(asked=asked, granted=granted, outcome="broken", excess=asked - promised)


def agreed_limits(agreements: Iterator[Agreement], harvests: Mapping[int, Harvest], model: str) -> list[AgreementRow]:
    """The limits that the talks of a run agreed on, in the order of the months, and how long each held.

    A limit holds until somebody asks for more, until a talk agrees on another limit, or until the run ends. A decision
    that was forfeited breaks nothing.

    Args:
        agreements: what came of the talks.
        harvests: the run's harvests by month.
        model: the members' language model, `none` or `mixed`.
    """
    limits = {one.month: one.limit for one in agreements if one.limit is not None}
    found: list[AgreementRow] = []
    held: int | None = None  # the limit in force that nobody has broken so far
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
    """Harvests in a row that kept the limit of a month, and what ended that."""
    limit, later = limits[month], month + 1
    while later in harvests:
        if _above(harvests[later], limit):
            return later - month - 1, "broken"
        if limits.get(later, limit) != limit:
            return later - month, "superseded"
        later += 1
    return later - month - 1, "run ended"


def _above(harvest: Harvest, limit: int) -> list[int]:
    """By how much members asked for more than a limit, one number for each that did."""
    return [asked - limit for asked in harvest.asked.values() if asked > limit]
