"""What was spent and how far runs are, as tables with a last row for all."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from typing import Any

from govsim.analysis.costs import AMOUNTS, PRICES, Spent
from govsim.analysis.status import CellStanding
from govsim.analysis.tables.table import Column, Row, Table
from govsim.analysis.tables.text import as_text
from govsim.journal import known_sum
from govsim.lazy import pandas as pd

_COST = Column(name="cost", kind="dollars")


def spending_table(spent: Spent) -> Table:
    """Spending as a table, with a last row for all of it; – stands for what is unknown.

    Args:
        spent: what was spent.
    """
    return Table(
        name="spending",
        title="What was spent on asking models",
        is_titled=False,
        columns=(
            *(Column(name=key, heading=key, place="stub") for key in spent.by),
            Column(name="calls", kind="count"),
            Column(name="refused", kind="count"),
            Column(name="input_tokens", kind="count"),
            Column(name="output_tokens", kind="count"),
            Column(name="cached_tokens", kind="count"),
            _COST,
            Column(name="seconds", kind="number", digits=1),
        ),
        data=spent.rows,
        total={**dict.fromkeys(spent.by, ""), spent.by[0]: "all", **spent.total} if spent.rows else None,
        notes=spent.prices,
    )


def format_spending(spent: Spent | pd.DataFrame) -> str:
    """Spending as plain text, with a last row for all of it; – stands for what is unknown.

    Args:
        spent: what was spent, or its frame as `spending` gives it.
    """
    if not isinstance(spent, Spent):
        rows = tuple(map(_known, spent.to_dict("records")))
        keys = tuple(str(column) for column in spent.columns if column not in AMOUNTS)
        spent = Spent(by=keys, rows=rows, prices=tuple(spent.attrs.get(PRICES, ())))
    return as_text(spending_table(spent)) if spent.rows else "No model was asked."


def standings_table(cells: Sequence[CellStanding]) -> Table:
    """How runs stand, a row for each cell and a last one for all.

    Args:
        cells: as `standings` gives them.
    """
    data = [_standing(cell) for cell in cells]
    amounts = ("runs", "done", "going", "waiting", "ended", "months", "tokens", "cost")
    return Table(
        name="status",
        title="How runs stand",
        is_titled=False,
        columns=(
            *(Column(name=name, heading=name, place="stub") for name in ("scenario", "condition", "society")),
            Column(name="runs", kind="count"),
            Column(name="done", kind="count", for_programs=False),
            Column(name="going", kind="count", for_programs=False),
            Column(name="waiting", kind="count", for_programs=False),
            Column(name="ended", heading="stopped", kind="count", for_programs=False),
            Column(name="months", kind="count"),
            Column(name="tokens", kind="count"),
            _COST,
        ),
        data=data,
        total={"scenario": "all", "condition": "", "society": ""}
        | {name: known_sum(row[name] for row in data) for name in amounts},
    )


def _standing(cell: CellStanding) -> Row:
    scenario, condition, society = cell.cell
    running, waiting = cell.counts["running"], cell.counts["waiting"]
    return {
        "scenario": scenario,
        "condition": condition,
        "society": society,
        "runs": len(cell.runs),
        "standing": dict(cell.counts),
        "done": cell.done,
        "going": running,
        "waiting": waiting,
        "ended": len(cell.runs) - cell.done - running - waiting,
        "months": sum(run.months for run in cell.runs),
        "calls": sum(run.calls for run in cell.runs),
        "tokens": cell.tokens,
        "cost": cell.cost,
        "stopped": [{"path": str(run.path), "reason": run.reason} for run in cell.runs if run.reason],
    }


def _known(row: Any) -> dict[str, Any]:
    """A row in which what is missing is None."""
    return {name: None if isinstance(value, float) and isnan(value) else value for name, value in row.items()}
