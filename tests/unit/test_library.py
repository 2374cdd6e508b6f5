"""The simulation from Python, in scripts and in notebooks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from inspect_ai._util import platform

import govsim
from govsim.errors import ConfigError


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
    with pytest.raises(ConfigError, match="did you mean parallel"):
        govsim.run("fishery", paralel=3, out=out)
    assert not out.exists()


def test_there_is_nothing_else_in_the_package_itself() -> None:
    with pytest.raises(AttributeError, match="no attribute 'walk'"):
        _ = govsim.walk


def test_folders_and_files_may_be_given_as_text_or_as_paths(out: Path, tmp_path: Path) -> None:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "mine.jinja").write_text("Mind the {{ place }}.", encoding="utf-8")
    (tmp_path / "dry.yaml").write_text("world: {growth: 1.5}\n", encoding="utf-8")
    given = [
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
    assert told["text"] == "Interrupted: of 4 runs 2 cancelled, 2 not begun. The same call continues."
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
