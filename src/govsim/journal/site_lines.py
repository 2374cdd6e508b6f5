"""Runs with several sites: the event of a move, and the events of a run by site and in total."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Literal, TypeVar

from govsim.journal.events import Harvest
from govsim.journal.kinds import EVENTS
from govsim.journal.line import Event, Whole

E = TypeVar("E", bound=Event)


@EVENTS.register
class Move(Event):
    """A member chooses the site where it is from the next month on."""

    kind: Literal["move"] = "move"
    month: Whole
    phase: str = "move"
    member: str
    """The member, who is at `site` in this month."""
    to: str
    """Name of the site chosen; equal to `site` if the member stays."""
    invalid: str | None = None
    """Why the choice could not be parsed, so that the member stays; null if it could."""


def by_site(events: Iterable[E]) -> dict[str | None, list[E]]:
    """Return events by site, in order; in a run without sites all are of the site None."""
    found: dict[str | None, list[E]] = {}
    for event in events:
        found.setdefault(event.site, []).append(event)
    return found


def in_total(harvests: Iterable[Harvest]) -> Iterator[Harvest]:
    """Yield the harvest of each month in total over the sites that had one; in a run without sites, those given.

    Thresholds of members are those of their sites.

    Args:
        harvests: harvests in order of their months.
    """
    for _, group in groupby(harvests, key=lambda one: one.month):
        several = list(group)
        yield several[0] if several[0].site is None else _sum(several)


def _sum(harvests: list[Harvest]) -> Harvest:
    def total(name: str) -> int:
        return sum(getattr(one, name) for one in harvests)

    members = {name: one.threshold_of(name) for one in harvests for name in one.granted}
    return Harvest(
        month=harvests[0].month,
        phase=harvests[0].phase,
        stock_before=total("stock_before"),
        threshold=total("threshold"),
        member_threshold=total("threshold") // len(members) if members else 0,
        asked={name: units for one in harvests for name, units in one.asked.items()},
        granted={name: units for one in harvests for name, units in one.granted.items()},
        invalid={name: why for one in harvests for name, why in one.invalid.items()},
        stock_after_harvest=total("stock_after_harvest"),
        stock_after_growth=total("stock_after_growth"),
        is_collapsed=all(one.is_collapsed for one in harvests),
        member_thresholds=members,
    )
