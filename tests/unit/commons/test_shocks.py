"""Shocks: probabilities, losses, wording, and their order with growth."""

from __future__ import annotations

from typing import Any

import pytest

from govsim.commons import Outcome, Shock, State, grow_by_seed, shocks_of, state_at_start, stock_probabilities
from govsim.config import experiment_from
from govsim.errors import ConfigError, PluginError


def state_with(*shocks: Any, **settings: Any) -> State:
    world = experiment_from({"world": {"shocks": list(shocks), **settings}}).world
    return state_at_start(world, ("Ada",))


def left(state: State, units: int) -> Outcome:
    return Outcome(before=state, asked={}, granted={}, stock_after_harvest=units)


def shock(settings: dict[str, Any], name: str = "loss") -> Shock:
    (found,) = shocks_of(experiment_from({"world": {"shocks": [{name: settings}]}}).world)
    return found


@pytest.mark.parametrize(
    ("settings", "stock", "lost"),
    [
        ({}, 81, 40),
        ({"share": 0.1}, 30, 3),
        ({"share": 0.29}, 100, 29),
        ({"share": 1}, 7, 7),
        ({"units": 20}, 30, 20),
        ({"units": 20}, 7, 7),
        ({"share": 0.5}, 0, 0),
    ],
)
def test_a_loss_is_a_share_rounded_down_or_a_number_of_units(settings: dict[str, Any], stock: int, lost: int) -> None:
    assert shock(settings).lost(stock) == lost


def test_a_scheduled_loss_occurs_in_its_months_and_in_no_others() -> None:
    outcome = left(state_with(), 50)
    found = shock({"months": [6, 9]})
    assert [month for month in range(1, 13) if found.probability(month, outcome)] == [6, 9]
    assert shock({}).probability(6, outcome) == 0.1
    assert shock({"probability": 0.25}).probability(6, outcome) == 0.25


@pytest.mark.parametrize(("units_left", "probability"), [(100, 0), (50, 0), (49, 0.02), (20, 0.6), (0, 1.0)])
def test_the_probability_of_a_loss_by_over_use_grows_with_each_unit_beyond_the_threshold(
    units_left: int, probability: float
) -> None:
    state = state_with({"over-use": {"per_unit": 0.02}})  # the threshold is 50 of 100
    assert state.shocks[0].probability(1, left(state, units_left)) == pytest.approx(probability)
    assert state.shocks[0].lost(30) == 30, "everything is lost unless something else is set"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ([{"loss": {"share": 0.5, "units": 3}}], "share and units cannot be combined; set one of them"),
        ([{"loss": {"months": [3], "probability": 0.1}}], "probability and months cannot be combined; set one"),
        ([{"loss": {"share": 1.5}}], r"world\.shocks\.loss\.share = 1\.5: must be at most 1"),
        ([{"loss": {"months": [0]}}], "must be at least 1"),
        ([{"loss": {"when": "before"}}], "must be 'before-growth' or 'after-growth'"),
        (["storm"], r"world\.shocks = storm: there is no such shock; choose from loss, over-use"),
        (["loss", "loss"], "loss is listed twice; give one of them another name with as: NAME"),
    ],
)
def test_impossible_shocks_are_rejected_with_what_is_allowed(settings: list[Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        state_with(*settings)


def test_resolved_settings_can_be_read_again() -> None:
    for settings in ({}, {"units": 3}, {"share": 0.2, "months": [2]}):
        found = shock(settings)
        assert shock(dict(found.entry.settings)).settings == found.settings


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (
            shock({"probability": 0.1}),
            "In every month, after the harvest and after what is left has grown, there is a sudden loss with a "
            "probability of 10 %: 50 % of what is there is lost.",
        ),
        (
            shock({"months": [9, 6], "units": 20, "when": "before-growth"}),
            "In months 6 and 9, after the harvest and before what is left grows, 20 tons are lost, or all if there are "
            "fewer.",
        ),
        (
            shock({"months": [6], "share": 1}),
            "In month 6, after the harvest and after what is left has grown, everything is lost.",
        ),
        (
            shock({}, "over-use"),
            "If more tons are taken in a month than the stock can replace by the next month, there may be a sudden "
            "loss after the harvest and after what is left has grown. Its probability is 1 % for each of the tons taken"
            " beyond that. Then everything is lost.",
        ),
    ],
)
def test_prompts_state_the_risk_with_its_numbers(found: Shock, text: str) -> None:
    assert found.risk("tons") == text


@pytest.mark.parametrize(
    ("when", "stock"),
    [("before-growth", 60), ("after-growth", 50)],  # (40 − 10) · 2 = 60, and 40 · 2 = 80, less 30
)
def test_a_loss_before_growth_leaves_less_to_grow_and_one_after_it_takes_from_what_has_grown(
    when: str, stock: int
) -> None:
    units = 10 if when == "before-growth" else 30
    state = state_with({"loss": {"months": [1], "units": units, "when": when}})
    grown = grow_by_seed(left(state, 40), 0)
    assert (grown.stock, grown.state.stock, grown.state.month) == (stock, stock, 2)
    (draw,) = grown.shocks
    assert (draw.probability, draw.draw, draw.is_realised, draw.lost) == (1, None, True, units)


def test_shocks_apply_in_their_order_to_what_earlier_ones_left() -> None:
    state = state_with({"loss": {"months": [1]}}, {"loss": {"as": "second", "months": [1], "share": 0.5}})
    assert [one.lost for one in grow_by_seed(left(state, 50), 0).shocks] == [50, 25]


def test_a_shock_can_empty_the_stock_and_never_more() -> None:
    state = state_with({"loss": {"months": [1], "units": 90}}, {"loss": {"as": "second", "months": [1], "units": 90}})
    grown = grow_by_seed(left(state, 50), 0)
    assert ([one.lost for one in grown.shocks], grown.stock) == ([90, 10], 0)


def test_the_probabilities_of_stocks_combine_growth_and_shocks() -> None:
    state = state_with(
        {"loss": {"probability": 0.25, "units": 10, "when": "before-growth"}},
        {"loss": {"as": "late", "probability": 0.5, "share": 0.5}},
        growth={"multiply": {"factor": {"choice": [1, 2]}}},
    )
    # 20 or, with probability 1/4, 10 are left; they stay or double; half of that is lost or not.
    expected = {20: 0.1875 + 0.1875 + 0.0625, 40: 0.1875, 10: 0.1875 + 0.0625 + 0.0625, 5: 0.0625}
    assert stock_probabilities(left(state, 20)) == pytest.approx(expected)
    assert sum(expected.values()) == 1


class Odd(Shock):
    """A shock of a plug-in that returns what it is given."""

    name = "odd"

    def __init__(self, chance: float, units: Any) -> None:
        super().__init__()
        self.chance, self.units = chance, units

    def probability(self, month: int, outcome: Outcome) -> float:
        return self.chance

    def lost(self, stock: int) -> int:
        return self.units  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("chance", "units", "message"),
    [
        (1.5, 0, r"shock odd: has a probability of 1\.5; must be from 0 to 1"),
        (1, 101, "shock odd: loses 101 of 100 units; must be a whole number"),
        (1, 2.0, r"shock odd: loses 2\.0 of 100 units; must be"),
        (1, -1, "shock odd: loses -1 of 100 units; must be"),
    ],
)
def test_an_invalid_result_of_a_shock_is_named(chance: float, units: Any, message: str) -> None:
    state = state_with()
    outcome = left(
        State(**{**{name: getattr(state, name) for name in state.__slots__}, "shocks": (Odd(chance, units),)}), 60
    )
    with pytest.raises(PluginError, match=message):
        grow_by_seed(outcome, 0)
