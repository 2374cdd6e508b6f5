"""The growth and the shocks of the world: what is stated about them and the horizon, and their record."""

from __future__ import annotations

from collections.abc import Iterator

from govsim.agents import Notice, View
from govsim.calendar import first_day
from govsim.characters import enumerated
from govsim.commons import ALLOCATIONS, Growth, GrowthLaw, ShockDraw, growth_law, shocks_of
from govsim.config import (
    Continuation,
    Experiment,
    ExtensionEntry,
    FixedNumber,
    Member,
    World,
    distribution_of,
    in_per_cent,
)
from govsim.journal import GrowthLine, ShockLine
from govsim.scenarios import Prompts

HINT = "universalization"
"""The hint of govsim that states a threshold."""


def templates_needed(experiment: Experiment) -> Iterator[str]:
    """Yield the names of the templates of `WORLD_TEMPLATES` that the prompts of an experiment use.

    Args:
        experiment: the experiment.
    """
    world = experiment.world
    shocks, extent = shocks_of(world), experiment.society.transparency
    if experiment.sites:
        yield "site"
    yield from _templates_of_stock_and_end(world)
    law, members = growth_law(world), experiment.members.values()
    if law.is_told:
        yield "growth_realised"
    if law.assumes_average:
        yield "average_growth"
    is_average = law.assumes_average and not law.is_told
    if HINT in experiment.society.hints and (is_average or any(_has_own_share(one) for one in members)):
        yield "threshold_hint"
    if any(shock.told != "nothing" for shock in shocks):
        yield "shock_risk"
    if any(shock.told == "realised" for shock in shocks):
        yield "shock_realised"
    if any(one.limit is not None or one.price is not None or one.endowment for one in members):
        yield "members"
    if not experiment.observation.is_exact:
        yield "observed_stock"
    if extent == "total":
        yield "total_catch"
    if extent == "self-reported":
        yield from ("reported_catch", "self_report")


def _templates_of_stock_and_end(world: World) -> Iterator[str]:
    """The templates that state how a scarce stock is divided, and below which level or when the commons ends."""
    if ALLOCATIONS.get(world.allocation, key="world.allocation").phrase:
        yield "allocation"
    if world.collapse_told != "nothing":
        yield "collapse_risk"
    if world.horizon == "known":
        yield "horizon_known"
    if isinstance(world.horizon, Continuation) and world.horizon.told:
        yield "horizon_continuation"


def _has_own_share(member: Member) -> bool:
    """Whether a member's weight or limit can keep it from what an equal member takes."""
    return member.weight != 1 or member.limit is not None


def world_terms(experiment: Experiment, prompts: Prompts) -> tuple[str, ...]:
    """Return the texts about sites, allocation, horizon, collapse and risks that are shown to all with the rules.

    Args:
        experiment: the experiment, as it applies at a site if there are several.
        prompts: the prompts of the simulation.
    """
    world = experiment.world
    return (
        *_site(experiment, prompts),
        *_allocation(experiment, prompts),
        *_collapse(world, prompts),
        *_risks(world, prompts),
        *_average(world, prompts),
        *_horizon(world, prompts),
    )


def _site(experiment: Experiment, prompts: Prompts) -> Iterator[str]:
    if experiment.site is not None:
        others = [name for name in experiment.sites if name != experiment.site]
        yield prompts.render("site", site=experiment.site, others=enumerated(others), n=len(others) + 1)


def _collapse(world: World, prompts: Prompts) -> Iterator[str]:
    if world.collapse_told != "nothing":
        level = distribution_of(world.collapse)
        is_drawn = not isinstance(level, FixedNumber)
        yield prompts.render("collapse_risk", level=level.phrase, is_drawn=is_drawn)


def _allocation(experiment: Experiment, prompts: Prompts) -> Iterator[str]:
    rule = ALLOCATIONS.get(experiment.world.allocation, key="world.allocation")
    if rule.phrase:
        yield prompts.render("allocation", phrase=rule.phrase, n=len(experiment.society.members))


def _risks(world: World, prompts: Prompts) -> Iterator[str]:
    for shock in shocks_of(world):
        if shock.told != "nothing":
            yield prompts.render("shock_risk", risk=shock.risk(prompts.word("units")))


def _average(world: World, prompts: Prompts) -> Iterator[str]:
    if growth_law(world).assumes_average and prompts.has("average_growth"):
        hazard = any(shock.depends_on_harvest and shock.told != "nothing" for shock in shocks_of(world))
        yield prompts.render("average_growth", hazard=hazard)


def _horizon(world: World, prompts: Prompts) -> Iterator[str]:
    months = world.months
    if world.horizon == "known":
        yield prompts.render("horizon_known", months=months, date=first_day(months).isoformat())
    elif isinstance(world.horizon, Continuation) and world.horizon.told:
        chance = in_per_cent(world.horizon.continuation)
        yield prompts.render("horizon_continuation", months=months, chance=chance)


def hint(name: str, view: View, law: GrowthLaw, prompts: Prompts) -> Notice:
    """Return a hint as a notice to a member before its decision.

    The hint `universalization` states what follows if every member takes more than the threshold. This would be false
    if their shares differ, if some cannot take that much, or if growth is random; what follows from the total catch of
    the group is stated instead.

    Args:
        name: name of the hint.
        view: the member's view.
        law: growth law of the world.
        prompts: the prompts of the simulation.
    """
    state, own = view.state, view.member_threshold
    is_average = law.assumes_average and not law.is_told
    differ = bool(state.weights) or any(limit <= own for one, limit in state.limits.items() if one in state.members)
    if name != HINT or not (differ or is_average) or not prompts.has("threshold_hint"):
        return Notice(template=name, variables={"threshold": own})
    variables = {"threshold": own, "group": view.group_threshold, "is_average": is_average}
    return Notice(template="threshold_hint", variables=variables)


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
