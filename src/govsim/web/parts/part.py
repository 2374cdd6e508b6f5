"""A part of a page that is built anew only when what it shows has changed."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from nicegui import ui

from govsim.web.parts.charts import Options


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
    """A chart that is drawn anew only when what it shows has changed.

    Args:
        label: what it shows, for who cannot see it.
        clicked: called with the place on the axis of a point that is clicked, from 0.
        classes: its classes.
    """

    def __init__(self, label: str, clicked: Callable[[int], None] | None = None, classes: str = "chart") -> None:
        self._chart = ui.echart({"series": []}, renderer="svg").classes(classes)
        self._chart.props["role"] = "img"
        self._chart.props["aria-label"] = label
        self._shown: Hashable = object()
        if clicked is not None:
            # In a map of colours the place stands in the point itself.
            self._chart.on_point_click(lambda e: clicked(int(e.data[0]) if isinstance(e.data, list) else e.data_index))

    def show(self, what: Hashable, draw: Callable[[], Options]) -> None:
        """Draw it, unless it shows this already.

        Args:
            what: stands for what is shown.
            draw: gives its options.
        """
        if what != self._shown:
            self._shown = what
            self._chart.options.clear()
            self._chart.options.update(draw())
            self._chart.update()
