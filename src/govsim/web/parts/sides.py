"""Measures of several levels side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nicegui import ui

from govsim.characters import shortened, visible

if TYPE_CHECKING:
    from govsim.analysis.intervals import Estimate
    from govsim.web.choosing import Side

_MEASURES = {
    "survival_rate": "Survival rate, %",
    "survival_time": "Months survived",
    "gain": "Gain, units",
    "efficiency": "Efficiency, %",
    "equality": "Equality, %",
    "over_usage": "Over-usage, %",
}


def sides(found: Sequence[Side]) -> None:
    """A row for each level, a column for each measure.

    Args:
        found: the levels.
    """
    with ui.element("div").classes("scroll"), ui.element("table").classes("plain"):
        with ui.element("thead"), ui.element("tr"):
            for heading in ("", "Runs", *_MEASURES.values()):
                with ui.element("th").classes("right" if heading else "").props("scope=col"):
                    ui.label(heading)
        with ui.element("tbody"):
            for side in found:
                _row(side)


def _row(side: Side) -> None:
    with ui.element("tr"):
        with ui.element("th").props("scope=row"), ui.element("span").classes("who"):
            ui.element("span").classes("key").style(f"background: {side.colour}")
            ui.label(visible(shortened(side.level, 60)))
        with ui.element("td").classes("right"):
            ui.label(f"{side.runs:,}" if side.runs == side.counted else f"{side.counted:,} of {side.runs:,}")
        for name in _MEASURES:
            with ui.element("td").classes("right"):
                _estimate(getattr(side.estimates, name))


def _estimate(estimate: Estimate) -> None:
    ui.label("–" if estimate.value is None else f"{estimate.value:.1f}")
    if estimate.low is not None and estimate.high is not None:
        ui.label(f"{estimate.low:.1f} – {estimate.high:.1f}").classes("cell-range")
