"""`govsim tournament`: text, JSON, CSV and figures."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path

import pytest

from tests.commands import govsim

THREE = ("--policy", "fair-share", "--policy", "greedy", "--policy", "policy:tit-for-tat", "--runs", "2")


def test_the_table_is_printed_and_the_figure_and_the_report_written(tmp_path: Path) -> None:
    written = ("--figure", "tournament.svg", "--report", "tournament.html")
    done = govsim(tmp_path, "tournament", "fishery", *THREE, "--processes", "1", *written)
    assert (done.returncode, done.stderr) == (0, "tournament.html\ntournament.svg\n")
    page = (tmp_path / "tournament.html").read_text(encoding="utf-8")
    assert page.count("<table") == 4, "policies, values of the figure, invasions and societies"
    assert all(name in page for name in ("tit-for-tat", "neutral", "data:image/svg+xml", "growth: 2.0"))
    assert '<img class="wide"' in page, "the figure is wider than one column"
    assert "<script" not in page
    assert done.stdout.startswith("Tournament of 3 policies, 5 members, 2 runs of each society\n")
    drawn = (tmp_path / "tournament.svg").read_text(encoding="utf-8")
    assert drawn.count("<image ") + drawn.count("<path ") > 20


def test_json_and_csv_have_every_society(tmp_path: Path) -> None:
    file = tmp_path / "dry.yaml"
    file.write_text("scenario: pasture\nworld: {growth: 1.5, months: 4}\nagents: {default: generative}\nseed: 3\n")
    as_json = govsim(tmp_path, "tournament", "dry.yaml", *THREE, "--processes", "1", "--format", "json")
    content = json.loads(as_json.stdout)
    assert (content["scenario"], content["months"], content["runs"]) == ("pasture", 4, 2)
    assert content["payoffs"]["greedy"]["fair-share"] == 100 - 4 * 6, "four take 6 each, and greed the rest"
    as_csv = govsim(tmp_path, "tournament", "dry.yaml", *THREE, "--processes", "1", "--format", "csv")
    rows = list(csv.DictReader(StringIO(as_csv.stdout)))
    assert len(rows) == len(content["societies"]) == 3 + 3 * 4
    alike = {one["policy"]: one for one in content["societies"] if one["policy"] == one["other"]}
    assert alike["greedy"]["exploitability"] == 0
    assert {one["exploitability_method"] for one in alike.values()} == {"exact"}
    assert [one["exploitability_method"] for one in rows].count("exact") == 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["fishery", "--policy", "nice"], "agent = policy:nice: there is no such policy"),
        (["fishery", "--figure", "a.txt"], "--figure a.txt: must end in .png, .svg or .pdf"),
        (["grid.yaml"], "grid.yaml: has a grid of 2 cells; a tournament needs one world, without a grid"),
        (
            ["fishery", "--set", "institutions=[{quota: {amount: 9}}]"],
            "institutions = quota: not simulated by a tournament",
        ),
    ],
)
def test_invalid_input_is_reported_in_one_line(tmp_path: Path, options: list[str], message: str) -> None:
    (tmp_path / "grid.yaml").write_text("grid: {world.growth: [1.5, 2]}\n")
    done = govsim(tmp_path, "tournament", *options)
    assert done.returncode == 2
    assert done.stderr.startswith(f"govsim: {message}")
    assert len(done.stderr.splitlines()) == 1
