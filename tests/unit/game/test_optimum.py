"""The optimum against the enumeration of all plans, and its edge cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import product
from math import isnan, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from govsim.errors import AnalysisError, ConfigError
from govsim.game import Case, Game, Transition, certain, maximum_catch, regret, solve, thresholds_before, uncertain
from tests.games import multiplied, paper, shocked, with_cases


def test_one_month_gives_the_whole_stock() -> None:
    assert maximum_catch(paper(months=1, initial=37)) == 37
    assert maximum_catch(paper(months=1, initial=37), is_sustained=True) == 32


def test_without_growth_the_optimum_is_the_stock() -> None:
    assert maximum_catch(paper(growth=1.0)) == 100


def test_a_low_stock_grows_before_the_first_harvest() -> None:
    solution = solve(paper(initial=10, months=4))
    assert solution.total == 80
    assert solution.path() == ((10, 0), (20, 0), (40, 0), (80, 80))


def test_a_stock_below_the_collapse_threshold_cannot_be_sustained() -> None:
    assert maximum_catch(paper(initial=4)) == 4
    solution = solve(paper(initial=4), is_sustained=True)
    assert isnan(solution.total)
    with pytest.raises(AnalysisError, match=r"path: no harvests are certain to keep the stock above"):
        solution.path()


def test_without_a_collapse_threshold_the_whole_stock_can_be_taken_at_any_time() -> None:
    assert maximum_catch(paper(collapse=0)) == maximum_catch(paper(collapse=0), is_sustained=True) == 650


def test_an_empty_stock_gives_nothing() -> None:
    assert maximum_catch(paper(initial=0)) == 0


def test_a_random_path_is_not_shown() -> None:
    with pytest.raises(AnalysisError, match=r"path: there is no single optimal path"):
        solve(with_cases(*shocked(0.1, "0.5"))).path()


def test_a_table_that_is_too_large_is_rejected() -> None:
    with pytest.raises(
        AnalysisError, match=r"world.capacity = 100000: a table of 12,000,120 values is needed, at most"
    ):
        solve(paper(capacity=100_000, months=60))


SMALL = 8


@st.composite
def small_games(draw: st.DrawFn) -> Game:
    """Games of up to three months, with up to two random cases, which may depend on the harvest."""
    shape = (SMALL + 1, SMALL + 1)
    stocks = st.lists(st.integers(0, SMALL), min_size=SMALL + 1, max_size=SMALL + 1)
    first, second = certain(draw(stocks)), certain(draw(stocks))
    if draw(st.booleans()):
        chance = draw(st.floats(0, 1))
        cases = (Case(probability=chance, transition=first), Case(probability=1 - chance, transition=second))
    else:
        listed = st.lists(st.sampled_from([0.0, 0.0, 0.3, 1.0]), min_size=81, max_size=81)
        chances = np.array(draw(listed)).reshape(shape)
        cases = (Case(probability=chances, transition=first), Case(probability=1 - chances, transition=second))
    months = draw(st.integers(1, 3))
    levels = draw(st.sampled_from([{0: 1.0}, {2: 1.0}, {1: 0.25, 3: 0.75}, {0: 0.5, 2: 0.25, 4: 0.25}]))
    return Game(
        capacity=SMALL,
        start=draw(st.integers(0, SMALL)),
        months=months,
        members=2,
        cases=(cases,) * months,
        levels=levels,
        continuation=draw(st.sampled_from([1.0, 0.5])),
        grown=first.stocks[:, 0],
    )


def enumerated(game: Game, *, is_sustained: bool) -> float:
    """The optimum by trying every harvest in every state, with the beliefs about the threshold as part of it."""

    @cache
    def value(month: int, stock: int, belief: tuple[tuple[int, float], ...]) -> float:
        if month > game.months:
            return 0.0
        found = []
        for left in range(stock + 1):
            if is_sustained and left < max(game.levels):
                continue
            survived = {level: chance for level, chance in belief if level <= left}
            alive = sum(survived.values())
            later = 0.0
            if alive > 0:
                known = tuple((level, chance / alive) for level, chance in survived.items())
                for case in game.cases[month - 1]:
                    chance = case.probability if isinstance(case.probability, float) else case.probability[stock, left]
                    if chance > 0:
                        later += chance * value(month + 1, int(case.transition.stocks[left, 0]), known)
            found.append(stock - left + alive * game.continuation * later)
        return max(found, default=-float("inf"))

    best = value(1, game.start, tuple(sorted(game.levels.items())))
    return best if best >= 0 else nan


@given(small_games(), st.booleans())
def test_the_optimum_is_that_of_all_plans(game: Game, is_sustained: bool) -> None:
    expected = pytest.approx(enumerated(game, is_sustained=is_sustained), nan_ok=True)
    assert maximum_catch(game, is_sustained=is_sustained) == expected
    assert solve(game, is_sustained=is_sustained).total == expected


def test_informed_societies_adapt_their_harvest_to_the_growth_that_follows() -> None:
    """With a factor of 1.5 or 2.5, leaving 40 and 67 units fills the stock; 12 months are checked by hand for two."""
    cases = (Case(probability=0.5, transition=multiplied("1.5")), Case(probability=0.5, transition=multiplied("2.5")))
    two = with_cases(*cases, months=2)
    assert maximum_catch(two, knowledge="informed") == 0.5 * (33 + 100) + 0.5 * (60 + 100)
    assert maximum_catch(two) == max(
        100 - left + 0.5 * min(100, 3 * left // 2) + 0.5 * min(100, 5 * left // 2) for left in range(5, 101)
    )


def test_knowing_the_month_in_advance_is_never_worse() -> None:
    game = with_cases(*shocked(0.1, "0.75", before_growth=True))
    assert maximum_catch(game) < maximum_catch(game, knowledge="informed")


def test_a_month_that_depends_on_the_harvest_cannot_be_known_before() -> None:
    chances = np.full((101, 101), 0.5)
    game = with_cases(*(Case(probability=chances, transition=multiplied(factor)) for factor in ("1.5", "2.5")))
    with pytest.raises(AnalysisError, match=r"informed optimum: how a month turns out depends on its harvest"):
        maximum_catch(game, knowledge="informed")


@pytest.mark.parametrize(
    ("distributions", "message"),
    [
        ([{0: 1.0}, {2: 1.0}], r"stocks: must be from 0 to 1"),
        ([{0: 1.0}, {1: 0.5}], r"probabilities: must be at least 0 and sum to 1"),
    ],
)
def test_an_invalid_distribution_is_rejected(distributions: list[Mapping[int, float]], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        uncertain(distributions)


def test_expectations_over_the_next_stock_are_weighted_by_probability() -> None:
    transition = uncertain([{0: 1.0}, {0: 0.25, 2: 0.75}, {1: 0.5, 2: 0.5}])
    assert transition.expected(np.array([0.0, 10.0, 20.0])).tolist() == [0, 15, 15]
    assert isinstance(transition, Transition)


def followed(growth: Sequence[int], plan: Sequence[int], level: int) -> tuple[list[int], list[int]]:
    """The stocks and catches of a plan until the stock collapses."""
    stocks, catches, stock = [], [], len(growth) - 1
    for demand in plan:
        stocks.append(stock)
        catches.append(min(demand, stock))
        if stock - catches[-1] < level:
            break
        stock = growth[stock - catches[-1]]
    return stocks, catches


class TestRegret:
    def test_it_adds_up_to_the_optimum_minus_the_catch(self) -> None:
        stocks, catches = [100, 100, 80, 60, 30], [50, 60, 50, 45, 28]
        found = regret(solve(paper()), stocks, catches)
        assert found.total == 650 - sum(catches)
        assert (found.by_harvest >= 0).all()
        assert not found.by_chance.any()

    def test_optimal_harvests_have_no_regret(self) -> None:
        solution = solve(paper())
        found = regret(solution, *zip(*solution.path(), strict=True))
        assert not found.by_harvest.any()

    def test_the_month_of_a_collapse_bears_the_loss_of_all_later_months(self) -> None:
        found = regret(solve(paper()), [100], [100])
        assert found.by_harvest.tolist() == [550]

    def test_losses_by_shocks_are_separate(self) -> None:
        """In the last but one month of 50, the stock is halved: 50 instead of the expected 95 remain."""
        game = with_cases(*shocked(0.1, "0.5"), months=2)
        found = regret(solve(game), [100, 50], [50, 50])
        assert found.by_harvest.tolist() == [0, 0]
        assert found.by_chance.tolist() == [45, 0]
        assert found.total == solve(game).total - 100

    @pytest.mark.parametrize("continuation", [1.0, 0.75])
    def test_with_a_random_threshold_it_is_that_of_a_society_that_learns(self, continuation: float) -> None:
        """Every plan is followed under every threshold: what chance adds is 0 on average."""
        levels = {1: 0.25, 2: 0.25, 4: 0.5}
        growth = [min(6, 2 * left) for left in range(7)]
        cases = ((Case(transition=certain(growth)),),) * 3
        game = Game(
            capacity=6, start=6, months=3, members=2, cases=cases, levels=levels, continuation=continuation,
            grown=np.array(growth),
        )  # fmt: skip
        solution, best = solve(game), 0.0
        for plan in product(range(7), repeat=3):
            caught = lost = luck = 0.0
            for level, chance in levels.items():
                for months, probability in ((1, 1 - continuation), (2, continuation * (1 - continuation)), (3, None)):
                    stocks, catches = followed(growth, plan[:months], level)
                    found = regret(solution, stocks, catches)
                    assert found.total == pytest.approx(solution.total - sum(catches))
                    assert found.by_harvest.min() > -1e-9
                    weight = chance * (continuation**2 if probability is None else probability)
                    caught += weight * sum(catches)
                    lost += weight * found.by_harvest.sum()
                    luck += weight * found.by_chance.sum()
            assert luck == pytest.approx(0, abs=1e-9)
            assert caught + lost == pytest.approx(solution.total)
            best = max(best, caught)
        assert best == pytest.approx(solution.total), "a plan can be as good as any reaction: survival is all there is"

    def test_a_threshold_that_the_stock_survived_is_not_feared_again(self) -> None:
        levels, growth = {1: 0.5, 4: 0.5}, [min(8, 2 * left) for left in range(9)]
        game = Game(
            capacity=8, start=8, months=3, members=2, cases=((Case(transition=certain(growth)),),) * 3, levels=levels,
            grown=np.array(growth),
        )  # fmt: skip
        assert thresholds_before(game, [3, 5, 0]).tolist() == [2, 1, 1]
        assert thresholds_before(game, [5, 3, 0]).tolist() == [2, 2, 1]
        found = regret(solve(game), [8, 6, 8], [5, 2, 8])
        known = replace(game, levels={1: 1.0})
        assert found.by_harvest[1:].tolist() == regret(solve(known), [8, 6, 8], [5, 2, 8]).by_harvest[1:].tolist()

    @pytest.mark.parametrize(
        ("stocks", "catches", "message"),
        [
            ([100, 100], [50], r"stocks, catches: have shapes \(2,\) and \(1,\)"),
            ([100] * 13, [50] * 13, r"with at most 12 months"),
            ([100], [101], r"catches: must be from 0 to the stock"),
        ],
    )
    def test_an_impossible_path_is_rejected(self, stocks: list[int], catches: list[int], message: str) -> None:
        with pytest.raises(AnalysisError, match=message):
            regret(solve(paper()), stocks, catches)
