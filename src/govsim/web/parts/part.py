"""A part of a page that is built anew only when what it shows has changed."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from nicegui import ui

from govsim.web.parts.charts import Options, bands_of, tallness, told
from govsim.web.parts.key import key, meanings


class Part:
    """A place on a page.

    Args:
        classes: its classes.
    """

    def __init__(self, classes: str = "") -> None:
        self.element = ui.element("div").classes(classes)
        self._shown: Hashable = object()

    def show(self, what: Hashable, build: Callable[[], None]) -> None:
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


class Chart:
    """A chart with its key that is drawn anew only when what it shows has changed.

    Args:
        label: what it shows, for who cannot see it; the numbers are told after it.
        clicked: called with the place on the axis of a point that is clicked, from 0.
        has_key: whether its key stands above it; charts that share one do without.
    """

    def __init__(self, label: str, clicked: Callable[[int], None] | None = None, *, has_key: bool = True) -> None:
        self._label, self._has_key = label, has_key
        self._key = Part("meanings")
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
