"""One month of the commons: the harvest at its start, and shocks and growth at its end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from govsim.commons.allocation import Allocation, allocate
from govsim.commons.growth import GrowthLaw
from govsim.commons.randomness import generator, stream_of
from govsim.commons.shocks import Shock, ShockTime
from govsim.commons.state import Demand, Outcome, State
from govsim.errors import ConfigError, PluginError


def take(
    state: State,
    demands: Sequence[Demand],
    draws: Callable[[], np.random.Generator],
    rule: Allocation,
    admitted: Mapping[str, int] | None = None,
) -> Outcome:
    """Allocate the members' demands, and subtract them from the stock.

    Args:
        state: the commons before the harvest.
        demands: at most one for each member present; members without one receive nothing.
        draws: returns the random generator; called only if the admitted demands exceed the stock.
        rule: allocation rule for that case.
        admitted: maximum units for members whose demand is limited.

    Raises:
        ConfigError: a demand by a member who is not present, or two demands by the same member.
    """
    by_member = {demand.member: demand.units for demand in demands}
    if len(by_member) != len(demands):
        raise ConfigError("demands: only one demand per member and month is allowed")
    if absent := sorted(set(by_member) - set(state.members)):
        raise ConfigError(f"demands: {', '.join(absent)} is not present; present are {', '.join(state.members)}")
    asked = {name: by_member[name] for name in state.members if name in by_member}
    limits = admitted or {}
    received = {name: min(units, limits.get(name, units)) for name, units in asked.items()}
    if sum(received.values()) > state.stock:
        received = allocate(rule, received, state.stock, draws())
    return Outcome(
        before=state,
        asked=asked,
        granted={name: received.get(name, 0) for name in state.members},
        stock_after_harvest=state.stock - sum(received.values()),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ShockDraw:
    """Whether a shock occurred in a month.

    Attributes:
        shock: the shock.
        probability: its probability, 0..1.
        draw: the random number, 0..1, below which the shock occurs; None if the probability is 0 or 1.
        lost: units lost; 0 if it did not occur.
    """

    shock: Shock
    probability: float
    draw: float | None
    lost: int

    @property
    def is_realised(self) -> bool:
        """Whether the shock occurred."""
        return self.probability == 1 if self.draw is None else self.draw < self.probability


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """The change of the stock at the end of a month.

    Attributes:
        outcome: the month's harvest.
        law: the deterministic growth law of the month.
        shocks: all shocks of the world, in the order in which they applied, including those that did not occur.
        stock: stock at the start of the next month.
    """

    outcome: Outcome
    law: GrowthLaw
    shocks: tuple[ShockDraw, ...]
    stock: int

    @property
    def state(self) -> State:
        """The commons at the start of the next month, with the same roster."""
        return replace(self.outcome.before, stock=self.stock, month=self.outcome.before.month + 1)


def grow_by_seed(outcome: Outcome, seed: int) -> Growth:
    """Apply the growth law and the shocks of a run to the stock left after a harvest.

    Shocks before growth come first, each in the order of the experiment. The law and every shock draw from their own
    streams.

    Args:
        outcome: this month's harvest.
        seed: the run's seed.

    Raises:
        PluginError: the growth law returns an invalid stock, or a shock an invalid probability or loss.
    """
    before = outcome.before
    law = law_of_month(before, before.growth, seed)
    stock, draws = outcome.stock_left, list[ShockDraw]()
    stock = _after_shocks(outcome, "before-growth", stock, seed, draws)
    stock = _grown(law, stock, before.capacity)
    stock = _after_shocks(outcome, "after-growth", stock, seed, draws)
    return Growth(outcome=outcome, law=law, shocks=tuple(draws), stock=stock)


def law_of_month(state: State, law: GrowthLaw, seed: int) -> GrowthLaw:
    """Return the deterministic growth law of a month, drawn from the law's own stream.

    A law that is drawn once per run is drawn with the numbers of month 1 in every month.

    Args:
        state: the commons, for the month.
        law: a growth law.
        seed: the run's seed.
    """
    if law.is_certain:
        return law
    month = 1 if law.is_drawn_once else state.month
    return law.of_month(generator(seed, stream_of("growth law", law.name), month, site=state.site))


def shock_draw(shock: Shock, month: int, seed: int, *, site: str | None = None) -> float:
    """Return the random number of a shock in a month, 0..1; it occurs if this is below its probability.

    Args:
        shock: the shock.
        month: 1 for the first month.
        seed: the run's seed.
        site: name of the site, if there are several.
    """
    return float(generator(seed, stream_of("shock", shock.name), month, site=site).random())


def as_known(state: State, law: GrowthLaw, seed: int) -> State:
    """Return the commons at the start of a month with the growth law drawn for it, if that is stated.

    Thresholds that are recorded or stated are computed from it. The commons itself keeps the growth law of the world,
    as what is stated changes neither growth nor shocks.

    Args:
        state: the commons.
        law: the growth law of the world.
        seed: the run's seed.
    """
    return replace(state, growth=law_of_month(state, law, seed)) if law.is_told else state


def _grown(law: GrowthLaw, left: int, capacity: int) -> int:
    stock = law.grown(left, capacity)
    if type(stock) is not int or not 0 <= stock <= capacity:
        raise PluginError(
            f"growth law {law.name}: grows {left} units to {stock!r}; must be a whole number (int) from 0 "
            f"to {capacity}, the capacity"
        )
    return stock


def _after_shocks(outcome: Outcome, when: ShockTime, stock: int, seed: int, draws: list[ShockDraw]) -> int:
    """Apply the shocks of one time; append their draws, and return the stock after them."""
    for shock in outcome.before.shocks:
        if shock.when == when:
            draws.append(_draw(shock, outcome, stock, seed))
            stock -= draws[-1].lost
    return stock


def _draw(shock: Shock, outcome: Outcome, stock: int, seed: int) -> ShockDraw:
    before, probability = outcome.before, _probability(shock, outcome)
    draw = shock_draw(shock, before.month, seed, site=before.site) if 0 < probability < 1 else None
    found = ShockDraw(shock=shock, probability=probability, draw=draw, lost=0)
    return replace(found, lost=_lost(shock, stock)) if found.is_realised else found


def _probability(shock: Shock, outcome: Outcome) -> float:
    probability = shock.probability(outcome.before.month, outcome)
    if not 0 <= probability <= 1:
        raise PluginError(f"shock {shock.name}: has a probability of {probability!r}; must be from 0 to 1")
    return float(probability)


def _lost(shock: Shock, stock: int) -> int:
    lost = shock.lost(stock)
    if type(lost) is not int or not 0 <= lost <= stock:
        raise PluginError(
            f"shock {shock.name}: loses {lost!r} of {stock} units; must be a whole number (int) from 0 to {stock}"
        )
    return lost


def stock_probabilities(outcome: Outcome) -> dict[int, float] | None:
    """Return the probability of each stock at the start of the next month, before anything is drawn.

    Args:
        outcome: this month's harvest.

    Returns:
        Probabilities that sum to 1, by stock; None if those of the growth law are unknown.
    """
    before = outcome.before
    found = _mixed({outcome.stock_left: 1.0}, outcome, "before-growth")
    grown: defaultdict[int, float] = defaultdict(float)
    for left, weight in found.items():
        if (stocks := before.growth.probabilities(left, before.capacity)) is None:
            return None
        for stock, probability in stocks.items():
            grown[stock] += weight * probability
    return _mixed(grown, outcome, "after-growth")


def _mixed(stocks: Mapping[int, float], outcome: Outcome, when: ShockTime) -> dict[int, float]:
    """Return the probabilities of stocks after the shocks of one time."""
    for shock in outcome.before.shocks:
        if shock.when == when:
            probability, after = _probability(shock, outcome), defaultdict[int, float](float)
            for stock, weight in stocks.items():
                after[stock] += weight * (1 - probability)
                after[stock - _lost(shock, stock)] += weight * probability
            stocks = {stock: weight for stock, weight in after.items() if weight > 0}
    return dict(stocks)
