"""The simulation from Python, in scripts and in notebooks."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from inspect_ai._util import platform

import govsim
from govsim.analysis import Results, render
from govsim.errors import AnalysisError, ConfigError, JournalError
from govsim.journal import read_journal
from govsim.library import Figures


def test_a_few_lines_run_societies_and_give_their_measures(out: Path) -> None:
    runs = govsim.run("fishery", agent="policy:greedy", runs=3, out=out)
    assert [measures.values["survival_time"] for measures in runs.measures] == [1, 1, 1]
    assert [result.path.name for result in runs.results] == ["seed-0.jsonl", "seed-1.jsonl", "seed-2.jsonl"]
    assert runs.frame()["gain"].tolist() == [20.0]
    assert "all 3 collapsed in month 1" in str(runs)


POLICY = """
import sys
import govsim
runs = govsim.run("fishery", agent="policy:greedy", out=sys.argv[1])
slow = {"inspect_ai", "pandas", "scipy", "statsmodels", "matplotlib", "nicegui"}
print("SLOW:", *sorted(slow & set(sys.modules)))
print([measures.status for measures in runs.measures])
"""


def test_a_run_of_a_policy_loads_nothing_that_only_statistics_figures_and_pages_need(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", POLICY, str(tmp_path)], capture_output=True, check=True, text=True, timeout=120
    )
    loaded, measured = done.stdout.splitlines()
    assert loaded.strip() == "SLOW:"
    assert measured == "['collapsed']", "read when they are asked for"


async def test_in_a_notebook_both_ways_work(out: Path) -> None:
    settings = {"world.growth": 3, "members.Luke.agent": "policy:greedy"}
    waited = await govsim.arun("pasture", agent="policy:fair-share", months=2, settings=settings, out=out / "a")
    called = govsim.run("pasture", agent="policy:fair-share", months=2, settings=settings, out=out / "b")
    assert waited.measures[0].values["gain"] == called.measures[0].values["gain"]
    assert waited.results[0].path.relative_to(out / "a") == called.results[0].path.relative_to(out / "b")


def test_models_take_arguments(out: Path) -> None:
    runs = govsim.run("fishery", model="fake/society", model_args={"catch": 7}, months=1, out=out)
    assert runs.measures[0].values["gain"] == 7


def test_a_setting_can_be_nothing(out: Path) -> None:
    settings = {"models.sampling.temperature": None}
    runs = govsim.run("fishery", model="fake/society", months=1, settings=settings, out=out)
    assert runs.measures[0].experiment.models.sampling.temperature is None


def test_bad_settings_are_refused_as_on_the_command_line(out: Path) -> None:
    with pytest.raises(ConfigError, match="did you mean growth"):
        govsim.run("fishery", settings={"world.growht": 3}, out=out)
    with pytest.raises(ConfigError, match=r"settings = execution\.runs: .* pass .* as keyword arguments, as in runs=5"):
        govsim.run("fishery", settings={"execution.runs": 5}, out=out)
    with pytest.raises(ConfigError, match="did you mean parallel"):
        govsim.run("fishery", paralel=3, out=out)
    assert not out.exists()


def test_there_is_nothing_else_in_the_package_itself() -> None:
    with pytest.raises(AttributeError, match="no attribute 'walk'"):
        _ = govsim.walk  # type: ignore[attr-defined]


def test_folders_and_files_may_be_given_as_text_or_as_paths(out: Path, tmp_path: Path) -> None:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "mine.jinja").write_text("Mind the {{ place }}.", encoding="utf-8")
    (tmp_path / "dry.yaml").write_text("world: {growth: 1.5}\n", encoding="utf-8")
    given: list[tuple[Any, Any, Any]] = [
        (str(tmp_path / "prompts"), str(tmp_path / "dry.yaml"), str(out)),
        (tmp_path / "prompts", tmp_path / "dry.yaml", out),
    ]
    results = [
        govsim.run(agent="policy:greedy", prompts=prompts, condition=condition, out=folder).results[0]
        for prompts, condition, folder in given
    ]
    assert [result.was_finished for result in results] == [False, True]


NOTEBOOK = """
import asyncio, json, signal, sys, threading, time, warnings
import govsim
from pathlib import Path

out = Path(sys.argv[1])

def interrupt():
    while not any(path.read_bytes().count(b'"call"') for path in out.rglob("*.jsonl")):
        time.sleep(0.05)
    signal.pthread_kill(threading.get_ident(), signal.SIGINT)  # as happens where a system hands it to any thread

async def cell():
    signal.signal(signal.SIGINT, signal.default_int_handler)  # as a notebook's kernel does around a cell
    threading.Thread(target=interrupt, daemon=True).start()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        runs = govsim.run(model="fake/society", model_args={"latency_ms": 300}, months=3, runs=4, parallel=2, out=out)
    print(json.dumps({
        "statuses": [result.status for result in runs.results],
        "text": str(runs).splitlines()[0],
        "warned": [str(one.message) for one in told],
        "months": len(runs.measures),
    }))

asyncio.run(cell())
"""


def test_an_interrupt_in_a_notebook_cancels_the_runs_and_returns_what_is_there(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", NOTEBOOK, str(tmp_path)], capture_output=True, check=True, text=True, timeout=120
    )
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["statuses"] == ["cancelled", "cancelled"]
    assert told["text"] == "Interrupted: of 4 runs 2 cancelled, 2 not started. The same call resumes."
    assert told["warned"][-1] == told["text"]
    assert told["months"] == 2
    calls = sum(path.read_text(encoding="utf-8").count('{"kind":"call"') for path in tmp_path.rglob("*.jsonl"))
    assert 1 <= calls <= 20
    rest = govsim.run(model="fake/society", model_args={"latency_ms": 300}, months=3, runs=1, out=tmp_path)
    assert rest.results[0].status == "completed"
    assert rest.interrupted == ""


def test_an_interrupt_of_a_script_is_raised_after_the_journals_are_closed(tmp_path: Path) -> None:
    script = NOTEBOOK.replace("asyncio.run(cell())", "cell()").replace("async def", "def")
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, check=False, text=True, timeout=120
    )
    assert done.returncode in (130, -2)
    assert done.stdout == ""  # nothing that follows the call was carried out
    ends = [path.read_text(encoding="utf-8").splitlines()[-1] for path in tmp_path.rglob("*.jsonl")]
    assert [json.loads(end)["status"] for end in ends] == ["cancelled", "cancelled"]


def test_a_model_works_in_a_notebook_without_ipywidgets(monkeypatch: pytest.MonkeyPatch, out: Path) -> None:
    monkeypatch.setattr(platform, "running_in_notebook", lambda: True)
    monkeypatch.setattr(platform, "have_package", lambda name: name != "ipywidgets")
    assert govsim.run(model="fake/society", months=1, out=out).results[0].status == "completed"
    assert platform.running_in_notebook()


@pytest.fixture
def societies(out: Path) -> Path:
    """A folder with two conditions of a policy."""
    for condition in ("default", "universalization"):
        govsim.run("fishery", agent="policy:random", condition=condition, months=3, runs=3, out=out)
    return out


def test_runs_display_their_measures(out: Path) -> None:
    runs = govsim.run("fishery", agent="policy:fair-share", months=2, runs=2, out=out)
    assert repr(runs) == "<Runs: 2 completed; print() shows the measures>"
    assert "<table" in runs._repr_html_()
    assert len(runs.load(("runs", "months")).months) == 4


def test_the_signature_lists_the_settings() -> None:
    signature = inspect.signature(govsim.run)
    assert signature.parameters["scenario"].default == "fishery"
    assert set(signature.parameters) == set(inspect.signature(govsim.arun).parameters)
    assert {"model", "agent", "condition", "months", "seed", "out"} < set(signature.parameters)


def test_journals_are_tabulated_and_compared_however_they_are_given(societies: Path) -> None:
    results = govsim.load(societies)
    assert len(results.runs) == 6
    for source in (societies, str(societies), results):
        assert [row["counted_runs"] for row in govsim.table(source).data] == [3, 3]
    compared = govsim.compare(societies, measures=["survival_time"], within=[])
    assert [row["level"] for row in compared.data] == ["universalization"]
    assert list(govsim.compare(societies, by="agent").data) == []


def test_a_comparison_of_other_keys_than_conditions_needs_a_baseline(out: Path) -> None:
    for agent in ("policy:greedy", "policy:fair-share"):
        govsim.run("fishery", agent=agent, months=2, out=out)
    choice = r"baseline: required, because agent has 2 values \(policy:fair-share, policy:greedy\)"
    with pytest.raises(AnalysisError, match=choice):
        govsim.compare(out, by="agent")
    compared = govsim.compare(out, by="agent", baseline="policy:greedy", measures=["survival_time"])
    assert [row["level"] for row in compared.data] == ["policy:fair-share"]


def test_figures_are_displayed_and_saved(societies: Path, tmp_path: Path) -> None:
    drawn = govsim.figure(societies, "survival")
    assert repr(drawn) == "<Figures: survival>"
    assert drawn._repr_html_().count("<svg") == len(drawn) == 1
    assert [path.name for path in drawn.save(tmp_path / "drawn")] == ["survival.png", "survival.csv", "survival.txt"]
    with pytest.raises(AnalysisError, match="there is no such figure"):
        govsim.figure(societies, "weather")


def test_a_report_is_written(societies: Path, tmp_path: Path) -> None:
    path = govsim.report(societies, tmp_path / "page.html", title="Two conditions")
    assert "<title>Two conditions</title>" in path.read_text(encoding="utf-8")


async def test_a_run_is_replayed_in_a_notebook(out: Path) -> None:
    runs = await govsim.arun("fishery", agent="policy:greedy", out=out)
    found = govsim.replay(runs.results[0].path)
    assert (found.difference, found.is_complete) == (None, True)


def test_damaged_journals_are_excluded_with_a_warning(societies: Path) -> None:
    path = next(societies.rglob("seed-1.jsonl"))
    path.write_bytes(b"no journal\n" + path.read_bytes())
    with pytest.warns(UserWarning, match=r"seed-1\.jsonl.*the journal is excluded"):
        results = govsim.load(societies)
    assert (len(results.runs), len(results.problems)) == (5, 1)


def test_descriptions_are_short_and_tables_are_printed_as_text(societies: Path, tmp_path: Path) -> None:
    results = govsim.load(societies)
    table = govsim.table(results)
    assert repr(table) == f"<Table: measures, 2 rows × {len(table.columns)} columns>"
    assert str(table) == render(table, "text")
    assert "survival" in str(table)
    assert repr(results).endswith("runs, 6 runs, 0 studies, 0 unreadable journals>")
    assert repr(results.measures[0]) == (
        "<RunMeasures: fishery, default, policy:random, months 3, seed 0, collapsed, 1 month>"
    )
    assert repr(results.cells[0]) == "<Cell: fishery, default, policy:random, months 3, 3 runs>"
    assert re.fullmatch(
        r"<Journal: seed-0\.jsonl, collapsed, \d+ events>", repr(read_journal(results.measures[0].path))
    )
    assert results._repr_html_().count("<table") == table._repr_html_().count("<table") == 1
    deep = societies.rename(tmp_path / ("x" * 250))
    replayed = govsim.replay(next(deep.rglob("seed-0.jsonl")))
    figures = Figures(govsim.figure(deep, "survival") * 60)
    assert repr(replayed) == "<Replay: identical, 1 month>"
    runs = govsim.run(agent="policy:greedy", months=1, out=tmp_path)
    described = map(repr, (govsim.load(deep), govsim.table(deep), replayed, figures, runs))
    assert [len(text) for text in described if len(text) > 300] == []


def test_a_replay_with_a_difference_is_described(out: Path) -> None:
    [result] = govsim.run("fishery", agent="policy:random", out=out).results
    text = result.path.read_text(encoding="utf-8")
    result.path.write_text(re.sub('"stock_after_harvest":[0-9]+', '"stock_after_harvest":77', text), encoding="utf-8")
    assert re.fullmatch(r"<Replay: differs: .*stock_after_harvest.*, \d+ months?>", repr(govsim.replay(result.path)))


def test_results_without_runs_are_displayed(tmp_path: Path) -> None:
    page = Results(root=tmp_path / "<b>")._repr_html_()
    assert page.endswith("&lt;b&gt;, 0 runs, 0 studies, 0 unreadable journals</p>")


def test_several_figures_are_drawn_at_once(societies: Path) -> None:
    assert [drawn.name for drawn in govsim.figure(societies, ["gain", "survival"])] == ["gain", "survival"]
    assert len(govsim.figure(societies)) > 3


def test_tables_state_the_number_of_unreadable_journals(societies: Path) -> None:
    next(societies.rglob("seed-1.jsonl")).write_text("no journal\n", encoding="utf-8")
    problems: list[JournalError] = []
    results = govsim.load(societies, broken=problems.append)
    assert len(problems) == 1
    for table in (govsim.table(results), govsim.compare(results), govsim.table(results, like="paper:4")):
        assert "Not in this table: 1 unreadable journal." in table.notes


def test_a_report_shows_its_steps_if_asked(societies: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    govsim.report(societies, tmp_path / "quiet.html")
    assert capsys.readouterr().err == ""
    govsim.report(societies, tmp_path / "page.html", progress=True)
    assert capsys.readouterr().err.splitlines()[:2] == ["reading journals", "comparing conditions"]
