"""The campaigns in experiments/ can be planned, and their page shows the current estimates."""

from __future__ import annotations

import json
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from docs import estimates
from govsim.config import Execution, load_experiment_file, validate
from govsim.jobs import plan_runs
from tests.commands import govsim as command
from tests.docs.pages import ROOT

CAMPAIGNS = ("paper.yaml", "paper-default-protocol.yaml")


def settings_of(name: str) -> tuple[dict[str, Any], Execution]:
    settings = load_experiment_file(ROOT / "experiments" / name)
    return settings, validate(Execution, [settings.pop("execution")])


@pytest.mark.parametrize("name", CAMPAIGNS)
def test_a_campaign_is_the_papers_grid(name: str) -> None:
    settings, execution = settings_of(name)
    plans = plan_runs(settings, execution)
    models = settings["grid"]["model"]
    assert len(plans) == 3 * 4 * len(models) * 5
    cells = {(plan.header.scenario.name, plan.experiment.condition, plan.experiment.models.default) for plan in plans}
    assert len(cells) == 12 * len(models)
    assert {condition for _, condition, _ in cells} == {
        "default",
        "universalization",
        "newcomer",
        "no-communication-no-transparency",
    }
    samplings = {(plan.experiment.models.sampling.temperature, plan.experiment.models.sampling.top_p) for plan in plans}
    assert samplings == {(0.0, 1.0)}
    assert {plan.experiment.seed for plan in plans} == {0, 1, 2, 3, 4}


def test_the_campaigns_differ_in_protocol_and_output_folder() -> None:
    (paper, one), (default, other) = map(settings_of, CAMPAIGNS)
    assert {plan.experiment.protocol for plan in plan_runs(paper, one)} == {"paper"}
    assert {plan.experiment.protocol for plan in plan_runs(default, other)} == {"default"}
    assert one.out != other.out


ARMS = ["quota-none", "quota-announced", "quota-inspected", "quota-hard"]


def test_the_arms_of_the_campaign_of_institutions_have_the_same_seeds() -> None:
    settings, execution = settings_of("institutions.yaml")
    cells = defaultdict[tuple[str, str], list[int]](list)
    for plan in plan_runs(settings, execution):
        cells[plan.header.scenario.name, plan.experiment.condition].append(plan.experiment.seed)
    assert list(dict.fromkeys(condition for _, condition in cells)) == ARMS
    assert {scenario for scenario, _ in cells} == {"fishery", "pasture", "pollution"}
    assert all(seeds == list(range(execution.runs)) for seeds in cells.values())


def test_the_campaign_of_institutions_runs_with_fake_models_and_splits_the_effect(tmp_path: Path) -> None:
    part = ("--set", "grid.model=[fake/society]", "--set", "grid.scenario=[fishery]", "--set", "world.months=2")
    file = str(ROOT / "experiments" / "institutions.yaml")
    done = command(tmp_path, "run", file, *part, "--set", "models.args.catch=15", "--runs", "2")
    assert done.returncode == 0, done.stderr
    steps = ("--steps", ",".join(ARMS), "--measure", "gain", "--measure", "compliance", "--format", "json")
    done = command(tmp_path, "compare", "runs/institutions", *steps)
    assert done.returncode == 0, done.stderr
    rows = [row for row in json.loads(done.stdout) if row["measure"] == "gain"]
    assert [(row["baseline"], row["level"], row["pairs"]) for row in rows] == [(*arms, 2) for arms in pairwise(ARMS)]
    kept = [row for row in json.loads(done.stdout) if row["measure"] == "compliance"]
    assert [(row["baseline_value"], row["level_value"]) for row in kept] == [(0, 0), (0, 0), (0, 100)]
    gains = {row["level"]: row["level_value"] for row in rows}
    assert gains == {"quota-announced": 25, "quota-inspected": 25, "quota-hard": 20}


@pytest.mark.parametrize(
    ("name", "condition"), [*((name, "newcomer") for name in CAMPAIGNS), ("institutions.yaml", "quota-hard")]
)
def test_the_page_shows_the_current_estimates(name: str, condition: str) -> None:
    """Of one cell of each campaign; tests/release/check_estimates.py checks all."""
    (cell,) = estimates.estimates(name, scenario=["pollution"], condition=[condition])
    assert estimates.row_of(cell) in estimates.PAGE.read_text(encoding="utf-8").splitlines()


def test_checking_reports_an_outdated_page_and_writing_updates_it(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(estimates, "tables", lambda: "| **all** |  | 60 |")
    page = tmp_path / "README.md"
    page.write_text(f"before\n{estimates.BEGIN}\n\nold\n\n{estimates.END}\nafter\n", encoding="utf-8")
    monkeypatch.setattr(estimates, "PAGE", page)
    assert estimates.main(["--check"]) == 1
    assert "run python docs/estimates.py" in capsys.readouterr().err
    assert estimates.main([]) == 0
    assert page.read_text(encoding="utf-8") == (
        f"before\n{estimates.BEGIN}\n\n| **all** |  | 60 |\n\n{estimates.END}\nafter\n"
    )
