from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import govsim
from govsim.analysis.settings import society_names
from govsim.journal import read_journal
from govsim.web.choices import RunFilter
from govsim.web.parts.runs import about_run, about_setting, run_columns, setting_columns, setting_rows
from govsim.web.summary import summary_of
from govsim.web.titles import member_setup, run_name, title_of


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of fair-share members and a greedy one, with a changed growth rate, in a folder named by a hash."""
    place = tmp_path_factory.mktemp("mixed")
    settings = {"members.Luke.agent": "policy:greedy", "world.growth": 1.8}
    govsim.run("fishery", agent="policy:fair-share", months=2, settings=settings, out=place)
    return place


SETUP = "4 × policy:fair-share, Luke: policy:greedy, growth 1.8, months 2"


def test_a_run_is_named_by_its_setup_and_not_by_its_folder(mixed: Path) -> None:
    (path,) = mixed.rglob("*.jsonl")
    run = summary_of(path, mixed).measures
    assert run is not None
    assert run_name(run, "unread.jsonl") == f"fishery · default · seed 0 · {SETUP}"
    assert run_name(None, "unread.jsonl") == "unread.jsonl"
    assert society_names([(run.society, run.setup)]) == {run.society: SETUP}


def test_societies_with_the_same_setup_are_numbered(mixed: Path) -> None:
    (path,) = mixed.rglob("*.jsonl")
    run = summary_of(path, mixed).measures
    assert run is not None
    runs = [run, replace(run, society="other")]
    names = society_names((one.society, one.setup) for one in runs)
    assert names == {run.society: SETUP, "other": f"{SETUP} (2)"}


def test_each_member_is_described_by_how_it_decides(mixed: Path) -> None:
    (path,) = mixed.rglob("*.jsonl")
    header = read_journal(path).header
    assert title_of(header) == "fishery · default · seed 0"
    assert {member: member_setup(header, member) for member in ("John", "Luke")} == {
        "John": ["policy:fair-share"],
        "Luke": ["policy:greedy"],
    }


def test_lists_show_members_and_changed_settings(mixed: Path) -> None:
    (path,) = mixed.rglob("*.jsonl")
    entry = summary_of(path, mixed)
    assert entry.measures is not None
    (setting,) = setting_rows([entry.measures])
    rows = [
        ({column.name: column.cell_of(entry) for column in run_columns()}, about_run(entry)["sub"]),
        ({column.name: column.cell_of(setting) for column in setting_columns()}, about_setting(setting)["sub"]),
    ]
    assert [row["agents"] for row, _ in rows] == ["4 × policy:fair-share, Luke: policy:greedy"] * 2
    assert [sub for _, sub in rows] == ["seed 0 · growth 1.8 · months 2", "growth 1.8 · months 2"]


def test_lists_show_many_changed_settings_in_full(tmp_path: Path) -> None:
    changed = {"world.capacity": 200, "world.growth": 1.8, "world.collapse": 12, "world.allocation": "proportional"}
    seen = {
        "observation.stock": {"noise": 0.2},
        "world.initial": 150,
        "world.shocks": ["loss"],
        "society.members": [f"Member {number}" for number in range(3)],
    }
    made = govsim.run("fishery", agent="policy:fair-share", settings=changed | seen, months=1, out=tmp_path)
    run = made.results[0].path
    entry = summary_of(run, tmp_path)
    assert entry.measures is not None
    (setting,) = setting_rows([entry.measures])
    for sub in (about_run(entry)["sub"], about_setting(setting)["sub"]):
        assert isinstance(sub, str)
        assert len(sub) > 160
        assert "…" not in sub
        assert {"capacity 200", "growth 1.8", "collapse 12", "allocation proportional"} <= set(sub.split(" · "))


def test_a_setting_with_identical_runs_shows_no_intervals(mixed: Path) -> None:
    (path,) = mixed.rglob("*.jsonl")
    run = summary_of(path, mixed).measures
    assert run is not None
    (one,), (two,) = setting_rows([run]), setting_rows([run, replace(run, name="copy")])
    assert about_setting(one)["gain_range"] == "n = 1"
    assert about_setting(two)["gain_range"] == ""
    [runs] = [column for column in setting_columns() if column.name == "runs"]
    assert (runs.cell_of(one), runs.cell_of(two)) == ("1", "2, identical")


@pytest.mark.parametrize(("text", "is_found"), [("growth 1.8", True), ("GREEDY", True), ("growth 2.0", False)])
def test_runs_are_found_by_their_settings(mixed: Path, text: str, is_found: bool) -> None:
    (path,) = mixed.rglob("*.jsonl")
    assert RunFilter(text=text).has(summary_of(path, mixed)) is is_found


def test_an_unknown_cost_differs_from_one_that_an_imported_run_does_not_have(mixed: Path) -> None:
    (path,) = mixed.rglob("*.jsonl")
    entry = summary_of(path, mixed)
    assert entry.measures is not None
    (cost,) = (column for column in run_columns() if column.name == "cost")
    changes: dict[str, dict[str, Any]] = {
        "$0.00": {},
        "unknown": {"cost": None},
        "–": {"cost": None, "is_imported": True},
    }
    for shown, change in changes.items():
        assert cost.cell_of(replace(entry, measures=replace(entry.measures, **change))) == shown
