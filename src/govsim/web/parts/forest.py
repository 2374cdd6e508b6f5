"""Differences with their intervals, drawn and in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from nicegui import ui

from govsim.web.parts.table import Head, Table, lines, numbers
from govsim.web.theme import empty, short

if TYPE_CHECKING:
    from govsim.web.choosing import Difference

_WIDTH, _HEIGHT = 220, 18
_MOST = 400


def forest(found: Sequence[Difference], comparisons: int) -> None:
    """A row for each difference, with its interval on a scale that all of one measure share.

    Args:
        found: the differences, those of one measure one after the other.
        comparisons: how many p values were adjusted for each other.
    """
    if not found:
        empty("balance", "There is only one kind of run here, or none has a counterpart.", "Choose more to compare.")
        return
    remarks = list(dict.fromkeys(one.remarks for one in found[:_MOST] if one.remarks))
    is_within = len({one.panel for one in found}) > 1
    table = Table("Differences", _heads(is_within=is_within))
    for (measure, unit), rows in groupby(found[:_MOST], key=lambda one: (one.measure, one.unit)):
        table.group(f"{measure[:1].upper()}{measure[1:]}, {_UNITS.get(unit, unit)}")
        of_measure = list(rows)
        for one in of_measure:
            _row(table, one, _scale(of_measure), remarks, is_within=is_within)
    _notes(remarks, comparisons, len(found))


_UNITS = {"points of %": "percentage points"}


def _heads(*, is_within: bool) -> tuple[Head, ...]:
    words = ("Of", "Within") if is_within else ("Of",)
    drawing = Head(text="Drawn", kind="drawn")
    columns = numbers("Difference", "95 % interval", "p (Holm)", "Rests on")
    return (*(Head(text=text) for text in words), drawing, *columns)


def _notes(remarks: Sequence[str], comparisons: int, rows: int) -> None:
    with ui.element("div").classes("stack-tight"):
        for number, remark in enumerate(remarks, 1):
            ui.label(f"{_raised(number)} {short(remark, 400)}").classes("soft small")
        if rows > _MOST:
            ui.label(f"{rows - _MOST:,} more rows are not shown; the numbers as CSV hold all.").classes("soft small")
        ui.label(
            f"p values are adjusted for all {comparisons} comparisons (Holm); a filled dot: p < 0.05. Means have "
            "paired or Welch's t intervals, rates Newcombe's; survival times are compared by restricted means."
        ).classes("soft small")


def _raised(number: int) -> str:
    return "".join("⁰¹²³⁴⁵⁶⁷⁸⁹"[int(digit)] for digit in str(number))


def _scale(found: Sequence[Difference]) -> float:
    """How far from 0 the scale of a measure reaches, to both sides."""
    ends = [abs(end) for one in found for end in (one.difference, one.low, one.high) if end is not None]
    return max(ends, default=0) or 1


def _row(table: Table, one: Difference, scale: float, remarks: Sequence[str], *, is_within: bool) -> None:
    has_ends = one.low is not None and one.high is not None
    mark = f" {_raised(remarks.index(one.remarks) + 1)}" if one.remarks else ""
    with table.row() as cell:
        lines(cell, one.level)
        if is_within:
            lines(cell, one.panel)
        with cell():
            _drawn(one, scale)
        lines(cell, _signed(one.difference))
        lines(cell, f"{_signed(one.low)} to {_signed(one.high)}" if has_ends else "–")
        lines(cell, "–" if one.p_adjusted is None else f"{one.p_adjusted:.3f}")
        lines(cell, f"{one.rests_on}{mark}")


def _signed(value: float | None) -> str:
    return "–" if value is None else f"{value:+.1f}".replace("-", "−")


def _drawn(one: Difference, scale: float) -> None:
    """The interval as a line, the difference as a dot, nothing as a line down the middle."""

    def across(value: float) -> float:
        return _WIDTH / 2 + value / scale * (_WIDTH / 2 - 8)

    middle = _HEIGHT / 2
    with ui.element("svg").props(f'width={_WIDTH} height={_HEIGHT} viewBox="0 0 {_WIDTH} {_HEIGHT}" aria-hidden=true'):
        _svg_line(_WIDTH / 2, 0, _WIDTH / 2, _HEIGHT, "var(--line)")
        if one.low is not None and one.high is not None:
            _svg_line(across(one.low), middle, across(one.high), middle, "var(--accent)")
        if one.difference is not None:
            is_clear = one.p_adjusted is not None and one.p_adjusted < 0.05
            fill = "var(--accent)" if is_clear else "var(--card)"
            ui.element("circle").props(f"cx={across(one.difference):.1f} cy={middle} r=4 stroke-width=2").style(
                f"fill: {fill}; stroke: var(--accent)"
            )


def _svg_line(x1: float, y1: float, x2: float, y2: float, colour: str) -> None:
    line = ui.element("line").props(f"x1={x1:.1f} y1={y1:.1f} x2={x2:.1f} y2={y2:.1f} stroke-width=2")
    line.style(f"stroke: {colour}")
