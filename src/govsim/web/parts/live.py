"""Components of a page that are rebuilt only when their content has changed: any element, and charts with a legend.

A click on an entry of the legend, or the space bar, hides or shows the series.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from nicegui import ui

from govsim.web.parts.charts import Options, bands_of, has_values, height_of, nothing_drawn, values_text
from govsim.web.theme import busy, wrong
from govsim.web.workers import page_message

R = TypeVar("R")

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


class LivePart:
    """An element of a page with content that is rebuilt when it changes.

    Args:
        classes: CSS classes.
    """

    def __init__(self, classes: str = "") -> None:
        self.element = ui.element("div").classes(classes)
        self._shown: Hashable = object()

    def show(self, what: Hashable, build: Callable[[], object]) -> None:
        """Build the content, unless it is shown already.

        Args:
            what: identifies the content.
            build: builds the content.
        """
        if what != self._shown:
            self._shown = what
            self.element.clear()
            with self.element:
                build()


async def computed(
    place: ui.element, doing: str, failed: str, compute: Callable[[], Awaitable[R]], build: Callable[[R], object]
) -> None:
    """Compute a result for a page and show it, with an activity indicator meanwhile, or an error.

    Args:
        place: the element for the result; it is cleared.
        doing: the text of the activity indicator.
        failed: the title of an error.
        compute: computes the result.
        build: shows the result.
    """
    place.clear()
    with place:
        busy(doing)
    try:
        found = await compute()
    except Exception as error:  # noqa: BLE001 - after any error the page must not keep showing the activity indicator
        why = page_message(error)
        place.clear()
        with place:
            wrong(failed, why)
        return
    place.clear()  # only now, as another task may have filled it meanwhile
    with place:
        build(found)


class Chart:
    """A chart with a legend that is redrawn only when its content has changed.

    Args:
        label: a description for screen readers; the values are appended.
        clicked: called with the index on the axis of a point that is clicked, from 0.
        has_legend: whether it has its own legend; charts can share one.
    """

    def __init__(self, label: str, clicked: Callable[[int], None] | None = None, *, has_legend: bool = True) -> None:
        self._label, self._has_legend = label, has_legend
        self._legend = LivePart("meanings")
        with ui.element("div").props("role=img") as self._image:
            self._chart = ui.echart({"series": []}, renderer="svg").classes("chart").props("aria-hidden=true")
        self._shown: Hashable = object()
        if clicked is not None:
            # In a heat map the index is in the value of the point.
            self._chart.on_point_click(
                lambda e: clicked(int(e.value[0]) if isinstance(e.value, list) else e.data_index)
            )

    def show(self, what: Hashable, draw: Callable[[], Options]) -> None:
        """Draw the chart, unless it is shown already.

        Args:
            what: identifies the content.
            draw: returns the options of the chart.
        """
        if what == self._shown:
            return
        self._shown, options = what, draw()
        if not has_values(options):
            options["title"] = nothing_drawn()
        self._chart.options.clear()
        self._chart.options.update(options)
        self._chart.update()
        if height := height_of(options):
            self._chart.style(f"height: {height}px").classes("is-tall")
        found = tuple(legend_of(options))
        if self._has_legend:
            self._legend.show(found, lambda: legend(found, self.toggle))
        self._image.props["aria-label"] = f"{self._label}. {values_text(options)}".strip()
        self._image.update()

    def toggle(self, name: str) -> None:
        """Hide or show a series with its band.

        Args:
            name: the name of the series.
        """
        for one in self._chart.options["series"]:
            if one["name"] in (name, *bands_of(name)):
                self._chart.run_chart_method("dispatchAction", {"type": "legendToggleSelect", "name": one["name"]})


@dataclass(frozen=True, slots=True, kw_only=True)
class LegendEntry:
    """An entry of the legend of a chart.

    Attributes:
        name: the name of the series.
        colour: its colour.
        line: the dash pattern of a line; None without a line.
        mark: the outline of its mark; empty for none.
    """

    name: str
    colour: str
    line: str | None
    mark: str


def legend_of(options: Options) -> Iterator[LegendEntry]:
    """The legend of a chart.

    Args:
        options: the options of the chart.
    """
    named = options.get("legend", {}).get("data", [])
    for one in options["series"]:
        if one["name"] in named:
            is_line = one["type"] == "line"
            dash = _DASHES.get(one["lineStyle"]["type"], "") if is_line else None
            mark = _BAR if one["type"] == "bar" else _MARKS.get(one.get("symbol", "circle"), "")
            yield LegendEntry(name=one["name"], colour=one["itemStyle"]["color"], line=dash, mark=mark)


def legend(found: tuple[LegendEntry, ...], toggled: Callable[[str], None]) -> None:
    """Show a legend: a button for each series.

    Args:
        found: the entries.
        toggled: called with the name of a series to hide or show.
    """
    for one in found:
        _button(one, toggled)


def _button(one: LegendEntry, toggled: Callable[[str], None]) -> None:
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
