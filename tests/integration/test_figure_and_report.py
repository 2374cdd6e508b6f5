"""`govsim figure` and `govsim report` from a user's perspective."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.test_command_line import govsim


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `runs`: two conditions of the same policy."""
    folder = tmp_path_factory.mktemp("figures")
    for condition in ("default", "universalization"):
        arguments = ("--agent", "policy:random", "--months", "3", "--runs", "2", "--condition", condition)
        assert govsim("run", "fishery", *arguments, folder=folder).returncode == 0
    return folder


def test_figures_are_written_and_their_paths_printed(runs: Path) -> None:
    done = govsim("figure", "runs", "--kind", "gain", "--kind", "survival", "--format", "svg", "-o", "f", folder=runs)
    assert done.returncode == 0, done.stderr
    expected = [f"f/{name}.{ending}" for name in ("gain", "survival") for ending in ("svg", "csv", "txt")]
    assert done.stdout.splitlines() == expected
    assert all((runs / path).stat().st_size for path in expected)
    assert done.stderr == ""


def test_a_report_is_reproducible_and_exits_with_1_for_a_damaged_journal(runs: Path) -> None:
    first = govsim("report", "runs", "-o", "a.html", folder=runs)
    assert (first.returncode, first.stdout, first.stderr) == (0, "a.html\n", "")
    (runs / "runs" / "broken.jsonl").write_text("x\n", encoding="utf-8")
    try:
        second = govsim("report", "runs", "--title", "Ours", "-o", "b/b.html", folder=runs)
    finally:
        (runs / "runs" / "broken.jsonl").unlink()
    assert second.returncode == 1
    assert "1 journal was skipped" in second.stderr
    assert "broken.jsonl, line 1" in (runs / "b" / "b.html").read_text(encoding="utf-8")
    third = govsim("report", str(runs / "runs"), "-o", "c.html", folder=runs)
    assert third.returncode == 0
    assert (runs / "a.html").read_bytes() == (runs / "c.html").read_bytes()


def test_effects_without_a_baseline_are_refused_with_an_example(tmp_path: Path) -> None:
    for agent in ("policy:greedy", "policy:random"):
        assert govsim("run", "fishery", "--agent", agent, "--months", "1", folder=tmp_path).returncode == 0
    done = govsim("figure", "runs", "--kind", "effects", "--by", "agent", folder=tmp_path)
    assert done.returncode == 2
    assert "--baseline: required, because agent has 2 values (policy:greedy, policy:random)" in done.stderr
    assert "as in: govsim figure runs --kind effects --by agent --baseline policy:greedy" in done.stderr
    assert not (tmp_path / "figures").exists()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            ("figure", "runs", "--kind", "labels"),
            "kind = labels: there is nothing to draw; it needs results of judges (govsim dialogue judge)",
        ),
        (("figure", "runs", "--kind", "stock", "--kind", "skills"), "it needs sub-skill tests (govsim skills test)"),
        (("figure", "runs", "--kind", "pie"), "kind = pie: there is no such figure; choose from stock, survival"),
        (("figure", "runs", "--by", "seed"), "by = seed: must be one of condition, model"),
        (("figure", "runs", "--kind", "effects", "--baseline", "x"), "baseline = x: no runs with this condition"),
        (("figure", "nowhere"), "nowhere: there is no such folder or journal"),
        (("figure", "runs", "--format", "gif"), "gif"),
        (("report", "runs", "--baseline-model", "x"), "baseline = x: no runs with this model"),
        (("report", "nowhere"), "nowhere: there is no such folder or journal"),
    ],
)
def test_bad_input_is_reported_in_one_line(runs: Path, arguments: tuple[str, ...], expected: str) -> None:
    done = govsim(*arguments, folder=runs)
    assert done.returncode == 2
    assert expected in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (runs / "figures").exists()
    assert not (runs / "report.html").exists()
