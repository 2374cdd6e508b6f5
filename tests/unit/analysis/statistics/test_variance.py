"""Variance components of a balanced campaign, against the analysis of variance."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest

from govsim.analysis.statistics.variance import REMAINDER, variance_components
from govsim.errors import AnalysisError


def campaign(effects: np.ndarray, noise: float, seeds: int = 6) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    rows = [
        {"scenario": f"world-{place}", "seed": seed, "gain": 50 + effect + rng.normal(0, noise), "is_counted": True}
        for (place, effect), seed in product(enumerate(effects), range(seeds))
    ]
    return pd.DataFrame(rows)


def test_balanced_components_are_those_of_the_analysis_of_variance() -> None:
    runs = campaign(np.array([-8.0, -3.0, 0.0, 1.0, 4.0, 6.0]), 2.0)
    found = variance_components(runs, "gain", ("scenario",))
    groups = [part["gain"].to_numpy() for _, part in runs.groupby("scenario")]
    within = float(np.mean([part.var(ddof=1) for part in groups]))
    between = float(np.var([part.mean() for part in groups], ddof=1)) - within / 6
    by_factor = {one.factor: one.variance for one in found.components}
    assert by_factor["scenario"] == pytest.approx(between, rel=0.01)
    assert by_factor[REMAINDER] == pytest.approx(within, rel=0.01)
    assert sum(one.share for one in found.components) == pytest.approx(1)


def test_crossed_factors_are_told_apart() -> None:
    found = variance_components(campaign(np.linspace(-10, 10, 6), 1.0), "gain", ("scenario", "seed"))
    shares = {one.factor: one.share for one in found.components}
    assert shares["scenario"] > 0.9
    assert shares["seed"] < 0.1
    assert [one.levels for one in found.components] == [6, 6, None]


def test_few_levels_are_marked_and_equal_values_undefined() -> None:
    few = variance_components(campaign(np.array([0.0, 5.0]), 1.0), "gain", ("scenario",))
    assert "fewer than five levels: scenario" in few.remarks[-1]
    same = campaign(np.zeros(3), 0.0)
    assert variance_components(same, "gain", ("scenario",)).reason == "all values are equal"
    alone = variance_components(campaign(np.zeros(3), 1.0, seeds=1), "gain", ("scenario",))
    assert alone.reason is not None
    assert alone.reason.startswith("every run has levels of its own")
    with pytest.raises(AnalysisError, match="colour: there is no such column"):
        variance_components(same, "gain", ("colour",))
