"""The state of the commons: validation, growth and capacity."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest

from govsim.commons import Demand, Outcome, State, grow_by_seed, multiply
from govsim.errors import ConfigError

PAPER = State(
    stock=100, month=1, capacity=100, growth=multiply(2.0), collapse=5, members=("John", "Kate", "Jack", "Emma", "Luke")
)


@pytest.mark.parametrize(
    ("growth", "left", "grown"),
    [
        ("2", 60, 100),
        ("2", 50, 100),
        ("2", 49, 98),
        ("2", 0, 0),
        ("1", 60, 60),
        ("1.5", 33, 49),
        ("1.5", 66, 99),
        ("1.5", 67, 100),
        ("0.5", 99, 49),
        ("0.5", 1, 0),
        ("1.1", 90, 99),
        ("1.1", 70, 77),
        ("3", 33, 99),
        ("3", 34, 100),
    ],
)
def test_what_is_left_is_multiplied_rounded_down_and_capped(growth: str, left: int, grown: int) -> None:
    assert replace(PAPER, growth=multiply(float(growth))).grown(left) == grown


def test_growth_is_exact_where_floating_point_numbers_are_not() -> None:
    tenths = replace(PAPER, capacity=10**6, growth=multiply(1.1))
    assert tenths.grown(30) == 33
    assert int(1.15 * 100) == 114, "the trap: the machine's 1.15 is a little less than 1.15"
    assert replace(tenths, growth=multiply(1.15)).grown(100) == 115


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"capacity": 0, "stock": 0, "collapse": 0}, "capacity = 0"),
        ({"stock": 101}, r"stock = 101: must be from 0 to 100"),
        ({"stock": -1}, "stock = -1"),
        ({"collapse": 100}, r"collapse = 100: must be from 0 to 99"),
        ({"collapse": -1}, "collapse = -1"),
        ({"month": 0}, "month = 0"),
        ({"members": ("John", "John")}, "John, John"),
    ],
)
def test_an_invalid_world_is_rejected(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        replace(PAPER, **change)


def test_the_limits_of_valid_values_are_allowed() -> None:
    smallest = State(stock=0, month=1, capacity=1, growth=multiply(0.001), collapse=0, members=())
    assert smallest.grown(1) == 0


def test_a_state_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError, match="stock"):
        PAPER.stock = 3  # type: ignore[misc]


def test_another_roster_leaves_the_commons_as_it_was() -> None:
    newcomer = PAPER.with_members((*PAPER.members, "Anna"))
    assert newcomer.members == (*PAPER.members, "Anna")
    assert newcomer == replace(PAPER, members=newcomer.members)
    assert PAPER.members == ("John", "Kate", "Jack", "Emma", "Luke")


def test_a_negative_demand_is_rejected_and_a_missing_one_is_not() -> None:
    with pytest.raises(ConfigError, match="demand of Kate = -1: must be 0 or more"):
        Demand(member="Kate", units=-1)
    assert Demand(member="Kate", units=0).units == 0


@pytest.mark.parametrize(
    ("collapse", "left", "is_collapsed"), [(5, 5, False), (5, 4, True), (5, 0, True), (0, 0, False), (99, 98, True)]
)
def test_fewer_units_than_the_collapse_level_collapse_the_commons(collapse: int, left: int, is_collapsed: bool) -> None:
    outcome = Outcome(before=replace(PAPER, collapse=collapse), asked={}, granted={}, stock_after_harvest=left)
    assert outcome.is_collapsed is is_collapsed


def test_the_next_month_starts_with_what_has_grown_and_the_same_roster() -> None:
    outcome = Outcome(before=PAPER, asked={}, granted={}, stock_after_harvest=30)
    assert grow_by_seed(outcome, 0).state == replace(PAPER, stock=60, month=2)
