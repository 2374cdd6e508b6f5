"""The built-in growth laws: values computed by hand, probabilities, wording and what members are told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from govsim.commons import GrowthLaw, Multiply, State, as_known, growth_law, law_of_month, multiply, state_at_start
from govsim.config import Uniform, experiment_from
from govsim.errors import ConfigError


def law(name: str, **settings: Any) -> GrowthLaw:
    return growth_law(experiment_from({"world": {"growth": {name: settings}}}).world)


def uncertain(factor: Any, told: str = "distribution") -> GrowthLaw:
    return law("multiply", factor=factor, told=told)


@pytest.mark.parametrize(
    ("found", "left", "grown"),
    [
        # 50 + 1 · 50 · (1 − 50/100) = 75
        (law("logistic"), 50, 75),
        (law("logistic"), 0, 0),
        (law("logistic"), 100, 100),
        # 10 + 0.3 · 10 · 0.9 = 12.7
        (law("logistic", rate=0.3), 10, 12),
        # 90 + 3 · 90 · 0.1 = 117
        (law("logistic", rate=3), 90, 100),
        # K = 40: 60 + 1 · 60 · (1 − 1.5) = 30
        (law("logistic", carrying_capacity=40), 60, 30),
        # K = 20: 100 + 1 · 100 · (1 − 5) = −300
        (law("logistic", carrying_capacity=20), 100, 0),
        # 7 + 0.1 · 7 · (1 − 7/70) = 7.63 and 70 + 0.7 · 70 · 0.3 = 84.7
        (law("logistic", rate=0.1, carrying_capacity=70), 7, 7),
        (law("logistic", rate=0.7), 70, 84),
        (law("threshold"), 30, 60),
        (law("threshold"), 29, 34),
        (law("threshold", factor=3, below=10, factor_below=0.5), 9, 4),
        (law("threshold", factor=3, below=10, factor_below=0.5), 50, 100),
        # 1.2 with a probability of a quarter and 2 otherwise are 1.8 on average
        (law("threshold", probability=0.25), 25, 45),
        (law("threshold", probability=0.25), 30, 60),
        (law("threshold", probability=0), 29, 58),
        (law("inflow"), 0, 20),
        (law("inflow"), 95, 100),
        (law("inflow", units=0), 40, 40),
        (uncertain({"uniform": [1.5, 2.5]}), 30, 60),
        (uncertain({"choice": [1.1, 1.1, 1.4]}), 30, 36),
    ],
)
def test_laws_grow_what_is_computed_by_hand(found: GrowthLaw, left: int, grown: int) -> None:
    assert found.grown(left, 100) == grown


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("logistic", {"rate": 0}, r"world\.growth\.logistic\.rate = 0: must be greater than 0"),
        ("multiply", {"factor": {"uniform": [0, 2]}}, r"world\.growth\.multiply\.factor = .*: every value must be gre"),
        ("multiply", {"factor": {"choice": [1.23456]}}, "values and bounds must have at most 4 decimals"),
        ("multiply", {"factor": -1}, r"world\.growth\.multiply\.factor = -1: must be greater than 0"),
        ("multiply", {"told": "all"}, "must be 'nothing', 'distribution' or 'realised'"),
        ("threshold", {"below": 0}, "must be at least 1"),
        ("threshold", {"probability": 1.5}, r"probability = 1\.5: must be at most 1"),
        (
            "threshold",
            {"told_probability": [0.1, 0.9]},
            r"told_probability = \[0\.1, 0\.9\]: must contain probability = 1",
        ),
        ("threshold", {"probability": 0.5, "told_probability": [0.9, 0.1]}, "must contain probability"),
        ("threshold", {"probability": 0.5, "told_probability": [0.1]}, r"told_probability"),
        (
            "threshold",
            {"probability": 0.5, "told_probability": [0, 1], "told": "nothing"},
            "must be omitted if told = no",
        ),
        ("inflow", {"units": 0.5}, "must be a whole number"),
    ],
)
def test_impossible_settings_are_rejected(name: str, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        law(name, **settings)


@pytest.mark.parametrize(
    ("found", "phrase"),
    [
        (uncertain({"uniform": [1.5, 2.5]}), "is multiplied by a number drawn each month, any value between 1.5 and "),
        (uncertain({"choice": [1.5, 2.5]}), "is multiplied by a number drawn each month, 1.5 or 2.5 with equal prob"),
        (uncertain({"choice": [1.5, 2.5]}, "nothing"), "is multiplied by a number that differs from month to month"),
        (uncertain({"choice": [1.5, 2.5]}, "realised"), "is multiplied by a number drawn each month, 1.5 or 2.5 with"),
        (multiply(1.7351264), "is multiplied by 1.7351264"),
        (multiply(1.125), "is multiplied by 1.125"),
        (law("threshold"), "doubles if at least 30 are left, and is multiplied by 1.2 if fewer are left"),
        (law("threshold", told="nothing"), "doubles"),
        (law("threshold", probability=0), "doubles"),
        (
            law("threshold", probability=0.5),
            "doubles if at least 30 are left, and if fewer are left, is multiplied by 1.2 with a probability of 50 %, "
            "which is decided once for all months, and doubles otherwise",
        ),
        (law("inflow"), "increases by 20"),
        (
            law("logistic", rate=0.5),
            "grows by a share of itself that falls steadily from 50 % if hardly anything is left to 0 % if it is at its"
            " maximum",
        ),
        (law("logistic", carrying_capacity=70), "grows by a share of itself that falls steadily from 100 % if hardly"),
    ],
)
def test_prompts_state_the_law_with_its_numbers(found: GrowthLaw, phrase: str) -> None:
    assert found.phrase.startswith(phrase)


def test_a_law_whose_factor_is_withheld_states_no_number() -> None:
    assert not any(character.isdigit() for character in uncertain({"choice": [1.5, 2.5]}, "nothing").phrase)


def test_the_probabilities_of_a_uniform_factor_are_those_of_intervals() -> None:
    # 3 units become 4 (1.5 ≤ g < 5/3), 5 (5/3 ≤ g < 2), 6 (2 ≤ g < 7/3) or 7 (7/3 ≤ g).
    # Factors are multiples of 0.0001: the smallest that make 5, 6 and 7 are 1.6667, 2 and 2.3334.
    expected = {4: 0.16665, 5: 0.3333, 6: 0.3334, 7: 0.16665}
    assert uncertain({"uniform": [1.5, 2.5]}).probabilities(3, 100) == pytest.approx(expected)
    # Up to 5 units: at least 5 is everything from 5/3 on.
    assert uncertain({"uniform": [1.5, 2.5]}).probabilities(3, 5) == pytest.approx({4: 0.16665, 5: 0.83335})


def test_the_probabilities_of_listed_factors_are_their_shares() -> None:
    found = uncertain({"choice": [2, 2, 1, 1.3]})
    assert found.probabilities(3, 100) == pytest.approx({6: 0.5, 3: 0.5}), "3 · 1 and 3 · 1.3 are both 3"
    realisations = found.realisations()
    assert realisations is not None
    assert [(one.weight, one.law.factor) for one in realisations] == [(0.5, "2"), (0.25, "1"), (0.25, "1.3")]


@pytest.mark.parametrize(
    ("found", "is_listed"),
    [
        (law("logistic"), True),
        (multiply(2.0), True),
        (uncertain({"choice": [1, 2]}), True),
        (uncertain({"uniform": [1, 2]}), False),
        (uncertain({"normal": {"mean": 2, "sd": 1, "low": 1, "high": 3}}), False),
    ],
)
def test_only_laws_with_finitely_many_realisations_list_them(found: GrowthLaw, is_listed: bool) -> None:
    assert (found.realisations() is not None) == is_listed


def test_the_law_of_a_month_is_the_law_with_the_factor_drawn() -> None:
    found = uncertain({"uniform": [1.5, 2.5]})
    drawn = found.of_month(np.random.default_rng(4))
    factor = round(Uniform(1.5, 2.5).draw(np.random.default_rng(4)), 4)
    assert isinstance(drawn, Multiply)
    assert (drawn.is_certain, drawn.settings.factor) == (True, factor)
    assert drawn.grown(30, 100) == int(30 * factor)
    assert drawn.phrase == f"is multiplied by {factor}", "members are told exactly what is applied"
    assert drawn.of_month(np.random.default_rng(4)) is drawn


def start(growth: GrowthLaw) -> State:
    world = experiment_from({"world": {"growth": growth.written}}).world
    return state_at_start(world, ("Ada",))


def test_members_know_the_law_of_the_month_only_if_it_is_stated() -> None:
    told, untold = (uncertain({"uniform": [1.5, 2.5]}, told) for told in ("realised", "distribution"))
    assert as_known(start(untold), untold, 3).growth == untold
    known = as_known(start(told), told, 3).growth
    assert known == law_of_month(start(told), told, 3)
    assert known.least_left(90, 100) != told.least_left(90, 100), "thresholds are computed from the known law"
    assert law_of_month(start(untold), untold, 3).factor == known.factor, "what is told does not change the draw"


class Dice(GrowthLaw):
    """A law of a plug-in that overrides only `drawn`."""

    name = "dice"
    phrase = "changes"

    def grown(self, left: int, capacity: int) -> int:
        return left

    def drawn(self, left: int, capacity: int, rng: np.random.Generator) -> int:
        return min(capacity, left + int(rng.integers(7)))


def test_a_law_of_a_plug_in_that_only_draws_keeps_its_draws() -> None:
    month = Dice().of_month(np.random.default_rng(9))
    expected = Dice().drawn(10, 100, np.random.default_rng(9))
    assert [month.grown(10, 100) for _ in range(3)] == [expected] * 3
    assert (Dice().is_certain, month.is_certain) == (False, True)
    assert Dice().realisations() is None
    assert Dice().probabilities(10, 100) is None
    assert (month.phrase, month.written) == ("changes", Dice().entry)
