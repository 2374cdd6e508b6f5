"""Wrong uses of the Python API: one clear line for each, and nothing is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import govsim
from govsim.errors import AnalysisError, ConfigError, GovSimError, JournalError

Use = Callable[..., Any]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    govsim.run("fishery", agent="policy:greedy", out=folder)
    return folder


def use(function: Use, *arguments: Any, **named: Any) -> Callable[[], Any]:
    return lambda: function(*arguments, **named)


EXPERIMENTS = {
    use(govsim.run, "nowhere.yaml"): r"^nowhere\.yaml: cannot be read \(No such file.*give the path of a readable YAML",
    use(govsim.run, 3): r"^scenario = 3: must be the name of a scenario, its folder, an experiment file",
    use(govsim.run, None): r"^scenario = None: must be the name of a scenario",
    use(govsim.run, ""): r"^scenario = '': must be the name of a scenario",
    use(govsim.run, month=3): "^month: is not an argument of run; did you mean months",
    use(govsim.run, conditions="newcomer"): "^conditions: is not an argument of run; did you mean condition",
    use(govsim.run, temperature=1): "^temperature: is not an argument of run; did you mean models.sampling.temperature",
    use(govsim.run, world={"growth": 2}): "^world: is not an argument of run; allowed are .* belongs in settings",
    use(govsim.run, policy="greedy"): "^policy: is not an argument of run; allowed are scenario, .*, agent, ",
    use(govsim.run, settings="world.growth=3"): r"^settings = 'world.growth=3': must map keys to values, as in",
    use(govsim.run, settings={3: 4}): "^settings = .*: must map keys to values",
    use(govsim.run, model="fake/society", model_args="catch=3"): "^models.args: must be a mapping of keys to values",
    use(govsim.run, out=3): "^out = 3: must be the path of a file or folder",
    use(govsim.run, budget=5): "^budget = 5: must be a mapping of keys to values",
    use(govsim.plan, 3): "^scenario = 3: must be the name of a scenario",
    use(govsim.plan, "fishery", execution=3): "^execution = 3: must be a mapping of keys to values, as in",
    use(govsim.plan, "fishery", seed=-1): "^seed = -1: must be a whole number, 0 or more",
    use(govsim.plan, "fishery", effect="large"): "^effect = 'large': must be a number of months",
    use(govsim.register, "fishery", design="pared"): "^design = 'pared': must be 'unpaired' or 'paired'",
    use(govsim.register, "fishery", 3): "^file = 3: must be a path",
    use(govsim.optimum, "nowhere.yaml"): "^nowhere.yaml: cannot be read",
    use(govsim.yardsticks, {"grid": {"world.growth": [2, 3]}}): "^grid: has 2 cells; an experiment without a grid is",
}


@pytest.mark.parametrize("used", EXPERIMENTS, ids=list(EXPERIMENTS.values()))
def test_an_invalid_experiment_is_rejected_in_one_line(
    used: Callable[[], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises((ConfigError, AnalysisError), match=EXPERIMENTS[used]):
        used()
    assert not list(tmp_path.iterdir())


ANALYSES: dict[tuple[Use, tuple[tuple[str, Any], ...]], str] = {
    (govsim.load, (("from_month", "may"),)): "^from_month = 'may': must be a whole number, 1",
    (govsim.load, (("frames", "run"),)): "^frames = run: must be one of runs, members",
    (govsim.compare, (("by", "agnet"),)): "^by = agnet: no run has this setting; did you mean agent",
    (
        govsim.compare,
        (("by", "world.growht"),),
    ): "^by = world.growht: no run has this setting; did you mean world",
    (govsim.compare, (("measures", "gian"),)): "^measure = gian: there is no such measure; did you mean gain",
    (govsim.compare, (("measures", 3),)): "^measures = 3: must be a name as text, or a list of names",
    (govsim.compare, (("baseline", 3),)): "^baseline = 3: must be a name as text, or a list of names",
    (govsim.compare, (("design", "pared"),)): "^design = 'pared': must be 'unpaired' or 'paired'",
    (govsim.compare, (("seed", "x"),)): "^seed = 'x': must be a whole number",
    (govsim.figure, (("kind", "surival"),)): "^kind = surival: there is no such figure; did you mean survival",
    (govsim.figure, (("kind", 3),)): "^kind = 3: must be a name as text, or a list of names",
    (govsim.figure, (("design", "pared"),)): "^design = 'pared': must be",
    (govsim.report, (("file", 3),)): "^file = 3: must be a path",
    (govsim.report, (("primary", "gian"),)): "^primary = gian: there is no such measure; did you mean gain",
}


@pytest.mark.parametrize(("function", "named"), ANALYSES, ids=list(ANALYSES.values()))
def test_an_analysis_with_a_wrong_argument_is_rejected_in_one_line(
    function: Use, named: tuple[tuple[str, Any], ...], runs: Path
) -> None:
    with pytest.raises(GovSimError, match=ANALYSES[function, named]):
        function(runs, **dict(named))


@pytest.mark.parametrize("function", [govsim.load, govsim.table, govsim.compare, govsim.figure])
@pytest.mark.parametrize("source", [3, None, ""])
def test_runs_that_are_not_a_path_are_rejected_in_one_line(function: Use, source: Any) -> None:
    with pytest.raises(AnalysisError, match="must be the path of a journal or of a folder of journals, as in 'runs'"):
        function(source)
    with pytest.raises(AnalysisError, match=f"^journal = {source!r}: must be a path"):
        govsim.replay(source)


def test_data_frames_of_executed_runs_that_are_not_names_are_rejected(out: Path) -> None:
    executed = govsim.run("fishery", agent="policy:greedy", months=1, out=out)
    with pytest.raises(AnalysisError, match=r"^frames = 3: must be a name as text, or a list of names"):
        executed.load(3)  # type: ignore[arg-type]


def test_a_format_of_figures_that_does_not_exist_is_rejected(runs: Path, tmp_path: Path) -> None:
    figures = govsim.figure(runs, "gain")
    with pytest.raises(AnalysisError, match=r"^file_format = tif: must be one of png, svg, pdf"):
        figures.save(tmp_path, "tif")  # type: ignore[arg-type]
    with pytest.raises(AnalysisError, match=r"^folder = 3: must be a path"):
        figures.save(3)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


def test_replaying_a_folder_names_its_journals(runs: Path) -> None:
    with pytest.raises(JournalError, match="is a folder; give one of the journals in it"):
        govsim.replay(runs)


def test_an_experiment_file_is_run_as_on_the_command_line(tmp_path: Path, out: Path) -> None:
    file = tmp_path / "experiment.yaml"
    file.write_text("scenario: pasture\nagents: {default: policy:greedy}\nexecution: {runs: 2, retries: 1}\n")
    executed = govsim.run(file, out=out)
    assert [result.path.relative_to(out).parts[0] for result in executed.results] == ["pasture", "pasture"]
    assert len(govsim.run(str(file), runs=1, out=out).results) == 1, "an argument overrides the file"


def test_a_grid_is_run_with_all_its_cells(out: Path) -> None:
    keys = {"scenario": "fishery", "grid": {"agent": ["policy:greedy", "policy:fair-share"]}}
    executed = govsim.run(keys, months=2, out=out)
    assert [measures.agent for measures in executed.measures] == ["policy:greedy", "policy:fair-share"]


def test_one_measure_can_be_named_without_a_list(runs: Path, out: Path) -> None:
    govsim.run("fishery", agent="policy:greedy", out=out)
    govsim.run("fishery", agent="policy:fair-share", out=out)
    table = govsim.compare(out, by="agent", baseline="policy:greedy", measures="gain")
    assert {row["measure"] for row in table.data} == {"gain"}


def test_one_rule_for_exclusions_can_be_given_without_a_list() -> None:
    registration = govsim.register("fishery", exclusions="Runs of seed 3 are excluded.")
    assert registration.exclusions[-1] == "Runs of seed 3 are excluded."


def test_results_are_shown_in_one_line() -> None:
    keys = {"grid": {"agent": ["policy:greedy", "policy:fair-share"]}, "execution": {"runs": 2}}
    plan = govsim.plan(keys, by="agent", baseline="policy:greedy", measures="gain")
    assert repr(plan) == "<CampaignPlan: 1 comparison of 1 measure, 2 runs per cell; print() shows the plan>"
    assert str(plan) == str(plan.table)
    registration = govsim.register("fishery")
    assert repr(registration) == (
        f"<Registration: 1 cell, 1 run, primary measure survival_time, hash {registration.hash[:8]}>"
    )
    assert repr(govsim.yardsticks("fishery")) == (
        "<Yardsticks in units: optimum 650, sustainable total 600, depletion 100, best reply 203>"
    )
