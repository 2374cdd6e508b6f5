"""The accuracy of each model in each scenario and test."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nicegui import ui

from govsim.characters import shortened, visible
from govsim.web.parts.marks import drawn, key

if TYPE_CHECKING:
    from govsim.analysis.skills import Accuracy

_HEADINGS = (
    "Model",
    "Scenario",
    "Test",
    "",
    "Accuracy, %",
    "Paper, %",
    "Read",
    "Not readable",
    "With the hint, points",
)
_WORDS = 4


def accuracies(found: Sequence[Accuracy]) -> None:
    """A row for each model, scenario and test.

    Args:
        found: the accuracies, at least one.
    """
    with ui.element("div").classes("scroll"), ui.element("table").classes("plain"):
        with ui.element("thead"), ui.element("tr"):
            for number, heading in enumerate(_HEADINGS):
                with ui.element("th").classes("right" if number >= _WORDS else "").props("scope=col"):
                    ui.label(heading)
        with ui.element("tbody"):
            for before, one in zip([None, *found], found, strict=False):
                _row(one, is_new=before is None or (before.cell != one.cell))
    key(has_paper=any(one.paper is not None for one in found))


def _row(one: Accuracy, *, is_new: bool) -> None:
    from govsim.analysis.skills import TEST_WORDS

    estimate = one.accuracy
    with ui.element("tr"):
        _cell(one.model if is_new else "", _settings(one) if is_new else "")
        _cell(one.scenario if is_new else "")
        _cell(TEST_WORDS[one.test], "unfinished" if one.unfinished else "")
        with ui.element("td"):
            drawn(estimate.value, estimate.low, estimate.high, one.paper)
        _cell(_number(estimate.value), _interval(estimate.low, estimate.high), is_number=True)
        _cell("–" if one.paper is None else f"{one.paper:.0f}", is_number=True)
        _cell(f"{estimate.n:,}", is_number=True)
        _cell(f"{one.unreadable:,}", is_number=True)
        _hint(one)


def _hint(one: Accuracy) -> None:
    hint = one.hint
    if hint is None:
        _cell("", is_number=True)
        return
    p = "" if hint.test.p is None else f", p {'< 0.001' if hint.test.p < 0.001 else f'= {hint.test.p:.3f}'}"
    ends = [_signed(end) for end in (hint.interval.low, hint.interval.high) if end is not None]
    told = f"{' to '.join(ends)}{p}"
    _cell(_signed(hint.difference), told.strip(", "), is_number=True)


def _signed(value: float) -> str:
    text = f"{value:+.1f}"
    return "0.0" if float(text) == 0 else text.replace("-", "−")


def _settings(one: Accuracy) -> str:
    return "; ".join(f"{name} = {'none' if value is None else value}" for name, value in one.settings.items())


def _cell(text: str, below: str = "", *, is_number: bool = False) -> None:
    with ui.element("td").classes("right" if is_number else "words"):
        ui.label(visible(shortened(text, 60)))
        if below:
            ui.label(visible(shortened(below, 120))).classes("cell-range")


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def _interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{low:.1f} – {high:.1f}"
