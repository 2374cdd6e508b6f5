"""Shares with their intervals on a scale from 0 to 100, and the paper's beside them."""

from __future__ import annotations

from nicegui import ui

_WIDTH, _HEIGHT, _EDGE = 180, 18, 7


def drawn(value: float | None, low: float | None, high: float | None, paper: float | None = None) -> None:
    """A share as a dot on its interval; the paper's as a diamond.

    Args:
        value: in per cent; None where it does not exist.
        low: the lower end of the interval.
        high: its upper end.
        paper: the printed share; None where there is none.
    """

    def across(share: float) -> float:
        return _EDGE + min(max(share, 0), 100) / 100 * (_WIDTH - 2 * _EDGE)

    middle = _HEIGHT / 2
    with ui.element("svg").props(f'width={_WIDTH} height={_HEIGHT} viewBox="0 0 {_WIDTH} {_HEIGHT}" aria-hidden=true'):
        _line(across(0), across(100), middle, "var(--line)", 1)
        if low is not None and high is not None:
            _line(across(low), across(high), middle, "var(--accent)", 3)
        if paper is not None:
            x = across(paper)
            points = f"{x:.1f},{middle - 6} {x + 6:.1f},{middle} {x:.1f},{middle + 6} {x - 6:.1f},{middle}"
            diamond = ui.element("polygon").props(f'points="{points}" stroke-width=2')
            diamond.style("fill: none; stroke: var(--warn)")
        if value is not None:
            ui.element("circle").props(f"cx={across(value):.1f} cy={middle} r=4").style("fill: var(--accent)")


def key(*, has_paper: bool) -> None:
    """What the drawings mean."""
    ui.label(
        "From 0 to 100 %: a dot on its 95 % interval" + ("; the paper's as a diamond." if has_paper else ".")
    ).classes("soft small")


def _line(start: float, end: float, middle: float, colour: str, width: int) -> None:
    line = ui.element("line").props(f"x1={start:.1f} y1={middle} x2={end:.1f} y2={middle} stroke-width={width}")
    line.style(f"stroke: {colour}; stroke-linecap: round")
