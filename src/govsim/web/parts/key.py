"""The key of a chart: what its lines and bars mean. A click, or the space bar, takes one out, and puts it back in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from nicegui import ui

from govsim.web.parts.charts import Options

_DASHES = {"dashed": "5 3", "dotted": "1.5 2.5"}
_MARKS = {
    "circle": "M13 1a4 4 0 1 1 0 8a4 4 0 1 1 0-8",
    "rect": "M9.5 1.5h7v7h-7z",
    "roundRect": "M11 1h4l2.5 2.5v3l-2.5 2.5h-4l-2.5-2.5v-3z",
    "triangle": "M13 .5l4.5 8.5h-9z",
    "diamond": "M13 0l4.5 5l-4.5 5l-4.5-5z",
    "pin": "M13 10l-4.5-8.5h9z",
}
_BAR = "M4 1h18v8h-18z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What one line, bar or point of a chart means.

    Attributes:
        name: its name.
        colour: its colour.
        line: the dashes of a line; None where there is no line.
        mark: the outline of its mark; empty for none.
    """

    name: str
    colour: str
    line: str | None
    mark: str


def meanings(options: Options) -> Iterator[Meaning]:
    """What the series mean that have a name in a chart's legend.

    Args:
        options: the chart's.
    """
    named = options.get("legend", {}).get("data", [])
    for one in options["series"]:
        if one["name"] in named:
            is_line = one["type"] == "line"
            dash = _DASHES.get(one["lineStyle"]["type"], "") if is_line else None
            mark = _BAR if one["type"] == "bar" else _MARKS.get(one.get("symbol", "circle"), "")
            yield Meaning(name=one["name"], colour=one["itemStyle"]["color"], line=dash, mark=mark)


def key(found: tuple[Meaning, ...], toggled: Callable[[str], None]) -> None:
    """A button for each.

    Args:
        found: they.
        toggled: called with the name of one that is to go, or to come back.
    """
    for one in found:
        _button(one, toggled)


def _button(one: Meaning, toggled: Callable[[str], None]) -> None:
    with ui.element("button").classes("meaning").props("type=button aria-pressed=true") as button:
        with ui.element("svg").props('width=26 height=10 viewBox="0 0 26 10" aria-hidden=true'):
            if one.line is not None:
                line = ui.element("line").props(f'x1=0 y1=5 x2=26 y2=5 stroke-width=2 stroke-dasharray="{one.line}"')
                line.style(f"stroke: {one.colour}")
            if one.mark:
                ui.element("path").props(f'd="{one.mark}"').style(f"fill: {one.colour}")
        ui.label(one.name)

    def toggle() -> None:
        button.props(f"aria-pressed={'false' if button.props['aria-pressed'] == 'true' else 'true'}")
        toggled(one.name)

    button.on("click", toggle)
