"""`govsim import-original` from a user's perspective, and its journals in other commands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from govsim.config import Execution
from govsim.errors import JournalMismatch
from govsim.jobs import plan_runs
from govsim.journal import read_journal
from tests.original_results import config_of, rows_of, write_result


def govsim(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder."""
    return subprocess.run(
        [sys.executable, "-m", "govsim.cli.main", *arguments],
        cwd=folder,
        env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Three results: one that lasts, one that collapses, and one without a configuration that stopped."""
    group = tmp_path / "results" / "fishing_v7.0" / "gpt-4"
    write_result(group / "a", rows_of(10), config_of())
    write_result(group / "b", rows_of(30), config_of(), bare_nan=True)
    write_result(tmp_path / "results" / "sheep_v6.4" / "gpt-4" / "c", rows_of(10, rounds=4, talks=False))
    return tmp_path / "results"


def test_it_reports_results_assumptions_and_missing_data(results: Path) -> None:
    done = govsim("import-original", "results", folder=results.parent)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].startswith(
        "completed after 12 months  gpt-4/a → runs/imported/fishery/default/original-gpt-4/seed-"
    )
    assert lines[1].startswith("collapsed in month 1  gpt-4/b → ")
    assert lines[2].startswith("failed after 4 months  gpt-4/c → runs/imported/pasture/original/original-gpt-4/seed-")
    assert lines[3] == "3 imported: 1 completed, 1 collapsed, 1 failed"
    assert "Assumptions:" in lines
    assert "Missing data:" in lines
    assert any(line.startswith("- There is no .hydra/config.yaml") and line.endswith("(1 of 3)") for line in lines)
    assert any(line.startswith("- Tokens, cost and times.") and not line.endswith(")") for line in lines)
    again = govsim("import-original", "results", folder=results.parent)
    assert again.stdout.count("imported before") == 3


def test_damaged_journals_are_reported_and_the_exit_code_is_one(results: Path) -> None:
    (results / "fishing_v7.0" / "gpt-4" / "b" / "log_env.json").write_text("[{")
    done = govsim("import-original", "results", "--out", "made", folder=results.parent)
    assert done.returncode == 1
    first, last = done.stderr.splitlines()
    assert first.startswith("govsim: results/fishing_v7.0/gpt-4/b: log_env.json is not JSON, or is truncated")
    assert last == "govsim: 1 result was skipped"
    assert "2 imported" in done.stdout


@pytest.mark.parametrize("content", [None, "[{"])
def test_the_exit_code_is_two_if_nothing_can_be_imported(tmp_path: Path, content: str | None) -> None:
    (tmp_path / "results" / "run").mkdir(parents=True)
    if content is not None:
        (tmp_path / "results" / "run" / "log_env.json").write_text(content)
    done = govsim("import-original", "results", folder=tmp_path)
    assert done.returncode == 2
    said = "contains no results of the original" if content is None else "none of the results can be imported"
    assert said in done.stderr.splitlines()[-1]
    assert not (tmp_path / "runs").exists()


def test_tables_separate_imported_runs_from_own_runs(results: Path) -> None:
    folder = results.parent
    assert govsim("import-original", "results", folder=folder).returncode == 0
    assert govsim("run", "fishery", "--model", "fake/society", folder=folder).returncode == 0
    done = govsim("table", "runs", "--format", "json", folder=folder)
    cells = {(cell["scenario"], cell["society"]): cell for cell in json.loads(done.stdout)}
    assert set(cells) == {("fishery", "original-gpt-4"), ("fishery", "fake-society"), ("pasture", "original-gpt-4")}
    imported, ours = cells["fishery", "original-gpt-4"], cells["fishery", "fake-society"]
    assert (imported["runs"], imported["survival_rate"]["value"], imported["agent"]) == (2, 50.0, "original")
    assert (imported["tokens"], imported["cost"], imported["invalid"]) == (None, None, None)
    assert ours["tokens"] > 0
    assert cells["pasture", "original-gpt-4"]["excluded"]["failed"] == 1
    text = " ".join(govsim("table", "runs", folder=folder).stdout.split())
    assert text.count("imported; unreadable answers: unknown; tokens: unknown; cost: unknown") == 2
    assert "the first line of each journal lists other assumptions and missing data" in text


def test_status_and_cost_do_not_count_unknown_as_zero(results: Path) -> None:
    folder = results.parent
    assert govsim("import-original", "results", folder=folder).returncode == 0
    status = govsim("status", "runs", folder=folder).stdout.splitlines()
    assert status[0] == "All rows: running: 0; waiting: 0."
    (row,) = [line.split() for line in status if line.startswith("fishery")]
    assert row[-5:] == ["2", "2", "0", "13", "2"]
    assert "failed in month 4: the log ends after month 4 of 12" in status[-1]
    cost = govsim("cost", "runs", folder=folder)
    assert cost.returncode == 0
    (row,) = [line.split() for line in cost.stdout.splitlines() if line.startswith("unknown")]
    assert row == ["unknown"] * 3 + ["3"], "3 runs have no price"
    assert "Columns without values: calls; unreadable replies; input tokens" in cost.stdout


def test_an_imported_journal_is_not_replayed(results: Path) -> None:
    folder = results.parent
    assert govsim("import-original", "results", folder=folder).returncode == 0
    path = next((folder / "runs").rglob("*.jsonl")).relative_to(folder)
    done = govsim("replay", str(path), folder=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert f"{path}: was imported from gpt-4/" in done.stderr
    assert govsim("diff", str(path), str(path), folder=folder).stdout == "the same\n"


def test_an_imported_journal_is_not_resumed(results: Path, out: Path) -> None:
    folder = results.parent
    assert govsim("import-original", "results", folder=folder).returncode == 0
    imported = read_journal(next((folder / "runs").rglob("*.jsonl")))
    execution = Execution(out=out, accept_version=True)
    plan = plan_runs({"scenario": "fishery", "agents": {"default": "policy:greedy"}}, execution)[0]
    with pytest.raises(
        JournalMismatch, match=r"was imported from gpt-4/\w and cannot be resumed, as it contains no replies"
    ):
        plan.check_same(imported, accepts_prompts=execution.accept_version)


def test_an_imported_journal_in_place_of_a_run_is_rejected(results: Path) -> None:
    folder = results.parent
    assert govsim("import-original", "results", folder=folder).returncode == 0
    place = folder / "runs" / "fishery" / "default" / "policy-greedy" / "seed-0.jsonl"
    place.parent.mkdir(parents=True)
    before = next((folder / "runs" / "imported").rglob("*.jsonl")).read_bytes()
    place.write_bytes(before)
    done = govsim("run", "fishery", "--agent", "policy:greedy", folder=folder)
    assert done.returncode == 2
    assert "was imported from gpt-4/" in done.stderr
    assert place.read_bytes() == before
