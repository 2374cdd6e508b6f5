"""The campaigns in experiments/ can be planned, and their page shows the current estimates."""

from __future__ import annotations

from typing import Any

import pytest

from docs import estimates
from govsim.config import Execution, load_experiment_file, validate
from govsim.jobs import plan_runs
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


@pytest.mark.parametrize("name", CAMPAIGNS)
def test_the_page_shows_the_current_estimates(name: str) -> None:
    """Of one cell of each campaign; tests/release/check_estimates.py checks all."""
    (cell,) = estimates.estimates(name, scenario=["pollution"], condition=["newcomer"])
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
