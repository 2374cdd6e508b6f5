"""Games of worlds: their distributions are those of the commons."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from govsim.commons import (
    Multiply,
    Outcome,
    group_threshold,
    grow_by_seed,
    initial_state,
    state_at_start,
    stock_probabilities,
)
from govsim.config import Experiment, World
from govsim.errors import AnalysisError, ConfigError
from govsim.game import Case, game_of, game_of_experiment, maximum_catch, realised_game, solve
from tests.games import shocked, uniform, with_cases

LOSS = {"loss": {"probability": 0.1, "share": 0.5}}
EARLY = {"loss": {"probability": 0.2, "units": 7, "when": "before-growth"}}
SCHEDULED = {"loss": {"months": [2, 3], "share": 0.5, "as": "flood"}}
OVER_USE = {"over-use": {"per_unit": 0.05, "share": 0.75}}
UNIFORM = {"multiply": {"factor": {"uniform": [1, 3]}}}
CHOICE = {"multiply": {"factor": {"choice": [1.5, 2.5, 2.5]}}}


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"growth": UNIFORM},
        {"growth": CHOICE},
        {"growth": "logistic"},
        {"growth": {"multiply": {"factor": {"normal": {"mean": 2, "sd": 0.5, "low": 1, "high": 3}}}}},
        {"shocks": [LOSS]},
        {"growth": UNIFORM, "shocks": [EARLY, SCHEDULED]},
        {"growth": CHOICE, "shocks": [OVER_USE]},
    ],
    ids=["doubling", "uniform", "choice", "logistic", "normal", "loss", "two shocks", "over-use"],
)
def test_the_next_stock_has_the_distribution_of_the_commons(settings: dict[str, Any]) -> None:
    world = World(capacity=40, months=3, **settings)
    game = game_of(world)
    for month, stock in ((1, 40), (2, 33), (3, 40)):
        state = replace(state_at_start(world), month=month, stock=stock)
        for left in range(stock + 1):
            outcome = Outcome(before=state, asked={}, granted={}, stock_after_harvest=left)
            expected = np.zeros(41)
            for after, chance in (stock_probabilities(outcome) or {}).items():
                expected[after] = chance
            row = game.following(month, np.eye(41))
            found = row[left] if row.ndim == 2 else row[stock, left]
            assert found == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    "settings",
    [
        {"growth": UNIFORM},
        {"growth": CHOICE, "shocks": [EARLY, SCHEDULED]},
        {"shocks": [OVER_USE], "collapse": {"uniform": [1, 9]}},
    ],
    ids=["uniform", "two shocks", "over-use"],
)
def test_in_the_game_of_a_run_every_harvest_is_followed_by_what_its_seed_draws(settings: dict[str, Any]) -> None:
    for seed in range(3):
        experiment = Experiment.model_validate({"world": {"capacity": 40, "months": 4, **settings}, "seed": seed})
        game, start = realised_game(experiment), initial_state(experiment)
        assert game.level == start.collapse
        for month, stock in ((1, 40), (2, 33), (4, 40)):
            row = game.following(month, np.arange(41.0))
            state = replace(start, month=month, stock=stock)
            for left in range(stock + 1):
                outcome = Outcome(before=state, asked={}, granted={}, stock_after_harvest=left)
                assert (row[left] if row.ndim == 1 else row[stock, left]) == grow_by_seed(outcome, seed).stock


def test_thresholds_are_those_of_the_commons() -> None:
    for settings in (
        {"growth": UNIFORM},
        {"growth": 1.3},
        {"growth": {"threshold": {"below": 30}}},
        {"growth": "inflow"},
    ):
        world = World(**settings)
        states = [replace(state_at_start(world), stock=stock) for stock in range(101)]
        assert game_of(world).thresholds.tolist() == [group_threshold(state) for state in states]


def test_worlds_have_the_optimum_of_games_with_the_same_probabilities() -> None:
    """Drawn factors are rounded to a few decimals, which the game with exact factors does not do."""
    exact = with_cases(Case(transition=uniform("1", "3")))
    assert maximum_catch(game_of(World(growth=UNIFORM))) == pytest.approx(maximum_catch(exact), abs=0.01)
    assert maximum_catch(game_of(World(shocks=[LOSS]))) == maximum_catch(with_cases(*shocked(0.1, "0.5"))) == 595
    assert maximum_catch(game_of(World(months=60, horizon={"continuation": 11 / 12}))) == pytest.approx(597, abs=0.5)


def test_a_scheduled_shock_is_prepared_for() -> None:
    """If the whole stock is lost after month 1, it is taken before."""
    world = World(months=2, shocks=[{"loss": {"months": [1], "share": 1}}])
    assert solve(game_of(world)).path() == ((100, 100),)


def test_a_drawn_collapse_threshold_makes_escapement_cautious() -> None:
    drawn = World(months=2, collapse={"uniform": [40, 60]})
    known = World(months=2, collapse=40)
    assert solve(game_of(known)).escapement(1, 100) == 50
    assert solve(game_of(drawn)).escapement(1, 100) > 50


def test_a_loss_after_over_use_makes_large_harvests_final() -> None:
    """Of 60 units with an inflow of 20, 55 can be taken at first, but not if that destroys the rest with certainty."""
    world = World(months=3, initial=60, growth={"inflow": {"units": 20}}, horizon={"continuation": 0.5})
    destroyed = world.model_copy(update={"shocks": World(shocks=[{"over-use": {"per_unit": 1, "share": 1}}]).shocks})
    assert maximum_catch(game_of(world)) == 55 + 0.5 * 20 + 0.25 * 25
    assert maximum_catch(game_of(destroyed)) == 60


@pytest.mark.parametrize(("width", "excess"), [(200, 1e-9), (1000, 0.05)])
def test_the_bound_of_a_society_that_knows_each_factor_is_close_to_its_optimum(width: int, excess: float) -> None:
    """Factors are rounded to four decimals, so that all of a range can be listed; half a step is rounded to each end.

    Up to 500 of them are distinguished by the bound.
    """
    listed = [round(2 + step / 10_000, 4) for step in range(width + 1)]
    found = {}
    for name, factor in (
        ("bound", {"uniform": [listed[0], listed[-1]]}),
        ("listed", {"choice": [*listed, *listed[1:-1]]}),
    ):
        game = game_of(World(months=3, capacity=60, growth={"multiply": {"factor": factor}}))
        assert game.has_upper_signals is (name == "bound")
        found[name] = maximum_catch(game, knowledge="informed")
    assert -1e-9 <= found["bound"] - found["listed"] <= excess
    assert (found["bound"] > found["listed"] + 1e-6) is (width > 500)


def test_a_society_that_knows_the_random_number_of_a_shock_avoids_the_harvests_at_which_it_occurs() -> None:
    """Of 8 units, 4 can be taken without risk; each further one costs everything with another probability of 1/4."""
    shock = {"over-use": {"per_unit": 0.25, "share": 1}}
    game = game_of(World(capacity=8, collapse=1, months=2, shocks=[shock]))

    def best(number: float) -> int:
        taken = range(8)
        return max([8, *(one + min(8, 2 * (8 - one)) for one in taken if number >= 0.25 * max(0, one - 4))])

    expected = sum(best(quarter / 4 + 0.1) for quarter in range(4)) / 4
    assert maximum_catch(game, knowledge="informed") == pytest.approx(expected)


def test_growth_between_bounds_is_not_bounded_if_a_larger_stock_can_be_worse() -> None:
    game = game_of(World(growth=UNIFORM, shocks=[OVER_USE], months=2))
    with pytest.raises(AnalysisError, match="informed optimum: a larger stock can be worse"):
        maximum_catch(game, knowledge="informed")


def test_only_members_present_in_month_1_play() -> None:
    experiment = Experiment.model_validate({"members": {"Emma": {"joins": 4}}})
    assert game_of_experiment(experiment).members == 4


def test_impossible_games_are_rejected() -> None:
    with pytest.raises(ConfigError, match=r"members = 0: must be at least 1"):
        game_of(World(), members=0)
    with pytest.raises(AnalysisError, match=r"shock over-use: its probability depends on 6,012,006 harvests, at most"):
        game_of(World(capacity=1000, shocks=[OVER_USE]))


def test_a_random_law_without_a_distribution_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Multiply, "probabilities", lambda *_: None)
    with pytest.raises(ConfigError, match=r"growth law multiply: is random and does not state the distribution"):
        game_of(World(growth=UNIFORM, months=11))


def test_games_are_solved_without_models_agents_or_pages() -> None:
    script = (
        "import sys; from govsim.config import World; from govsim.game import game_of, solve; solve(game_of(World())); "
        "print(sorted({'govsim.models', 'govsim.agents', 'govsim.society', 'govsim.web', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "[]\n"
