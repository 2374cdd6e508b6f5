"""Spending and the status of runs, as tables with a row of totals."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from typing import Any

from govsim.analysis.costs import AMOUNTS, PRICES, UNPRICED, Spent, known_part
from govsim.analysis.status import CellState
from govsim.analysis.tables.table import Column, Row, Table
from govsim.analysis.tables.text import as_text
from govsim.journal import known_sum
from govsim.lazy import pandas as pd

_COST = (
    Column(name="cost", kind="dollars"),
    Column(
        name=UNPRICED,
        kind="count",
        of=lambda row: row.get(UNPRICED) or None,
        is_optional=True,
    ),
)
_UNPRICED = "Unpriced: runs in which the price of at least one call is unknown; the cost contains only known prices."


def spending_table(spent: Spent) -> Table:
    """Return spending as a table, with a row of totals; unknown values are shown as –.

    Args:
        spent: the spending.
    """
    return Table(
        name="spending",
        title="Spending on model calls",
        is_titled=False,
        columns=(
            *map(_stub, spent.by),
            Column(name="calls", kind="count"),
            Column(name="refused", heading="unreadable replies", kind="count"),
            Column(name="input_tokens", kind="count"),
            Column(name="output_tokens", kind="count"),
            Column(name="cached_tokens", kind="count"),
            *_COST,
            Column(name="seconds", kind="number", digits=1),
        ),
        data=spent.rows,
        total={**dict.fromkeys(spent.by, ""), spent.by[0]: "all", **spent.total} if spent.rows else None,
        notes=(*([_UNPRICED] if spent.unpriced else []), *spent.prices),
    )


def format_spending(spent: Spent | pd.DataFrame) -> str:
    """Return spending as plain text, with a row of totals; unknown values are shown as –.

    Args:
        spent: the spending, or its frame as returned by `spending`.
    """
    if not isinstance(spent, Spent):
        rows = tuple(map(_known, spent.to_dict("records")))
        keys = tuple(str(column) for column in spent.columns if column not in (*AMOUNTS, UNPRICED))
        prices, unpriced = tuple(spent.attrs.get(PRICES, ())), int(spent.attrs.get(UNPRICED, 0))
        spent = Spent(by=keys, rows=rows, prices=prices, unpriced=unpriced)
    return as_text(spending_table(spent)) if spent.rows else "No model was called."


def status_table(cells: Sequence[CellState]) -> Table:
    """Return the status of runs, one row for each cell and a row of totals.

    Args:
        cells: the cells, as returned by `in_cells`.
    """
    data = [_status_row(cell) for cell in cells]
    amounts = ("runs", "done", "running", "waiting", "stopped_runs", "months", "tokens", UNPRICED)
    names = ("scenario", "condition", "society")
    return Table(
        name="status",
        title="Status of runs",
        is_titled=False,
        columns=(
            *map(_stub, names),
            Column(name="runs", kind="count"),
            Column(name="done", kind="count", for_programs=False),
            Column(name="running", heading="running", kind="count", for_programs=False),
            Column(name="waiting", kind="count", for_programs=False),
            Column(name="stopped_runs", heading="stopped", kind="count", for_programs=False),
            Column(name="months", kind="count"),
            Column(name="tokens", kind="count"),
            *_COST,
        ),
        data=data,
        total={**dict.fromkeys(names, ""), names[0]: "all", "cost": known_part(row["cost"] for row in data)}
        | {name: known_sum(row[name] for row in data) for name in amounts},
        notes=(_UNPRICED,) if any(row[UNPRICED] for row in data) else (),
    )


def _stub(name: str) -> Column:
    """The column of a key; a society is shown by its setup, and a phase or a purpose in words."""
    if name in ("phase", "purpose"):
        return Column(name=name, kind="name", place="stub")
    return Column(name=name, heading=name, place="stub", of=_setup if name == "society" else None)


def _setup(row: Row) -> str:
    """The setup of a society; the subject of a study, and the label of the row of totals."""
    return str(row.get("setup") or row["society"])


def _status_row(cell: CellState) -> Row:
    scenario, condition, society = cell.cell
    running, waiting = cell.counts["running"], cell.counts["waiting"]
    return {
        "scenario": scenario,
        "condition": condition,
        "society": society,
        "setup": cell.setup,
        "runs": len(cell.runs),
        "status": dict(cell.counts),
        "done": cell.done,
        "running": running,
        "waiting": waiting,
        "stopped_runs": len(cell.runs) - cell.done - running - waiting,
        "months": sum(run.months for run in cell.runs),
        "calls": sum(run.calls for run in cell.runs),
        "tokens": cell.tokens,
        "cost": cell.cost,
        UNPRICED: cell.unpriced,
        "stopped": [{"path": str(run.path), "reason": run.reason} for run in cell.runs if run.reason],
    }


def _known(row: Any) -> dict[str, Any]:
    """A row with None for missing values."""
    return {name: None if isinstance(value, float) and isnan(value) else value for name, value in row.items()}
