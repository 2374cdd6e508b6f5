"""The catch compared with the optimum and with the equilibrium of the game."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from govsim.analysis.measures.measure import MEASURES, CountedRun, Measure, defined
from govsim.config import Experiment
from govsim.errors import AnalysisError, ConfigError
from govsim.game import (
    Game,
    Optimum,
    Regret,
    equilibrium_of,
    expected_path,
    game_of_experiment,
    maximum_catch,
    realised_game,
    regret,
    solve,
)
from govsim.game.model import Floats


def share_of_optimum(received: Floats, most: float) -> float:
    """Return the catch as a share of the optimum: ``sum_t R^t / optimum``.

    Args:
        received: units received, shape (months, members), NaN where a member was absent.
        most: the maximum total catch in units, as of `govsim.game.maximum_catch`.

    Returns:
        A share, 0..1; NaN if the optimum is 0 or undefined.
    """
    return float(np.nansum(received)) / most if most > 0 else float("nan")


def place_between(received: Floats, equilibrium: float, most: float) -> float:
    """Return the catch between equilibrium and optimum: ``100 (sum_t R^t - equilibrium) / (optimum - equilibrium)``.

    Args:
        received: units received, shape (months, members), NaN where a member was absent.
        equilibrium: the total catch of the equilibrium in units.
        most: the maximum total catch in units.

    Returns:
        Points: 0 for the equilibrium, 100 for the optimum, negative below the equilibrium; NaN if both are equal.
    """
    gap = most - equilibrium
    return 100 * (float(np.nansum(received)) - equilibrium) / gap if gap > 0 else float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """The total catches that those of a society are compared with, in units.

    Attributes:
        optimum: the maximum expected total catch; None if it is unavailable.
        equilibrium: the total catch of the equilibrium; None if it is unavailable or not unique.
    """

    optimum: float | None
    equilibrium: float | None

    def share_of(self, catches: Floats) -> float | None:
        """Return the sum of catches as a share of the expected optimum; None if it is unavailable."""
        return None if self.optimum is None else defined(share_of_optimum(catches, self.optimum))

    def place_of(self, catches: Floats) -> float | None:
        """Return the sum of catches between equilibrium (0) and optimum (100); None if one is unavailable."""
        if self.optimum is None or self.equilibrium is None:
            return None
        return defined(place_between(catches, self.equilibrium, self.optimum))


def references_of(experiment: Experiment) -> References:
    """Return the optimum and the equilibrium of an experiment."""
    if (game := _game(experiment)) is None:
        return References(optimum=None, equilibrium=None)
    found = equilibrium_of(experiment, game)
    try:
        optimum = maximum_catch(game)
    except AnalysisError:  # the tables would be too large
        optimum = None
    return References(optimum=optimum, equilibrium=found.total if found.is_unique else None)


def regret_of(experiment: Experiment, stocks: Floats, left: Floats) -> Regret | None:
    """Return what each month of a run lost compared with the optimum.

    Args:
        experiment: the experiment.
        stocks: units before each harvest, shape (months,).
        left: units after each harvest, with those that institutions return, before growth, shape (months,).

    Returns:
        The regret of each month; None if the optimum is unavailable.
    """
    optimum = valued_optimum(experiment)
    return None if isinstance(optimum, str) else regret(optimum, stocks, stocks - left)


def hindsight_regret_of(experiment: Experiment, stocks: Floats, left: Floats) -> Regret | None:
    """Return what each month of a run lost compared with a society that knows all that its seed draws.

    Args:
        experiment: the experiment, with the seed of the run.
        stocks: units before each harvest, shape (months,).
        left: units after each harvest, with those that institutions return, before growth, shape (months,).

    Returns:
        The regret of each month; None if that optimum is unavailable, or the stocks do not follow from the seed.
    """
    try:
        found = regret(solve(realised_game(experiment)), stocks, stocks - left)
    except (AnalysisError, ConfigError):
        return None
    return found if np.allclose(found.by_chance, 0) else None


def valued_optimum(experiment: Experiment) -> Optimum | str:
    """Return the optimal harvests of an experiment or one of its sites, whose values measure regret.

    Returns:
        The optimum; or why it cannot measure regret.
    """
    try:
        return solve(game_of_experiment(experiment))
    except (AnalysisError, ConfigError) as error:
        return str(error)


def optimal_path(experiment: Experiment) -> tuple[tuple[int, int], ...]:
    """Return the stock and the total catch of each month under optimal harvests; empty if there is no single path.

    There is none with several sites.

    Args:
        experiment: the experiment.
    """
    optimum = _optimum(experiment)
    return () if optimum is None or not optimum.game.has_certain_growth else optimum.path()


def optimal_stocks(experiment: Experiment) -> tuple[float, ...]:
    """Return the stock of each month under optimal harvests; the mean of societies that reach it if growth is random.

    Args:
        experiment: the experiment.

    Returns:
        Units by month; empty with several sites, or if the optimum is unavailable.
    """
    optimum = _optimum(experiment)
    if optimum is None:
        return ()
    if optimum.game.has_certain_growth:
        return tuple(float(stock) for stock, _ in optimum.path())
    return tuple(month.stock for month in expected_path(optimum))


def optimal_catches(experiment: Experiment) -> tuple[float, ...]:
    """Return the total catch of each month under optimal harvests; the expected catch if growth is random.

    Args:
        experiment: the experiment.

    Returns:
        Units of all months, which sum to the optimum; empty with several sites, or if the optimum is unavailable.
    """
    optimum = _optimum(experiment)
    if optimum is None:
        return ()
    is_certain = optimum.game.has_certain_growth
    catches = (
        [float(catch) for _, catch in optimum.path()]
        if is_certain
        else [month.catch for month in expected_path(optimum)]
    )
    return (*catches, *[0.0] * (optimum.game.months - len(catches)))


def equilibrium_catches(experiment: Experiment) -> tuple[float, ...]:
    """Return the total catch of each month in the equilibrium with a known number of months.

    Args:
        experiment: the experiment.

    Returns:
        Units by month; empty if the equilibrium is not exact and unique, or does not take the whole stock in month 1.
    """
    if (game := _game(experiment)) is None:
        return ()
    found = equilibrium_of(experiment, game)
    if found.method != "exact" or not found.is_unique or found.demands != (game.start,):
        return ()
    return (float(game.start), *[0.0] * (game.months - 1))


def _optimum(experiment: Experiment) -> Optimum | None:
    """The optimal harvests of an experiment; None if they are unavailable."""
    if (game := _game(experiment)) is None:
        return None
    try:
        return solve(game)
    except AnalysisError:  # the tables would be too large
        return None


def _game(experiment: Experiment) -> Game | None:
    """The game of an experiment; None if it cannot be computed."""
    try:
        return game_of_experiment(experiment)
    except (
        AnalysisError,
        ConfigError,
    ):  # the growth law is not installed or states no distribution, or it is too large
        return None


def _share(run: CountedRun) -> float | None:
    most = _most(run)
    return None if most is None else defined(share_of_optimum(run.kept, most))


def _hindsight(run: CountedRun) -> float | None:
    most = _most(run)
    return None if most is None else most - float(np.nansum(run.kept))


def _most(run: CountedRun) -> float | None:
    """The maximum catch with the growth, shocks, collapse level and last month of the run; None if unavailable."""
    try:
        most = sum(maximum_catch(realised_game(one.experiment)) for one in run.commons)
    except (AnalysisError, ConfigError):
        return None
    return (
        most if np.nansum(run.kept) <= most else None
    )  # more if the stock did not follow from the world, as if edited


def _place(run: CountedRun) -> float | None:
    return references_of(run.experiment).place_of(run.kept)


def _regret(run: CountedRun) -> float | None:
    total = 0.0
    for one in run.commons:
        returned = np.nansum(one.harvests.received - one.kept, axis=1)
        found = regret_of(one.experiment, one.harvests.stock_before, one.harvests.stock_after_harvest + returned)
        if found is None:
            return None
        total += float(found.by_harvest.sum())
    return total


_UNAVAILABLE = "if the growth law is not installed or does not state its distribution"

MEASURES.register(
    Measure(
        name="share_of_optimum",
        title="share of the optimum",
        heading=("share of", "optimum %"),
        kind="share",
        formula="Σ R / the maximum with the growth, shocks and end of the run",
        source="dynamic programming over month and stock",
        description="The catch as a share of the maximum that any society could have taken in the run.",
        undefined="if that maximum is 0, the growth law is not installed, or the world is too large",
        function=_share,
        kinds=("charges",),
        better="higher",
    )
)
MEASURES.register(
    Measure(
        name="regret",
        title="regret",
        heading=("regret", "units"),
        kind="amount",
        unit="units",
        formula="Σₜ V(t, h) − x(t) − E V(t+1, h′)",
        source="dynamic programming over month and stock",
        description="The catch that all harvests together lost compared with optimal harvests.",
        undefined=f"{_UNAVAILABLE}, or the world is too large",
        function=_regret,
        kinds=("charges",),
        better="lower",
        lowest=0.0,
        is_tabulated=False,
        is_compared=False,
    )
)
MEASURES.register(
    Measure(
        name="hindsight_regret",
        title="regret in hindsight",
        heading=("hindsight", "regret"),
        kind="amount",
        unit="units",
        formula="the maximum with the growth, shocks and end of the run − Σ R",
        source="dynamic programming over month and stock",
        description="The catch that was lost compared with a society that knows all that the seed of the run draws.",
        undefined="if the growth law is not installed, or the world is too large",
        function=_hindsight,
        kinds=("charges",),
        better="lower",
        lowest=0.0,
        is_tabulated=False,
        is_compared=False,
    )
)
MEASURES.register(
    Measure(
        name="between_equilibrium_and_optimum",
        title="catch between equilibrium and optimum",
        heading=("equilibrium to", "optimum points"),
        kind="amount",
        unit="points",
        formula="100 · (Σ R − equilibrium) / (optimum − equilibrium)",
        source="subgame-perfect equilibrium with a known number of months; dynamic programming",
        description="The catch on a scale on which 0 is that of the equilibrium and 100 the maximum.",
        undefined="if the equilibrium is not known to be unique or equals the optimum, or with several sites",
        function=_place,
        kinds=("charges",),
        better="higher",
    )
)
