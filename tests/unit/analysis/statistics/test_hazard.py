"""The model of the hazard of collapse over a campaign."""

from __future__ import annotations

from math import log

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.optimize import minimize
from scipy.stats import chi2

from govsim.analysis.statistics.hazard import FIRTH, MIXED_MODEL, firth, hazard_model
from govsim.errors import AnalysisError


def runs(groups: dict[str, list[tuple[int, bool]]], **columns: object) -> pd.DataFrame:
    """A frame of runs: for each condition the observed months of its runs, and whether they collapsed."""
    rows = [
        {
            "condition": name,
            "model": "one",
            "settings": "default",
            "scenario": "fishery",
            "paraphrase": "rules",
            "observed_months": months,
            "has_collapsed": ends,
            "is_counted": True,
            "is_censored": False,
            **columns,
        }
        for name, several in groups.items()
        for months, ends in several
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize("table", [(3, 7, 8, 2), (0, 5, 5, 0), (0, 10, 4, 6), (1, 1, 1, 1)])
def test_one_binary_effect_is_the_log_odds_ratio_with_a_half_added_to_each_cell(table: tuple[int, ...]) -> None:
    a, b, c, d = table
    outcome = np.repeat([1.0, 0.0, 1.0, 0.0], table)
    group = np.repeat([1.0, 1.0, 0.0, 0.0], table)
    estimates, errors = firth(np.column_stack([np.ones(len(group)), group]), outcome)
    expected = log((a + 0.5) * (d + 0.5) / ((b + 0.5) * (c + 0.5)))
    assert estimates[1] == pytest.approx(expected, abs=1e-6)
    assert np.isfinite(errors).all()


def test_with_much_data_it_is_the_estimate_of_maximum_likelihood() -> None:
    rng = np.random.default_rng(0)
    matrix = np.column_stack([np.ones(4000), rng.normal(size=(4000, 2))])
    outcome = (rng.random(4000) < 1 / (1 + np.exp(-(matrix @ [-0.5, 1.0, -0.7])))).astype(float)
    estimates, errors = firth(matrix, outcome)
    usual = sm.Logit(outcome, matrix).fit(disp=False)
    assert estimates == pytest.approx(usual.params, abs=0.01)
    assert errors == pytest.approx(usual.bse, rel=0.01)


def test_a_separated_campaign_has_finite_effects() -> None:
    found = hazard_model(runs({"default": [(1, True)] * 5, "universalization": [(12, False)] * 5}))
    assert found.method == FIRTH
    assert (found.runs, found.months, found.collapses) == (10, 65, 5)
    [_, effect] = found.terms
    assert (effect.factor, effect.level, effect.reference) == ("condition", "universalization", "default")
    assert effect.odds_ratio < 0.05
    assert 0 < effect.low < effect.odds_ratio < effect.high
    assert effect.p is not None
    assert effect.p < 0.01
    assert "model, settings, scenario, paraphrase" in found.remarks[0]


def test_p_values_are_those_of_a_penalized_likelihood_maximized_by_scipy() -> None:
    """Runs of one month, so that the model has an intercept and one effect, which is fixed at 0 in the second fit."""
    found = hazard_model(runs({"default": [(1, True)] * 2 + [(1, False)] * 5, "other": [(1, True)] * 6 + [(1, False)]}))
    matrix = np.column_stack([np.ones(14), np.repeat([0.0, 1.0], 7)])
    outcome = np.array([1.0] * 2 + [0] * 5 + [1] * 6 + [0])

    def loss(effects: np.ndarray) -> float:
        share = 1 / (1 + np.exp(-(matrix @ effects)))
        information = (matrix.T * share * (1 - share)) @ matrix
        likelihood = np.log(np.where(outcome == 1, share, 1 - share)).sum()
        return -float(likelihood + 0.5 * np.log(np.linalg.det(information)))

    whole = minimize(loss, np.zeros(2), tol=1e-10)

    def restricted_loss(intercept: np.ndarray) -> float:
        return loss(np.array([intercept[0], 0.0]))

    restricted = minimize(restricted_loss, np.zeros(1), tol=1e-10)
    [effect] = found.terms
    assert np.log(effect.odds_ratio) == pytest.approx(whole.x[1], abs=1e-4)
    assert effect.p == pytest.approx(chi2.sf(2 * (restricted.fun - whole.fun), 1), rel=1e-4)


def test_an_estimation_that_does_not_converge_is_stated(monkeypatch: pytest.MonkeyPatch) -> None:
    some = runs({"default": [(1, True), (2, True), (12, False)], "other": [(12, False)] * 3})
    assert not any("converge" in remark for remark in hazard_model(some).remarks)
    monkeypatch.setattr("govsim.analysis.statistics.hazard._STEPS", 1)
    assert hazard_model(some).remarks[-1] == "The estimation did not converge: do not rely on these effects."


def test_groups_that_collapse_alike_have_an_odds_ratio_near_1() -> None:
    alike = [(2, True), (4, True), (7, True), (12, False), (12, False)]
    found = hazard_model(runs({"default": alike, "other": alike}))
    effect = found.terms[-1]
    assert effect.odds_ratio == pytest.approx(1, abs=1e-3)
    assert effect.p == pytest.approx(1, abs=0.01)


def test_many_scenarios_have_random_intercepts() -> None:
    rng = np.random.default_rng(1)
    frames = []
    for number in range(8):
        chance = 1 / (1 + np.exp(2 + rng.normal(0, 1)))
        lasts = [int(min(12, rng.geometric(chance))) for _ in range(10)]
        pairs = [(last, last < 12) for last in lasts]
        frames.append(runs({"default": pairs[:5], "other": pairs[5:]}, scenario=f"world-{number}"))
    found = hazard_model(pd.concat(frames, ignore_index=True))
    assert found.method == MIXED_MODEL
    assert set(found.random) == {"scenario"}
    assert 0.1 < found.random["scenario"] < 4
    assert [term.factor for term in found.terms] == ["log(month)", "condition"]


def test_few_scenarios_have_fixed_effects_and_a_remark() -> None:
    frames = [runs({"default": [(1, True), (12, False), (3, True)]}, scenario=name) for name in ("fishery", "pasture")]
    found = hazard_model(pd.concat(frames, ignore_index=True))
    assert found.method == FIRTH
    assert any("random intercepts need at least 5 levels, it has 2" in remark for remark in found.remarks)


def test_what_cannot_be_estimated_is_stated() -> None:
    found = hazard_model(runs({"default": [(12, False)] * 3, "other": [(12, False)] * 3}))
    assert (found.terms, found.remarks[-1]) == ((), "No run collapsed, so no hazard can be estimated.")
    twins = runs({"default": [(1, True), (2, True)], "other": [(3, True), (12, False)]})
    twins["model"] = twins["condition"]
    found = hazard_model(twins)
    assert found.remarks[-1] == "Excluded as confounded with other factors in these runs: condition."
    assert {term.factor for term in found.terms} == {"log(month)", "model"}


def test_a_level_that_coincides_with_another_factor_is_omitted_and_the_others_stay() -> None:
    both = {"default": [(1, True), (4, True), (12, False)], "hint": [(3, True), (12, False), (12, False)]}
    crossed = pd.concat([runs(both, model=model) for model in ("one", "two")])
    only = runs({"market": [(2, True), (5, True)]}, model="three")
    found = hazard_model(pd.concat([crossed, only], ignore_index=True))
    assert [(term.factor, term.level) for term in found.terms if term.factor != "log(month)"] == [
        ("model", "three"),
        ("model", "two"),
        ("condition", "hint"),
    ]
    assert found.remarks[-1] == (
        "Excluded as confounded with other factors in these runs: market (condition); their effect is part of "
        "those factors."
    )
    [hint] = [term for term in found.terms if term.level == "hint"]
    [alone] = [term for term in hazard_model(crossed.reset_index(drop=True)).terms if term.level == "hint"]
    assert (hint.runs, hint.collapses) == (alone.runs, alone.collapses) == (6, 2)


def test_unknown_columns_and_references_are_rejected() -> None:
    some = runs({"default": [(1, True)], "other": [(2, True)]})
    with pytest.raises(AnalysisError, match="there is no column colour"):
        hazard_model(some, factors=("colour",))
    with pytest.raises(AnalysisError, match="reference = none: no runs with this condition"):
        hazard_model(some, references={"condition": "none"})
