"""Analyses of a whole campaign, as the commands print them."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import govsim
from govsim.analysis.statistics.hazard import FIRTH, CollapseModel, HazardTerm
from govsim.analysis.tables.campaign import hazard_table
from govsim.analysis.tables.text import as_text
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


@pytest.mark.parametrize("width", [80, 100, 140])
def test_the_hazard_has_factors_and_references_above_their_levels(width: int) -> None:
    def term(level: str, odds: float, runs: int = 36) -> HazardTerm:
        return HazardTerm(
            factor="condition",
            level=level,
            reference="default",
            runs=runs,
            collapses=runs // 2,
            odds_ratio=odds,
            low=odds / 9,
            high=9 * odds,
            p=0.2,
        )

    terms = (term("no-communication-no-transparency", 1.5, runs=18), term("universalization", 2_000.0, runs=6))
    trend = replace(term("", 2.0), factor="log(month)", reference="")
    model = CollapseModel(method=FIRTH, terms=(trend, *terms), random={}, runs=36, months=99, collapses=18, remarks=())
    lines = as_text(hazard_table(model), width).splitlines()
    assert max(map(len, lines)) <= width
    assert "condition; reference: default" in lines
    [row] = [line.split() for line in lines if line.startswith("no-communication-no-transparency")]
    assert row[1:] == ["18", "9", "1.50", "0.200"]
    [large] = [line.split() for line in lines if line.startswith("universalization")]
    assert large[3] == "1,000.00", "with a note that larger ratios are shown so"


def test_the_reference_of_settings_is_the_default(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for growth in (1.5, 2.0, 3.0):
        govsim.run("fishery", agent="policy:greedy", settings={"world": {"growth": growth}}, runs=2, out=tmp_path)
    rows = shown(capsys, monkeypatch, "hazard", str(tmp_path))
    assert [(row["level"], row["reference"]) for row in rows if row["factor"] == "settings"] == [
        ("growth 1.5", "growth 2"),
        ("growth 3", "growth 2"),
    ]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("hazard",), "No run collapsed, so no hazard can be estimated."),
        (("variance", "--measure", "survival_time"), "survival time: undefined, all values are equal."),
        (("equivalence", "--margin", "1"), "There is nothing to compare: no groups of runs differ only in"),
    ],
)
def test_an_analysis_without_a_result_states_why_instead_of_a_heading(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    why: str,
) -> None:
    govsim.run("fishery", agent="policy:fair-share", months=3, runs=3, out=tmp_path)
    monkeypatch.setattr(sys, "argv", ["govsim", "campaign", words[0], str(tmp_path), *words[1:]])
    with pytest.raises(SystemExit, match="0"):
        main()
    text = " ".join(capsys.readouterr().out.split())
    assert why in text
    assert "──" not in text


def test_a_margin_of_0_is_rejected(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["equivalence", str(folder), "--by", "agent", "--baseline", "policy:greedy", "--margin", "0"]
    monkeypatch.setattr(sys, "argv", ["govsim", "campaign", *words])
    with pytest.raises(SystemExit, match="2"):
        main()
    assert "margin = 0: must be above 0" in capsys.readouterr().err
