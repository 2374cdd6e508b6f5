"""Known values of the paper's world and its variants, recomputed."""

from __future__ import annotations

from typing import Any

import pytest

from govsim.game import (
    Case,
    Game,
    StockStrategy,
    best_reply,
    critical_continuation,
    equilibrium,
    expected_catches,
    exploitability,
    maximum_catch,
    solve,
)
from tests.games import (
    CAUTIOUS,
    ESCAPEMENT,
    FAIR,
    FIXED,
    GREEDY,
    OPTIMAL,
    SPLIT,
    multiplied,
    paper,
    shocked,
    uniform,
    with_cases,
)


def test_the_only_optimal_harvests_of_the_papers_world_are_50_a_month_and_then_everything() -> None:
    solution = solve(paper())
    assert solution.total == 650
    assert solution.path() == ((100, 50),) * 11 + ((100, 100),)
    for month in range(1, 12):
        others = (units + 2 * (100 - units) for units in range(51))
        assert max(others) == 200, "leaving more than 50 units grows to no more than the capacity"
        assert solution.escapement(month, 100) == 50


@pytest.mark.parametrize(
    ("world", "optimum", "surviving"),
    [
        ({}, 650, 645),
        ({"months": 15}, 800, 795),
        ({"initial": 20}, 530, 525),
        ({"initial": 40}, 580, 575),
        ({"initial": 50}, 600, 595),
        ({"initial": 60}, 610, 605),
        ({"initial": 80}, 630, 625),
        ({"growth": 1.25}, 320, 315),
        ({"growth": 1.5}, 463, 458),
        ({"growth": 2.5}, 760, 755),
        ({"growth": 3}, 826, 821),
        ({"growth": 4}, 925, 920),
    ],
)
def test_the_optimum_of_variants_of_the_papers_world(world: dict[str, Any], optimum: float, surviving: float) -> None:
    game = paper(**world)
    assert maximum_catch(game) == optimum
    assert maximum_catch(game, is_sustained=True) == surviving


@pytest.mark.parametrize(("growth", "total"), [(1.25, 240), (1.5, 396), (2, 600), (2.5, 720), (3, 792), (4, 900)])
def test_the_sustainable_total_is_the_threshold_of_month_1_in_every_month(growth: float, total: int) -> None:
    game = paper(growth=growth)
    assert 12 * game.thresholds[100] == total


@pytest.mark.parametrize(
    ("game", "optimum", "left"),
    [
        (with_cases(Case(transition=uniform("1", "3"))), 516.7778, 45),
        (with_cases(Case(transition=uniform("1.5", "2.5"))), 579.1735, 49),
        (
            with_cases(
                Case(probability=0.5, transition=multiplied("1.5")), Case(probability=0.5, transition=multiplied("2.5"))
            ),
            540,
            40,
        ),
        (with_cases(*shocked(0.1, "0.5")), 595, 50),
        (with_cases(*shocked(0.2, "0.5")), 540, 50),
        (with_cases(*shocked(0.1, "0.75")), 543.4468, 50),
    ],
    ids=["U[1,3]", "U[1.5,2.5]", "1.5 or 2.5", "shock .1", "shock .2", "shock .75"],
)
def test_the_optimum_under_uncertainty_has_the_expected_value(game: Game, optimum: float, left: int) -> None:
    solution = solve(game)
    assert solution.total == pytest.approx(optimum, abs=1e-4)
    assert solution.escapement(1, 100) == left


def test_a_grid_of_factors_approximates_uniform_growth_from_below() -> None:
    """512.8 for U[1, 3] and 575 for U[1.5, 2.5] come from coarse grids: finer ones approach the exact values."""
    found = []
    for points in (4, 16, 256):
        factors = [str(1 + 2 * index / points) for index in range(points)]
        cases = [Case(probability=1 / points, transition=multiplied(factor)) for factor in factors]
        found.append(maximum_catch(with_cases(*cases)))
    assert found[0] < found[1] < found[2] < 516.7778
    assert found[2] == pytest.approx(516.7778, abs=2)


@pytest.mark.parametrize(
    ("continuation", "months", "optimum"), [(11 / 12, 500, 600), (11 / 12, 60, 597.0), (5 / 6, 500, 300)]
)
def test_the_optimum_with_a_random_end_is_50_a_month(continuation: float, months: int, optimum: float) -> None:
    """The value 597 for 11/12 includes that at most 60 months are played; without a maximum it is 600."""
    game = with_cases(Case(transition=multiplied("2")), months=months, continuation=continuation)
    assert maximum_catch(game) == pytest.approx(optimum, abs=0.5 if months == 60 else 1e-6)


@pytest.mark.parametrize(
    ("strategy", "reply", "own"),
    [
        (FAIR, 203, 120),
        (FIXED, 170, 120),
        (ESCAPEMENT, 357, 120),
        (CAUTIOUS, 443, 60),
        (OPTIMAL, 330, 130),
        (GREEDY, 20, 20),
    ],
    ids=["fair", "fixed", "escapement", "cautious", "optimal", "greedy"],
)
def test_best_replies_to_four_others(strategy: StockStrategy, reply: float, own: float) -> None:
    game = paper()
    assert best_reply(game, (strategy,) * 4) == pytest.approx(reply, abs=1e-6)
    assert expected_catches(game, (strategy,) * 5) == pytest.approx((own,) * 5)
    assert exploitability(game, strategy) == pytest.approx(reply - own, abs=1e-6)


def test_one_member_with_another_strategy_among_fair_ones() -> None:
    """The reference table: split-all 106 against 52, and the whole stock in the last month 170 against 120."""
    endgame = StockStrategy(
        lambda position: position.stock if position.month == position.months else FAIR.rule(position)
    )
    game = paper()
    assert expected_catches(game, (SPLIT, *(FAIR,) * 4)) == (106, 52, 52, 52, 52)
    assert expected_catches(game, (endgame, *(FAIR,) * 4)) == pytest.approx((170, 120, 120, 120, 120), abs=1e-6)
    assert expected_catches(game, (GREEDY, *(FAIR,) * 4)) == pytest.approx((60, 10, 10, 10, 10), abs=1e-6)


@pytest.mark.parametrize(
    ("members", "growth", "total"), [(5, 2, 100), (3, 2, 100), (2, 1.25, 100), (8, 6, 100), (3, 2.5, 100)]
)
def test_more_members_than_a_unit_grows_to_deplete_the_stock_at_once(members: int, growth: float, total: float) -> None:
    found = equilibrium(paper(members=members, growth=growth))
    assert (found.total, found.lowest, found.is_unique, found.method) == (total, total, True, "exact")


@pytest.mark.parametrize(
    ("members", "growth", "total"),
    [(2, 2, 650), (2, 2.5, 760), (3, 4, 925), (4, 6, 980), (2, 3, 100), (2, 4, 100), (3, 6, 100)],
)
def test_equilibria_that_sustain_the_stock_exist_for_some_numbers_of_members(
    members: int, growth: float, total: float
) -> None:
    found = equilibrium(paper(members=members, growth=growth))
    assert found.total == pytest.approx(total)
    assert (found.lowest, found.method) == (100, "bound")
    assert found.is_unique is (False if total > 100 else None)


@pytest.mark.parametrize(
    ("members", "growth", "probability"),
    [
        (5, 2, 10 / 60),
        (3, 2, 16 / 68),
        (4, 2, 12 / 64),
        (8, 2, 6 / 58),
        (10, 2, 5 / 55),
        (5, 1.5, 6 / 76),
        (5, 3, 13 / 48),
    ],
)
def test_fair_shares_are_sustained_if_another_month_is_likely_enough(
    members: int, growth: float, probability: float
) -> None:
    """The share s is worth ``s / (1 - δ)``, and taking what the others leave at once: 100 less their shares.

    For a growth of 1.5 this is .921; .922 was expected.
    """
    found = critical_continuation(paper(members=members, growth=growth))
    assert found.method == "exact"
    assert found.probability == pytest.approx(1 - probability, abs=1e-6)
