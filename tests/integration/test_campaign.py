"""A campaign: one file for many cells, executed, watched, killed halfway, and resumed."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import govsim as library
from govsim.analysis import CellState, in_cells, load, seconds_left
from govsim.analysis.naming import setups_of
from govsim.config import Budget, Execution
from govsim.errors import AnalysisError, ConfigError, JournalError
from govsim.jobs import plan_runs, prepare, record_campaign
from govsim.jobs.run import OUTLINE
from govsim.journal import Call, Journal, find_journals, first_difference, read_journal
from tests.commands import govsim
from tests.living import Live

CAMPAIGN = """
grid:
  scenario: [fishery, pasture, pollution]
  condition: [default, universalization, newcomer, no-communication-no-transparency]
models:
  default: fake/society
  args: {catch: 12, latency_ms: LATENCY}
execution:
  runs: RUNS
  out: out
"""


def write(folder: Path, *, latency: int = 0, runs: int = 5) -> None:
    folder.mkdir(exist_ok=True)
    content = CAMPAIGN.replace("LATENCY", str(latency)).replace("RUNS", str(runs))
    (folder / "campaign.yaml").write_text(content)


def states(folder: Path) -> list[CellState]:
    return in_cells(load(folder, frames=("status",)).states)


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "govsim.cli.main", *words]


def test_a_campaign_killed_and_restarted_produces_the_same_files(tmp_path: Path) -> None:
    write(tmp_path / "killed", latency=5, runs=2)
    process = subprocess.Popen(
        command("run", "campaign.yaml"),
        cwd=tmp_path / "killed",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=dict(os.environ),
    )
    out = tmp_path / "killed/out"
    deadline = time.monotonic() + 120
    while len(list(out.rglob("*.jsonl"))) < 10 and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    counts = json.loads(govsim(tmp_path / "killed", "status", "out", "--format", "json").stdout)
    statuses = [kind for cell in counts for kind, number in cell["status"].items() for _ in range(number)]
    assert len(statuses) == 24
    assert {"waiting", "collapsed"} <= set(statuses)
    again = govsim(tmp_path / "killed", "run", "campaign.yaml")
    assert again.returncode == 0
    assert "24 runs: 24 collapsed (" in again.stdout
    write(tmp_path / "whole", latency=5, runs=2)
    whole = govsim(tmp_path / "whole", "run", "campaign.yaml")
    assert again.stdout[again.stdout.index("\n") :] == whole.stdout[whole.stdout.index("\n") :]
    names = [path.relative_to(out) for path in find_journals(out)]
    assert len(names) == 24
    for name in names:
        assert first_difference(read_journal(out / name), read_journal(tmp_path / "whole/out" / name)) is None
    plans = [(tmp_path / folder / "out/campaign.campaign.json").read_bytes() for folder in ("killed", "whole")]
    assert plans[0] == plans[1]


def test_the_summary_lists_stopped_runs_with_reasons_and_counts_the_rest(tmp_path: Path) -> None:
    write(tmp_path, runs=1)
    stopped = govsim(tmp_path, "run", "campaign.yaml", "--max-calls-per-run", "60")
    assert stopped.returncode == 3
    first, *_ = stopped.stdout.splitlines()
    assert first.startswith("over budget after")
    assert "run_budget.calls: limit of 60 reached (used 60); raise it to continue  out/" in first
    assert "3 collapsed" in stopped.stdout
    status = govsim(tmp_path, "status", "out").stdout
    assert status.count("over budget in month") == 9
    assert govsim(tmp_path, "run", "campaign.yaml").returncode == 0
    assert "over budget" not in govsim(tmp_path, "status", "out").stdout


def test_progress_is_reported_for_the_whole_campaign(tmp_path: Path) -> None:
    write(tmp_path, latency=60, runs=1)
    progress = govsim(tmp_path, "run", "campaign.yaml", "--parallel", "2").stderr
    assert "of 12 runs done, " in progress
    assert "tokens, ≤ " in progress
    assert " left; " in progress


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--model", "fake/society"), "grid.models.default: is set both as an axis and outside the grid"),
        (("--condition", "newcomer"), "grid.condition: is set both as an axis and outside the grid"),
        (("--base-url", "http://127.0.0.1:9"), "is the address of one model, but the campaign has 2 models"),
    ],
)
def test_an_option_that_the_campaign_would_ignore_is_rejected(
    tmp_path: Path, options: tuple[str, ...], expected: str
) -> None:
    (tmp_path / "c.yaml").write_text(
        "grid:\n  model: [fake/society, embedded/smollm2]\n  condition: [default, newcomer]\n"
    )
    done = govsim(tmp_path, "run", "c.yaml", *options)
    assert done.returncode == 2
    assert expected in done.stderr
    assert not (tmp_path / "runs").exists()


def test_a_missing_model_of_one_cell_stops_the_campaign_before_it_starts(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("grid:\n  model: [fake/society, nobody/nothing]\n")
    done = govsim(tmp_path, "run", "c.yaml")
    assert done.returncode == 2
    assert "nobody/nothing" in done.stderr
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("options", [(), ("--estimate",)])
def test_a_declared_baseline_that_is_not_run_is_rejected_before_the_first_run(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    (tmp_path / "declared.yaml").write_text(
        "grid: {condition: [default, universalization]}\nagents: {default: 'policy:greedy'}\n"
        "analysis: {baseline: nope, design: paired}\n",
        encoding="utf-8",
    )
    done = govsim(tmp_path, "run", "declared.yaml", *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "govsim: analysis.baseline = nope: no cells with this condition; choose one of default, universalization\n"
    )
    assert not (tmp_path / "runs").exists()
    with pytest.raises(AnalysisError, match="baseline = nope: no cells with this condition"):
        library.run(tmp_path / "declared.yaml", out=tmp_path / "runs")
    alone = "{condition: newcomer, agents: {default: 'policy:greedy'}, analysis: {baseline: default}}"
    (tmp_path / "alone.yaml").write_text(alone, encoding="utf-8")
    assert govsim(tmp_path, "run", "alone.yaml", *options).returncode == 0  # another command can run its baseline


def test_cells_that_would_share_a_journal_are_rejected(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "hot.yaml").write_text("world:\n  growth: 1.5\n")
    grid = {"condition": [str(tmp_path / "one/hot.yaml"), str(tmp_path / "two/hot.yaml")]}
    with pytest.raises(ConfigError, match="is the journal path of two cells of the campaign"):
        plan_runs({"agents": {"default": "policy:greedy"}, "grid": grid}, Execution(out=tmp_path))


def test_the_same_seed_gives_the_same_draws_in_every_condition(live: Live) -> None:
    grid = {"condition": ["default", "no-transparency", "virtue"]}
    runs = live("fishery", {"agents.default": "policy:random", "grid": grid})
    assert len({str([harvest.asked for harvest in run.harvests]) for run in runs}) == 1
    assert len({run.journal.path for run in runs}) == 3


def test_the_status_of_runs_follows_from_their_journals(live: Live, out: Path) -> None:
    settings: dict[str, Any] = {"models.default": "fake/society", "world.months": 2}
    live("fishery", settings, runs=2)
    live("pasture", settings, budget=Budget(calls=30))
    fishery, pasture = states(out)
    assert (fishery.done, dict(fishery.counts), fishery.cost) == (2, {"completed": 2}, None)
    assert fishery.tokens == sum(
        (c.input_tokens or 0) + (c.output_tokens or 0) for r in _calls(out, "fishery") for c in r
    )
    [stopped] = pasture.runs
    assert (stopped.status, stopped.months, stopped.months_left, stopped.calls) == ("over-budget", 2, 1, 30)
    assert stopped.reason == "budget.calls: limit of 30 reached (used 30); raise it to continue"
    assert seconds_left([fishery, pasture]) is None


def _calls(out: Path, scenario: str) -> list[list[Any]]:
    return [list(read_journal(path).of(Call)) for path in find_journals(out / scenario)]


def test_a_run_without_an_end_is_running_or_killed_depending_on_its_process(live: Live, out: Path) -> None:
    [run] = live("fishery", {"models.default": "fake/society", "models.args": {"latency_ms": 2}, "world.months": 3})
    path = run.journal.path
    lines = path.read_bytes().splitlines(keepends=True)
    last = max(index for index, line in enumerate(lines) if b'"kind":"asked","month":2' in line)
    path.write_bytes(b"".join(lines[:last]))
    [cell] = states(out)
    assert cell.runs[0].status == "running"
    assert cell.runs[0].months_left == 2
    assert seconds_left([cell]) is not None
    ended = subprocess.Popen(["true"])
    ended.wait()
    path.write_bytes(path.read_bytes().replace(b'"process":%d' % os.getpid(), b'"process":%d' % ended.pid))
    [cell] = states(out)
    assert cell.runs[0].status == "killed"
    assert seconds_left([cell]) is None


@pytest.mark.parametrize("when", ["", "soon", "2024-01-01T00:00:00"])
def test_a_journal_with_invalid_times_has_no_pace(live: Live, out: Path, when: str) -> None:
    [run] = live("fishery", {"models.default": "fake/society", "world.months": 1})
    path = run.journal.path
    *lines, _ = path.read_bytes().splitlines(keepends=True)
    first = next(index for index, line in enumerate(lines) if line.startswith(b'{"kind":"asked"'))
    lines[first] = re.sub(rb'"at":"[^"]*"', b'"at":"%s"' % when.encode(), lines[first])
    path.write_bytes(b"".join(lines))
    [cell] = states(out)
    assert cell.runs[0].status == "running"
    assert seconds_left([cell]) is None


def test_planned_runs_wait_until_they_begin(out: Path) -> None:
    how = Execution(out=out, runs=2)
    grid = {"scenario": ["fishery", "pasture"]}
    plans = plan_runs({"agents": {"default": "policy:greedy"}, "grid": grid}, how)
    assert record_campaign(plans, out, "many", setups_of) == out / "many.campaign.json"
    assert [dict(cell.counts) for cell in states(out)] == [{"waiting": 2}] * 2
    assert record_campaign(plans[:2], out, "one", setups_of) is None


def test_without_journals_and_plans_there_is_nothing_to_report(out: Path) -> None:
    with pytest.raises(JournalError, match="no such folder"):
        states(out)
    out.mkdir()
    (out / "x.campaign.json").write_text("{}")
    with pytest.raises(JournalError, match=r"x.campaign.json: is not the plan of a campaign"):
        states(out)


def test_every_provider_has_its_own_share_of_runs() -> None:
    plans = plan_runs(
        {"grid": {"model": ["a/x", "a/y", "b/x"]}},
        Execution(),
    )
    assert [plan.provider for plan in plans] == ["a", "a", "b"]
    assert plan_runs({"agents": {"default": "policy:greedy"}}, Execution())[0].provider == ""


def test_the_status_of_a_finished_campaign_does_not_read_all_journals(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    [done] = live("fishery", {"models.default": "fake/society", "world.months": 1})
    seen: list[Any] = []

    def reading(path: Path, kinds: Any = None) -> Journal:
        seen.append(kinds)
        return read_journal(path, kinds)

    monkeypatch.setattr("govsim.jobs.run.read_journal", reading)
    how = Execution(out=done.journal.path.parents[3])
    prepare(plan_runs({"models": {"default": "fake/society"}, "world": {"months": 1}}, how), how)
    assert seen == [OUTLINE]
