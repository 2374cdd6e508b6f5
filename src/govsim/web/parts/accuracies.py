"""The accuracy of each model in each scenario and test."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from govsim.web.parts.marks import drawn, key
from govsim.web.parts.table import Cell, Head, Table, lines, numbers
from govsim.web.theme import short

if TYPE_CHECKING:
    from govsim.analysis.skills import Accuracy
    from govsim.analysis.skills.accuracies import HintEffect

_PAPER = "Paper, %"
_HEADS = (
    Head(text="Test"),
    Head(text="Drawn", kind="drawn"),
    *numbers("Accuracy, %", _PAPER, "Read", "Not readable", "Hint, points"),
)


def accuracies(found: Sequence[Accuracy]) -> None:
    """A row for each test, below the model and the scenario.

    Args:
        found: the accuracies, at least one.
    """
    has_paper = any(one.paper is not None for one in found)
    heads = [head for head in _HEADS if has_paper or head.text != _PAPER]
    table = Table("How many problems were solved", heads)
    for before, one in zip([None, *found], found, strict=False):
        if before is None or before.cell != one.cell:
            table.group(short(f"{one.model} · {one.scenario}", 120), _settings(one))
        _row(table, one, has_paper=has_paper)
    key(has_paper=has_paper)


def _row(table: Table, one: Accuracy, *, has_paper: bool) -> None:
    from govsim.skills import title_of

    estimate = one.accuracy
    with table.row() as cell:
        lines(cell, title_of(one.test), "unfinished" if one.unfinished else "")
        with cell():
            drawn(estimate.value, estimate.low, estimate.high, one.paper)
        lines(cell, _number(estimate.value), _interval(estimate.low, estimate.high))
        if has_paper:
            lines(cell, "–" if one.paper is None else f"{one.paper:.0f}")
        lines(cell, f"{estimate.n:,}")
        lines(cell, f"{one.unreadable:,}")
        if one.hint is not None:
            _hint(cell, one.hint)


def _hint(cell: Cell, hint: HintEffect) -> None:
    p = "" if hint.test.p is None else f", p {'< 0.001' if hint.test.p < 0.001 else f'= {hint.test.p:.3f}'}"
    ends = [_signed(end) for end in (hint.interval.low, hint.interval.high) if end is not None]
    lines(cell, _signed(hint.difference), f"{' to '.join(ends)}{p}".strip(", "))


def _signed(value: float) -> str:
    text = f"{value:+.1f}"
    return "0.0" if float(text) == 0 else text.replace("-", "−")


def _settings(one: Accuracy) -> str:
    told = "; ".join(f"{name} = {'none' if value is None else value}" for name, value in one.settings.items())
    return short(told, 120)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def _interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{low:.1f} – {high:.1f}"
