"""The optimum and other yardsticks of an experiment, without running it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from govsim.config import ExperimentSource
from govsim.jobs import planned_experiment

if TYPE_CHECKING:
    from govsim.game import Optimum, Yardsticks


def optimum(
    scenario: ExperimentSource = "fishery",
    *,
    condition: str | Path | None = None,
    months: int | None = None,
    settings: Mapping[str, Any] | None = None,
    is_sustained: bool = False,
) -> Optimum:
    """Return the optimal harvests of an experiment: the maximum total catch, the path and the value of every stock.

    Args:
        scenario: name of a scenario, its folder, an experiment file without a grid, or keys of an experiment.
        condition: name of a condition, or a YAML file.
        months: maximum number of months.
        settings: any other keys of the experiment, nested or dotted, such as ``{"world.growth": 3}``.
        is_sustained: whether the stock must stay above the collapse level, including after the last harvest.

    Raises:
        GovSimError: a setting is invalid, growth is random without a known distribution, or the world is too large.
    """
    from govsim.game import game_of_experiment, solve  # loads numpy only where it is needed

    return solve(
        game_of_experiment(planned_experiment(scenario, condition, months, settings)), is_sustained=is_sustained
    )


def yardsticks(
    scenario: ExperimentSource = "fishery",
    *,
    condition: str | Path | None = None,
    months: int | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Yardsticks:
    """Return what the catch of an experiment can be compared with: optimum, equilibrium, sustainable total and others.

    Args:
        scenario: name of a scenario, its folder, an experiment file without a grid, or keys of an experiment.
        condition: name of a condition, or a YAML file.
        months: maximum number of months.
        settings: any other keys of the experiment, nested or dotted.

    Raises:
        GovSimError: a setting is invalid, or growth is random without a known distribution.
    """
    from govsim import game
    from govsim.society import incentives_of

    experiment = planned_experiment(scenario, condition, months, settings)
    return game.yardsticks(experiment, incentives_of(experiment))
