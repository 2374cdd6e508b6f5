"""Variance components of a balanced campaign, against the analysis of variance."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest

from govsim.analysis.statistics.variance import LIKELIHOOD, MOMENTS, REMAINDER, moments, variance_components
from govsim.analysis.tables.campaign import variance_table
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


def test_crossed_factors_are_distinguished() -> None:
    found = variance_components(campaign(np.linspace(-10, 10, 6), 1.0), "gain", ("scenario", "seed"))
    shares = {one.factor: one.share for one in found.components}
    assert shares["scenario"] > 0.9
    assert shares["seed"] < 0.1
    assert [one.levels for one in found.components] == [6, 6, None]


def analysis_of_variance(values: np.ndarray) -> list[float]:
    """The components of rows, columns and replicates of a balanced table, shape (rows, columns, replicates)."""
    rows, columns, replicates = values.shape
    grand = values.mean()
    by_row, by_column = values.mean(axis=(1, 2)), values.mean(axis=(0, 2))
    row_square = columns * replicates * ((by_row - grand) ** 2).sum() / (rows - 1)
    column_square = rows * replicates * ((by_column - grand) ** 2).sum() / (columns - 1)
    left = values - by_row[:, None, None] - by_column[None, :, None] + grand
    remainder = (left**2).sum() / (values.size - rows - columns + 1)
    return [
        (row_square - remainder) / (columns * replicates),
        (column_square - remainder) / (rows * replicates),
        remainder,
    ]


def two_factors(values: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    rows, columns, _ = np.indices(values.shape)
    return [np.eye(values.shape[0])[rows.ravel()], np.eye(values.shape[1])[columns.ravel()]], values.ravel()


def test_moments_of_a_balanced_campaign_are_those_of_the_analysis_of_variance() -> None:
    rng = np.random.default_rng(5)
    values = rng.normal(0, 3, (6, 1, 1)) + rng.normal(0, 2, (1, 5, 1)) + rng.normal(0, 1, (6, 5, 4))
    assert moments(*two_factors(values)) == pytest.approx(analysis_of_variance(values))


def test_a_negative_moment_becomes_0_and_the_others_are_estimated_without_it() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(0, 3, (6, 1, 1)) + rng.normal(0, 1, (6, 5, 4))
    values -= values.mean(axis=(0, 2), keepdims=True)  # equal columns
    designs, flat = two_factors(values)
    assert analysis_of_variance(values)[1] < 0
    rows, columns, remainder = moments(designs, flat)
    assert columns == 0
    assert [rows, remainder] == pytest.approx(moments(designs[:1], flat))


def test_an_estimation_at_the_boundary_is_replaced_and_named() -> None:
    rng = np.random.default_rng(3)
    rows = [
        {"model": model, "scenario": scenario, "seed": seed, "gain": 50 + 10 * model + rng.normal(0, 5)}
        for model, scenario, seed in product(range(4), range(3), range(5))
    ]
    found = variance_components(pd.DataFrame(rows).assign(is_counted=True), "gain", ("model", "scenario", "seed"))
    assert found.method == MOMENTS
    assert "as restricted maximum likelihood does not converge" in variance_table([found]).notes[1]
    assert all(part.variance >= 0 for part in found.components)
    easy = variance_components(campaign(np.array([-8.0, -3.0, 0.0, 1.0, 4.0, 6.0]), 2.0), "gain", ("scenario",))
    assert easy.method == LIKELIHOOD


def test_confounded_factors_are_excluded_and_named() -> None:
    runs = campaign(np.linspace(-10, 10, 6), 1.0)
    runs = runs.assign(model=runs["scenario"].str.upper(), paraphrase=range(len(runs)))
    found = variance_components(runs, "gain", ("scenario", "model", "paraphrase"))
    assert [one.factor for one in found.components] == ["scenario", REMAINDER]
    assert found.remarks[0] == "Excluded as confounded with other factors or the remainder: model, paraphrase."
    assert found.components == variance_components(runs, "gain", ("scenario",)).components


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
