"""Parts of a page that are built anew only when what they show has changed: any part, and charts with their key.

A click on an entry of the key, or the space bar, takes a line or bar out, and puts it back in.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from nicegui import ui

from govsim.web.parts.charts import Options, bands_of, tallness, told
from govsim.web.theme import busy, wrong
from govsim.web.workers import problem_of

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
    """A place on a page.

    Args:
        classes: its classes.
    """

    def __init__(self, classes: str = "") -> None:
        self.element = ui.element("div").classes(classes)
        self._shown: Hashable = object()

    def show(self, what: Hashable, build: Callable[[], object]) -> None:
        """Build its content, unless it shows this already.

        Args:
            what: stands for what is shown.
            build: builds it.
        """
        if what != self._shown:
            self._shown = what
            self.element.clear()
            with self.element:
                build()


async def computed(
    place: ui.element, doing: str, failed: str, compute: Callable[[], Awaitable[R]], build: Callable[[R], object]
) -> None:
    """Compute something for a page and show it; the page says meanwhile what is being done, or else what went wrong.

    Args:
        place: where it will stand; it is cleared.
        doing: what is being done.
        failed: what stands above the reason where it cannot be.
        compute: computes it.
        build: builds what shows it.
    """
    place.clear()
    with place:
        busy(doing)
    try:
        found = await compute()
    except Exception as error:  # noqa: BLE001 - whatever went wrong, the page does not go on saying that it is computed
        why = problem_of(error)
        place.clear()
        with place:
            wrong(failed, why)
        return
    place.clear()  # only now: somebody else may have filled it meanwhile
    with place:
        build(found)


class Chart:
    """A chart with its key that is drawn anew only when what it shows has changed.

    Args:
        label: what it shows, for who cannot see it; the numbers are told after it.
        clicked: called with the place on the axis of a point that is clicked, from 0.
        has_key: whether its key stands above it; charts that share one do without.
    """

    def __init__(self, label: str, clicked: Callable[[int], None] | None = None, *, has_key: bool = True) -> None:
        self._label, self._has_key = label, has_key
        self._key = LivePart("meanings")
        with ui.element("div").props("role=img") as self._image:
            self._chart = ui.echart({"series": []}, renderer="svg").classes("chart").props("aria-hidden=true")
        self._shown: Hashable = object()
        if clicked is not None:
            # In a map of colours the place stands in the point itself.
            self._chart.on_point_click(
                lambda e: clicked(int(e.value[0]) if isinstance(e.value, list) else e.data_index)
            )

    def show(self, what: Hashable, draw: Callable[[], Options]) -> None:
        """Draw it, unless it shows this already.

        Args:
            what: stands for what is shown.
            draw: gives its options.
        """
        if what == self._shown:
            return
        self._shown, options = what, draw()
        self._chart.options.clear()
        self._chart.options.update(options)
        self._chart.update()
        if height := tallness(options):
            self._chart.style(f"height: {height}px").classes("is-tall")
        found = tuple(meanings(options))
        if self._has_key:
            self._key.show(found, lambda: key(found, self.toggle))
        self._image.props["aria-label"] = f"{self._label}. {told(options)}".strip()
        self._image.update()

    def toggle(self, name: str) -> None:
        """Take a series out, or put it back in, with the band around it.

        Args:
            name: the series'.
        """
        for one in self._chart.options["series"]:
            if one["name"] in (name, *bands_of(name)):
                self._chart.run_chart_method("dispatchAction", {"type": "legendToggleSelect", "name": one["name"]})


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
