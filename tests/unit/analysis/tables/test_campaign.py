"""Analyses of a whole campaign, as the commands print them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

import govsim
from govsim.cli.main import main


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four greedy runs that collapse in month 1, and four that share."""
    out = tmp_path_factory.mktemp("campaign")
    for agent in ("policy:greedy", "policy:fair-share"):
        govsim.run("fishery", agent=agent, months=3, runs=4, out=out)
    return out


def shown(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str) -> Any:
    """The rows of a command's table."""
    monkeypatch.setattr(sys, "argv", ["govsim", "campaign", *words, "--format", "json"])
    with pytest.raises(SystemExit) as ended:
        main()
    printed = capsys.readouterr()
    assert ended.value.code == 0, printed.err
    return json.loads(printed.out)


def test_reliability_counts_all_subsets(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = {row["setup"]: row for row in shown(capsys, monkeypatch, "reliability", str(folder), "--k", "2")}
    greedy, sharing = (rows[f"policy:{name}, months 3"] for name in ("greedy", "fair-share"))
    assert (greedy["all_survive"], greedy["worst"], greedy["runs"]) == (0, 1, 4)
    assert (sharing["all_survive"], sharing["worst"]) == (100, 3)
    assert sharing["months_per_1000_tokens"] is None


def test_the_hazard_separates_the_policies(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = shown(capsys, monkeypatch, "hazard", str(folder))
    [policy] = [row for row in rows if row["factor"] == "model"]
    assert {policy["level"], policy["reference"]} == {"policy:greedy", "policy:fair-share"}
    assert {policy["runs"], policy["collapses"]} in ({4, 0}, {4})
    assert policy["p"] < 0.05


def test_variance_components_state_why_they_are_undefined(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = shown(capsys, monkeypatch, "variance", str(folder), "--measure", "survival_time")
    assert {row["factor"] for row in rows} == {"model", "seed", "remainder"}
    assert sum(row["share"] for row in rows) == pytest.approx(100)


def test_equivalence_is_tested_in_the_shown_unit(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("--by", "agent", "--baseline", "policy:greedy", "--margin", "20", "--measure", "survival_rate")
    [row] = shown(capsys, monkeypatch, "equivalence", str(folder), *words)
    assert (row["level"], row["difference"], row["margin"]) == ("policy:fair-share", 100, 20)
    assert row["verdict"] == "not inferior"


def test_a_margin_of_0_is_rejected(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["equivalence", str(folder), "--by", "agent", "--baseline", "policy:greedy", "--margin", "0"]
    monkeypatch.setattr(sys, "argv", ["govsim", "campaign", *words])
    with pytest.raises(SystemExit, match="2"):
        main()
    assert "margin = 0: must be above 0" in capsys.readouterr().err
