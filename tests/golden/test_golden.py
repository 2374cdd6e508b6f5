"""Journals of all released schema versions stay readable, with the same values."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from govsim.analysis import cells_of, read_run
from govsim.journal import SCHEMA_VERSION, read_journal

HERE = Path(__file__).parent
GOLDEN = sorted(HERE.glob("schema-*.jsonl"))


def test_the_current_schema_has_a_golden_journal() -> None:
    assert HERE / f"schema-{SCHEMA_VERSION}.jsonl" in GOLDEN


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_golden_journal_yields_its_recorded_values(path: Path) -> None:
    figures = [cell.to_json() for cell in cells_of([read_run(path)])]
    assert figures == json.loads(path.with_suffix(".table.json").read_text())


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_golden_journal_contains_every_kind_of_event(path: Path) -> None:
    kinds = {event.kind for event in read_journal(path).events}
    assert kinds >= {"session", "month", "message", "asked", "call", "harvest", "report", "utterance", "agreement"}
    assert kinds >= {"memory", "retrieval", "end"}
