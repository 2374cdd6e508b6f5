"""Yardsticks of an experiment as a table, and as values for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from math import isclose
from typing import Any

from govsim.analysis.tables.formatting import number
from govsim.analysis.tables.table import Column, Row, Table
from govsim.game import ExpectedMonth, Method, Yardstick, Yardsticks, expected_path

AMOUNTS = {
    "optimum": "optimum",
    "optimum_surviving": "optimum, stock sustained to the end",
    "optimum_informed": "optimum, growth known in advance",
    "sustainable_total": "sustainable total",
    "depletion": "immediate depletion",
}
"""The yardsticks that are one amount each, with their names in tables."""

_UNKNOWN = "–"


def yardsticks_table(found: Yardsticks, *, title: str = "Yardsticks", notes: tuple[str, ...] = ()) -> Table:
    """Return all yardsticks with their methods, one in each row.

    Args:
        found: the yardsticks.
        title: what they belong to.
        notes: further notes.
    """
    return Table(
        name="yardsticks",
        title=title,
        columns=(
            Column(name="yardstick", place="stub"),
            Column(name="shown", heading="value"),
            Column(name="method", place="stub"),
            Column(name="reason", place="stub"),
        ),
        data=[*_rows(found)],
        notes=(
            "Amounts are total catches of the group in units; the best reply is the catch of one member, minus its "
            "charges in prices of one unit.",
            *notes,
        ),
    )


def yardsticks_record(found: Yardsticks) -> dict[str, Any]:
    """Return all yardsticks as values for JSON: amounts by name, and how each was obtained in `methods`."""
    equilibrium, continuation = found.equilibrium, found.critical_continuation
    methods: dict[str, Mapping[str, str]] = {
        name: _method(one.method, one.reason) for name in AMOUNTS for one in [getattr(found, name)]
    }
    return {
        **{name: getattr(found, name).value for name in AMOUNTS},
        "equilibrium": {
            "total": equilibrium.total,
            "lowest": equilibrium.lowest,
            "is_unique": equilibrium.is_unique,
            "demands": list(equilibrium.demands),
        },
        "critical_continuation": continuation.probability,
        "best_reply": found.best_reply.value,
        "methods": {
            **methods,
            "equilibrium": _method(equilibrium.method, equilibrium.reason),
            "critical_continuation": _method(continuation.method, continuation.reason),
            "best_reply": _method(found.best_reply.method, found.best_reply.reason),
        },
        "path": [dict(step) for step in path_of(found)],
        "expected_path": [asdict(step) for step in expected_path_of(found)],
    }


def path_of(found: Yardsticks) -> Iterator[Mapping[str, float]]:
    """Yield month, stock, catch and maximum catch from then on of optimal harvests; nothing if the path is random."""
    optimum = found.optimum_path
    if optimum is None or not optimum.game.has_certain_growth:
        return
    for month, (stock, catch) in enumerate(optimum.path(), 1):
        yield {"month": month, "stock": stock, "catch": catch, "value": optimum.value(month, stock)}


def expected_path_of(found: Yardsticks) -> tuple[ExpectedMonth, ...]:
    """Return the months of optimal harvests if growth is random; nothing if it is certain."""
    optimum = found.optimum_path
    return () if optimum is None or optimum.game.has_certain_growth else expected_path(optimum)


def _method(method: Method, reason: str) -> Mapping[str, str]:
    return {"method": method, "reason": reason}


def _rows(found: Yardsticks) -> Iterator[Row]:
    for name, title in AMOUNTS.items():
        one = getattr(found, name)
        yield {"yardstick": title, "shown": _amount(one.value), "method": one.method, "reason": one.reason}
    equilibrium, continuation = found.equilibrium, found.critical_continuation
    yield {
        "yardstick": f"equilibrium{_kind(equilibrium.is_unique)}",
        "shown": _amount(equilibrium.total),
        "method": equilibrium.method,
        "reason": equilibrium.reason,
    }
    yield {
        "yardstick": "critical continuation probability",
        "shown": _UNKNOWN if continuation.probability is None else number(continuation.probability, 3),
        "method": continuation.method,
        "reason": continuation.reason,
    }
    yield _reply(found.best_reply)


def _reply(found: Yardstick) -> Row:
    return {
        "yardstick": "best reply of one member to fair shares",
        "shown": _amount(found.value),
        "method": found.method,
        "reason": found.reason,
    }


def _kind(is_unique: bool | None) -> str:
    return {True: ", unique", False: ", best of several", None: ""}[is_unique]


def _amount(value: float | None) -> str:
    return _UNKNOWN if value is None else number(value, 0 if isclose(value, round(value), abs_tol=1e-6) else 1)
