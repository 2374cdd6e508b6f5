"""Which runs count in which statistic: counted, censored, or in none as their answers could not be read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from govsim.analysis import cells_table, compare_measures, comparisons_table, read_run, render
from govsim.analysis.figures.months import remark_on_censored, stock_frame, survival_frame
from govsim.analysis.paper.reproduction import compare_with_paper
from govsim.analysis.paper.tables import paper_table
from govsim.analysis.report import report_html
from govsim.analysis.results import load
from govsim.analysis.statistics.survival import lifetimes_of

WriteRun = Callable[..., Path]

NAMES = ("John", "Kate", "Jack", "Emma", "Luke")
GREEDY = [dict.fromkeys(NAMES, 100)]
LOST: list[dict[str, int | None]] = [dict.fromkeys(NAMES)] * 12
GPT_4O = {"models": {"default": "openai/gpt-4o"}}


def months(*forfeits: int) -> list[dict[str, int | None]]:
    """Months in which so many of the five decisions could not be read, and the others took nothing."""
    return [{name: None if index < lost else 0 for index, name in enumerate(NAMES)} for lost in forfeits]


@pytest.fixture
def folder(write_run: WriteRun, tmp_path: Path) -> Path:
    """Five runs that were read and collapsed at once, and five of another condition that failed unread."""
    for seed in range(5):
        write_run(f"read/seed-{seed}.jsonl", asked=GREEDY, settings={"seed": seed, **GPT_4O})
        lost: dict[str, Any] = {"seed": seed, "condition": "universalization", **GPT_4O}
        write_run(f"lost/seed-{seed}.jsonl", asked=LOST, status="failed", settings=lost)
    return tmp_path


def test_runs_whose_answers_could_not_be_read_are_in_no_comparison(folder: Path) -> None:
    found = compare_measures(
        load(folder).runs,
        by="condition",
        baseline="default",
        measures=["survival_time", "survival_rate", "gain"],
        rng=np.random.default_rng(0),
    )
    for one in found:
        assert (one.level.runs, one.level.n, one.level.estimate.value) == (5, 0, None), one.measure
        assert [(part.reason, part.runs) for part in one.level.excluded] == [("unreadable", 5)], one.measure
        assert {test.p for test in one.tests} == {None}, one.measure
    text = " ".join(render(comparisons_table(found), "text").split())
    assert "excluded: 5 unreadable (universalization)" in text
    assert "excluded from all statistics, including survival analysis" in text


def test_every_table_counts_excluded_runs(folder: Path) -> None:
    cell = next(cell for cell in load(folder).cells if cell.condition == "universalization")
    assert (len(cell.runs), len(cell.counted), cell.to_json()["excluded"]) == (
        5,
        0,
        {"failed": 0, "cancelled": 0, "over_budget": 0, "running": 0, "unreadable": 5},
    )
    text = " ".join(render(cells_table([cell]), "text").split())
    assert "excluded: 5 unreadable" in text
    assert "more of their answers were unreadable than society.max_invalid allows" in text


def test_the_papers_tables_count_them(folder: Path) -> None:
    table = paper_table("paper:8")
    sheet = compare_with_paper(load(folder, frames=("runs",), from_month=table.from_month).runs, table)
    (record,) = (one for one in sheet.records if one["model"] == "GPT-4o")
    assert (record["runs"], record["excluded"]) == (5, {"unreadable": 5})
    assert "excluded: 5 unreadable" in render(sheet, "text")


def test_figures_draw_none_of_them_and_say_how_many(folder: Path) -> None:
    frames = load(folder)
    curves, stocks = survival_frame(frames), stock_frame(frames)
    assert set(curves["condition"]) == set(stocks["condition"]) == {"default"}
    assert remark_on_censored(frames.runs) == "Of 10 runs, 5 collapsed. Excluded: 5 unreadable."


def test_the_report_counts_excluded_runs(folder: Path) -> None:
    page = report_html(load(folder))
    assert "excluded (5 unreadable)" in page
    assert "Of these, 5 failed because of unreadable answers" in page


def test_frames_distinguish_counted_censored_and_unreadable_runs(write_run: WriteRun, tmp_path: Path) -> None:
    write_run("a.jsonl", asked=GREEDY)
    write_run("b.jsonl", asked=months(0, 1), status="cancelled", settings={"seed": 1})
    write_run("c.jsonl", asked=LOST, status="failed", settings={"seed": 2})
    frames = load(tmp_path)
    expected = [(True, False), (False, True), (False, False)]
    assert list(zip(frames.runs["is_counted"], frames.runs["is_censored"], strict=True)) == expected
    lifetimes = lifetimes_of(frames.runs)
    assert (lifetimes.months, lifetimes.has_collapsed) == ((1, 2), (True, False))
    assert [(part.reason, part.runs) for part in lifetimes.excluded] == [("unreadable", 1)]


@pytest.mark.parametrize("status", ["failed", "cancelled", "over-budget", "running", None])
def test_a_run_stopped_for_another_reason_is_censored(write_run: WriteRun, status: str | None) -> None:
    run = read_run(write_run("seed-0.jsonl", asked=months(2, 2, 2), status=status))
    assert (run.is_counted, run.is_censored) == (False, True)
    assert run.reason == (status or "killed")


@pytest.mark.parametrize("status", ["failed", "cancelled", "over-budget", "running", None])
def test_a_run_that_could_only_fail_for_its_answers_is_unreadable_however_it_stopped(
    write_run: WriteRun, status: str | None
) -> None:
    # 12 of the 60 decisions may be forfeited (max_invalid 20 %).
    run = read_run(write_run("a.jsonl", asked=months(5, 5, 2), status=status))
    assert (run.is_censored, run.reason) == (True, status or "killed")
    run = read_run(write_run("b.jsonl", asked=months(5, 5, 3), status=status))
    assert (run.is_censored, run.reason) == (False, "unreadable")


def test_after_a_collapse_no_decision_is_to_come(write_run: WriteRun) -> None:
    lost = [{**dict.fromkeys(NAMES, 100), "John": None, "Kate": None}]
    assert read_run(write_run("seed-0.jsonl", asked=lost, status="failed")).is_unreadable


def test_decisions_of_members_to_come_count_from_their_arrival(write_run: WriteRun) -> None:
    settings = {"world": {"months": 3}, "members": {"Luke": {"joins": 3}}}
    four = [{name: None if name == "John" else 0 for name in NAMES[:4]}] * 2
    assert not read_run(write_run("a.jsonl", asked=four, status="failed", settings=settings)).is_unreadable  # 2 of 13
    both = [{name: None if name in ("John", "Kate") else 0 for name in NAMES[:4]}, four[0]]
    assert read_run(write_run("b.jsonl", asked=both, status="failed", settings=settings)).is_unreadable  # 3 of 13


def test_a_run_that_was_killed_is_judged_as_one_that_went_on_would_have_been(write_run: WriteRun) -> None:
    """Shares are compared exactly (in binary 0.29 times 100 is less than 29); falling stock leaves fewer months."""
    names = [f"Member{number}" for number in range(100)]
    settings = {"society": {"members": names, "max_invalid": 0.29}, "world": {"months": 1}}
    for lost, is_unreadable in ((29, False), (30, True)):
        asked = [{name: None if number < lost else 1 for number, name in enumerate(names)}]
        path = write_run(f"share-{lost}.jsonl", asked=asked, status=None, settings=settings)
        assert read_run(path).is_unreadable == is_unreadable
    falling = {"society": {"members": ["Ann"], "max_invalid": 0.6}, "world": {"growth": 0.5, "collapse": 30}}
    for months_lost, is_unreadable in ((1, False), (2, True)):  # 100, 50, 25: the third decision is the last
        path = write_run(f"{months_lost}.jsonl", asked=[{"Ann": None}] * months_lost, status=None, settings=falling)
        assert read_run(path).is_unreadable == is_unreadable


def test_the_recorded_cause_decides(write_run: WriteRun) -> None:
    lost = read_run(write_run("a.jsonl", asked=months(1), status="failed", cause="unreadable"))
    assert lost.reason == "unreadable"
    failed = read_run(write_run("b.jsonl", asked=months(1), status="failed", cause="provider"))
    assert failed.reason == "failed"


def test_an_old_run_that_failed_at_one_lost_answer_is_unreadable(write_run: WriteRun, make_call: Any) -> None:
    settings = {"society": {"on_invalid": "fail"}}
    refused = [make_call(month=2, attempt=attempt, refused="no number") for attempt in range(3)]
    lost = write_run("a.jsonl", asked=months(0), status="failed", settings=settings, calls=refused)
    assert read_run(lost).is_unreadable
    asked_again = write_run("b.jsonl", asked=months(0), status="failed", settings=settings, calls=refused[:2])
    assert not read_run(asked_again).is_unreadable
    too_long = [*refused[:2], make_call(month=2, attempt=2, refused="long", stop_reason="prompt_too_long")]
    assert not read_run(
        write_run("c.jsonl", asked=months(0), status="failed", settings=settings, calls=too_long)
    ).is_unreadable
