"""Distributions of numbers: forms, means, probabilities, draws and wording."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from scipy import stats

from govsim.config import Distribution, FixedNumber, Normal, OneOf, Uniform, World, distribution_of, experiment_from
from govsim.errors import ConfigError

UNIFORM = Uniform(1.5, 2.5)
CHOICE = OneOf((1.5, 2.5))
UNEVEN = OneOf((2.0, 2.0, 1.0))
NORMAL = Normal(2.0, 0.5, 1.25, 2.5)
ALL = (FixedNumber(2.0), UNIFORM, CHOICE, UNEVEN, NORMAL)


def world(**settings: Any) -> World:
    return experiment_from({"world": settings}).world


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (4, FixedNumber(4)),
        ({"uniform": [0, 20]}, Uniform(0.0, 20.0)),
        ({"choice": [0, 5, 5]}, OneOf((0.0, 5.0, 5.0))),
        ({"normal": {"mean": 5.5, "sd": 2, "low": 0, "high": 10}}, Normal(5.5, 2.0, 0.0, 10.0)),
    ],
)
def test_every_form_is_read_and_written_back(written: Any, expected: Distribution) -> None:
    read = world(collapse=written)
    assert distribution_of(read.collapse) == expected
    assert read.model_dump(mode="json")["collapse"] == written
    assert world(**read.model_dump(mode="json")) == read


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"collapse": {"unifrom": [0, 1]}}, r"world\.collapse = .*: must be a number, \{uniform: \[low, high\]\}"),
        ({"collapse": {"uniform": [3, 3]}}, r"uniform: must be \[low, high\] with low below high"),
        ({"collapse": {"uniform": [1, 2, 3]}}, r"uniform: must be \[low, high\] with low below high"),
        ({"collapse": {"uniform": "ab"}}, "must be a number, "),
        ({"collapse": {"uniform": [True, 2]}}, "must be a number, "),
        ({"collapse": {"choice": []}}, "choice: must be a list of at least one number"),
        ({"collapse": {"choice": [1.5]}}, "must be whole numbers, 0 or more"),
        ({"collapse": {"uniform": [-1, 2]}}, "must be whole numbers, 0 or more"),
        ({"collapse": {"uniform": [0, 100]}}, r"must be below world\.capacity = 100"),
        ({"collapse": {"normal": {"mean": 1, "sd": 0, "low": 0, "high": 2}}}, r"normal\.sd: must be greater than 0"),
        ({"collapse": {"normal": {"mean": 1, "sd": 1, "low": 2, "high": 2}}}, "normal: low must be below high"),
        ({"collapse": {"normal": {"mean": 1, "sd": 1, "low": 2}}}, r"normal\.high: is missing"),
    ],
)
def test_an_impossible_distribution_is_rejected_with_what_is_allowed(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        world(**settings)


def test_a_distribution_replaces_one_of_another_form_in_a_file_that_is_extended() -> None:
    layers = ({"world": {"collapse": {"uniform": [0, 20]}}}, {"world": {"collapse": {"choice": [1, 2]}}})
    assert experiment_from(*layers).world.collapse == OneOf((1.0, 2.0))


def test_means_of_decimal_numbers_are_exact() -> None:
    assert FixedNumber(1.1).exact_mean == Fraction(11, 10)
    assert Uniform(1.1, 1.2).exact_mean == Fraction(115, 100)
    assert OneOf((1.1, 1.1, 1.4)).exact_mean == Fraction(12, 10)


def test_the_mean_of_a_clipped_normal_distribution_is_that_of_numerical_integration() -> None:
    grid = (np.arange(2_000_000) + 0.5) / 2_000_000
    values = np.clip(stats.norm.ppf(grid, NORMAL.centre, NORMAL.sd), NORMAL.low, NORMAL.high)
    assert NORMAL.mean == pytest.approx(float(values.mean()), abs=1e-6)


@pytest.mark.parametrize("x", [1.0, 1.25, 1.5, 1.9, 2.0, 2.5, 3.0])
def test_probabilities_are_those_of_scipy(x: float) -> None:
    assert UNIFORM.cdf(x) == pytest.approx(float(stats.uniform(1.5, 1.0).cdf(x)))
    expected = 0.0 if x < 1.25 else 1.0 if x >= 2.5 else float(stats.norm(2, 0.5).cdf(x))
    assert NORMAL.cdf(x) == pytest.approx(expected)


def test_a_value_with_a_probability_counts_for_at_most_and_not_for_less() -> None:
    assert (CHOICE.below(1.5), CHOICE.cdf(1.5), CHOICE.below(2.5), CHOICE.cdf(2.5)) == (0, 0.5, 0.5, 1)
    at_low = float(stats.norm(2, 0.5).cdf(1.25))
    assert NORMAL.below(1.25) == 0
    assert NORMAL.cdf(1.25) == pytest.approx(at_low)
    assert NORMAL.below(2.5) == pytest.approx(float(stats.norm(2, 0.5).cdf(2.5)))
    assert NORMAL.cdf(2.5) == 1


@pytest.mark.parametrize("distribution", ALL)
def test_draws_follow_the_probabilities(distribution: Distribution) -> None:
    rng = np.random.default_rng(7)
    draws = np.array([distribution.draw(rng) for _ in range(4000)])
    assert distribution.low <= draws.min()
    assert draws.max() <= distribution.high
    for x in (1.25, 1.5, 1.8, 2.0, 2.2, 2.5):
        expected = distribution.cdf(x)
        spread = (expected * (1 - expected) / len(draws)) ** 0.5
        assert abs(float((draws <= x).mean()) - expected) <= 5 * spread


def test_a_number_is_not_drawn() -> None:
    rng = np.random.default_rng(1)
    assert (FixedNumber(3).draw(rng), FixedNumber(3).draw_whole(rng)) == (3, 3)
    assert rng.random() == np.random.default_rng(1).random()


@pytest.mark.parametrize(
    ("distribution", "expected"),
    [
        (Uniform(0, 4), dict.fromkeys(range(5), 0.2)),
        (OneOf((0, 3, 3, 9)), {0: 0.25, 3: 0.5, 9: 0.25}),
        (FixedNumber(5), {5: 1.0}),
        (
            Normal(5, 2, 4, 6),
            {4: stats.norm.cdf(-0.25), 5: stats.norm.cdf(0.25) - stats.norm.cdf(-0.25), 6: stats.norm.sf(0.25)},
        ),
    ],
)
def test_whole_numbers_have_the_expected_probabilities_and_are_drawn_with_them(
    distribution: Distribution, expected: dict[int, float]
) -> None:
    assert distribution.whole_probabilities() == pytest.approx(expected)
    rng = np.random.default_rng(3)
    draws = [distribution.draw_whole(rng) for _ in range(4000)]
    assert set(draws) == set(expected)
    for number, probability in expected.items():
        spread = (probability * (1 - probability) / len(draws)) ** 0.5
        assert abs(draws.count(number) / len(draws) - probability) <= 5 * spread


@pytest.mark.parametrize(
    ("distribution", "phrase"),
    [
        (UNIFORM, "any value between 1.5 and 2.5 equally likely"),
        (CHOICE, "1.5 or 2.5 with equal probability"),
        (OneOf((1, 2, 3)), "1, 2 or 3 with equal probability"),
        (UNEVEN, "2 (probability 2 in 3) or 1 (probability 1 in 3)"),
        (
            NORMAL,
            "from a normal distribution with mean 2 and standard deviation 0.5, limited to values from 1.25 to 2.5",
        ),
    ],
)
def test_prompts_state_the_possible_values(distribution: Distribution, phrase: str) -> None:
    assert distribution.phrase == phrase
