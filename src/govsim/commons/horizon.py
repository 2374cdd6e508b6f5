"""What is drawn once per run: the last month and the collapse level."""

from __future__ import annotations

from govsim.commons.randomness import generator, stream_of
from govsim.config import Continuation, FixedNumber, World, distribution_of

COLLAPSE, HORIZON = ("world", "collapse"), ("world", "horizon")
"""Kind and name of the random streams."""


def last_month(world: World, seed: int) -> int:
    """Return the last month of a run whose commons does not collapse.

    Without a continuation probability, it is the maximum number of months. Otherwise one number is drawn after each
    month, independently of the maximum.

    Args:
        world: settings of the commons.
        seed: the run's seed.
    """
    if not isinstance(world.horizon, Continuation):
        return world.months
    probability = world.horizon.continuation
    months = range(1, world.months)
    return next((month for month in months if _ends_after(month, probability, seed)), world.months)


def _ends_after(month: int, continuation: float, seed: int) -> bool:
    return float(generator(seed, stream_of(*HORIZON), month).random()) >= continuation


def collapse_level(world: World, seed: int | None = None, *, site: str | None = None) -> int:
    """Return the collapse level of a run in units.

    Args:
        world: settings of the commons.
        seed: the run's seed; if None, the rounded mean of a threshold that is drawn.
        site: name of the site, if there are several.
    """
    level = distribution_of(world.collapse)
    if seed is None or isinstance(level, FixedNumber):
        return round(level.exact_mean)
    return level.draw_whole(generator(seed, stream_of(*COLLAPSE), 1, site=site))
