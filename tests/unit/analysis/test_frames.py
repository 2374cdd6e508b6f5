"""Tidy frames of runs: what their rows say, and that types and columns are the same whatever is read."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from govsim.analysis import cells_of, read_run, runs_frame
from govsim.analysis.columns import Layout, columns_of, typed_frame
from govsim.analysis.frames import DECISIONS, MEMBERS, MONTHS, SITES, RunKeys, layouts, runs_layout
from govsim.analysis.measures import all_measures
from govsim.analysis.records import CALLS
from govsim.analysis.results import load
from govsim.errors import AnalysisError, JournalError
from govsim.journal import Agreement, Call, Event, discovery, follow, safe_open
from govsim.journal.line import line_of

WriteRun = Callable[..., Path]
MakeCall = Callable[..., Call]

NAMES = ("John", "Kate", "Jack", "Emma", "Luke")


def everyone(units: int) -> dict[str, int]:
    return dict.fromkeys(NAMES, units)


def two_members(*months: dict[str, int | None], **settings: Any) -> dict[str, Any]:
    society = {"members": ["John", "Kate"], "max_invalid": 1}
    return {"asked": months, "settings": {"society": society, "world": {"months": len(months)}, **settings}}


def append(path: Path, *events: Event) -> None:
    """Put lines before the end of a journal."""
    *lines, end = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines, *map(line_of, events), end]))


@pytest.fixture
def runs(write_run: WriteRun, make_call: MakeCall, tmp_path: Path) -> Path:
    """Three runs of two members: one survived, one collapsed, one failed."""
    months: tuple[dict[str, int | None], ...] = ({"John": 20, "Kate": 30}, {"John": None, "Kate": 25})
    calls = [make_call(), make_call(month=2, refused="no number"), make_call(month=2, member="Kate", cost=None)]
    path = write_run("a/seed-0.jsonl", status="completed", calls=calls, **two_members(*months))
    append(path, Agreement(month=1, summary="Take 25 each.", limit=25))
    write_run("a/seed-1.jsonl", **two_members({"John": 60, "Kate": 60}, seed=1) | {"settings": settings_of(1)})
    write_run("b/seed-2.jsonl", **two_members({"John": 20, "Kate": 20}) | {"settings": settings_of(2)}, status="failed")
    return tmp_path


def settings_of(seed: int) -> dict[str, Any]:
    return {**two_members({}, {})["settings"], "seed": seed, "condition": "default"}


@pytest.mark.parametrize("layout", layouts(), ids=lambda layout: layout.name)
def test_columns_and_types_are_those_of_the_layout(runs: Path, layout: Layout) -> None:
    frame = getattr(load(runs), layout.name)
    kinds = {column.name: column.kind for column in layout.columns}
    assert {name: kind.name for name, kind in frame.dtypes.items()} == kinds
    assert typed_frame(layout, []).dtypes.to_dict() == frame.dtypes.to_dict()


def test_the_frame_of_sites_is_empty_without_sites(runs: Path) -> None:
    assert load(runs).sites.empty


@pytest.mark.parametrize("layout", layouts(), ids=lambda layout: layout.name)
def test_every_frame_begins_with_what_names_the_run(runs: Path, layout: Layout) -> None:
    assert layout.columns[: len(RunKeys._fields)] == columns_of(RunKeys)
    if layout is SITES:
        return
    frame = getattr(load(runs), layout.name)
    assert list(frame["path"].unique()) == ["a/seed-0.jsonl", "a/seed-1.jsonl", "b/seed-2.jsonl"]
    assert list(frame["status"].unique()) == ["completed", "collapsed", "failed"]
    assert list(frame["seed"].unique()) == [0, 1, 2]


def test_the_frame_of_runs_agrees_with_the_measures(runs: Path) -> None:
    frame = load(runs).runs
    for row, run in zip(frame.to_dict("records"), load(runs).measures, strict=True):
        for measure in all_measures():
            name, value = measure.column, run.values[measure.name]
            assert (pd.isna(row[name]) and value is None) or row[name] == value
        for name in ("model", "agent", "prompts", "months", "invalid", "forfeited", "from_month"):
            assert row[name] == getattr(run, name)
    pd.testing.assert_frame_equal(frame, runs_frame(load(runs).measures))


def test_a_censored_run_has_no_measures_and_is_observed_for_the_months_it_completed(runs: Path) -> None:
    failed = load(runs).runs.iloc[2]
    undefined = ["is_survivor", "survival_time", "gain", "efficiency", "equality", "over_usage", "over_usage_granted"]
    assert failed[[*undefined, "share_of_optimum"]].isna().all()
    assert (failed["months"], failed["observed_months"], failed["has_collapsed"]) == (1, 1, False)
    assert not failed["is_counted"]


def test_a_collapse_is_the_event_at_the_survival_time(runs: Path) -> None:
    frame = load(runs).runs
    assert frame["has_collapsed"].tolist() == [False, True, False]
    assert frame["observed_months"].tolist() == [2, 1, 1]
    assert frame["months_planned"].tolist() == [2, 2, 2]


def test_members_have_what_they_received_and_asked(runs: Path) -> None:
    frame = load(runs).members
    survived = frame[frame["path"] == "a/seed-0.jsonl"].set_index("member")
    assert survived["gain"].to_dict() == {"John": 20, "Kate": 55}
    assert survived["forfeited"].to_dict() == {"John": 1, "Kate": 0}
    assert survived["months_present"].to_dict() == {"John": 2, "Kate": 2}
    assert survived["over_usage"].to_dict() == {"John": 0, "Kate": 0.5}
    assert frame.loc[frame["status"] == "failed", ["gain", "over_usage", "over_usage_granted"]].isna().all(axis=None)


def test_members_gains_are_those_of_the_run_from_any_month_on(runs: Path) -> None:
    for first in (1, 2):
        frames = load(runs, from_month=first)
        means = frames.members.groupby("path", sort=False)["gain"].mean()
        pd.testing.assert_series_equal(means, frames.runs.set_index("path")["gain"], check_names=False)
        assert (frames.runs["from_month"] == first).all()


def test_each_member_has_its_own_model_agent_and_month_of_arrival(write_run: WriteRun, tmp_path: Path) -> None:
    members = {"Kate": {"joins": 2, "model": "mock/two"}, "John": {"agent": "policy:greedy"}}
    months: tuple[dict[str, int | None], ...] = ({"John": 20}, {"John": 20, "Kate": 20})
    write_run("seed-0.jsonl", status="completed", **two_members(*months, members=members))
    john, kate = load(tmp_path).members.to_dict("records")
    assert (john["agent"], john["joins"], john["months_present"]) == ("policy:greedy", 1, 2)
    assert pd.isna(john["model"])
    assert (kate["agent"], kate["model"], kate["joins"], kate["months_present"]) == ("generative", "mock/two", 2, 1)


def test_members_and_decisions_have_their_group(write_run: WriteRun, tmp_path: Path) -> None:
    members = {"Kate": {"group": "boats"}}
    write_run("seed-0.jsonl", status="completed", **two_members({"John": 20, "Kate": 20}, members=members))
    found = load(tmp_path)
    for frame in (found.members, found.decisions):
        groups = dict(zip(frame["member"], frame["group"], strict=True))
        assert groups["Kate"] == "boats"
        assert pd.isna(groups["John"])


def test_a_member_that_never_arrived_has_a_row_without_a_gain(write_run: WriteRun, tmp_path: Path) -> None:
    late = {"members": {"Kate": {"joins": 2}}}
    write_run("seed-0.jsonl", **two_members({"John": 100}, {}, **late) | {"asked": [{"John": 100}]})
    kate = load(tmp_path).members.iloc[1]
    assert kate["months_present"] == 0
    assert kate[["gain", "over_usage"]].isna().all()


def test_months_have_stock_catch_and_what_was_agreed(runs: Path) -> None:
    first, second = load(runs).months.head(2).to_dict("records")
    assert (first["stock_before"], first["asked"], first["received"], first["stock_after_harvest"]) == (100, 50, 50, 50)
    assert (first["threshold"], first["member_threshold"], first["members"]) == (50, 25, 2)
    assert (first["limit"], first["forfeited"], first["invalid"]) == (25, 0, 0)
    assert pd.isna(second["limit"])
    assert (second["asked"], second["received"], second["forfeited"]) == (25, 25, 1)
    assert second["stock_after_growth"] == 100


def test_what_months_cost_adds_up_to_what_the_run_cost(runs: Path) -> None:
    first, second = load(runs).months.head(2).to_dict("records")
    assert (first["tokens"], second["tokens"]) == (15, 30)
    assert first["cost"] == pytest.approx(0.01)
    assert pd.isna(second["cost"])
    assert second["invalid"] == 1


def test_decisions_distinguish_units_asked_from_units_granted(runs: Path) -> None:
    frame = load(runs).decisions
    assert len(frame) == 4 + 2 + 2
    forfeited = frame[frame["is_forfeited"]].iloc[0]
    assert (forfeited["member"], forfeited["month"], forfeited["received"]) == ("John", 2, 0)
    assert forfeited[["asked", "is_over_usage", "is_over_usage_granted"]].isna().all()
    rationed = frame[frame["status"] == "collapsed"]
    assert rationed["asked"].tolist() == [60, 60]
    assert rationed["received"].tolist() == [50, 50]
    assert rationed["is_over_usage"].tolist() == [True, True]
    kate = frame[(frame["member"] == "Kate") & (frame["path"] == "a/seed-0.jsonl")]
    assert kate["is_over_usage"].tolist() == [True, False]


def test_a_member_is_above_the_threshold_only_beyond_it(write_run: WriteRun, tmp_path: Path) -> None:
    write_run("seed-0.jsonl", status="completed", **two_members({"John": 25, "Kate": 26}))
    assert load(tmp_path).decisions["is_over_usage"].tolist() == [False, True]


def test_one_journal_is_read_by_its_own_name(runs: Path) -> None:
    frames = load(runs / "a" / "seed-0.jsonl")
    assert frames.runs["path"].tolist() == ["seed-0.jsonl"]


def test_runs_share_a_cell_when_they_share_a_row_of_the_table(write_run: WriteRun, tmp_path: Path) -> None:
    variants: list[dict[str, Any]] = [
        {},
        {"seed": 1},
        {"members": {"John": {"joins": 1}}},  # says what is so anyway
        {"world": {"growth": 3}},
        {"members": {"John": {"model": "mock/two"}}},
        {"condition": "other"},
    ]
    for number, settings in enumerate(variants):
        write_run(f"{number}.jsonl", settings=settings)
    found = load(tmp_path).measures
    shared = [[run.cell for run in cell.runs] for cell in cells_of(found)]
    assert all(len(set(cells)) == 1 for cells in shared)
    assert len({cells[0] for cells in shared}) == len(shared) == 4


def test_from_month_is_counted_from_one(runs: Path) -> None:
    with pytest.raises(AnalysisError, match="from_month = 0: must be a whole number, 1"):
        load(runs, from_month=0)


def test_a_first_month_is_checked_for_censored_runs_too(write_run: WriteRun) -> None:
    path = write_run("seed-0.jsonl", asked=[everyone(10)], status="failed")
    with pytest.raises(AnalysisError, match="from_month = 0: must be a whole number, 1"):
        read_run(path, from_month=0)


def test_an_empty_folder_has_no_frames(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="contains no journals"):
        load(tmp_path)


@pytest.mark.parametrize("layout", [runs_layout(), MEMBERS, MONTHS, DECISIONS], ids=lambda layout: layout.name)
def test_every_column_is_named_once_and_explained(layout: Layout) -> None:
    assert len(set(layout.names)) == len(layout.names)
    assert all(column.meaning.endswith(".") for column in layout.columns)


def test_a_row_of_another_length_is_rejected() -> None:
    with pytest.raises(ValueError, match="zip"):
        typed_frame(runs_layout(), [("a.jsonl", "fishery")])


def test_a_broken_journal_is_excluded_from_the_frames_and_reported(write_run: WriteRun, tmp_path: Path) -> None:
    write_run("a.jsonl")
    write_run("b.jsonl", settings={"seed": 1}).write_bytes(b"garbage\n")
    told: list[JournalError] = []
    frames = load(tmp_path, broken=told.append)
    assert list(frames.runs["seed"]) == [0]
    assert len(told) == 1
    with pytest.raises(JournalError, match=r"b\.jsonl, line 1"):
        load(tmp_path)


class TestLoading:
    def test_each_journal_is_read_once(self, runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        lines: Counter[str] = Counter()
        opened = safe_open.opened

        def counting(path: Path, *below: Any) -> Any:
            lines[path.name] += 1
            return opened(path, *below)

        for module in (follow, discovery):
            monkeypatch.setattr(module, "opened", counting)
        found = load(runs, broken=lambda _: None)
        assert [len(getattr(found, name)) for name in ("runs", "calls", "memories", "studies")] == [3, 3, 0, 0]
        # Once for the first line, to skip those without content, and once to read it.
        assert lines == {"seed-0.jsonl": 2, "seed-1.jsonl": 2, "seed-2.jsonl": 2}

    def test_a_file_whose_name_is_no_utf_8_is_read_like_any_other(self, runs: Path) -> None:
        (runs / "a" / "seed-0.jsonl").rename(runs / "a" / os.fsdecode(b"\xff.jsonl"))
        found = load(runs)
        for name in ("runs", "members", "months", "decisions", "calls"):
            assert "a/?.jsonl" in set(getattr(found, name)["path"])

    def test_calls_are_rows_with_what_is_known_of_each(self, runs: Path) -> None:
        frame = load(runs, frames=("calls",)).calls
        assert {name: kind.name for name, kind in frame.dtypes.items()} == CALLS.kinds
        assert frame["path"].tolist() == ["a/seed-0.jsonl"] * 3
        assert frame["refused"].isna().tolist() == [True, False, True]
        assert frame["cost"].isna().tolist() == [False, False, True]
        assert frame["study"].isna().all()

    def test_what_was_not_loaded_is_no_empty_frame(self, runs: Path) -> None:
        found = load(runs, frames=("runs",))
        assert len(found.runs) == 3
        with pytest.raises(AnalysisError, match="months: this frame was not loaded; add it to load"):
            found.months  # noqa: B018 - asking is enough
        with pytest.raises(AnalysisError, match="frames = weeks: must be one of runs, members"):
            load(runs, frames=("weeks",))

    def test_the_status_of_an_inconsistent_run_is_known(self, runs: Path) -> None:
        path = runs / "a" / "seed-1.jsonl"
        path.write_bytes(path.read_bytes().replace(b'"stock_before":100', b'"stock_before":90', 1))
        told: list[JournalError] = []
        assert len(load(runs, frames=("status",), broken=told.append).states) == 3
        assert told == []
        found = load(runs, broken=told.append)
        assert [len(told), len(found.measures), len(found.problems)] == [1, 2, 1]
        assert found.problems[0].startswith("a/seed-1.jsonl: the harvest of month 1 is inconsistent")
