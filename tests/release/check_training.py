"""The example of training learns: its agent comes close to the exact best reply, also in a society.

Trained half as long as by `train.py`; takes about half a minute of CPU time.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from govsim.journal import Harvest, read_journal
from tests.packaging.pins import ROOT
from tests.release.distributions import output_of

SHARE = 0.9
"""Smallest share of the value of the best reply."""

TRAIN = """
import numpy, train
table = train.train(months=train.MONTHS // 2)
numpy.save(train.FILE, table.astype(numpy.uint8))
print("VALUES", train.value_of(table), train.exact())
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float, float]:
    """The folder with the trained agent, its value in the environment, and the value of the best reply."""
    folder = tmp_path_factory.mktemp("training") / "training"
    shutil.copytree(ROOT / "examples" / "training", folder)
    value, best = output_of([sys.executable, "-c", TRAIN], folder=folder).split("VALUES")[1].split()
    return folder, float(value), float(best)


def test_the_agent_reaches_nine_tenths_of_the_value_of_the_best_reply(trained: tuple[Path, float, float]) -> None:
    _, value, best = trained
    assert best == pytest.approx(203)
    assert SHARE * best <= value <= best


def test_the_agent_receives_as_much_in_a_society(trained: tuple[Path, float, float]) -> None:
    folder, value, _ = trained
    member = "members.John.agent=pettingzoo:learner.py:learner"
    command = [sys.executable, "-m", "govsim", "run", "fishery", "--agent", "policy:fair-share", "--runs", "5"]
    output_of([*command, "--set", member, "--out", "runs"], folder=folder)
    runs = [read_journal(path) for path in folder.rglob("seed-*.jsonl")]
    units = [sum(harvest.granted["John"] for harvest in run.of(Harvest)) for run in runs]
    assert len(units) == 5
    assert sum(units) / 5 == pytest.approx(value, rel=0.05)
