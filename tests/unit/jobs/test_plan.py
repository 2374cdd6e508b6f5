"""Planning of runs; invalid settings are rejected before anything is written."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from govsim import scenarios
from govsim.agents import AGENTS, Agent
from govsim.config import MAX_RUNS, MAX_SEED, Execution, load_experiment_file, merge, nested, validate
from govsim.errors import ConfigError
from govsim.jobs import plan_runs
from govsim.society import compose, framework_model


def settings(**keys: Any) -> dict[str, Any]:
    greedy = {"scenario": "fishery", "agents.default": "policy:greedy"}
    return merge(*(nested(key, value) for key, value in {**greedy, **keys}.items()))


def test_the_last_seed_may_be_the_maximum(out: Path) -> None:
    plans = plan_runs(settings(seed=MAX_SEED - 4), Execution(out=out, runs=5))
    assert [plan.experiment.seed for plan in plans] == [MAX_SEED - 4 + i for i in range(5)]


def test_seeds_above_the_maximum_are_rejected(out: Path) -> None:
    with pytest.raises(
        ConfigError, match=rf"seed = {MAX_SEED - 1}, execution\.runs = 5: .* {MAX_SEED + 3}; the maximum is .* smaller"
    ):
        plan_runs(settings(seed=MAX_SEED - 1), Execution(out=out, runs=5))
    assert not out.exists()


def test_the_seeds_of_every_cell_of_a_campaign_are_checked(out: Path) -> None:
    grid = {"world.growth": [1.5, 2.0]}
    with pytest.raises(ConfigError, match="the maximum is"):
        plan_runs(settings(seed=MAX_SEED, grid=grid), Execution(out=out, runs=2))


def test_more_than_the_maximum_number_of_runs_is_rejected(out: Path) -> None:
    with pytest.raises(ConfigError, match=r"runs = 100000000: must be at most 100,000$"):
        validate(Execution, [{"runs": 100_000_000}])
    grid = {"world.growth": [1.5, 2.0]}
    with pytest.raises(
        ConfigError,
        match=r"execution\.runs = 60000: yields 120,000 runs in 2 cells; the maximum per command is 100,000",
    ):
        plan_runs(settings(grid=grid), Execution(out=out, runs=60_000))


def test_the_combinations_of_a_grid_are_counted_before_they_are_created(out: Path) -> None:
    grid = {f"members.John.persona.{key}": list(map(str, range(60))) for key in ("goals", "traits", "customs")}
    with pytest.raises(ConfigError, match=rf"grid: has 216,000 combinations; at most {MAX_RUNS:,}"):
        plan_runs(settings(grid=grid), Execution(out=out))


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """An unchanged copy of the fishery's folder."""
    return Path(shutil.copytree(Path(scenarios.__file__).parent / "fishery", tmp_path / "fishery"))


def changed(folder: Path) -> Path:
    (folder / "question.jinja").write_text("How many of the {{ stock }} tons do you want?\n", encoding="utf-8")
    return folder


def test_a_modified_copy_of_a_bundled_scenario_gets_its_own_society_name_and_folder(copied: Path, out: Path) -> None:
    (plan,) = plan_runs(settings(scenario=str(changed(copied))), Execution(out=out))
    assert (plan.header.scenario.name, plan.experiment.scenario, plan.header.wording) == (
        "own-fishery",
        "own-fishery",
        "fishery",
    )
    assert plan.path.relative_to(out).parts[:2] == ("own-fishery", "default")


def test_an_unchanged_copy_of_a_bundled_scenario_is_equivalent_to_it(copied: Path, out: Path) -> None:
    (plan,) = plan_runs(settings(scenario=str(copied)), Execution(out=out))
    assert (plan.header.scenario.name, plan.header.wording) == ("fishery", None)


def test_a_folder_beside_an_experiment_file_takes_precedence_over_a_bundled_scenario(
    copied: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed(copied)
    monkeypatch.chdir(copied.parent)
    Path("experiment.yaml").write_text("scenario: fishery\nagents: {default: policy:greedy}\n", encoding="utf-8")
    (plan,) = plan_runs(load_experiment_file(Path("experiment.yaml")), Execution(out=out))
    assert plan.header.scenario.name == "own-fishery"


def test_custom_prompts_are_recorded_by_the_name_of_their_folder(tmp_path: Path, out: Path) -> None:
    plain, *packs = [None, tmp_path / "polite", tmp_path / "rude"]
    for pack in packs:
        assert pack is not None
        pack.mkdir()
        (pack / "question.jinja").write_text(f"{pack.name}: {{{{ stock }}}}?\n", encoding="utf-8")
    plans = [plan_runs(settings(), Execution(out=out), prompts=pack)[0] for pack in (plain, *packs)]
    assert [plan.header.wording for plan in plans] == [None, "polite", "rude"]
    assert plans[0].path == out / "fishery" / "default" / "policy-greedy" / "seed-0.jsonl"


def test_a_condition_can_list_rules_with_settings_from_the_experiment(tmp_path: Path, out: Path) -> None:
    condition = tmp_path / "limited.yaml"
    condition.write_text("institutions: [{quota: {amount: decided}}]\n")
    settings = {"agents": {"default": "policy:greedy"}, "condition": str(condition)}
    with pytest.raises(ConfigError, match=r"^institutions\.quota\.amount = decided: no institution decides it"):
        plan_runs(settings, Execution(out=out))
    plans = plan_runs({**settings, "grid": {"institutions.quota.amount": [3, 4]}}, Execution(out=out))
    assert [plan.experiment.institutions[0].settings["amount"] for plan in plans] == [3, 4]
    assert len({plan.path for plan in plans}) == 2


def test_a_missing_framework_model_is_reported_by_its_key_if_no_member_has_a_model(out: Path) -> None:
    class Speaker(Agent):
        """Speaks without a model."""

        name = "speaker"

    with AGENTS.temporary(Speaker):
        [plan] = plan_runs({"agents": {"default": "speaker"}}, Execution(out=out))
        expected = r"^models\.framework is missing: the phase discussion uses the framework model"
        with pytest.raises(ConfigError, match=expected):
            framework_model(plan.experiment, compose(plan.experiment).phases)


def test_a_rules_template_in_a_custom_scenario_is_not_a_hint_even_if_the_rule_is_not_used(
    copied: Path, out: Path
) -> None:
    (copied / "quota.jinja").write_text("At most {{ amount }}.")
    settings = {"scenario": str(copied), "agents": {"default": "policy:greedy"}}
    plan_runs(settings, Execution(out=out))
    with pytest.raises(ConfigError, match=r"^society\.hints = quota: scenario own-\w+ has no such hint"):
        plan_runs({**settings, "society": {"hints": ["quota"]}}, Execution(out=out))
