"""The last month and the collapse level of a run."""

from __future__ import annotations

from typing import Any

import pytest

from govsim.commons import collapse_level, generator, last_month, stream_of
from govsim.config import World, experiment_from
from govsim.errors import ConfigError


def world(**settings: Any) -> World:
    return experiment_from({"world": settings}).world


@pytest.mark.parametrize("horizon", ["unknown", "known", {"continuation": 1}])
def test_without_a_chance_of_ending_a_run_has_all_its_months(horizon: Any) -> None:
    assert {last_month(world(horizon=horizon, months=20), seed) for seed in range(50)} == {20}


def test_a_run_ends_after_the_first_month_whose_draw_reaches_the_continuation_probability() -> None:
    here = world(horizon={"continuation": 0.8}, months=30)
    for seed in range(40):
        draws = [float(generator(seed, stream_of("world", "horizon"), month).random()) for month in range(1, 30)]
        assert last_month(here, seed) == next((i + 1 for i, draw in enumerate(draws) if draw >= 0.8), 30)


def test_the_number_of_months_is_geometric_up_to_the_maximum() -> None:
    here = world(horizon={"continuation": 0.75}, months=5)
    lengths = [last_month(here, seed) for seed in range(2000)]
    expected = {1: 0.25, 2: 0.1875, 3: 0.140625, 4: 0.10546875, 5: 0.31640625}
    for length, probability in expected.items():
        spread = (probability * (1 - probability) / len(lengths)) ** 0.5
        assert abs(lengths.count(length) / len(lengths) - probability) <= 4 * spread


def test_a_longer_maximum_does_not_change_an_earlier_end() -> None:
    short, long = (world(horizon={"continuation": 0.8}, months=months) for months in (10, 60))
    for seed in range(60):
        assert last_month(short, seed) == min(10, last_month(long, seed))


@pytest.mark.parametrize(
    ("horizon", "message"),
    [
        ("open", r"world\.horizon = 'open': must be unknown, known or \{continuation: P\}, with 0 < P ≤ 1"),
        ({"continuation": 0}, "continuation: must be greater than 0"),
        ({"continuation": 1.1}, "continuation: must be at most 1"),
        ({}, "continuation: is missing"),
        (
            {"continuation": 0.5, "tell": True},
            r"tell: there is no such key; did you mean told\?; allowed are",
        ),
    ],
)
def test_an_impossible_horizon_is_rejected(horizon: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        world(horizon=horizon)


def test_the_collapse_threshold_is_fixed_or_drawn_once_per_run() -> None:
    assert {collapse_level(world(collapse=7), seed) for seed in (None, 0, 1)} == {7}
    drawn = world(collapse={"uniform": [0, 20]})
    levels = [collapse_level(drawn, seed) for seed in range(500)]
    assert set(levels) == set(range(21))
    assert levels == [collapse_level(drawn, seed) for seed in range(500)]
    assert collapse_level(drawn) == 10, "the mean, where no run is meant"
