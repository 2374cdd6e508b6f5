"""The simulation from Python, in scripts and in notebooks."""

from __future__ import annotations

from pathlib import Path

import pytest

import govsim
from govsim.errors import ConfigError


def test_a_few_lines_run_societies_and_give_their_measures(out: Path) -> None:
    runs = govsim.run("fishery", agent="policy:greedy", runs=3, out=out)
    assert [measures.survival_time for measures in runs.measures] == [1, 1, 1]
    assert [result.path.name for result in runs.results] == ["seed-0.jsonl", "seed-1.jsonl", "seed-2.jsonl"]
    assert runs.frame()["gain"].tolist() == [20.0]
    assert "all 3 collapsed in month 1" in str(runs)


async def test_in_a_notebook_both_ways_work(out: Path) -> None:
    settings = {"world.growth": 3, "members.Luke.agent": "policy:greedy"}
    waited = await govsim.arun("pasture", agent="policy:fair-share", months=2, settings=settings, out=out / "a")
    called = govsim.run("pasture", agent="policy:fair-share", months=2, settings=settings, out=out / "b")
    assert waited.measures[0].gain == called.measures[0].gain
    assert waited.results[0].path.relative_to(out / "a") == called.results[0].path.relative_to(out / "b")


def test_models_take_arguments(out: Path) -> None:
    runs = govsim.run("fishery", model="fake/society", model_args={"catch": 7}, months=1, out=out)
    assert runs.measures[0].gain == 7


def test_a_setting_can_be_nothing(out: Path) -> None:
    settings = {"models.sampling.temperature": None}
    runs = govsim.run("fishery", model="fake/society", months=1, settings=settings, out=out)
    assert runs.measures[0].experiment.models.sampling.temperature is None


def test_bad_settings_are_refused_as_on_the_command_line(out: Path) -> None:
    with pytest.raises(ConfigError, match="did you mean growth"):
        govsim.run("fishery", settings={"world.growht": 3}, out=out)
    with pytest.raises(ConfigError, match="did you mean parallel"):
        govsim.run("fishery", paralel=3, out=out)
    assert not out.exists()


def test_there_is_nothing_else_in_the_package_itself() -> None:
    with pytest.raises(AttributeError, match="no attribute 'walk'"):
        _ = govsim.walk
