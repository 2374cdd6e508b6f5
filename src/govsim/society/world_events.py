"""The growth and the shocks of the world: what is stated about them and the horizon, and their record."""

from __future__ import annotations

from collections.abc import Iterator

from govsim.agents import Notice
from govsim.calendar import first_day
from govsim.commons import Growth, GrowthLaw, ShockDraw, growth_law, shocks_of
from govsim.config import Continuation, Experiment, ExtensionEntry, World, in_per_cent
from govsim.journal import GrowthLine, ShockLine
from govsim.scenarios import Prompts, enumeration


def templates_needed(experiment: Experiment) -> Iterator[str]:
    """Yield the names of the templates of `WORLD_TEMPLATES` that the prompts of an experiment use.

    Args:
        experiment: the experiment.
    """
    world = experiment.world
    shocks, extent = shocks_of(world), experiment.society.transparency
    if experiment.sites:
        yield "site"
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
    if any(one.limit is not None or one.price is not None or one.endowment for one in experiment.members.values()):
        yield "members"
    if not experiment.observation.is_exact:
        yield "observed_stock"
    if extent == "total":
        yield "total_catch"
    if extent == "self-reported":
        yield from ("reported_catch", "self_report")


def world_terms(experiment: Experiment, prompts: Prompts) -> tuple[str, ...]:
    """Return the texts about sites, the horizon and the risk of shocks that are shown to every member with the rules.

    Args:
        experiment: the experiment, as it applies at a site if there are several.
        prompts: the prompts of the simulation.
    """
    world = experiment.world
    return (*_site(experiment, prompts), *_risks(world, prompts), *_horizon(world, prompts))


def _site(experiment: Experiment, prompts: Prompts) -> Iterator[str]:
    if experiment.site is not None:
        others = [name for name in experiment.sites if name != experiment.site]
        yield prompts.render("site", site=experiment.site, others=enumeration(others), n=len(others) + 1)


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


def news(law: GrowthLaw, last: Growth | None, known: GrowthLaw, *, is_exact: bool) -> Iterator[Notice]:
    """Yield the notices to all members at the start of a month about losses by shocks and the growth of the month.

    Args:
        law: growth law of the world.
        last: growth at the end of the previous month; None in month 1.
        known: growth law of the month, as members know it.
        is_exact: whether members know the exact stock; otherwise, units lost are not stated, as they would reveal it.
    """
    for one in () if last is None else last.shocks:
        if one.shock.told == "realised" and (one.lost if is_exact else one.is_realised):
            yield Notice(template="shock_realised", variables={"lost": one.lost if is_exact else None})
    if law.is_told:
        yield Notice(template="growth_realised", variables={"phrase": known.phrase})


def growth_line(growth: Growth, law: GrowthLaw, *, returned_later: int) -> GrowthLine | None:
    """Return the event that records growth and shocks; None if they follow from the harvest.

    Args:
        growth: growth at the end of the month.
        law: growth law of the world.
        returned_later: units returned to the stock by phases after the harvest.
    """
    if law.is_certain and not growth.shocks and not returned_later:
        return None
    written, outcome = growth.law.written, growth.outcome
    return GrowthLine(
        month=outcome.before.month,
        left=outcome.stock_left,
        growth=written.written if isinstance(written, ExtensionEntry) else written,
        shocks=tuple(_shock_line(one) for one in growth.shocks),
        stock=growth.stock,
    )


def _shock_line(one: ShockDraw) -> ShockLine:
    return ShockLine(
        shock=one.shock.name,
        probability=one.probability,
        draw=one.draw,
        is_realised=one.is_realised,
        lost=one.lost,
    )
