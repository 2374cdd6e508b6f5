"""Exports can be read by the programs that the page on exchange names, in environments of their own."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.packaging.pins import ROOT
from tests.release.distributions import output_of

DATASETS = ("duckdb==2.0.1", "datasets==5.2.0")
EVERY_EVAL_EVER, ITS_PYTHON = "every-eval-ever==0.3.0", "3.12"

CAMPAIGN = """
agents: {default: policy:random}
grid: {world.growth: [2, 1.5], condition: [default, sanctions]}
execution: {runs: 3, out: runs/campaign}
"""

READ = """
import json, sys
import datasets, duckdb
rows = duckdb.sql(sys.argv[1]).fetchall()
numbers = {
    name: datasets.load_dataset("parquet", data_files=f"exports/*/{name}.parquet", split="train").num_rows
    for name in ("runs", "members", "months", "decisions")
}
answers = datasets.load_dataset("json", data_files="trajectories.jsonl", split="train")
print("FOUND", json.dumps([rows, numbers, answers.column_names]))
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with exports of a campaign of policies and of runs of the fake model."""
    folder = tmp_path_factory.mktemp("exchange")
    (folder / "campaign.yaml").write_text(CAMPAIGN, encoding="utf-8")
    for words in (
        "run campaign.yaml",
        "run pasture --model fake/society --months 2 --runs 2 --out runs/model",
        "export runs/campaign --format parquet -o exports/campaign",
        "export runs/model --format parquet -o exports/model",
        "export trajectories runs/model -o trajectories.jsonl",
        "export every-eval-ever runs/model --organization Lab -o shared",
    ):
        output_of([sys.executable, "-m", "govsim", *words.split()], folder=folder)
    return folder


def environment(folder: Path, python: str, *packages: str) -> str:
    """Make an environment with these packages; return its Python."""
    uv = [sys.executable, "-m", "uv"]
    output_of([*uv, "venv", "--quiet", "--no-python-downloads", "--python", python, "venv"], folder=folder)
    found = str(folder / "venv" / "bin" / "python")
    output_of([*uv, "pip", "install", "--quiet", "--python", found, *packages], folder=folder)
    return found


def test_duckdb_and_datasets_read_a_folder_of_exports(results: Path, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "how-to" / "exchange.md").read_text(encoding="utf-8")
    query = re.search(r"^```sql\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert query is not None
    python = environment(tmp_path, sys.executable, *DATASETS)
    rows, numbers, columns = json.loads(output_of([python, "-c", READ, query[1]], folder=results).split("FOUND ")[-1])
    assert [(*row[:2], row[3]) for row in rows] == [
        *[("fishery", "default", 3), ("fishery", "default", 3)],
        *[("fishery", "sanctions", 3), ("fishery", "sanctions", 3)],
        ("pasture", "default", 2),
    ]
    assert len({row[2] for row in rows}) == 3
    assert (numbers["runs"], numbers["members"]) == (14, 70)
    assert {"messages", "completion", "regret"} <= set(columns)


def interpreter(version: str) -> str | None:
    """Find a Python of a minor version on the PATH or of pyenv, whose own command works only for a chosen version."""
    places: list[str | Path | None] = [
        shutil.which(f"python{version}"),
        *sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python")),
    ]
    for place in places:
        if place is None:
            continue
        done = subprocess.run([place, "--version"], capture_output=True, text=True, timeout=60, check=False)
        if done.returncode == 0 and done.stdout.startswith(f"Python {version}."):
            return str(place)
    return None


def test_every_eval_ever_accepts_an_export(results: Path, tmp_path: Path) -> None:
    if (found := interpreter(ITS_PYTHON)) is None:
        pytest.skip(f"needs Python {ITS_PYTHON}")
    python = environment(tmp_path, found, EVERY_EVAL_EVER)
    files = [str(path) for path in (results / "shared").rglob("*.json")]
    assert "1 passed, 0 warning-only, 0 failed" in output_of(
        [python, "-m", "every_eval_ever", "validate", *files], folder=results
    )
