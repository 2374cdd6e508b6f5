"""Planning and registering campaigns from Python."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

import govsim
from govsim.analysis.registration import read_registration
from govsim.errors import AnalysisError, ConfigError

CAMPAIGN = {
    "scenario": "fishery",
    "agents": {"default": "policy:random"},
    "grid": {"condition": ["default", "newcomer"]},
    "analysis": {"primary": "gain", "design": "paired"},
}


def test_a_plan_has_the_smallest_p_values_of_its_runs() -> None:
    found = govsim.plan(CAMPAIGN, primary="survival_time", execution={"runs": 5})
    unpaired, paired = found.rows
    assert (unpaired["smallest_p"], paired["smallest_p"]) == (pytest.approx(2 / 252), 2 / 32)
    assert (found.runs, found.cost) == (5, 0)


def test_a_plan_can_be_made_where_an_event_loop_runs() -> None:
    async def plan() -> int:
        return govsim.plan(CAMPAIGN, primary="survival_time", execution={"runs": 3}).runs

    assert asyncio.run(plan()) == 3


def test_pilot_runs_can_be_the_result_of_a_call(tmp_path: Path) -> None:
    for condition in ("default", "newcomer"):
        govsim.run("fishery", condition=condition, agent="policy:random", runs=3, out=tmp_path)
    found = govsim.plan(CAMPAIGN, pilot=govsim.load(tmp_path))
    runs = govsim.load(tmp_path).runs
    assert found.rows[0]["baseline_mean"] == pytest.approx(runs[runs["condition"] == "default"]["gain"].mean())


def test_a_registration_is_written_only_if_a_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "protocol.json"
    written = govsim.register(CAMPAIGN, file, exclusions=["Runs of Mondays are excluded."], execution={"runs": 4})
    assert read_registration(file) == written
    assert (written.analysis.primary, written.analysis.design, written.runs) == ("gain", "paired", 8)
    assert written.exclusions[-1] == "Runs of Mondays are excluded."
    assert govsim.register(CAMPAIGN, baseline="newcomer").analysis.baseline == "newcomer"
    assert list(tmp_path.iterdir()) == [file]
    with pytest.raises(ConfigError, match="exists, and registrations are never overwritten"):
        govsim.register(CAMPAIGN, file)


def test_an_experiment_file_has_its_own_execution(tmp_path: Path) -> None:
    file = tmp_path / "campaign.yaml"
    file.write_text("scenario: fishery\nagents: {default: 'policy:random'}\nexecution: {runs: 7}\n")
    assert govsim.register(file).runs == 7
    assert govsim.register(str(file), execution={"runs": 2}, settings={"world.months": 3}).runs == 2


def test_what_does_not_exist_is_refused() -> None:
    with pytest.raises(AnalysisError, match="baseline = x: no cells with this condition; choose one of default, newco"):
        govsim.register(CAMPAIGN, baseline="x")
    with pytest.raises(AnalysisError, match="baseline: required, because scenario has 2 values"):
        govsim.plan({"grid": {"scenario": ["fishery", "pasture"]}}, by="scenario", primary="survival_time")
