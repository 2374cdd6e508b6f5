"""Growth laws, allocation rules, problems and figures, without a society."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import govsim
from govsim.analysis import load
from govsim.analysis.figures import draw, write_figures
from govsim.commons import Outcome, State, allocate
from govsim.skills import Situation
from govsim_example.allocation import SMALLEST_FIRST
from govsim_example.frost import Frost
from govsim_example.growth import Monsoon
from govsim_example.median import MEDIAN


@pytest.mark.parametrize(("month", "probability"), [(1, 0.2), (2, 0.2), (3, 0.0), (11, 0.0), (12, 0.2), (13, 0.2)])
def test_frost_occurs_only_in_winter(month: int, probability: float) -> None:
    state = State(stock=60, month=month, capacity=100, growth=Monsoon(), collapse=5, members=("John",))
    outcome = Outcome(before=state, asked={}, granted={}, stock_after_harvest=60)
    assert Frost().probability(month, outcome) == probability
    assert Frost().lost(50) == 12


def test_droughts_have_the_configured_probability() -> None:
    law = Monsoon(Monsoon.Settings(drought=0.25))
    rng = np.random.default_rng(1)
    months = [law.drawn(20, 100, rng) for _ in range(4000)]
    assert set(months) == {20, 40}
    assert months.count(20) / len(months) == pytest.approx(0.25, abs=0.03)
    assert not law.is_certain


def test_small_demands_are_served_first() -> None:
    demands = {"John": 50, "Kate": 10, "Jack": 5, "Emma": 60}
    granted = allocate(SMALLEST_FIRST, demands, 70, np.random.default_rng(0))
    assert granted == {"John": 50, "Kate": 10, "Jack": 5, "Emma": 5}


def test_the_correct_result_of_a_poll_is_the_median_of_the_proposals() -> None:
    state = State(stock=60, month=1, capacity=100, growth=Monsoon(), collapse=5, members=("John", "Kate"))
    for seed in range(20):
        answer = MEDIAN.answer(Situation(state=state, threshold=5, taken=3, rng=np.random.default_rng(seed)))
        proposals = sorted(int(number) for number in str(answer.variables["proposals"]).split(", "))
        assert answer.least == answer.most == proposals[2]


def test_the_figure_shows_one_point_per_run(tmp_path: Path) -> None:
    govsim.run("fishery", condition="poll", agent="policy:modest", months=2, runs=3, out=tmp_path / "runs")
    (drawn,) = draw(load(tmp_path / "runs"), ("participation",), by="condition", baseline=None)
    assert drawn.frame["participation"].tolist() == [1.0, 1.0, 1.0]
    write_figures([drawn], tmp_path / "figures", "svg")
    assert (tmp_path / "figures" / "participation.svg").stat().st_size > 1000


def test_the_figure_states_that_no_run_held_a_poll(tmp_path: Path) -> None:
    govsim.run("fishery", agent="policy:greedy", months=1, out=tmp_path)
    (drawn,) = draw(load(tmp_path), ("participation",), by="condition", baseline=None)
    assert "No run held a poll" in drawn.caption
