"""The model of the hazard of collapse over a campaign."""

from __future__ import annotations

from math import log

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

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


def test_a_level_that_coincides_with_another_factor_is_left_out_and_the_others_stay() -> None:
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
