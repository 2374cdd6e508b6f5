"""What members are told about the horizon, the growth and the shocks of their world."""

from __future__ import annotations

from collections.abc import Iterator

from govsim.agents import Notice
from govsim.calendar import first_day
from govsim.commons import Growth, GrowthLaw, growth_law, shocks_of
from govsim.config import Continuation, World, in_per_cent
from govsim.scenarios import Prompts


def templates_needed(world: World) -> Iterator[str]:
    """Yield the names of the world's templates that the prompts of an experiment use.

    Args:
        world: settings of the commons.
    """
    shocks = shocks_of(world)
    if world.horizon == "known":
        yield "horizon_known"
    if isinstance(world.horizon, Continuation) and world.horizon.told:
        yield "horizon_continuation"
    if growth_law(world).is_told:
        yield "growth_realised"
    if any(shock.told != "nothing" for shock in shocks):
        yield "shock_risk"
    if any(shock.told == "realised" for shock in shocks):
        yield "shock_realised"


def world_terms(world: World, prompts: Prompts) -> tuple[str, ...]:
    """Return the texts about the horizon and the risk of shocks that are shown to every member with the rules.

    Args:
        world: settings of the commons.
        prompts: the prompts of the simulation.
    """
    return (*_risks(world, prompts), *_horizon(world, prompts))


def _risks(world: World, prompts: Prompts) -> Iterator[str]:
    for shock in shocks_of(world):
        if shock.told != "nothing":
            yield prompts.render("shock_risk", risk=shock.risk(prompts.word("units")))


def _horizon(world: World, prompts: Prompts) -> Iterator[str]:
    months = world.months
    if world.horizon == "known":
        yield prompts.render("horizon_known", months=months, date=first_day(months).isoformat())
    elif isinstance(world.horizon, Continuation) and world.horizon.told:
        chance = in_per_cent(world.horizon.continuation)
        yield prompts.render("horizon_continuation", months=months, chance=chance)


def news(law: GrowthLaw, last: Growth | None, known: GrowthLaw) -> Iterator[Notice]:
    """Yield the notices to all members at the start of a month about losses by shocks and the growth of the month.

    Args:
        law: growth law of the world.
        last: growth at the end of the previous month; None in month 1.
        known: growth law of the month, as members know it.
    """
    for one in () if last is None else last.shocks:
        if one.shock.told == "realised" and one.lost:
            yield Notice(template="shock_realised", variables={"lost": one.lost})
    if law.is_told:
        yield Notice(template="growth_realised", variables={"phrase": known.phrase})
