"""Expected catches under allocation rules, best replies, and strategies with memory."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from govsim.commons import ALLOCATIONS, allocate
from govsim.errors import AnalysisError
from govsim.game import (
    Game,
    Position,
    StockStrategy,
    Strategy,
    Trigger,
    best_reply,
    certain,
    equilibrium,
    expected_catch,
    expected_catches,
    exploitability,
    fair_share,
    whole_stock,
)
from govsim.game.model import Case
from tests.games import FAIR, FIXED, GREEDY, paper

demands = st.lists(st.integers(0, 9), min_size=1, max_size=3)


def dealt(own: int, others: Sequence[int], stock: int) -> float:
    """The expected catch of the first member if units are dealt one by one, by enumeration of all sequences."""

    @cache
    def expected(open_demands: tuple[int, ...], left: int) -> float:
        wanting = [index for index, units in enumerate(open_demands) if units > 0]
        if left == 0 or not wanting:
            return 0.0
        after = (
            (place == 0)
            + expected(tuple(units - (other == place) for other, units in enumerate(open_demands)), left - 1)
            for place in wanting
        )
        return sum(after) / len(wanting)

    return expected((own, *others), stock)


def in_every_order(own: int, others: Sequence[int], stock: int) -> float:
    """The expected catch of the first member over all orders of service."""
    found = []
    for order in permutations(range(len(others) + 1)):
        before = sum((own, *others)[place] for place in order[: order.index(0)])
        found.append(min(own, max(0, stock - before)))
    return float(np.mean(found))


@given(st.integers(0, 9), demands, st.integers(0, 9))
def test_expected_catches_are_those_of_all_ways_to_allocate(own: int, others: list[int], stock: int) -> None:
    assert expected_catch("random", own, others, stock) == pytest.approx(dealt(own, others, stock), abs=1e-9)
    assert expected_catch("sequential", own, others, stock) == pytest.approx(in_every_order(own, others, stock))


@given(st.integers(0, 9), demands, st.integers(0, 9))
def test_expected_catches_in_proportion_are_the_mean_over_tie_breaks(own: int, others: list[int], stock: int) -> None:
    rule, rng = ALLOCATIONS.get("proportional", key="rule"), np.random.default_rng(1)
    asked = {str(index): units for index, units in enumerate((own, *others))}
    mean = np.mean([allocate(rule, asked, stock, rng)["0"] for _ in range(200)])
    assert expected_catch("proportional", own, others, stock) == pytest.approx(mean, abs=0.2)


@pytest.mark.parametrize("rule", ["random", "proportional", "sequential"])
def test_expected_catches_of_all_members_sum_to_the_stock(rule: str) -> None:
    asked = (80, 40, 40, 13, 5)
    each = [expected_catch(rule, own, (*asked[:index], *asked[index + 1 :]), 100) for index, own in enumerate(asked)]
    assert sum(each) == pytest.approx(100, abs=1e-6)


def test_catches_of_an_unknown_rule_are_known_only_if_the_stock_suffices() -> None:
    assert expected_catch("lottery", 10, (10,), 20) == 10
    with pytest.raises(
        AnalysisError, match=r"world.allocation = lottery: expected catches are computed only for random,"
    ):
        expected_catch("lottery", 11, (10,), 20)


def small(months: int = 3) -> Game:
    """A commons of 8 units that doubles, for two members."""
    growth = certain([min(8, 2 * left) for left in range(9)])
    return Game(
        capacity=8,
        start=8,
        months=months,
        members=2,
        cases=((Case(transition=growth),),) * months,
        levels={1: 1.0},
        grown=growth.stocks[:, 0],
    )


def planned(plan: Sequence[int]) -> StockStrategy:
    """A strategy that demands a fixed number of units in each month."""
    return StockStrategy(lambda position: plan[position.month - 1])


TRIGGER = Trigger(fair_share, whole_stock)


@pytest.mark.parametrize("other", [FAIR, GREEDY, StockStrategy(lambda position: 1), TRIGGER])
def test_no_plan_is_better_than_the_best_reply(other: Strategy) -> None:
    """Every plan of demands is tried; against a deterministic path, plans are all that a member can choose."""
    game = small()
    found = [expected_catches(game, (planned(plan), other))[0] for plan in product(range(9), repeat=3)]
    assert best_reply(game, (other,)) == pytest.approx(max(found))


def test_a_trigger_punishes_from_the_month_after_an_excess() -> None:
    """Month 1: 50 of 100 units are shared; month 2: 60 are taken; month 3: the triggers demand all of 80 units."""
    excess = StockStrategy(lambda position: 20 if position.month == 2 else 10)
    trigger = Trigger(fair_share, whole_stock)
    game = paper(months=3)
    own, *others = expected_catches(game, (excess, *(trigger,) * 4))
    last = expected_catch("random", 10, (80,) * 4, 80)
    assert own == pytest.approx(10 + 20 + last)
    assert others == pytest.approx([10 + 10 + (80 - last) / 4] * 4, abs=1e-6)


def test_an_unpunished_deviation_pays_only_near_the_end_against_grim_trigger() -> None:
    grim = Trigger(fair_share, whole_stock)
    assert best_reply(paper(), (grim,) * 4) == pytest.approx(11 * 10 + 60, abs=1e-6)
    assert exploitability(paper(), grim) == pytest.approx(50, abs=1e-6)


def test_the_equilibrium_cannot_be_exploited() -> None:
    assert exploitability(paper(), GREEDY) == pytest.approx(0, abs=1e-6)
    found = equilibrium(paper(members=2, growth=2.5))
    on_path = StockStrategy(lambda position: found.demands[position.month - 1])
    assert expected_catches(paper(members=2, growth=2.5), (on_path,) * 2) == pytest.approx((380, 380))


def test_a_random_end_discounts_later_months() -> None:
    growth = paper().cases[0]
    game = Game(
        capacity=100,
        start=100,
        months=3,
        members=5,
        cases=(growth,) * 3,
        levels={5: 1.0},
        continuation=0.5,
        grown=growth[0].transition.stocks[:, 0],
    )
    assert expected_catches(game, (FIXED,) * 5) == pytest.approx((10 + 5 + 2.5,) * 5)


class Counting:
    """A strategy that remembers every total."""

    def initial(self) -> tuple[int, ...]:
        return ()

    def demand(self, memory: object, position: Position) -> int:
        return 1

    def following(self, memory: object, position: Position, total: int) -> object:
        assert isinstance(memory, tuple)
        return (*memory, total)


def test_too_many_memories_are_rejected() -> None:
    with pytest.raises(AnalysisError, match=r"best reply: the others have more than 2,000 combinations of month"):
        best_reply(small(months=8), (Counting(),))


@pytest.mark.parametrize(
    ("game", "strategies", "message"),
    [
        (paper(), (FAIR,) * 3, r"strategies = 3: must be 4"),
        (paper(months=200), (FAIR,) * 4, r"world.months = 200: replies are computed for at most 120"),
    ],
)
def test_replies_to_impossible_societies_are_rejected(
    game: Game, strategies: tuple[Strategy, ...], message: str
) -> None:
    with pytest.raises(AnalysisError, match=message):
        best_reply(game, strategies)
