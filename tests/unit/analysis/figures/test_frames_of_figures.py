"""The frames behind figures, against what was put into the journals."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from govsim.analysis.figures import draw
from govsim.analysis.figures.calls import answers_frame, cost_frame
from govsim.analysis.figures.comparisons import comparisons_with_baseline, effects_frame
from govsim.analysis.figures.harvests import catch_frame, equality_frame, gain_frame
from govsim.analysis.figures.months import remark_on_ends, stock_frame, survival_frame
from govsim.analysis.intervals import bounded_limits
from govsim.analysis.records import ANSWERS
from govsim.analysis.results import Results, load
from govsim.errors import AnalysisError, JournalError
from govsim.journal import Call

WriteRun = Callable[..., Path]
MakeCall = Callable[..., Call]
Months = tuple[dict[str, int | None], ...]


def two(john: int | None, kate: int | None) -> dict[str, int | None]:
    return {"John": john, "Kate": kate}


def settings(condition: str, seed: int, months: int = 4) -> dict[str, Any]:
    society = {"members": ["John", "Kate"], "max_invalid": 1}
    return {"society": society, "world": {"months": months}, "condition": condition, "seed": seed}


SURVIVED: Months = (two(20, 30), two(25, 25), two(10, 10), two(30, 20))
COLLAPSED: Months = (two(30, 30), two(50, 30))
STOPPED: Months = (two(10, 10),)


@pytest.fixture
def results(write_run: WriteRun, make_call: MakeCall, tmp_path: Path) -> Results:
    """Default: one survived, one collapsed in month 2 of 4, one failed after month 1. Other: both collapsed in 1."""

    def write(condition: str, seed: int, asked: Months, status: str, **more: Any) -> None:
        write_run(
            f"{condition}/seed-{seed}.jsonl", asked=asked, status=status, settings=settings(condition, seed), **more
        )

    calls = [
        make_call(refused="no number"),
        make_call(attempt=1),
        make_call(member="Kate", refused="no number"),
        make_call("line", phase="discussion", cost=None),
    ]
    write("default", 0, SURVIVED, "completed", calls=calls)
    write("default", 1, COLLAPSED, "collapsed", calls=[make_call(model="mock/two")])
    write("default", 2, STOPPED, "failed")
    for seed in (0, 1):
        write("other", seed, (two(50, 50 + seed),), "collapsed")
    return load(tmp_path)


def means(frame: pd.DataFrame, condition: str = "default") -> pd.DataFrame:
    rows = frame[(frame["condition"] == condition) & (frame["series"] == "mean")]
    return rows.set_index("month")


def test_the_stock_of_a_collapsed_run_counts_as_nothing_to_the_end(results: Results) -> None:
    frame = stock_frame(results)
    of_run = frame[(frame["condition"] == "default") & (frame["status"] == "collapsed")]
    assert of_run["stock"].tolist() == [100, 80, 0, 0]
    assert of_run["is_collapse"].tolist() == [False, True, False, False]
    assert means(frame)["stock"].tolist() == [100, (100 + 80) / 2, (100 + 0) / 2, (100 + 0) / 2]
    assert means(frame)["n"].tolist() == [2, 2, 2, 2]
    assert remark_on_ends(frame) == ""


def test_a_mean_stock_ends_with_the_shortest_planned_length(write_run: WriteRun, tmp_path: Path) -> None:
    for seed, months in enumerate((2, 4)):
        write_run(
            f"{seed}.jsonl",
            asked=[two(25 + seed, 25 + seed)] * months,
            status="completed",
            settings=settings("default", seed, months),
        )
    results = load(tmp_path)
    frame = stock_frame(results)
    assert means(frame)["stock"].to_dict() == {1: 100, 2: (100 + 96) / 2}
    assert means(frame)["n"].tolist() == [2, 2]
    assert frame.query("series == 'run'")["month"].max() == 4
    (drawn,) = draw(results, ["stock"])
    assert "A mean ends with the shortest planned length of its runs." in drawn.caption


def test_the_interval_of_a_mean_stock_is_gaffkes(results: Results) -> None:
    mean = means(stock_frame(results)).loc[2]
    assert [mean["low"], mean["high"]] == pytest.approx(bounded_limits([100, 80], 0, 100))
    assert 0 < mean["low"] < 90 < mean["high"] < 100


def test_the_initial_stock_is_a_setting_and_has_no_interval(results: Results) -> None:
    first = means(stock_frame(results)).loc[1]
    assert (first["low"], first["stock"], first["high"]) == (100, 100, 100)


def test_a_run_that_stopped_is_shown_and_in_no_mean(results: Results) -> None:
    frame = stock_frame(results)
    stopped = frame[frame["status"] == "failed"]
    assert stopped["month"].tolist() == [1]
    assert not stopped["is_collapse"].any()
    assert means(frame).loc[1, "n"] == 2


def test_survival_counts_censored_runs_up_to_their_last_observed_month(results: Results) -> None:
    frame = survival_frame(results)
    curve = frame[frame["condition"] == "default"].set_index("month")
    assert curve["at_risk"].tolist() == [3, 3, 2, 1, 1]
    assert curve["censored"].tolist() == [0, 1, 0, 0, 1]
    assert curve["collapsed"].tolist() == [0, 0, 1, 0, 0]
    assert curve["survival"].tolist() == pytest.approx([1, 1, 0.5, 0.5, 0.5])


def test_a_curve_stays_at_nothing_once_all_have_collapsed(results: Results) -> None:
    frame = survival_frame(results)
    assert frame.loc[frame["condition"] == "other", "survival"].tolist() == [1, 0, 0, 0, 0]


def test_a_curve_is_unknown_after_the_last_observed_month(write_run: WriteRun, tmp_path: Path) -> None:
    write_run("seed-0.jsonl", asked=STOPPED, status="failed", settings=settings("default", 0))
    curve = survival_frame(load(tmp_path))
    assert curve["survival"].fillna(-1).tolist() == [1, 1, -1, -1, -1]
    assert curve["low"].isna().all()


def test_the_catch_is_that_of_runs_that_came_so_far(results: Results) -> None:
    frame = catch_frame(results)
    kate = frame[(frame["condition"] == "default") & (frame["member"] == "Kate")].set_index("month")
    assert kate["received"].tolist() == [30, (25 + 30) / 2, 10, 20]
    assert kate["n"].tolist() == [2, 2, 1, 1]
    assert kate["member_threshold"].tolist() == [25, (25 + 20) / 2, 25, 25]


def test_gains_are_those_of_members_runs_and_their_mean(results: Results) -> None:
    frame = gain_frame(results)
    default = frame[frame["condition"] == "default"]
    assert sorted(default.loc[default["of"] == "member", "gain"]) == [60, 80, 85, 85]
    assert default.loc[default["of"] == "run", "gain"].tolist() == [85, 70]
    assert default.loc[default["of"] == "run", "sustainable"].tolist() == [100, 100]
    (mean,) = default[default["of"] == "mean"].to_dict("records")
    assert (mean["gain"], mean["n"]) == (77.5, 2)


def test_equality_and_efficiency_are_in_per_cent_and_of_counted_runs(results: Results) -> None:
    frame = equality_frame(results)
    runs = frame[(frame["condition"] == "default") & (frame["of"] == "run")]
    assert runs["efficiency"].tolist() == [85, 70]
    assert runs["equality"].tolist() == pytest.approx([100, 100 * (1 - 2 * 20 / (2 * 2 * 140))])


def test_a_run_without_equality_has_no_point(write_run: WriteRun, tmp_path: Path) -> None:
    nothing: Months = (two(0, 0), two(0, 0))
    write_run("seed-0.jsonl", asked=nothing, status="completed", settings=settings("default", 0, months=2))
    (drawn,) = draw(load(tmp_path), ["equality"])
    assert drawn.frame.empty
    assert "1 more without a value of both measures" in drawn.caption


def test_answers_count_questions_and_replies_of_all_runs(results: Results) -> None:
    frame = answers_frame(results.answers).set_index(["purpose", "model"])
    columns = ["questions", "unread", "replies", "refused", "unread_share", "refused_share"]
    rows = {place: list(row) for place, row in zip(frame.index, frame[columns].to_numpy(), strict=True)}
    assert rows[("harvest", "mock/one")] == pytest.approx([2, 1, 3, 2, 50, 200 / 3])
    assert rows[("harvest", "mock/two")] == [1, 0, 1, 0, 0, 0]


def test_the_frame_of_answers_has_the_declared_layout(results: Results) -> None:
    kinds = {column.name: column.kind for column in ANSWERS.columns}
    assert {name: kind.name for name, kind in results.answers.dtypes.items()} == kinds


def test_a_cost_that_is_unknown_for_one_call_is_unknown_for_its_sum(results: Results) -> None:
    frame = cost_frame(results.answers)
    one = frame[frame["model"] == "mock/one"].set_index("phase")
    assert one["tokens"].to_dict() == {"harvest": 45, "discussion": 15}
    assert one["cost"].to_dict() == pytest.approx({"harvest": 0.03, "discussion": np.nan}, nan_ok=True)


def test_effects_are_in_the_units_of_their_axis(results: Results) -> None:
    found = comparisons_with_baseline(results.runs, "condition", np.random.default_rng(0))
    frame = effects_frame(found)
    rows = {str(row["measure"]): row for row in frame.to_dict("records")}
    assert rows["gain"]["shown"] == rows["gain"]["difference"] == pytest.approx(50 - 77.5)
    assert rows["efficiency"]["shown"] == pytest.approx(100 * rows["efficiency"]["difference"]) == -27.5
    assert rows["efficiency"]["unit"] == "percentage points"
    assert frame["comparisons"].nunique() == 1, "all measures are adjusted together"


def test_nothing_is_compared_without_a_baseline(results: Results) -> None:
    others = results.runs.assign(condition=results.runs["condition"].replace("default", "another"))
    assert set(others["condition"]) == {"another", "other"}
    assert comparisons_with_baseline(others, "condition", np.random.default_rng(0)) == ()


def test_the_frames_read_with_evidence_are_those_read_alone(results: Results, tmp_path: Path) -> None:

    alone = load(tmp_path)
    for name in ("runs", "members", "months", "decisions"):
        pd.testing.assert_frame_equal(getattr(results, name), getattr(alone, name))


def test_a_broken_journal_is_reported_relative_to_the_folder(results: Results, tmp_path: Path) -> None:
    (tmp_path / "broken.jsonl").write_text("no journal\n", encoding="utf-8")
    told: list[JournalError] = []
    again = load(tmp_path, broken=told.append)
    assert len(told) == len(again.problems) == 1
    assert again.problems[0].startswith("broken.jsonl, line 1")
    assert len(again.measures) == len(results.measures)
    with pytest.raises(JournalError, match=r"broken\.jsonl"):
        load(tmp_path)


def test_an_impossible_figure_is_rejected(results: Results) -> None:
    with pytest.raises(AnalysisError, match="kind = pie: there is no such figure; choose from stock"):
        draw(results, ["pie"])
    with pytest.raises(AnalysisError, match="by = seed: must be one of condition, model"):
        draw(results, ["stock"], by="seed")
    with pytest.raises(AnalysisError, match="baseline = nobody: no runs with this condition"):
        draw(results, ["effects"], baseline="nobody")
