from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

import govsim
from govsim.analysis import cells_of
from govsim.analysis.figures import GROUPINGS
from govsim.analysis.figures.comparisons import comparisons_with_baseline as effects
from govsim.analysis.figures.months import stock_frame, survival_frame
from govsim.analysis.measures import compared_measures
from govsim.analysis.results import load
from govsim.analysis.tables.table import Row
from govsim.config import DeclaredAnalysis
from govsim.errors import AnalysisError
from govsim.web.choices import BY, Choice, declared_in, offered
from govsim.web.compare_results import Compared, compared, figure_file, frame_file
from govsim.web.index import RunEntry
from govsim.web.summary import summary_of


@pytest.fixture(scope="module")
def out_with_two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three greedy runs and three fair ones, which differ in their society's label."""
    place = tmp_path_factory.mktemp("comparing")
    for agent in ("policy:greedy", "policy:fair-share"):
        govsim.run("fishery", agent=agent, months=4, runs=3, out=place)
    return place


@pytest.fixture(scope="module")
def summaries(out_with_two: Path) -> list[RunEntry]:
    return [summary_of(path, out_with_two) for path in sorted(out_with_two.rglob("*.jsonl"))]


BY_AGENT = Choice(by="agent", baseline="policy:greedy")


def differences(found: Compared) -> Sequence[Row]:
    assert found.differences is not None
    return found.differences.data


def level_of(row: Row) -> str:
    return str(row["sides"]).split(" against ", maxsplit=1)[0]


def test_results_equal_those_of_the_analysis(out_with_two: Path, summaries: list[RunEntry]) -> None:
    import numpy as np

    frames = load(out_with_two)
    (panel,) = compared(summaries, BY_AGENT).panels
    curves = {curve.name: curve for curve in panel.stock}
    means = stock_frame(frames, "agent").query("series == 'mean'")
    for agent, rows in means.groupby("agent"):
        assert list(curves[str(agent)].values) == rows["stock"].tolist()
    alive = {curve.name: curve for curve in panel.survival}
    for agent, rows in survival_frame(frames, "agent").groupby("agent"):
        known = [value for value in alive[str(agent)].values if value is not None]
        assert known == (100 * rows["survival"].dropna()).round(4).tolist()
    shown = differences(compared(summaries, BY_AGENT))
    expected = effects(frames.runs, "agent", np.random.default_rng(0), baseline="policy:greedy")
    assert sorted((level_of(one), str(one["p_adjusted"])) for one in shown) == sorted(
        (one.level.name, str(one.p_adjusted)) for one in expected
    )
    (gain,) = [one for one in shown if one["measure"].startswith("gain")]
    (wanted,) = [one for one in expected if one.measure == "gain"]
    assert gain["difference"]["value"] == wanted.difference


def test_measures_of_a_group_are_those_of_its_cell(out_with_two: Path, summaries: list[RunEntry]) -> None:
    cells = {cell.agent: cell.estimates for cell in cells_of(load(out_with_two).measures)}
    (panel,) = compared(summaries, BY_AGENT).panels
    names = [measure.name for measure in compared_measures()]
    assert {row["agent"]: {name: row[name] for name in names} for row in panel.measures.data} == {
        agent: {name: estimates[name].to_json() for name in names} for agent, estimates in cells.items()
    }


def test_measures_of_identical_runs_have_no_interval(summaries: list[RunEntry]) -> None:
    (panel,) = compared(summaries, BY_AGENT).panels
    fair = next(row for row in panel.measures.data if row["agent"] == "policy:fair-share")
    assert (fair["copies"], fair["gain"]["low"], fair["gain"]["n"]) == (
        "3 runs with the same demands and stocks",
        None,
        3,
    )


def test_levels_and_filters_exclude_runs(summaries: list[RunEntry]) -> None:
    one = compared(summaries, Choice(by="agent", levels=("policy:greedy",)))
    assert [row["agent"] for row in one.panels[0].measures.data] == ["policy:greedy"]
    assert one.differences is None
    assert compared(summaries, Choice(by="agent", scenario="pasture")).panels == ()
    assert compared([], BY_AGENT).panels == ()


def test_settings_are_pooled_on_request(summaries: list[RunEntry], tmp_path: Path) -> None:
    govsim.run("pasture", agent="policy:greedy", months=4, runs=2, out=tmp_path)
    found = [*summaries, *(summary_of(path, tmp_path) for path in sorted(tmp_path.rglob("*.jsonl")))]
    assert len(compared(found, BY_AGENT).panels) == 2
    (panel,) = compared(found, Choice(by="agent", is_together=True)).panels
    assert {row["agent"]: row["runs"] for row in panel.measures.data} == {"policy:fair-share": 3, "policy:greedy": 5}


def test_selected_baseline_reverses_the_differences(summaries: list[RunEntry]) -> None:
    usual = compared(summaries, BY_AGENT)
    level = level_of(differences(usual)[0])
    other = compared(summaries, Choice(by="agent", baseline=level))
    assert other.baseline == level
    gains = [
        next(one["difference"]["value"] for one in differences(found) if one["measure"].startswith("gain"))
        for found in (usual, other)
    ]
    assert gains[0] == pytest.approx(-(gains[1] or 0))


def test_occurring_values_are_offered(summaries: list[RunEntry]) -> None:
    runs = [one.measures for one in summaries if one.measures]
    assert offered(runs)["agent"] == [
        "policy:fair-share",
        "policy:greedy",
    ]
    assert offered(runs)["condition"] == ["default"]
    assert tuple(BY) == GROUPINGS


def test_server_does_not_import_numerical_packages() -> None:
    """Which would take seconds, in which it answers no request."""
    heavy = ("matplotlib", "pandas", "scipy", "statsmodels")
    code = f"import sys, govsim.web; print([one for one in {heavy} if one in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(("kind", "start"), [("stock", b"\x89PNG"), ("gain", b"\x89PNG"), ("equality", b"\x89PNG")])
def test_figures_are_files(summaries: list[RunEntry], kind: str, start: bytes) -> None:
    name, content = figure_file(summaries, BY_AGENT, kind, "png")
    assert name == f"{kind}.png"
    assert content.startswith(start)


@pytest.mark.parametrize("kind", ["runs", "stock", "survival", "effects"])
def test_data_files_have_a_header(summaries: list[RunEntry], kind: str) -> None:
    name, content = frame_file(summaries, BY_AGENT, kind)
    assert name == f"{kind}.csv"
    assert b"agent" in content.splitlines()[0] or b"level" in content.splitlines()[0]
    assert len(content.splitlines()) > 1


def test_results_can_be_serialized_as_json(summaries: list[RunEntry]) -> None:
    (panel,) = compared(summaries, BY_AGENT).panels
    json.dumps(
        [list(curve.values) + list(curve.low) + list(curve.high) for curve in panel.stock + panel.survival],
        allow_nan=False,
    )


def test_downloads_without_runs_raise_an_error(summaries: list[RunEntry]) -> None:
    one_alone = Choice(by="agent", levels=("policy:greedy",))
    with pytest.raises(AnalysisError, match="a comparison needs at least two groups"):
        frame_file(summaries, one_alone, "effects")
    with pytest.raises(AnalysisError, match="no runs match the filters"):
        frame_file([], BY_AGENT, "runs")
    with pytest.raises(AnalysisError, match="no runs match the filters"):
        figure_file([], BY_AGENT, "stock", "png")


def test_agents_are_not_compared_without_a_baseline(summaries: list[RunEntry]) -> None:
    found = compared(summaries, Choice(by="agent"))
    assert found.panels
    assert (found.baseline, found.differences) == ("", None)


def test_pooled_societies_of_several_agents_are_a_group_of_their_own(tmp_path: Path) -> None:
    for settings in ({}, {"members.Luke.agent": "policy:greedy"}):
        govsim.run("fishery", agent="policy:fair-share", months=1, settings=settings, out=tmp_path)
    runs = [summary_of(path, tmp_path) for path in sorted(tmp_path.rglob("*.jsonl"))]
    (panel,) = compared(runs, Choice(by="agent", is_together=True)).panels
    groups = {row["agent"] for row in panel.measures.data}
    assert groups == {"policy:fair-share", "4 × policy:fair-share, Luke: policy:greedy"}


def test_groups_without_a_counterpart_of_the_baseline_have_no_differences(tmp_path: Path) -> None:
    for condition, growth in (("default", 2.0), ("universalization", 1.8)):
        settings = {"world.growth": growth}
        govsim.run("fishery", agent="policy:greedy", months=1, condition=condition, settings=settings, out=tmp_path)
    runs = [summary_of(path, tmp_path) for path in sorted(tmp_path.rglob("*.jsonl"))]
    found = compared(runs, Choice())
    assert len(found.panels) == 2
    assert found.baseline == "default"
    assert found.differences is None
    assert compared(runs, Choice(is_together=True)).differences is not None


DECLARED = {"primary": "gain", "design": "paired", "by": "agent", "baseline": "policy:greedy"}


def test_the_declared_analysis_is_used_where_nothing_is_chosen(tmp_path: Path) -> None:
    for agent in ("policy:greedy", "policy:fair-share"):
        settings = {"analysis": DECLARED}
        govsim.run("fishery", agent=agent, months=4, runs=2, out=tmp_path, settings=settings)
    runs = [summary_of(path, tmp_path) for path in sorted(tmp_path.rglob("*.jsonl"))]
    assert declared_in(runs).model_dump() == DECLARED
    found = compared(runs, Choice(by="agent"))
    assert found.baseline == "policy:greedy"
    assert str(differences(found)[0]["measure"]).startswith("gain")
    assert {row["p"] for row in differences(found) if row["measure"].startswith("gain")} == {2 / 4}, "two pairs"
    assert found.remark == "Declared before the runs: primary measure gain, paired design."
    assert compared(runs, Choice(by="agent", baseline="policy:fair-share")).baseline == "policy:fair-share"


def test_different_declarations_are_said_and_not_used(summaries: list[RunEntry]) -> None:
    gain, equality = (DeclaredAnalysis(primary=primary) for primary in ("gain", "equality"))
    runs = [replace(one, analysis=gain if index % 2 else equality) for index, one in enumerate(summaries)]
    assert declared_in(runs) == DeclaredAnalysis()
    assert compared(runs, BY_AGENT).remark.startswith("The runs declare different analyses")
    assert compared(summaries, BY_AGENT).remark == ""


def test_measures_of_institutions_are_in_tables_of_the_groups_that_have_them(tmp_path: Path) -> None:
    for condition in ("default", "quota-hard", "sanctions"):
        govsim.run("fishery", agent="policy:tremble", condition=condition, months=3, out=tmp_path)
    found = compared([summary_of(path, tmp_path) for path in sorted(tmp_path.rglob("*.jsonl"))], Choice())
    (panel,) = found.panels
    assert {column.name for column in panel.measures.columns} & {"compliance", "sanction_points"} == set()
    groups = {column.name: {row["condition"] for row in table.data} for table in panel.more for column in table.columns}
    assert {"quota-hard"} <= groups["compliance"] < {"default", "quota-hard", "sanctions"}
    assert groups["sanction_points"] >= {"sanctions"}
    assert all(len(table.columns) <= 2 + 8 for table in panel.more)
