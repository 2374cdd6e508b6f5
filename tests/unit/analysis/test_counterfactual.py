"""Bounds of the measures of runs with forfeited decisions."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from govsim.analysis import cells_table, format_table, load, read_run, render
from govsim.analysis.counterfactual import Bounds, bounds_notes, bounds_of, resimulated
from govsim.analysis.measures import CountedRun, Floats, Harvests, all_measures, measure_values
from govsim.commons import ALLOCATIONS, Stream, generator
from govsim.config import experiment_from
from govsim.journal import Admission, Event

WriteRun = Callable[..., Path]
Month = Mapping[str, int | None]

TWICE: Sequence[Month] = ({"John": 30, "Kate": None}, {"John": 30, "Kate": 10}, {"John": 30, "Kate": None})
SPARED: Sequence[Month] = ({"John": 40, "Kate": None}, {"John": 80, "Kate": None}, {"John": 30, "Kate": None})
READABLE: Sequence[Month] = ({"John": 30, "Kate": 25},) * 3


def two_members(asked: Sequence[Month], seed: int = 0, **more: Any) -> dict[str, Any]:
    members = {"members": ["John", "Kate"], "max_invalid": 1.0}
    settings = {"society": members, "world": {"months": 3}, "seed": seed}
    return {"asked": asked, "settings": settings, "status": "completed", **more}


def counted(
    asked: Sequence[Sequence[float]],
    received: Sequence[Sequence[float]],
    stock: Sequence[float],
    *events: Event,
    **settings: Any,
) -> CountedRun:
    """A run of two members; thresholds are not used before the first forfeit."""
    before, catches = np.array(stock), np.array(received)
    none = np.zeros(len(stock))
    harvests = Harvests(
        members=("John", "Kate"),
        asked=np.array(asked),
        received=catches,
        stock_before=before,
        stock_after_harvest=before - catches.sum(axis=1),
        thresholds=none,
        member_thresholds=np.zeros_like(catches),
    )
    experiment = experiment_from({"society": {"members": ["John", "Kate"]}, **settings})
    return CountedRun(experiment=experiment, harvests=harvests, events=events)


def fair(share: int, _last: int | None) -> int:
    return share


def amounts(array: Floats) -> list[Any]:
    return list(array.tolist())


def test_bounds_are_those_of_zero_a_fair_share_and_the_last_catch(write_run: WriteRun) -> None:
    # As recorded, Kate takes 10; with the fair share 25 + 10 + 25; with the last catch 25 (there is none) + 10 + 10.
    # The sustainable catch is 150. Of the readable decisions three of four exceed the threshold, of all three of six.
    run = read_run(write_run("a.jsonl", **two_members(TWICE)))
    assert run.bounds["gain"] == Bounds(low=50.0, high=75.0)
    assert run.bounds["efficiency"] == Bounds(low=1 - 50 / 150, high=1.0)
    assert run.bounds["equality"] == Bounds(low=0.6, high=0.9)
    assert run.bounds["over_usage"] == run.bounds["over_usage_granted"] == Bounds(low=0.5, high=0.75)
    assert run.bounds["survival_time"] == Bounds(low=3, high=3)
    assert run.values["gain"] == 50.0


def test_a_society_that_forfeits_spared_can_collapse(write_run: WriteRun) -> None:
    # A fair share of 25 leaves 35 of 100, which grow to 70; John's 80 of month 2 empty them.
    run = read_run(write_run("a.jsonl", **two_members(SPARED)))
    assert (run.values["survival_rate"], run.values["survival_time"]) == (True, 3)
    assert run.bounds["survival_rate"] == Bounds(low=False, high=True)
    assert run.bounds["survival_time"] == Bounds(low=2, high=3)


def test_all_measures_have_bounds_if_a_decision_was_forfeited(write_run: WriteRun) -> None:
    run = read_run(write_run("a.jsonl", **two_members(TWICE)))
    undefined = {"between_equilibrium_and_optimum"}  # there are several equilibria
    expected = [one.name for one in all_measures() if one.name not in undefined and not one.is_optional]
    assert list(run.bounds) == expected


def test_a_run_without_forfeits_has_no_bounds(write_run: WriteRun) -> None:
    run = read_run(write_run("a.jsonl", **two_members(READABLE)))
    assert run.bounds == {}
    assert list(bounds_notes(run.values, run.bounds)) == []


def test_an_unreadable_run_has_no_bounds_and_no_measures(write_run: WriteRun) -> None:
    run = read_run(write_run("a.jsonl", **two_members(TWICE, status="failed", cause="unreadable")))
    assert run.bounds == {}
    assert set(run.values.values()) == {None}


def test_months_before_the_first_forfeit_are_as_recorded() -> None:
    # The recorded stock of month 2 is not the one that grows from month 1.
    run = counted([[10, 10], [30, np.nan]], [[10, 10], [30, 0]], [100, 80])
    found = resimulated(run, fair)
    assert found is not None
    assert amounts(found.received) == [[10, 10], [30, 20]]
    assert amounts(found.asked) == [[10, 10], [30, 20]]
    assert amounts(found.stock_before) == [100, 80]
    assert amounts(found.stock_after_harvest) == [80, 30]
    assert amounts(found.thresholds) == [0, 40]
    assert not found.received.flags.writeable


def test_harvests_end_with_a_collapse() -> None:
    run = counted([[40, np.nan], [80, 0], [30, 0]], [[40, 0], [80, 0], [30, 0]], [100, 100, 40])
    found = resimulated(run, fair)
    assert found is not None
    assert amounts(found.stock_after_harvest) == [35, 0]


def test_a_scarce_stock_is_allocated_with_the_random_stream_of_the_month() -> None:
    run = counted([[40, np.nan], [80, 50]], [[40, 0], [80, 20]], [100, 100], seed=3)
    found = resimulated(run, fair)
    rule, stream = ALLOCATIONS.get("random", key="world.allocation"), generator(3, Stream.ALLOCATION, 2)
    expected = rule.share({"John": 80, "Kate": 50}, 70, stream)
    assert found is not None
    assert amounts(found.received)[1] == [expected["John"], expected["Kate"]]


def test_recorded_limits_of_rules_hold_for_recorded_demands() -> None:
    limit = Admission(month=1, phase="harvest", rule="quota", ordinal=0, admitted={"John": 10})
    found = resimulated(counted([[60, np.nan]], [[10, 0]], [100], limit), fair)
    assert found is not None
    assert amounts(found.asked) == [[60, 25]]
    assert amounts(found.received) == [[10, 25]]


def test_absent_members_stay_absent() -> None:
    run = counted([[np.nan, np.nan], [30, 10]], [[0, np.nan], [30, 10]], [100, 100])
    found = resimulated(run, fair)
    assert found is not None
    assert np.isnan(found.received).tolist() == [[False, True], [False, False]]
    assert amounts(found.received[:, 0]) == [50, 30]  # alone, its share is the threshold of the group


def test_harvests_that_outlast_a_recorded_collapse_are_not_used() -> None:
    # The recorded stock of month 2 is smaller than the one that grows with the law of this world.
    run = counted([[20, np.nan], [10, 0]], [[20, 0], [10, 0]], [100, 10], world={"months": 3})
    assert resimulated(run, fair) is None
    bounds = bounds_of(run, measure_values(run))
    assert bounds["survival_time"] == Bounds(low=2, high=2)
    assert bounds["gain"] == Bounds(low=15.0, high=15.0)


def test_without_its_allocation_rule_a_run_has_no_bounds() -> None:
    run = counted([[20, np.nan]], [[20, 0]], [100], world={"allocation": "elsewhere", "months": 1})
    assert bounds_of(run, measure_values(run)) == {}


def test_the_frame_of_runs_has_bounds_only_where_runs_have_forfeits(write_run: WriteRun, tmp_path: Path) -> None:
    write_run("a.jsonl", **two_members(TWICE))
    write_run("b.jsonl", **two_members(READABLE, seed=1))
    frame = load(tmp_path).runs
    assert frame["gain_low"].tolist()[0] == 50.0
    assert frame["gain_high"].tolist()[0] == 75.0
    assert frame[["gain_low", "gain_high", "is_survivor_low"]].isna().to_numpy()[1].all()
    assert str(frame["is_survivor_low"].dtype) == "boolean"


def test_bounds_of_a_cell_are_means_over_all_its_runs(write_run: WriteRun, tmp_path: Path) -> None:
    write_run("a.jsonl", **two_members(TWICE))
    write_run("b.jsonl", **two_members(READABLE, seed=1))  # a gain of (90 + 75) / 2 = 82.5
    (cell,) = load(tmp_path).cells
    assert cell.bounds["gain"] == (66.25, 78.75)
    assert cell.to_json()["bounds"]["efficiency_high"] == 100.0  # type: ignore[index, call-overload]
    assert cell.bounds["survival_rate"] == (100.0, 100.0)


def test_the_table_marks_values_that_depend_on_forfeits(write_run: WriteRun, tmp_path: Path) -> None:
    write_run("a.jsonl", **two_members(TWICE))
    cells = load(tmp_path).cells
    table, text = cells_table(cells), " ".join(format_table(cells).split())
    assert {name for (_, name), marks in table.marks.items() if marks == ("†",)} == {
        *("gain", "efficiency", "equality", "over_usage", "over_usage_granted", "share_of_optimum")
    }
    assert "50.00 †" in text
    assert (
        "†: Bounds if forfeited catches were a fair share or the last catch: gain 50.00 to 75.00 units, efficiency "
        "66.67 to 100.00 %," in text
    )
    assert r"50.00\textsuperscript{\textdagger{}}" in render(table, "latex")
    assert "50.00<sup>†</sup>" in render(table, "markdown")
    assert json.loads(render(table, "json"))[0]["bounds"]["gain_high"] == 75.0
    assert "bounds.gain_high" in render(table, "csv")


def test_bounds_of_several_rows_are_named_by_their_row(write_run: WriteRun, tmp_path: Path) -> None:
    for name, asked in (("default", TWICE), ("other", READABLE), ("third", SPARED)):
        run = two_members(asked)
        run["settings"]["condition"] = name
        write_run(f"{name}.jsonl", **run)
    footnote = cells_table(load(tmp_path).cells).footnotes["†"]
    assert "the last catch: default: gain 50.00 to 75.00 units, " in footnote
    assert "; third: survival rate 0.00 to 100.00 %, " in footnote
    assert "other" not in footnote


def test_a_table_without_forfeits_has_no_mark(write_run: WriteRun, tmp_path: Path) -> None:
    write_run("a.jsonl", **two_members(READABLE))
    table = cells_table(load(tmp_path).cells)
    assert (table.marks, table.footnotes) == ({}, {})


def test_a_note_on_one_run_lists_its_bounds(write_run: WriteRun) -> None:
    run = read_run(write_run("a.jsonl", **two_members(SPARED)))
    (note,) = bounds_notes(run.values, run.bounds)
    assert "survival rate 0.00 to 100.00 %, survival time 2.00 to 3.00 months" in note
