"""What a table of comparisons says is what the statistics say."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from govsim.analysis import Comparison, compare, compare_measures, comparisons_frame, comparisons_table, render
from govsim.analysis.columns import typed_frame
from govsim.analysis.frames import runs_layout
from govsim.analysis.tables.formatting import number
from govsim.errors import AnalysisError


@pytest.fixture
def make_runs() -> Callable[..., pd.DataFrame]:
    """Runs of a condition: an efficiency for each (None: it failed), seeds from 0 on."""

    def make(condition: str, efficiencies: Sequence[float | None], **changes: Any) -> pd.DataFrame:
        rows = [_row(condition, seed, value, changes) for seed, value in enumerate(efficiencies)]
        return typed_frame(runs_layout(), rows)

    return make


def _row(condition: str, seed: int, value: float | None, changes: dict[str, Any]) -> tuple[object, ...]:
    is_counted = value is not None
    run: dict[str, Any] = dict.fromkeys(runs_layout().names)
    run |= {"path": f"{condition}/{seed}", "scenario": "fishery", "condition": condition, "society": "one"}
    run |= {"seed": seed, "status": "completed" if is_counted else "failed", "is_counted": is_counted, "cell": "c"}
    run |= {"is_censored": not is_counted}
    run |= {"months_planned": 12, "months": 12 if is_counted else 3, "observed_months": 12 if is_counted else 3}
    run |= {"has_collapsed": False, "from_month": 1, "invalid": 0, "forfeited": 0, "model": "none", "agent": "x"}
    if is_counted:
        run |= {"is_survivor": True, "survival_time": 12, "gain": 120 * float(value or 0), "efficiency": value}
    run |= changes
    return tuple(run[name] for name in runs_layout().names)


@pytest.fixture
def runs(make_runs: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(
        [make_runs("default", [0.2, 0.3, 0.5, 0.4, None]), make_runs("hinted", [0.6, 0.5, 0.9, 0.8, 0.7])],
        ignore_index=True,
    )


def compared(runs: pd.DataFrame, *measures: str) -> tuple[Comparison, ...]:
    return compare_measures(
        runs,
        by="condition",
        baseline="default",
        measures=measures or None,
        rng=np.random.default_rng(7),
        design="paired",
    )


class TestSeveralMeasures:
    def test_each_is_compared_as_it_would_be_alone(self, runs: pd.DataFrame) -> None:
        rng = np.random.default_rng(7)
        alone = [
            one
            for measure in ("gain", "efficiency")
            for one in compare(runs, by="condition", baseline="default", measure=measure, rng=rng, design="paired")
        ]
        together = compared(runs, "gain", "efficiency")
        assert [replace(one, comparisons=1) for one in together] == alone, "efficiency is gain in another unit"

    def test_all_p_values_are_adjusted_for_each_other(self, runs: pd.DataFrame) -> None:
        found = compared(runs, "gain", "efficiency", "survival_rate")
        assert {(one.comparisons, one.families) for one in found} == {(3, 1)}
        assert [one.tests[0].p for one in found] == [2 / 2**4, 2 / 2**4, 1]
        assert [one.p_adjusted for one in found] == [2 / 2**4, 2 / 2**4, 1]

    def test_a_measure_named_twice_is_compared_once(self, runs: pd.DataFrame) -> None:
        assert len(compared(runs, "gain", "gain")) == 1

    def test_measures_of_the_paper_and_the_optimum_are_compared_by_default(self, runs: pd.DataFrame) -> None:
        names = [one.measure for one in compared(runs)]
        of_paper = ["survival_rate", "survival_time", "gain", "efficiency", "equality", "over_usage"]
        assert names == [*of_paper, "share_of_optimum", "between_equilibrium_and_optimum"]

    def test_only_survival_time_has_a_landmark(self, runs: pd.DataFrame) -> None:
        rng = np.random.default_rng(1)
        found = compare_measures(
            runs, by="condition", baseline="default", measures=["survival_time", "gain"], from_month=4, rng=rng
        )
        assert [one.level.n for one in found] == [5, 5]
        assert [one.baseline.n for one in found] == [4, 4], "one run failed in month 3"

    def test_a_measure_that_does_not_exist_is_rejected(self, runs: pd.DataFrame) -> None:
        with pytest.raises(AnalysisError, match="measure = luck"):
            compared(runs, "luck")


class TestRecords:
    def test_shares_are_in_per_cent_and_nothing_else_is_changed(self, runs: pd.DataFrame) -> None:
        found = compared(runs, "efficiency")
        (record,) = json.loads(render(comparisons_table(found, seed=7), "json"))
        row = comparisons_frame(found).iloc[0]
        for name in ("difference", "low", "high", "level_value", "level_low", "baseline_high", "gaffke_low"):
            assert record[name] == pytest.approx(100 * row[name]), name
        for name in ("p", "p_adjusted", "effect", "effect_low", "pairs", "level_n", "baseline_runs", "design"):
            assert record[name] == row[name], name
        assert (record["unit"], record["seed"]) == ("%", 7)

    def test_units_are_left_as_they_are(self, runs: pd.DataFrame) -> None:
        found = compared(runs, "gain", "survival_rate", "survival_time")
        gain, rate, time = json.loads(render(comparisons_table(found), "json"))
        assert gain["difference"] == pytest.approx(120 * 0.35)
        assert (gain["unit"], rate["unit"], time["unit"]) == ("units", "%", "months")
        assert rate["level_value"] == 100.0
        assert "seed" not in gain

    def test_exclusions_are_counted_by_reason(self, runs: pd.DataFrame) -> None:
        (record,) = json.loads(render(comparisons_table(compared(runs, "gain")), "json"))
        assert (record["baseline_runs"], record["baseline_n"], record["baseline_excluded"]) == (5, 4, "1 failed")
        assert record["level_excluded"] == "1 without a partner of the same seed"

    def test_a_failed_run_has_neither_survived_nor_collapsed(self, runs: pd.DataFrame) -> None:
        rate, time = json.loads(render(comparisons_table(compared(runs, "survival_rate", "survival_time")), "json"))
        assert (rate["baseline_n"], rate["baseline_value"]) == (4, 100.0)
        assert (time["baseline_n"], time["baseline_collapses"]) == (5, 0)

    def test_csv_contains_names_counts_and_differences_as_numbers(self, runs: pd.DataFrame) -> None:
        (record,) = csv.DictReader(io.StringIO(render(comparisons_table(compared(runs, "gain")), "csv")))
        assert (record["scenario"], record["level"], record["pairs"]) == ("fishery", "hinted", "4")
        assert float(record["difference"]) == pytest.approx(42.0)


class TestTheText:
    def test_it_shows_difference_interval_pairs_and_both_p_values(self, runs: pd.DataFrame) -> None:
        found = compared(runs, "gain", "efficiency")
        text = " ".join(render(comparisons_table(found, seed=7), "text").split())
        interval = found[1].intervals[0]
        assert interval.low is not None
        assert interval.high is not None
        for expected in (
            "fishery, one; hinted against default",
            "+35.00",
            f"[{number(100 * interval.low)}, {number(100 * interval.high)}]",
            "4 pairs",
            "0.125",
            "excluded: 1 without a partner of the same seed (hinted); 1 failed (default)",
            "both tests of this table",
            "Seed of random draws: 7.",
        ):
            assert expected in text, expected

    def test_comparisons_of_the_same_groups_are_adjacent(
        self, runs: pd.DataFrame, make_runs: Callable[..., pd.DataFrame]
    ) -> None:
        both = pd.concat([runs, make_runs("other", [0.1, 0.2, 0.4])], ignore_index=True)
        lines = render(comparisons_table(compared(both, "gain", "efficiency")), "text").splitlines()
        labels = [line for line in lines if " against default" in line]
        assert labels == ["hinted against default", "other against default"]

    def test_missing_intervals_and_p_values_have_a_reason(self, make_runs: Callable[..., pd.DataFrame]) -> None:
        single = pd.concat([make_runs("default", [0.2]), make_runs("hinted", [0.6])], ignore_index=True)
        sheet = comparisons_table(compared(single, "efficiency", "survival_time"))
        text = " ".join(render(sheet, "text").split())
        assert "No interval: fewer than two pairs." in text
        assert "No p value: " in text
        assert "+40.00" in text
        equal = pd.concat([make_runs("default", [0.2]), make_runs("hinted", [0.2])], ignore_index=True)
        text = " ".join(render(comparisons_table(compared(equal, "efficiency")), "text").split())
        assert "No effect size, or no interval of it: no pair differs." in text

    def test_all_censored_sides_have_no_figures(self, make_runs: Callable[..., pd.DataFrame]) -> None:
        none = pd.concat([make_runs("default", [None] * 3), make_runs("hinted", [None] * 3)], ignore_index=True)
        rate, gain = json.loads(render(comparisons_table(compared(none, "survival_rate", "gain")), "json"))
        for record in (rate, gain):
            assert (record["level_value"], record["difference"], record["p"], record["p_adjusted"]) == (None,) * 4
            assert (record["level_n"], record["level_excluded"]) == (0, "3 failed")

    def test_the_notes_describe_the_design_that_was_used(self, runs: pd.DataFrame) -> None:
        rng = np.random.default_rng(7)
        unpaired = compare(runs, by="condition", baseline="default", measure="gain", rng=rng)
        notes = " ".join(comparisons_table(unpaired).notes)
        assert "Pairs:" not in notes
        assert "All runs of both groups were compared" in notes
        assert "Pairs: runs of the same seed were compared" in " ".join(comparisons_table(compared(runs)).notes)

    def test_one_group_alone_is_nothing_to_compare(self, make_runs: Callable[..., pd.DataFrame]) -> None:
        sheet = comparisons_table(compared(make_runs("default", [0.2, 0.3])))
        assert "There is nothing to compare" in render(sheet, "text")
        assert json.loads(render(sheet, "json")) == []

    def test_every_mark_has_its_text(self, runs: pd.DataFrame) -> None:
        sheet = comparisons_table(compared(runs))
        marks = {mark for row in sheet.rows for entry in row for mark in entry.marks}
        assert marks == set(sheet.footnotes)
