"""A grid expands to an experiment for each combination of its values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from govsim.config import cells_in, load_experiment_file
from govsim.errors import ConfigError


def test_without_a_grid_there_is_one_cell() -> None:
    assert cells_in({"seed": 3, "world": {"growth": 2}}) == [{"seed": 3, "world": {"growth": 2}}]


def test_every_combination_is_a_cell_and_the_last_axis_varies_fastest() -> None:
    settings = {"seed": 3, "grid": {"model": ["a/x", "b/y"], "condition": ["default", "newcomer"]}}
    assert cells_in(settings) == [
        {"seed": 3, "models": {"default": model}, "condition": condition}
        for model in ("a/x", "b/y")
        for condition in ("default", "newcomer")
    ]


def test_an_axis_may_be_any_key_and_keeps_neighbouring_settings() -> None:
    settings = {"world": {"months": 6}, "grid": {"world.growth": [1.5, 2], "society.hints": [[], ["virtue"]]}}
    cells = cells_in(settings)
    assert [cell["world"] for cell in cells] == [{"months": 6, "growth": 1.5}] * 2 + [{"months": 6, "growth": 2}] * 2
    assert [cell["society"]["hints"] for cell in cells] == [[], ["virtue"]] * 2


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"grid": []}, r"grid = \[\]: must be a mapping of keys to lists"),
        ({"grid": {}}, "must be a mapping of keys to lists"),
        ({"grid": {"model": "a/x"}}, r"grid.model = 'a/x': must be a list"),
        ({"grid": {"model": []}}, "must be a list"),
        ({"grid": {"model": ["a/x", "a/x"]}}, "values must be unique"),
        ({"grid": {"seed": [1, 2]}}, r"grid.seed: cannot be an axis; .*execution.runs"),
        ({"grid": {"execution.runs": [1, 2]}}, "cannot be an axis"),
        ({"grid": {"model": ["a/x"], "models.default": ["b/y"]}}, "is given twice"),
        (
            {"models": {"default": "a/x"}, "grid": {"model": ["b/y"]}},
            r"grid.models.default: is set both as an axis and outside",
        ),
        (
            {"scenario": "fishery", "grid": {"scenario": ["pasture"]}},
            r"grid.scenario: is set both as an axis and outside",
        ),
    ],
)
def test_an_invalid_grid_is_rejected(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        cells_in(settings)


def test_scenario_folders_in_a_grid_are_relative_to_the_file(tmp_path: Path) -> None:
    (tmp_path / "canal").mkdir()
    (tmp_path / "canal/scenario.yaml").write_text("name: canal\n")
    path = tmp_path / "campaign.yaml"
    path.write_text("grid:\n  scenario: [fishery, canal, ./other]\n")
    scenarios = load_experiment_file(path)["grid"]["scenario"]
    assert scenarios == ["fishery", str(tmp_path / "canal"), str(tmp_path / "other")]
