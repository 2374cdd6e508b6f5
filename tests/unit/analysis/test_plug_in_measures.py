"""A measure that a plug-in adds appears in every table, frame, comparison, figure, report and page."""

from __future__ import annotations

import csv
import json
import re
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest

from govsim import plugins
from govsim.analysis import (
    cells_of,
    cells_table,
    compare_measures,
    comparisons_table,
    read_run,
    write_frames,
)
from govsim.analysis import render as rendered
from govsim.analysis.figures import draw
from govsim.analysis.measures import MEASURES, CountedRun, Measure, all_measures
from govsim.analysis.report import report_html
from govsim.analysis.results import load
from govsim.analysis.runs import run_kinds
from govsim.analysis.tables.text import as_text
from govsim.errors import AnalysisError
from govsim.journal import EVENTS, Agreement, Event, Whole
from govsim.plugins import PluginWarning
from govsim.web.choices import Choice
from govsim.web.compare_results import compared
from govsim.web.parts.runs import measured, run_columns, setting_columns, setting_rows
from govsim.web.summary import summary_of

WriteRun = Callable[..., Path]
PlugIn = Callable[..., None]

NAMES = ("John", "Kate", "Jack", "Emma", "Luke")

PEAK = Measure(
    name="peak_catch",
    title="largest catch",
    heading=("largest", "catch units"),
    kind="amount",
    unit="units",
    formula="max over i and t of r(i,t)",
    source="a plug-in of this test",
    description="The most units that a member received in a month.",
    function=lambda run: float(np.nanmax(run.harvests.received)),
)


def limits(run: CountedRun) -> bool:
    return any(getattr(event, "limit", None) is not None for event in run.of("agreement"))


AGREED = replace(
    PEAK,
    name="agreement_rate",
    title="rate of agreements",
    heading=("agreement", "rate %"),
    kind="rate",
    unit="%",
    kinds=("agreement",),
    function=limits,
)


@pytest.fixture
def peak(plug_in: PlugIn) -> Measure:
    plug_in("measures", "peak_catch", PEAK)
    return PEAK


@pytest.fixture
def runs(write_run: WriteRun, tmp_path: Path) -> Path:
    """Two conditions with three runs each; the largest catches are 10, 11, 12 and 20, 21, 22."""
    for condition, most in (("default", 10), ("hungry", 20)):
        for seed in range(3):
            write_run(
                f"runs/{condition}/seed-{seed}.jsonl",
                asked=[dict.fromkeys(NAMES, 5), {**dict.fromkeys(NAMES, 5), "Kate": most + seed}],
                status="completed",
                settings={"condition": condition, "seed": seed, "world": {"months": 2}},
            )
    return tmp_path / "runs"


def test_a_measure_of_a_plug_in_is_a_value_of_each_run(peak: Measure, runs: Path) -> None:
    assert [run.values["peak_catch"] for run in load(runs).measures] == [10, 11, 12, 20, 21, 22]


@pytest.mark.parametrize(
    ("format", "shown"),
    [
        ("text", r"largest\n[^\n]+catch, units\n"),
        ("markdown", r"\| +largest catch, units \|"),
        ("latex", r"largest [^\n]*\n[^\n]*catch, units "),
        ("csv", r"between_equilibrium_and_optimum_n,peak_catch,peak_catch_low,peak_catch_high,peak_catch_n\n"),
        ("json", r'"peak_catch": \{\s+"value": 11\.0,'),
    ],
)
def test_a_measure_of_a_plug_in_is_in_the_table(peak: Measure, runs: Path, format: str, shown: str) -> None:  # noqa: A002
    text = rendered(cells_table(load(runs).cells), format)
    assert re.search(shown, text), text
    assert "11.0" in text
    assert "21.0" in text


def test_a_table_with_more_measures_than_fit_is_folded(peak: Measure, runs: Path) -> None:
    lines = as_text(cells_table(load(runs).cells), 80).splitlines()
    assert max(map(len, lines)) <= 80
    place = next(number for number, line in enumerate(lines) if "11.00" in line)
    assert lines[place - 2].split()[:3] == ["100.00", "2.00", "11.20"], "the row's first figures, and their intervals"
    assert lines[place + 1].split()[-1] == "13.48]"
    heading = next(number for number, line in enumerate(lines) if line.endswith("catch, units"))
    assert lines[heading].index("units") + len("units") == lines[place].index("11.00") + len("11.00")


def test_a_measure_of_a_plug_in_is_a_column_of_the_exported_runs(peak: Measure, runs: Path, tmp_path: Path) -> None:
    write_frames(load(runs), tmp_path / "out")
    with (tmp_path / "out" / "runs.csv").open(encoding="utf-8") as file:
        assert [float(row["peak_catch"]) for row in csv.DictReader(file)] == [10, 11, 12, 20, 21, 22]
    described = json.loads((tmp_path / "out" / "columns.json").read_text(encoding="utf-8"))
    (column,) = [one for one in described["runs"]["columns"] if one["name"] == "peak_catch"]
    assert column["kind"] == "float64"
    assert column["unit"] == "units"
    assert column["meaning"] == f"{PEAK.description} Missing in a run that is not counted."


def test_a_measure_of_a_plug_in_is_compared(peak: Measure, runs: Path) -> None:
    rng = np.random.default_rng(0)
    found = compare_measures(load(runs).runs, by="condition", baseline="default", rng=rng)
    (one,) = [comparison for comparison in found if comparison.measure == "peak_catch"]
    assert (one.baseline.estimate.value, one.level.estimate.value, one.difference) == (11, 21, 10)
    assert one.tests[0].p is not None
    text = as_text(comparisons_table(found), 140)
    assert re.search(r"largest catch, units +21\.00 +11\.00 +\+10\.00 a ", text), text
    records = json.loads(rendered(comparisons_table(found), "json"))
    assert {record["measure"]: record["unit"] for record in records}["peak_catch"] == "units"


def test_a_measure_of_a_plug_in_has_a_figure_of_effects(peak: Measure, runs: Path) -> None:
    (drawn,) = [one for one in draw(load(runs), ["effects"]) if one.name == "effects-peak-catch"]
    assert drawn.title == "Effects on largest catch"
    assert drawn.frame[["shown", "unit"]].to_numpy().tolist() == [[10.0, "units"]]


def test_it_is_in_the_report(peak: Measure, runs: Path) -> None:
    page = report_html(load(runs))
    overview = page.split('aria-label="overview"')[1].split("</table>")[0]
    assert "largest catch, units" in overview
    assert "21.0" in overview
    assert "largest catch" in page.split('aria-label="condition-comparisons"')[1].split("</table>")[0]
    assert '<figure id="figure-condition-effects-peak-catch">' in page


def test_a_measure_of_a_plug_in_is_on_the_pages(peak: Measure, runs: Path) -> None:
    summaries = [summary_of(path, runs) for path in sorted(runs.rglob("*.jsonl"))]
    (column,) = [one for one in run_columns() if one.name == "peak_catch"]
    entry = summaries[1]
    assert entry.name == "default/seed-1.jsonl"
    assert (column.label, column.cell_of(entry)) == ("Largest catch, units", "11.0")
    assert column.key is not None
    assert column.key(entry) == 11

    assert summaries[1].measures is not None
    assert ("largest catch, units", "11.0") in measured(summaries[1].measures)

    setting = setting_rows([one.measures for one in summaries if one.measures])[0]
    (column_of_settings,) = [one for one in setting_columns() if one.name == "peak_catch"]
    assert column_of_settings.label == "Largest catch, units"
    assert column_of_settings.cell_of(setting) == "11.0"

    shown = compared(summaries, Choice())
    (panel,) = shown.panels
    (of_panel,) = [one for one in panel.measures.columns if one.name == "peak_catch"]
    sides = {row["condition"]: row for row in panel.measures.data}
    assert (of_panel.heading, sides["hungry"]["peak_catch"]["value"]) == ("Largest catch, units", 21)
    assert shown.differences is not None
    (difference,) = [row for row in shown.differences.data if row["measure"].startswith("largest catch")]
    assert (difference["unit"], difference["difference"]["value"]) == ("units", 10)


def test_a_rate_is_a_claim_in_the_frame_and_per_cent_elsewhere(
    plug_in: PlugIn, write_run: WriteRun, tmp_path: Path
) -> None:
    plug_in("measures", "agreement_rate", AGREED)
    for seed, said in enumerate([(Agreement(month=1, limit=10, summary="Ten each."),), ()]):
        settings = {"seed": seed, "world": {"months": 1}}
        write_run(
            f"seed-{seed}.jsonl", asked=[dict.fromkeys(NAMES, 5)], status="completed", settings=settings, said=said
        )
    assert "agreement" in run_kinds()
    frame = load(tmp_path).runs
    assert (str(frame["agreement_rate"].dtype), frame["agreement_rate"].tolist()) == ("boolean", [True, False])
    (cell,) = load(tmp_path).cells
    estimate = cell.estimates["agreement_rate"]
    assert (estimate.value, estimate.n) == (50.0, 2)
    assert estimate.low == pytest.approx(1.26, abs=0.01), "the interval of Clopper and Pearson"
    assert AGREED.text(True) == "yes"


class Vote(Event):
    """What a member votes for: an event of a plug-in."""

    kind: Literal["vote"] = "vote"
    month: Whole
    member: str
    limit: Whole


def mean_vote(run: CountedRun) -> float | None:
    limits = [float(vote.model_dump()["limit"]) for vote in run.of("vote")]
    return sum(limits) / len(limits) if limits else None


@pytest.mark.parametrize("is_defined", [True, False])
def test_a_measure_reads_events_of_plug_ins_even_of_one_that_is_missing(
    plug_in: PlugIn, write_run: WriteRun, monkeypatch: pytest.MonkeyPatch, *, is_defined: bool
) -> None:
    plug_in("events", "vote", Vote)
    plug_in("measures", "mean_vote", replace(PEAK, name="mean_vote", kinds=("vote",), function=mean_vote))
    said = [Vote(month=1, member="John", limit=10), Vote(month=1, member="Kate", limit=12)]
    run = {"asked": [dict.fromkeys(NAMES, 5)], "status": "completed", "said": said}
    path = write_run("a.jsonl", settings={"world": {"months": 1}}, **run)
    if not is_defined:
        found = plugins.installed
        monkeypatch.setattr(plugins, "installed", lambda group: () if group == "govsim.events" else found(group))
        EVENTS.forget()
    assert read_run(path).values["mean_vote"] == 11


def test_a_kind_of_line_that_is_not_declared_is_rejected(plug_in: PlugIn, runs: Path) -> None:
    plug_in("measures", "agreement_rate", replace(AGREED, kinds=()))
    with pytest.warns(PluginWarning, match="AnalysisError: kinds: must contain agreement, which the measure reads"):
        assert read_run(next(runs.rglob("*.jsonl"))).values["agreement_rate"] is None


def failing(run: CountedRun) -> float:
    raise ZeroDivisionError("float division by zero")


def spoiling(run: CountedRun) -> float:
    run.harvests.received[:] = 0
    return 1.0


@pytest.mark.parametrize(
    ("function", "problem"),
    [
        (failing, "ZeroDivisionError: float division by zero"),
        (spoiling, "ValueError: assignment destination is read-only"),
        (lambda run: float("nan"), "must be a finite number or None, not nan"),
        (lambda run: float("inf"), "must be a finite number or None, not inf"),
        (lambda run: 10**400, "must be a finite number or None, not int"),
        (lambda run: "12", "must be a number or None, not str"),
        (lambda run: True, "must be a number or None, not bool"),
        (lambda run: np.array([1.0, 2.0]), "must be a number or None, not ndarray"),
        (lambda run: 1 + 2j, "must be a number or None, not complex"),
    ],
)
def test_a_measure_that_fails_is_missing_and_others_are_not(
    plug_in: PlugIn, runs: Path, function: Any, problem: str
) -> None:
    plug_in("measures", "peak_catch", replace(PEAK, function=function))
    with pytest.warns(PluginWarning) as warned:
        found = load(runs).measures
    expected = f"measure peak_catch of govsim-toys 1.2: {problem}; its value is missing in such runs"
    assert {str(one.message) for one in warned} == {expected}
    assert {run.values["peak_catch"] for run in found} == {None}
    assert [run.values["gain"] for run in found if run.condition == "default"] == [11.0, 11.2, 11.4]
    (cell, _) = cells_of(found)
    assert (cell.estimates["peak_catch"].n, cell.estimates["gain"].n) == (0, 3)


@pytest.mark.parametrize("value", [1.2, -0.1, 120])
def test_a_share_beyond_0_to_1_is_missing(plug_in: PlugIn, runs: Path, value: float) -> None:
    plug_in(
        "measures", "peak_share", replace(PEAK, name="peak_share", kind="share", unit="%", function=lambda run: value)
    )
    with pytest.warns(PluginWarning, match=rf"must be a share from 0 to 1, not {value:g}; its value is missing"):
        assert read_run(next(runs.rglob("*.jsonl"))).values["peak_share"] is None


def test_a_measure_may_be_undefined_without_a_warning(plug_in: PlugIn, runs: Path) -> None:
    plug_in("measures", "peak_catch", replace(PEAK, function=lambda run: None))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert {run.values["peak_catch"] for run in load(runs).measures} == {None}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"kind": "odd"}, "kind = odd: must be one of rate, share, amount, lifetime"),
        ({"kind": "lifetime"}, "kind = lifetime: only survival_time can have it"),
        ({"kind": "share"}, "unit = units: must be % for a rate or a share"),
        ({"unit": "%"}, "unit = %: must be % for a rate or a share, and another unit for other kinds"),
        ({"title": " "}, "title: must be a non-empty text"),
        ({"heading": "peak"}, "heading: must be a tuple of texts"),
        ({"heading": ("peak",)}, "heading: must be two lines"),
        ({"kinds": "vote"}, "kinds: must be a tuple of texts"),
        ({"function": 3}, "function: must be callable"),
    ],
)
def test_an_invalid_measure_is_reported_and_omitted(plug_in: PlugIn, changes: dict[str, Any], problem: str) -> None:
    plug_in("measures", "peak_catch", replace(PEAK, **changes))
    with pytest.warns(PluginWarning, match=re.escape(problem)):
        assert "peak_catch" not in [measure.name for measure in all_measures()]


@pytest.mark.parametrize("name", ["seed", "is_survivor", "tokens", "gain_low"])
def test_a_measure_cannot_take_the_name_of_another_column(plug_in: PlugIn, name: str) -> None:
    plug_in("measures", name, replace(PEAK, name=name))
    assert [problem for problem in MEASURES.problems if f"name = {name}: this is the name of another column" in problem]


def test_no_column_of_a_table_or_of_the_frame_of_runs_can_be_taken(runs: Path) -> None:
    columns = {measure.column for measure in all_measures()} | {measure.name for measure in all_measures()}
    (row, _) = [cell.to_json() for cell in load(runs).cells]
    for name in {*load(runs).runs.columns, *row} - columns:
        with pytest.raises(Exception, match="this is the name of another column"):
            MEASURES._check(name, replace(PEAK, name=name))


def test_an_unknown_measure_is_rejected_with_a_similar_one_of_a_plug_in(peak: Measure, runs: Path) -> None:
    frame = load(runs).runs
    with pytest.raises(AnalysisError, match=r"measure = peak_cach: there is no such measure; .*peak_catch"):
        compare_measures(
            frame, by="condition", baseline="default", measures=["peak_cach"], rng=np.random.default_rng(0)
        )
