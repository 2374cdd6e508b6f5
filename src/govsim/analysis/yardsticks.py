"""Yardsticks of an experiment as a table, and as values for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
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
    "price_of_anarchy": "price of anarchy",
}
"""The yardsticks that are one number each, with their names in tables."""

_UNKNOWN = "–"

_EXPLOITABILITY = (
    "Exploitability: additional units that one member gains with a best reply to the policy, compared with following "
    "it like all others."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyToPolicies:
    """What one member can catch against policies of all others.

    Attributes:
        policies: the policy of each other member, as in `tit-for-tat`.
        best_reply: the maximum expected total catch of the member.
        exploitability: by how much this exceeds its catch if it follows the policy too; None if the others' differ.
    """

    policies: tuple[str, ...]
    best_reply: Yardstick
    exploitability: Yardstick | None

    @property
    def name(self) -> str:
        """The policies, each once with its number, as in "3 grim, greedy"; one policy alone has no number."""
        counts = Counter(self.policies)
        if len(counts) == 1:
            return next(iter(counts))
        return ", ".join(f"{count} {name}" if count > 1 else name for name, count in counts.items())


def yardsticks_table(
    found: Yardsticks,
    *,
    title: str = "Yardsticks",
    replies: Sequence[ReplyToPolicies] = (),
    notes: tuple[str, ...] = (),
) -> Table:
    """Return all yardsticks with their methods, one in each row.

    Args:
        found: the yardsticks.
        title: what they belong to.
        replies: best replies to policies.
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
        data=[*_rows(found), *_rows_of_replies(replies)],
        notes=(
            "Amounts are total catches of the group in units; the best reply is the catch of one member, minus its "
            "charges in prices of one unit. The price of anarchy is a ratio.",
            *(_EXPLOITABILITY for _ in replies[:1]),
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


def replies_record(replies: Sequence[ReplyToPolicies]) -> list[dict[str, Any]]:
    """Return best replies to policies as values for JSON."""
    return [_reply_record(one) for one in replies]


def _reply_record(reply: ReplyToPolicies) -> dict[str, Any]:
    found = {"best_reply": reply.best_reply, "exploitability": reply.exploitability}
    known = {name: one for name, one in found.items() if one is not None}
    return {
        "others": list(reply.policies),
        **{name: one.value for name, one in known.items()},
        "methods": {name: _method(one.method, one.reason) for name, one in known.items()},
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
        yield _row(title, getattr(found, name))
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
    yield _row("best reply of one member to fair shares", found.best_reply)


def _rows_of_replies(replies: Sequence[ReplyToPolicies]) -> Iterator[Row]:
    for reply in replies:
        yield _row(f"best reply of one member to {reply.name}", reply.best_reply)
        if reply.exploitability is not None:
            yield _row(f"exploitability of {reply.name}", reply.exploitability)


def _row(name: str, one: Yardstick) -> Row:
    return {"yardstick": name, "shown": _amount(one.value), "method": one.method, "reason": one.reason}


def _kind(is_unique: bool | None) -> str:
    return {True: ", unique", False: ", best of several", None: ""}[is_unique]


def _amount(value: float | None) -> str:
    return _UNKNOWN if value is None else number(value, 0 if isclose(value, round(value), abs_tol=1e-6) else 1)
