"""Outcomes of societies against sub-skills: hand-computed regressions, and who is in them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import linregress

from govsim.analysis import published_results, published_subskills
from govsim.analysis.results import load
from govsim.analysis.skills import Correlations, correlations_table, skills_against
from govsim.analysis.skills.correlation import Point, Regression, chance_of_r_squared, regress
from govsim.analysis.tables.formats import render
from govsim.errors import AnalysisError
from govsim.scenarios import load_scenario
from tests.unit.analysis.skills.conftest import WriteStudy

MEMBERS = ("John", "Kate", "Jack", "Emma", "Luke")
WriteRun = Callable[..., Path]
Lived = Callable[..., Path]


def against(tests: Path, runs: Path, *, condition: str | None = None) -> Correlations:
    tested = load(tests, frames=("studies",)).skills
    return skills_against(tested, load(runs, frames=("runs",)).measures, condition=condition)


@pytest.fixture
def lived(tmp_path: Path, write_journal: WriteRun) -> Lived:
    """Writes the run of a society of one model that collapses in a month: `lived("a/one", 3)`."""

    def write(model: str, month: int, *, scenario: str = "fishery", seed: int = 0, **run: Any) -> Path:
        settings = {"models": {"default": model}, "seed": seed, **run.pop("settings", {})}
        asked = [*[dict.fromkeys(MEMBERS, 10)] * (month - 1), dict.fromkeys(MEMBERS, 20)]
        name = f"runs/{scenario}/{run.pop('folder', 'default')}/{model}/seed-{seed}.jsonl"
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return write_journal(
            path, **{"asked": asked, "settings": settings, "scenario": load_scenario(scenario), "society": model, **run}
        )

    return write


def points(*pairs: tuple[float, float]) -> list[Point]:
    return [
        Point(model=f"m{i}", scenarios=("fishery",), runs=1, skills={"dynamics": x}, measures={"survival_time": y})
        for i, (x, y) in enumerate(pairs)
    ]


def of(found: tuple[Regression, ...], skill: str, measure: str = "survival_time") -> Regression:
    [one] = [one for one in found if (one.skill, one.measure) == (skill, measure)]
    return one


def test_slope_interval_and_p_of_a_regression_equal_a_calculation_by_hand() -> None:
    one = regress(points((0, 1), (50, 4), (100, 4)), "dynamics", "survival_time")
    # means 50 and 3; Sxy = 150, Sxx = 5000, Syy = 6: slope 0.03, R² = 150² / (5000 · 6), residuals -0.5, 1, -0.5
    assert one.slope == pytest.approx(0.3)
    assert one.intercept == pytest.approx(1.5)
    assert one.r_squared == pytest.approx(0.75)
    # standard error of the slope: sqrt(1.5 / 1 / 5000); t(0.975, 1) = 12.7062
    half = 10 * 12.706205 * (1.5 / 5000) ** 0.5
    assert [one.low, one.high] == pytest.approx([0.3 - half, 0.3 + half], abs=1e-4)
    # t = 0.03 / 0.0173205 = sqrt(3), and with one degree of freedom P(|t| > sqrt 3) = 1/3
    assert one.p == pytest.approx(1 / 3)
    assert (one.n, one.paper, one.reason) == (3, 0.69, None)


@pytest.mark.parametrize(
    ("pairs", "reason"),
    [
        (((0, 1), (100, 12)), "fewer than 3 models have both"),
        (((50, 1), (50, 2), (50, 12)), "all models have the same accuracy"),
        (((0, 4), (50, 4), (100, 4)), "the measure is the same for all models"),
    ],
)
def test_a_line_that_means_nothing_is_not_drawn(pairs: tuple[tuple[float, float], ...], reason: str) -> None:
    one = regress(points(*pairs), "dynamics", "survival_time")
    assert (one.reason, one.r_squared, one.slope, one.p) == (reason, None, None, None)


def test_the_printed_r_squared_do_not_follow_from_the_printed_tables_in_this_way() -> None:
    """What the note under the table says of them."""
    results, skills = published_results(), published_subskills()
    lived = results[results["table"].isin([4, 5, 6]) & (results["measure"] == "survival_time")]
    survival = lived.groupby("model")["value"].mean()
    found = {}
    for skill in ("dynamics", "sustainable_action", "threshold_assumption", "threshold_belief"):
        accuracy = skills[skills["skill"] == skill].groupby("model")["accuracy"].mean()
        both = accuracy.index.intersection(survival.index)
        assert len(both) == 15
        found[skill] = round(float(linregress(accuracy[both], survival[both]).rvalue) ** 2, 2)
    assert list(found.values()) == [0.29, 0.73, 0.49, 0.61]


def test_models_that_are_in_both_folders_are_set_against_each_other(
    write_study: WriteStudy, lived: Lived, tmp_path: Path
) -> None:
    for model, solved, months in (("a/one", 0, (1, 1)), ("a/two", 2, (3, 5)), ("a/three", 4, (4, 4))):
        write_study(model, {"dynamics": [number < solved for number in range(4)]}, folder=tmp_path / "tests")
        for seed, month in enumerate(months):
            lived(model, month, seed=seed)
    write_study("a/four", {"dynamics": [True]}, folder=tmp_path / "tests")
    lived("a/five", 2)
    found = against(tmp_path / "tests", tmp_path / "runs")
    one = of(found.regressions, "dynamics")
    assert one.n == 3
    assert [one.slope, one.r_squared] == pytest.approx([0.3, 0.75])
    assert one.p_adjusted == pytest.approx(one.p), "the only skill"
    assert (found.only_tested, found.only_run) == (("a/four",), ("a/five",))
    assert of(found.regressions, "threshold_belief").reason == "fewer than 3 models have both"
    text = " ".join(render(correlations_table(found)).split())
    assert "tested only: a/four" in text
    assert "a/two (2 runs)" in text


def test_scenarios_weigh_the_same_and_only_those_in_both_count(
    write_study: WriteStudy, lived: Lived, tmp_path: Path
) -> None:
    for model in ("a/one", "a/two", "a/three"):
        write_study(model, {"dynamics": [True] * 9 + [False]}, folder=tmp_path / "tests")
        write_study(model, {"dynamics": [True, False]}, scenario="pasture", folder=tmp_path / "tests")
        write_study(model, {"dynamics": [False]}, scenario="pollution", folder=tmp_path / "tests")
        lived(model, 2)
        lived(model, 4, seed=1)
        lived(model, 9, scenario="pasture")
    found = against(tmp_path / "tests", tmp_path / "runs")
    assert {point.scenarios for point in found.points} == {("fishery", "pasture")}
    assert {point.skills["dynamics"] for point in found.points} == {(90 + 50) / 2}
    assert {point.measures["survival_time"] for point in found.points} == {(3 + 9) / 2}
    assert {point.measures["survival_rate"] for point in found.points} == {0.0}
    assert {point.runs for point in found.points} == {3}
    assert not found.is_uneven


def test_runs_without_exactly_one_model_are_excluded_and_counted(
    write_study: WriteStudy, lived: Lived, tmp_path: Path
) -> None:
    for index, model in enumerate(("a/one", "a/two", "a/three")):
        write_study(model, {"dynamics": [True, index > 0, index > 1]}, folder=tmp_path / "tests")
        lived(model, 2 + index)
    write_study("a/one", {"dynamics": [False]}, settings={"seed": 1}, status="failed", folder=tmp_path / "tests")
    lived("a/one", 9, seed=1, status="over-budget")
    lived("a/one", 9, seed=2, status=None)
    lived("a/one", 9, seed=3, settings={"members": {"Luke": {"model": "a/two"}}})
    lived("a/one", 9, seed=4, settings={"members": {"Luke": {"agent": "policy:greedy"}}})
    lived("a/one", 9, seed=5, settings={"agents": {"default": "policy:greedy"}})
    lived("a/one", 9, seed=6, settings={"condition": "universalization"})
    found = against(tmp_path / "tests", tmp_path / "runs")
    assert [point.measures["survival_time"] for point in found.points] == [2.0, 4.0, 3.0]
    assert found.excluded == {"over-budget": 1, "killed": 1, "of mixed societies": 2, "without a model": 1}
    assert (found.unfinished, found.condition) == (1, "default")
    text = " ".join(render(correlations_table(found)).split())
    assert "2 runs of mixed societies" in text
    assert "1 unfinished study" in text


def test_another_condition_is_named_and_one_that_is_not_there_rejected(
    write_study: WriteStudy, lived: Lived, tmp_path: Path
) -> None:
    for index, model in enumerate(("a/one", "a/two", "a/three")):
        write_study(model, {"dynamics": [True, index > 0, index > 1]}, folder=tmp_path / "tests")
        for condition in ("utilitarian", "universalization"):
            lived(model, 3, folder=condition, settings={"condition": condition})
    tests, runs = tmp_path / "tests", tmp_path / "runs"
    assert against(tests, runs, condition="utilitarian").condition == "utilitarian"
    with pytest.raises(
        AnalysisError, match="no runs have the condition default; choose one of universalization, utilitarian"
    ):
        against(tests, runs)
    with pytest.raises(AnalysisError, match="condition = virtue: no runs have this condition; choose from"):
        against(tests, runs, condition="virtue")


def test_fewer_than_three_models_are_rejected_in_one_line_that_names_them(
    write_study: WriteStudy, lived: Lived, tmp_path: Path
) -> None:
    for model in ("a/one", "a/two", "a/tested"):
        write_study(model, {"dynamics": [True]}, folder=tmp_path / "tests")
    for model in ("a/one", "a/two", "a/run"):
        lived(model, 3)
    lived("a/one", 3, seed=1, status="over-budget")
    with pytest.raises(AnalysisError) as refused:
        against(tmp_path / "tests", tmp_path / "runs")
    told = str(refused.value)
    assert "2 models with both tests and runs (a/one, a/two), but at least 3 are needed" in told
    assert "tested only: a/tested; run only: a/run" in told
    assert "excluded: 1 run over budget;" in told
    assert "\n" not in told


def test_pooled_settings_are_noted(write_study: WriteStudy, lived: Lived, tmp_path: Path) -> None:
    for index, model in enumerate(("a/one", "a/two", "a/three", "a/four")):
        write_study(model, {"dynamics": [True, index > 0, index > 1]}, folder=tmp_path / "tests")
        lived(model, 3 + index)
        lived(model, 3, seed=1)
    write_study("a/two", {"dynamics": [True]}, settings={"world": {"growth": 3.0}}, folder=tmp_path / "tests")
    write_study("a/four", {"dynamics": [True]}, settings={"seed": 1}, folder=tmp_path / "tests")
    lived("a/three", 3, folder="other", society="direct")
    found = against(tmp_path / "tests", tmp_path / "runs")
    assert found.pooled == ("a/three", "a/two")
    assert "pooled for: a/three, a/two" in " ".join(render(correlations_table(found)).split())


def test_models_of_different_scenarios_are_noted(write_study: WriteStudy, lived: Lived, tmp_path: Path) -> None:
    for model, scenario in (("a/one", "fishery"), ("a/two", "fishery"), ("a/three", "pasture")):
        write_study(model, {"dynamics": [True]}, scenario=scenario, folder=tmp_path / "tests")
        lived(model, 3, scenario=scenario)
    found = against(tmp_path / "tests", tmp_path / "runs")
    assert found.is_uneven
    assert "a/three: pasture" in " ".join(render(correlations_table(found)).split())


def test_unrelated_values_of_three_models_often_have_a_high_r_squared() -> None:
    # Three: 1 - 2 / pi * asin(sqrt(0.8)); four: 1 - sqrt(0.8).
    assert chance_of_r_squared(0.8, 3) == pytest.approx(1 - 2 / np.pi * np.arcsin(0.8**0.5))
    assert chance_of_r_squared(0.8, 4) == pytest.approx(1 - 0.8**0.5)
    draws = np.random.default_rng(0)
    r_squared = [linregress(*draws.normal(size=(2, 5))).rvalue ** 2 for _ in range(4_000)]
    assert np.mean(np.array(r_squared) > 0.8) == pytest.approx(chance_of_r_squared(0.8, 5), abs=0.01)


@pytest.mark.parametrize(("models", "warning"), [(3, "only 3 models"), (4, "only 4 models"), (5, None)])
def test_a_table_of_fewer_than_five_models_warns(models: int, warning: str | None) -> None:
    regression = regress(points(*((10.0 * i, float(i % 3)) for i in range(models))), "dynamics", "survival_time")
    found = Correlations(
        condition="default",
        points=(),
        regressions=(regression,),
        excluded={},
        unfinished=0,
        only_tested=(),
        only_run=(),
    )
    assert ("Warning" in str(correlations_table(found).notes)) == (warning is not None)
    assert warning is None or warning in correlations_table(found).notes[0]
