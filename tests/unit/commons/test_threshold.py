"""The sustainability threshold, by hand and against its definition."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import pytest

from govsim.commons import GrowthLaw, State, group_threshold, member_threshold, multiply

FIVE = ("John", "Kate", "Jack", "Emma", "Luke")


def world(stock: int, growth: str = "2", capacity: int = 100, members: tuple[str, ...] = FIVE) -> State:
    return State(stock=stock, month=1, capacity=capacity, growth=multiply(float(growth)), collapse=0, members=members)


class Searched(GrowthLaw):
    """The same growth as a law whose thresholds are found by search."""

    name = "searched"

    def __init__(self, law: GrowthLaw) -> None:
        super().__init__(law.settings)
        self._law = law

    def grown(self, left: int, capacity: int) -> int:
        return self._law.grown(left, capacity)


class Refuge(GrowthLaw):
    """The stock doubles, but does not grow below ten units."""

    name = "refuge"

    def grown(self, left: int, capacity: int) -> int:
        return min(capacity, 2 * left if left >= 10 else left)


def by_definition(state: State) -> int:
    """``max{x : min(capacity, floor(g · (h − x))) ≥ h}``, tried out for every x; 0 where there is none."""
    factor = Fraction(state.growth.factor)
    sustainable = [
        x
        for x in range(state.stock + 1)
        if min(state.capacity, factor.numerator * (state.stock - x) // factor.denominator) >= state.stock
    ]
    return max(sustainable, default=0)


def worlds() -> Iterator[State]:
    for growth in ("0.1", "0.5", "0.99", "1", "1.01", "1.1", "1.15", "1.5", "2", "2.5", "3", "7"):
        for capacity in (1, 2, 6, 37, 100):
            for stock in range(capacity + 1):
                yield world(stock, growth, capacity)


def test_the_threshold_of_the_papers_world_is_fifty_and_ten() -> None:
    assert group_threshold(world(100)) == 50
    assert member_threshold(world(100)) == 10


@pytest.mark.parametrize(
    ("stock", "growth", "threshold"),
    [
        (0, "2", 0),
        (1, "2", 0),
        (99, "2", 49),
        (60, "2", 30),
        (100, "1", 0),
        (57, "1", 0),
        (100, "0.5", 0),
        (100, "1.1", 9),
        (99, "1.1", 9),
        (100, "1.5", 33),
        (99, "1.5", 33),
        (100, "3", 66),
    ],
)
def test_the_threshold_matches_values_computed_by_hand(stock: int, growth: str, threshold: int) -> None:
    assert group_threshold(world(stock, growth)) == threshold


def test_the_threshold_is_the_largest_sustainable_catch_in_every_world() -> None:
    wrong = [state for state in worlds() if group_threshold(state) != by_definition(state)]
    assert not wrong


@pytest.mark.parametrize(("members", "each"), [(1, 50), (3, 16), (5, 10), (7, 7), (50, 1), (51, 0)])
def test_a_members_threshold_is_the_groups_shared_by_those_present_and_rounded_down(members: int, each: int) -> None:
    roster = tuple(f"Member{number}" for number in range(members))
    assert member_threshold(world(100, members=roster)) == each


def test_the_member_threshold_without_members_is_0() -> None:
    assert member_threshold(world(100, members=())) == 0


def test_the_threshold_of_a_law_without_a_formula_is_searched_for() -> None:
    wrong = [
        state
        for state in worlds()
        if group_threshold(replace(state, growth=Searched(state.growth))) != by_definition(state)
    ]
    assert not wrong


@pytest.mark.parametrize(("stock", "threshold"), [(100, 50), (20, 10), (19, 9), (12, 2), (10, 0), (8, 0)])
def test_the_threshold_follows_the_growth_law(stock: int, threshold: int) -> None:
    assert group_threshold(replace(world(stock), growth=Refuge())) == threshold
