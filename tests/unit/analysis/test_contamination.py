"""What reports and pages show of contamination: probes, and the gap of the reskinned world."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import govsim
from govsim.analysis import Results, compare, load, runs_frame
from govsim.analysis.probes import probes_table, reskinned_table
from govsim.analysis.report.sections import contamination_section
from govsim.analysis.tables.table import Table
from govsim.web import skill_results
from tests.commands import govsim as command


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four runs of either world, and a probe."""
    place = tmp_path_factory.mktemp("contamination")
    for condition in ("default", "reskinned"):
        govsim.run("fishery", condition=condition, agent="policy:random", months=3, runs=4, out=place / "runs")
    done = command(place, "probe", "test", "--model", "fake/society", "--scenario", "fishery", "-o", "runs")
    assert done.returncode == 0, done.stderr
    return place / "runs"


@pytest.fixture(scope="module")
def results(folder: Path) -> Results:
    return load(folder)


def recognized(table: Table) -> list[tuple[str, object]]:
    """The shares of recognizing answers by question, of which there are four."""
    assert len(table.data) == 4
    return [(row["question"], row["recognized"]["value"]) for row in table.data]


def test_the_gap_is_the_difference_of_the_conditions(results: Results) -> None:
    table = reskinned_table(results.runs)
    assert table is not None
    assert [row["measure"] for row in table.data] == ["survival_time", "survival_rate", "efficiency"]
    (expected,) = compare(
        results.runs, by="condition", baseline="default", measure="efficiency", rng=np.random.default_rng(0)
    )
    shown = table.data[-1]
    assert expected.difference is not None
    assert shown["difference"] == pytest.approx(100 * expected.difference)
    assert shown["low"] == pytest.approx(100 * (expected.intervals[0].low or 0))


def test_there_is_no_gap_without_runs_of_both_worlds(results: Results) -> None:
    runs = results.runs
    assert reskinned_table(runs[runs["condition"] == "reskinned"]) is None
    assert reskinned_table(runs_frame([])) is None
    other = runs.assign(scenario=runs["scenario"].where(runs["condition"] == "default", "reeds"))
    assert reskinned_table(other) is None, "other scenarios have other words too"


def test_a_report_has_a_section_on_both(results: Results) -> None:
    section = contamination_section(results)
    assert [part.title for part in section.parts] == ["Recognition of the paper's experiment", "Reskinned world"]
    assert section.parts[0].table is not None
    assert recognized(section.parts[0].table) == recognized(probes_table(results.probes))
    assert contamination_section(Results(root=Path(), measures=(), rows={})).parts == ()


def test_the_page_shows_the_tables_of_the_report(folder: Path, results: Results) -> None:
    found = skill_results.tested(folder, sorted(folder.rglob("*.study")), results.measures)
    assert (found.accuracies, found.broken) == (None, ())
    assert found.probes is not None
    assert recognized(found.probes) == recognized(probes_table(results.probes))
    assert found.reskinned is not None
    assert len(found.reskinned.data) == 3
