"""The simulation of coverage, on an interval with a known one, and its table in the documentation."""

from __future__ import annotations

import pytest

from benchmarks.coverage import PAGE, SIZES, Case, Coverage, covered, table
from govsim.analysis.intervals import Estimate, mean_interval

NORMAL = Case(
    interval="mean (Student)",
    values="normal",
    unit="units",
    of=lambda rng, n: mean_interval(rng.normal(10, 2, n)),
    truth=10.0,
)


def test_students_interval_of_normal_values_covers_95_per_cent() -> None:
    found = covered(NORMAL, 5, 2_000)
    assert found.share == pytest.approx(0.95, abs=0.015)
    # 2 · t(0.975, 4) · E(s) / sqrt(5), with E(s) = 0.93999 sigma for five values.
    assert found.width == pytest.approx(2 * 2.7764 * 0.93999 * 2 / 5**0.5, rel=0.03)


def test_a_simulation_without_an_interval_counts_as_not_covered() -> None:
    nothing = Case(
        interval="none", values="", unit="", of=lambda *_: Estimate(value=1, low=None, high=None, n=1), truth=1.0
    )
    assert covered(nothing, 3, 4).share == 0


def test_coverage_below_the_target_is_bold() -> None:
    row = table([(NORMAL, [Coverage(share=share, width=2.0) for share in (0.929, 0.93, 0.95, 1)])]).splitlines()[-1]
    assert (
        row
        == "| mean (Student) | normal | **93 %**, 2.0 units | 93 %, 2.0 units | 95 %, 2.0 units | 100 %, 2.0 units |"
    )


def test_the_page_has_a_row_for_every_interval_and_warns_of_gains() -> None:
    text = PAGE.read_text(encoding="utf-8")
    rows = [
        line
        for line in text.split("<!-- made: coverage -->")[1].partition("\n## ")[0].splitlines()
        if line.startswith("| ")
    ]
    assert all(row.count(" | ") == 1 + len(SIZES) for row in rows)
    below = {row.split(" | ")[0].removeprefix("| ") for row in rows if "**" in row}
    gains = {
        f"{name}difference of gains ({method})"
        for name, method in (("", "Welch"), ("", "paired t"), ("stratified ", "Welch"))
    }
    assert below == {"gain (Student)", "Hedges' g (noncentral t)", *gains}
