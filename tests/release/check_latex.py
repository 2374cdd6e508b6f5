"""Tables in LaTeX compile, and fit the text and the pages of an article of one column and of two."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from govsim.analysis.paper.tables import TABLES
from tests.release.distributions import output_of

PREAMBLE = r"\usepackage{booktabs,array}\usepackage[T1]{fontenc}\begin{document}"
CLASSES = {
    "one column": r"\documentclass{article}",
    "one column, 11 pt on A4": r"\documentclass[11pt,a4paper]{article}",
    "one column, 12 pt": r"\documentclass[12pt]{article}",
    "two columns": r"\documentclass[twocolumn]{article}",
}
TOLERATED_PT = 0.5

LONG_NAME = "a-condition-with-a-rather-long-name-of-its-own"


def govsim(*words: str, folder: Path) -> str:
    return output_of([sys.executable, "-m", "govsim", *words], folder=folder)


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Every table that a command writes, over runs of policies and of the fake model."""
    folder = tmp_path_factory.mktemp("tables")
    (folder / f"{LONG_NAME}.yaml").write_text("world:\n  growth: 1.5\n", encoding="utf-8")
    for scenario in ("fishery", "pasture"):
        govsim("run", scenario, "--agent", "policy:random", "--runs", "4", folder=folder)
    govsim(
        "run", "fishery", "--agent", "policy:random", "--condition", f"{LONG_NAME}.yaml", "--runs", "4", folder=folder
    )
    govsim(
        "run",
        "fishery",
        "--agent",
        "policy:fair-share",
        "--member",
        "Luke.agent=policy:greedy",
        "--runs",
        "2",
        folder=folder,
    )
    govsim("run", "fishery", "--model", "fake/society", "--months", "2", folder=folder)
    for condition in ("newcomer", "quota-hard"):
        for policy in ("noisy:0.02", "noisy:0.1", "fair-share"):
            govsim(
                *("run", "fishery", "--agent", f"policy:{policy}", "--condition", condition, "--runs", "3"),
                folder=folder,
            )
    for condition in ("leader-elected", "contract", "quota-inspected"):  # with measures of institutions
        govsim("run", "fishery", "--model", "fake/society", "--condition", condition, "--months", "2", folder=folder)
    govsim("skills", "test", "--model", "fake/society", "--problems", "3", folder=folder)
    govsim("dialogue", "judge", "runs", "--model", "fake/judge", folder=folder)
    commands = {
        "table": ("table", "runs"),
        "compare": ("compare", "runs", "--baseline", "default"),
        "skills": ("skills", "show", "runs"),
        "dialogue": ("dialogue", "show", "runs"),
        **{name: ("table", "runs", "--like", name) for name in TABLES},
    }
    return {name: govsim(*words, "--format", "latex", folder=folder) for name, words in commands.items()}


@pytest.mark.parametrize("kind", CLASSES)
def test_every_table_compiles_and_fits_the_page(tables: dict[str, str], kind: str, tmp_path: Path) -> None:
    if (pdflatex := shutil.which("pdflatex")) is None:
        pytest.skip("needs LaTeX: apt install texlive-latex-recommended")
    assert all(r"\caption{" in table and r"\label{" in table for table in tables.values())
    parts = [f"\\typeout{{TABLE {name}}}\n{table}\n\\clearpage" for name, table in tables.items()]
    document = "\n".join([CLASSES[kind], PREAMBLE, *parts, r"\end{document}"])
    (tmp_path / "tables.tex").write_text(document, encoding="utf-8")
    done = subprocess.run(
        [pdflatex, "-interaction=nonstopmode", "-halt-on-error", "tables.tex"],
        cwd=tmp_path, capture_output=True, text=True, check=False, errors="replace",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
    assert _too_large(done.stdout) == []


def _too_large(log: str) -> list[str]:
    """What is wider than the text or longer than a page, by table."""
    found, name = [], ""
    for line in log.splitlines():
        if line.startswith("TABLE "):
            name = line
        if (over := re.match(r"Overfull \\hbox \(([\d.]+)pt too wide\)", line)) and float(over[1]) > TOLERATED_PT:
            found.append(f"{name}: {line}")
        if "Float too large for page" in line:
            found.append(f"{name}: {line}")
    return found
