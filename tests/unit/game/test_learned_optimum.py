"""The optimum if the growth law is drawn once per run: compared with all plans, and with what is known in advance."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from govsim.commons import growth_law
from govsim.config import World, experiment_from
from govsim.errors import AnalysisError
from govsim.game import game_of, yardsticks


def world(**settings: Any) -> dict[str, Any]:
    shift = {"below": 6, "factor": 2, "factor_below": 0.5, "probability": 0.5}
    growth = {"threshold": {**shift, **settings.pop("growth", {})}}
    return {"capacity": 12, "initial": 8, "months": 4, "collapse": 2, "growth": growth, **settings}


def searched(settings: dict[str, Any], *, months: int) -> float:
    """The optimum by comparing all harvests that can follow each other."""
    read = World.model_validate(settings)
    laws = growth_law(read).realisations() or ()

    @cache
    def best(month: int, stock: int, possible: frozenset[int]) -> float:
        if month > months:
            return 0.0
        found = []
        for left in range(stock + 1):
            total = float(stock - left)
            if left >= read.collapse:  # type: ignore[operator]
                weight = sum(laws[one].weight for one in possible)
                stocks = {one: laws[one].law.grown(left, read.capacity) for one in possible}
                for one, after in stocks.items():
                    same = frozenset(other for other in possible if stocks[other] == after)
                    total += laws[one].weight / weight * best(month + 1, after, same)
            found.append(total)
        return max(found)

    return best(1, read.stock_at_start, frozenset(range(len(laws))))


@pytest.mark.parametrize("probability", [0.05, 0.3, 0.5, 0.95])
@pytest.mark.parametrize(("initial", "months"), [(8, 4), (5, 4), (3, 5), (12, 1)])
def test_it_is_the_best_of_all_plans(probability: float, initial: int, months: int) -> None:
    settings = world(initial=initial, months=months, growth={"probability": probability})
    found = yardsticks(experiment_from({"world": settings})).optimum
    assert found.value == pytest.approx(searched(settings, months=months))
    assert found.method == "exact"


def test_it_is_between_the_best_plan_without_learning_and_what_is_known_in_advance() -> None:
    # 5 units, 2 months left: taking all yields 5. With the shift, what is left shrinks; without, 5 units grow to 10.
    settings = world(initial=5, months=2, growth={"probability": 0.4})
    found = yardsticks(experiment_from({"world": settings}))
    assert found.optimum.value == pytest.approx(0.4 * 2 + 0.6 * 10)
    assert found.optimum_informed.value == pytest.approx(0.4 * 5 + 0.6 * 10)
    assert found.optimum_informed.method == "exact"


@pytest.mark.parametrize("probability", [0, 1])
def test_a_certain_law_is_solved_as_before(probability: int) -> None:
    found = yardsticks(experiment_from({"world": world(growth={"probability": probability})}))
    assert found.optimum_path is not None
    assert found.optimum.reason == "dynamic programming over month and stock"


def test_what_is_drawn_besides_the_law_leaves_an_upper_bound() -> None:
    exact = yardsticks(experiment_from({"world": world()}))
    for changes in ({"shocks": [{"loss": {"probability": 0.001, "units": 1}}]}, {"collapse": {"uniform": [1, 2]}}):
        found = yardsticks(experiment_from({"world": world(**changes)})).optimum
        assert found.method == "bound"
        assert found.reason.startswith("upper bound: the growth law of the run is known from the beginning; ")
        assert exact.optimum.value is not None
        assert found.value is not None
        assert found.value > exact.optimum.value - 0.05


def test_other_yardsticks_state_why_they_are_unavailable() -> None:
    found = yardsticks(experiment_from({"world": world()}))
    for one in (found.equilibrium, found.critical_continuation, found.best_reply):
        assert one.method == "unavailable"
        assert "the growth law is drawn once per run" in one.reason
    with pytest.raises(AnalysisError, match=r"world\.growth: is drawn once per run"):
        game_of(World.model_validate(world()))
