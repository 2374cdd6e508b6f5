"""Differences with their intervals, drawn and in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nicegui import ui

from govsim.characters import shortened, visible
from govsim.web.theme import empty

if TYPE_CHECKING:
    from govsim.web.choosing import Difference

_WIDTH, _HEIGHT = 220, 18
_MOST = 400


def forest(found: Sequence[Difference], comparisons: int) -> None:
    """A row for each difference, with its interval on a scale that all of one measure share.

    Args:
        found: the differences.
        comparisons: how many p values were adjusted for each other.
    """
    if not found:
        empty("balance", "There is only one kind of run here, or none has a counterpart.", "Choose more to compare.")
        return
    scales = {one.measure: _scale([other for other in found if other.measure == one.measure]) for one in found}
    with ui.element("div").classes("scroll"), ui.element("table").classes("plain"):
        with ui.element("thead"), ui.element("tr"):
            for heading in ("Measure", "Level", "Within", "Difference", "95 % interval", "", "p (Holm)", "Rests on"):
                with ui.element("th").props("scope=col"):
                    ui.label(heading)
        with ui.element("tbody"):
            for one in found[:_MOST]:
                _row(one, scales[one.measure])
    ui.label(
        f"p values are adjusted for all {comparisons} comparisons (Holm); a filled dot: p < 0.05. Means have paired "
        "or Welch's t intervals, rates Newcombe's; survival times are compared by restricted means."
    ).classes("soft small")


def _scale(found: Sequence[Difference]) -> float:
    """How far from 0 the scale of a measure reaches, to both sides."""
    ends = [abs(end) for one in found for end in (one.difference, one.low, one.high) if end is not None]
    return max(ends, default=0) or 1


def _row(one: Difference, scale: float) -> None:
    interval = "–" if one.low is None or one.high is None else f"{one.low:+.1f} to {one.high:+.1f}"
    difference = "–" if one.difference is None else f"{one.difference:+.1f} {one.unit}"
    p_value = "–" if one.p_adjusted is None else f"{one.p_adjusted:.3f}"
    with ui.element("tr"):
        for text in (one.measure, one.level, one.panel):
            with ui.element("td").style("min-width: 110px"):
                ui.label(visible(shortened(text, 70)))
        for text in (difference, interval):
            with ui.element("td").style("white-space: nowrap"):
                ui.label(text)
        with ui.element("td"):
            _drawn(one, scale)
        for text in (p_value, one.rests_on):
            with ui.element("td") as cell:
                ui.label(text)
    if one.remarks:
        with cell:
            ui.icon("info").classes("soft").tooltip(visible(shortened(one.remarks, 400)))


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
