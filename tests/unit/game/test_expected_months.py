"""The distribution of optimal harvests against the enumeration of all ways in which a small world can turn out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from govsim.analysis.figures.optimum import draw_optimum
from govsim.errors import AnalysisError
from govsim.game import Case, Game, Optimum, certain, expected_path, solve
from tests.games import paper

GROWN = [min(8, 2 * left) for left in range(9)]
HALVED = [units // 2 for units in GROWN]


def small(**changes: Any) -> Game:
    """A commons of 8 units that doubles, and is halved with a probability of 0.25 afterwards."""
    cases = (
        Case(probability=0.75, transition=certain(GROWN)),
        Case(probability=0.25, transition=certain(HALVED)),
    )
    values: dict[str, Any] = {"months": 3, "levels": {1: 1.0}, "cases": (cases,) * 3, **changes}
    return Game(capacity=8, start=8, members=2, grown=np.array(GROWN), **values)


def over_use() -> Game:
    """The probability of the loss is the share of the stock that was taken."""
    taken = np.array([[(stock - min(left, stock)) / max(1, stock) for left in range(9)] for stock in range(9)])
    cases = (
        Case(probability=1 - taken, transition=certain(GROWN)),
        Case(probability=taken, transition=certain(HALVED)),
    )
    return small(cases=(cases,) * 3)


def lives(
    optimum: Optimum, level: int, month: int = 1, stock: int = 8, known: int | None = None
) -> Iterator[tuple[float, tuple[tuple[int, int], ...]]]:
    """Every sequence of stocks and catches with its probability, one case after the other, under a threshold."""
    game = optimum.game
    possible = len(game.levels) if known is None else known
    left = int(optimum.left[month - 1, stock, possible])
    here = (stock, stock - left)
    if month == game.months or left < level:
        yield 1.0, (here,)
        return
    if game.continuation < 1:
        yield 1 - game.continuation, (here,)
    survived = min(possible, sum(one <= left for one in game.levels))
    for case in game.cases[month - 1]:
        chance = case.probability if isinstance(case.probability, float) else case.probability[stock, left]
        following = int(case.transition.stocks[left, 0])
        for rest, months in lives(optimum, level, month + 1, following, survived) if chance else ():
            yield game.continuation * float(chance) * rest, (here, *months)


@pytest.mark.parametrize(
    "game",
    [small(), small(levels={1: 0.5, 3: 0.3, 6: 0.2}), small(continuation=0.6), over_use()],
    ids=["shock", "threshold", "end", "over-use"],
)
def test_stocks_and_catches_are_those_of_all_simulated_runs(game: Game) -> None:
    optimum = solve(game)
    found = expected_path(optimum)
    every = [
        (share * chance, months) for level, share in game.levels.items() for chance, months in lives(optimum, level)
    ]
    assert sum(chance for chance, _ in every) == pytest.approx(1)
    for index, month in enumerate(found):
        stocks: Counter[int] = Counter()
        caught = 0.0
        for chance, months in every:
            if index < len(months):
                stocks[months[index][0]] += chance  # type: ignore[assignment]
                caught += chance * months[index][1]
        reached = sum(stocks.values())
        assert month.month == index + 1
        assert month.reached == pytest.approx(reached)
        assert month.stock == pytest.approx(sum(stock * chance for stock, chance in stocks.items()) / reached)
        assert month.catch == pytest.approx(caught)
        for quantile, share in ((month.low, 0.1), (month.high, 0.9)):
            below = sum(chance for stock, chance in stocks.items() if stock < quantile) / reached
            up_to = sum(chance for stock, chance in stocks.items() if stock <= quantile) / reached
            assert below < share <= up_to + 1e-9
    assert sum(month.catch for month in found) == pytest.approx(optimum.total)


def test_values_are_what_is_still_to_be_caught() -> None:
    found = expected_path(solve(small()))
    for month in found:
        assert month.reached * month.value == pytest.approx(sum(one.catch for one in found[month.month - 1 :]))


def test_without_randomness_it_is_the_optimal_path() -> None:
    optimum = solve(paper())
    months = [(month.stock, month.low, month.high, month.catch) for month in expected_path(optimum)]
    assert months == [(stock, stock, stock, catch) for stock, catch in optimum.path()]


def test_a_stock_that_cannot_be_sustained_has_no_path() -> None:
    with pytest.raises(AnalysisError, match="no harvests are certain to keep the stock"):
        expected_path(solve(paper(initial=4), is_sustained=True))


def test_the_figure_has_the_quantiles_only_if_growth_is_random() -> None:
    game = small(continuation=0.6)
    drawn = draw_optimum(solve(game))
    assert drawn.frame["reached"].tolist() == pytest.approx([one.reached for one in expected_path(solve(game))])
    assert "10 % to its 90 % quantile" in drawn.caption
    certain_path = draw_optimum(solve(paper()))
    assert list(certain_path.frame) == ["month", "stock", "catch", "value"]
