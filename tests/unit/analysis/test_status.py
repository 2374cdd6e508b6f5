"""The status of runs names societies by their setups and sums the known cost."""

from __future__ import annotations

from pathlib import Path

from govsim.analysis import in_cells
from govsim.analysis.status import JobState, with_waiting
from govsim.analysis.tables.accounts import status_table
from govsim.analysis.tables.text import as_text
from govsim.journal import PlannedRun

CELL = ("fishery", "default", "policy-random-fea8c0")
SETUP = "policy:random, growth 1.5"


def job(name: str, cost: float | None) -> JobState:
    return JobState(path=Path(name), cell=CELL, status="completed", cost=cost, setup=SETUP)


def test_a_society_is_named_by_its_setup_before_any_run_has_started() -> None:
    fields = dict(zip(("scenario", "condition", "society"), CELL, strict=True))
    planned = PlannedRun(path="a.jsonl", **fields, setup=SETUP, seed=0, months=3)
    cells = in_cells(with_waiting([], {Path("a.jsonl"): planned}))
    text = as_text(status_table(cells))
    assert SETUP in text
    assert "fea8c0" not in text


def test_json_keeps_the_label_beside_the_setup() -> None:
    (record,) = status_table(in_cells([job("a", 1.0)])).records
    assert (record["society"], record["setup"]) == (CELL[2], SETUP)


def test_the_cost_of_a_cell_is_the_known_part() -> None:
    table = status_table(in_cells([job("a", 1.0), job("b", None), job("c", 0.5)]))
    (record,) = table.records
    assert (record["cost"], record["unpriced"]) == (1.5, 1)
    assert any(note.startswith("Unpriced:") for note in table.notes)
    assert not status_table(in_cells([job("a", 1.0)])).notes
