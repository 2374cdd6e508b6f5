"""Exported frames: files read back as the frames, and their columns are described."""

from __future__ import annotations

import csv
import importlib.util
import json
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from govsim.analysis import compare, runs_frame
from govsim.analysis.export import write_frames
from govsim.analysis.frames import layouts, runs_layout
from govsim.analysis.results import Results, load
from govsim.errors import AnalysisError, ConfigError

WriteRun = Callable[..., Path]

NAMES = ("John", "Kate", "Jack", "Emma", "Luke")
FAIR = [dict.fromkeys(NAMES, 10)] * 12

FILES = ["columns.json", "columns.md", "decisions.csv", "members.csv", "months.csv", "runs.csv", "sites.csv"]

has_pyarrow = importlib.util.find_spec("pyarrow") is not None


@pytest.fixture
def frames(write_run: WriteRun, tmp_path: Path) -> Results:
    write_run("journals/a.jsonl", asked=FAIR, status="completed")
    write_run("journals/b.jsonl", settings={"seed": 1}, asked=[{**FAIR[0], "Luke": None}], status="failed")
    return load(tmp_path / "journals")


class TestCsv:
    def test_it_writes_all_frames_and_what_their_columns_mean(self, frames: Results, tmp_path: Path) -> None:
        written = write_frames(frames, tmp_path / "out" / "there")
        assert sorted(path.name for path in written) == FILES
        assert sorted((tmp_path / "out" / "there").iterdir()) == sorted(written)

    @pytest.mark.parametrize("layout", layouts(), ids=lambda layout: layout.name)
    def test_a_file_reads_back_as_the_frame(self, frames: Results, tmp_path: Path, layout: object) -> None:
        assert hasattr(layout, "name")
        write_frames(frames, tmp_path / "out")
        frame: pd.DataFrame = getattr(frames, layout.name)
        back = pd.read_csv(tmp_path / "out" / f"{layout.name}.csv", dtype=frame.dtypes.to_dict())
        pd.testing.assert_frame_equal(back, frame)

    def test_the_same_frames_give_the_same_bytes(self, frames: Results, tmp_path: Path) -> None:
        for name in ("one", "two"):
            write_frames(frames, tmp_path / name)
        for name in FILES:
            content = (tmp_path / "one" / name).read_bytes()
            assert content == (tmp_path / "two" / name).read_bytes()
            assert content.endswith(b"\n")
            assert b"\r" not in content

    def test_an_earlier_export_is_replaced(self, frames: Results, tmp_path: Path) -> None:
        write_frames(frames, tmp_path / "out")
        first = (tmp_path / "out" / "runs.csv").read_bytes()
        (tmp_path / "out" / "runs.csv").write_text("old", encoding="utf-8")
        write_frames(frames, tmp_path / "out")
        assert (tmp_path / "out" / "runs.csv").read_bytes() == first

    def test_a_censored_run_has_no_outcome(self, frames: Results, tmp_path: Path) -> None:
        write_frames(frames, tmp_path / "out")
        lines = (tmp_path / "out" / "runs.csv").read_text(encoding="utf-8").splitlines()
        head, _, failed = csv.reader(lines)
        row = dict(zip(head, failed, strict=True))
        assert (row["status"], row["is_survivor"], row["survival_time"], row["gain"]) == ("failed", "", "", "")


def test_a_spreadsheet_finds_no_formula_in_any_text(write_run: WriteRun, tmp_path: Path) -> None:
    # Half of a character cannot be written in UTF-8, and must not stop the rest.
    write_run("journals/=a.jsonl", society='@HYPERLINK("\udcff")')
    frames = load(tmp_path / "journals")
    write_frames(frames, tmp_path / "out")
    for name in ("runs", "members", "months", "decisions"):
        with (tmp_path / "out" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        assert {(row[0], row[3]) for row in rows[1:]} == {("'=a.jsonl", '\'@HYPERLINK("\ufffd")')}
    assert frames.runs["path"].tolist() == ["=a.jsonl"]


def test_every_column_is_described(frames: Results, tmp_path: Path) -> None:
    write_frames(frames, tmp_path)
    described = json.loads((tmp_path / "columns.json").read_text(encoding="utf-8"))
    page = (tmp_path / "columns.md").read_text(encoding="utf-8")
    for layout in layouts():
        columns = described[layout.name]["columns"]
        assert [column["name"] for column in columns] == list(layout.names)
        section = page.partition(f"## {layout.name}\n")[2].partition("\n## ")[0]
        assert re.findall(r"^\| (\w+) \|", section, re.MULTILINE) == ["column", *layout.names]


@pytest.mark.skipif(not has_pyarrow, reason="needs pyarrow")
@pytest.mark.parametrize("layout", layouts(), ids=lambda layout: layout.name)
def test_parquet_keeps_values_and_types(frames: Results, tmp_path: Path, layout: object) -> None:
    assert hasattr(layout, "name")
    write_frames(frames, tmp_path, "parquet")
    frame: pd.DataFrame = getattr(frames, layout.name)
    back = pd.read_parquet(tmp_path / f"{layout.name}.parquet")
    assert list(back) == list(frame)
    pd.testing.assert_frame_equal(back, frame, check_dtype=False)
    write_frames(frames, tmp_path / "again", "parquet")
    name = f"{layout.name}.parquet"
    assert (tmp_path / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_without_pyarrow_parquet_is_rejected_with_what_to_do(
    frames: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(AnalysisError, match=r"requires pyarrow; run pip install 'govsim\[parquet\]', or use csv"):
        write_frames(frames, tmp_path / "out", "parquet")
    assert not (tmp_path / "out").exists()


def test_another_format_is_rejected(frames: Results, tmp_path: Path) -> None:
    with pytest.raises(AnalysisError, match="format = xlsx: must be one of csv, parquet"):
        write_frames(frames, tmp_path, "xlsx")


def test_a_file_in_place_of_the_folder_is_reported(frames: Results, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file", encoding="utf-8")
    with pytest.raises(ConfigError, match="out: is not a writable folder"):
        write_frames(frames, tmp_path / "out")


class TestSettingsAsColumns:
    def test_runs_are_compared_by_a_setting_in_pairs_of_one_seed(self, write_run: WriteRun, tmp_path: Path) -> None:
        import numpy as np

        for growth in (2.0, 3.0):
            for seed in range(3):
                settings = {"seed": seed, "world": {"growth": growth}}
                write_run(f"{growth}/{seed}.jsonl", settings=settings, society=f"s{growth}")
        runs = runs_frame(load(tmp_path).measures, settings=["world.growth"])
        assert list(runs)[-1] == "world.growth"
        assert runs["world.growth"].tolist() == ["2.0"] * 3 + ["3.0"] * 3
        rng = np.random.default_rng(0)
        (found,) = compare(runs, by="world.growth", baseline="2.0", measure="efficiency", rng=rng, design="paired")
        assert (found.level.name, found.pairs) == ("3.0", 3)
        assert dict(found.within)["scenario"] == "fishery"
        assert found.difference == pytest.approx(100 / (12 * 66) - 100 / (12 * 50))

    def test_without_settings_the_columns_are_those_of_the_page(self, write_run: WriteRun, tmp_path: Path) -> None:
        write_run("a.jsonl")
        assert list(runs_frame(load(tmp_path).measures)) == list(runs_layout().names)

    def test_a_setting_that_no_run_has_is_rejected(self, write_run: WriteRun, tmp_path: Path) -> None:
        write_run("a.jsonl")
        with pytest.raises(AnalysisError, match=r"by = wrold\.growth: no run has this setting"):
            runs_frame(load(tmp_path).measures, settings=["wrold.growth"])
