"""Conditions, models or whatever else side by side: stock, survival, measures, and what the difference is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from nicegui import ui
from starlette.requests import Request

from govsim.characters import shortened, visible
from govsim.errors import GovSimError
from govsim.web.parts.charts import line_chart, named
from govsim.web.parts.forest import forest
from govsim.web.parts.part import Chart
from govsim.web.parts.sides import sides
from govsim.web.site import Site
from govsim.web.theme import card, empty, frame, heading, subheading, wrong

if TYPE_CHECKING:
    from govsim.analysis.figures import FileFormat
    from govsim.web.comparing import Choice, Compared, Panel
    from govsim.web.parts.charts import Curve

_BY = {"condition": "conditions", "model": "models", "scenario": "scenarios", "society": "societies", "agent": "agents"}
_FILTERS = ("scenario", "condition", "model")
_FORMATS: tuple[FileFormat, ...] = ("png", "svg", "pdf")
_FIGURES = ("stock", "survival", "gain", "equality")
_FRAMES = ("runs", "stock", "survival", "effects")
_MOST_PANELS = 12


def add(site: Site) -> None:
    """Put the page at its address."""

    @ui.page("/compare")
    async def compare(request: Request) -> None:
        with frame(site, "Compare", here="/compare"):
            await ComparePage(site, _choice_of(request)).build()


def _choice_of(request: Request) -> Choice:
    """What the address says is compared."""
    from govsim.web.comparing import Choice

    asked = request.query_params
    by = asked.get("by", "condition")
    return Choice(
        by=by if by in _BY else "condition",
        levels=tuple(asked.getlist("level")),
        baseline=asked.get("baseline", ""),
        scenario=asked.get("scenario", ""),
        condition=asked.get("condition", ""),
        model=asked.get("model", ""),
        is_together=asked.get("together") == "1",
    )


def address_of(choice: Choice) -> str:
    """The address that shows a choice."""
    chosen = [("by", choice.by), *(("level", level) for level in choice.levels)]
    chosen += [(name, getattr(choice, name)) for name in ("baseline", *_FILTERS) if getattr(choice, name)]
    return f"/compare?{urlencode([*chosen, *([('together', '1')] if choice.is_together else [])])}"


class ComparePage:
    """One visitor's comparison.

    Args:
        site: what all pages share.
        choice: what is compared.
    """

    def __init__(self, site: Site, choice: Choice) -> None:
        self._site, self._choice = site, choice
        self._shown: tuple[int, Choice] | None = None
        self._is_busy = False
        self._options: dict[str, list[str]] = {}

    async def build(self) -> None:
        """Build the page; it fills as soon as what it shows has been computed."""
        heading("Compare")
        self._filters = ui.element("div").classes("filters").props('role=group aria-label="What is compared"')
        self._status = ui.element("div").props("role=status")
        self._result = ui.element("div").classes("stack")
        self._offer()
        ui.timer(1.5, self._refresh)

    async def _refresh(self) -> None:
        """Compute and show, where the choice or the runs have changed."""
        self._offer()
        wanted = (self._site.index.version, self._choice)
        if self._is_busy or wanted == self._shown or (self._shown and self._is_still_reading(self._shown)):
            return
        self._is_busy = True
        try:
            await self._compute(wanted)
        finally:
            self._is_busy = False

    def _is_still_reading(self, shown: tuple[int, Choice]) -> bool:
        """Whether only more journals have come in, of which there will be more: one look at the end is enough."""
        return shown[1] == self._choice and self._site.index.unread > 0

    async def _compute(self, wanted: tuple[int, Choice]) -> None:
        from govsim.web.comparing import compared

        index = self._site.index
        self._say("Comparing…" if not index.unread else f"{index.unread:,} journals have not been read yet …")
        try:
            found = await index.compute(compared, index.summaries, wanted[1])
        except GovSimError as error:
            self._say("")
            self._result.clear()
            with self._result:
                wrong("This cannot be compared.", str(error))
        else:
            self._say("" if not index.unread else f"{index.unread:,} journals have not been read yet.")
            self._result.clear()
            with self._result:
                self._show(found)
        self._shown = wanted

    def _say(self, text: str) -> None:
        self._status.clear()
        if text:
            with self._status, ui.element("div").classes("row-line"):
                ui.spinner(size="sm")
                ui.label(text).classes("soft")

    def _choose(self, **what: object) -> None:
        self._choice, self._options = replace(self._choice, **what), {}  # type: ignore[arg-type]
        ui.navigate.history.replace(address_of(self._choice))
        self._offer()

    def _offer(self) -> None:
        """Offer what can be chosen, as far as it is known by now."""
        from govsim.web.comparing import offered

        options = offered(self._site.index.summaries)
        if options != self._options:
            self._options = options
            self._filters.clear()
            with self._filters:
                self._selects(options)

    def _selects(self, options: dict[str, list[str]]) -> None:
        choice = self._choice
        ui.select(_BY, value=choice.by, label="Compare", on_change=lambda e: self._turn_to(e.value)).props(_LOOK)
        levels = _names(options[choice.by], choice.levels)
        ui.select(
            levels,
            value=list(choice.levels),
            label="Only these",
            multiple=True,
            clearable=True,
            on_change=lambda e: self._choose(levels=tuple(e.value or ())),
        ).props(f"{_LOOK} use-chips")
        self._one("baseline", "Compared with", options[choice.by])
        for name in _FILTERS:
            if name != choice.by:
                self._one(name, name.capitalize(), options[name])
        ui.switch(
            "put settings together",
            value=choice.is_together,
            on_change=lambda e: self._choose(is_together=bool(e.value)),
        ).tooltip("Runs of one kind are put together, whatever else they differ in but the seed.")

    def _one(self, name: str, label: str, options: Sequence[str]) -> None:
        value = getattr(self._choice, name)
        ui.select(
            _names(options, [value] if value else []),
            value=value or None,
            label=label,
            clearable=True,
            on_change=lambda e: self._choose(**{name: e.value or ""}),
        ).props(_LOOK)

    def _turn_to(self, by: str) -> None:
        self._choose(by=by, levels=(), baseline="", **({by: ""} if by in _FILTERS else {}))

    def _show(self, found: Compared) -> None:
        if not found.panels:
            what = "Choose fewer filters." if self._site.index.summaries else "Start some runs first, or wait for them."
            with card():
                empty("balance", "There is nothing to compare.", what)
            return
        self._exports()
        for panel in found.panels[:_MOST_PANELS]:
            _panel(panel, self._choice.by)
        if len(found.panels) > _MOST_PANELS:
            ui.label(
                f"{len(found.panels) - _MOST_PANELS} more are not shown: choose filters, or put settings together."
            ).classes("soft")
        with card(f"Differences from {visible(shortened(found.baseline, 60))}"):
            forest(found.differences, found.comparisons)

    def _exports(self) -> None:
        with ui.element("div").classes("row-line"):
            with ui.dropdown_button("Figure", icon="image", auto_close=True).props("outline dense no-caps"):
                for kind in _FIGURES:
                    for ending in _FORMATS:
                        ui.item(f"{kind}, {ending.upper()}", on_click=lambda k=kind, e=ending: self._download(k, e))
            with ui.dropdown_button("Numbers (CSV)", icon="table_view", auto_close=True).props("outline dense no-caps"):
                for kind in _FRAMES:
                    ui.item(kind, on_click=lambda k=kind: self._download(k, None))
            ui.link("The whole report", "/report")

    async def _download(self, kind: str, ending: FileFormat | None) -> None:
        from govsim.web.comparing import figure_file, frame_file

        index = self._site.index
        ui.notify("Drawing …" if ending else "Writing …")
        try:
            if ending:
                name, content = await index.compute(figure_file, index.summaries, self._choice, kind, ending)
            else:
                name, content = await index.compute(frame_file, index.summaries, self._choice, kind)
        except GovSimError as error:
            ui.notify(str(error), type="negative")
            return
        ui.download.content(content, name)


_LOOK = "outlined dense options-dense"


def _names(options: Sequence[str], chosen: Sequence[str]) -> dict[str, str]:
    return {name: visible(shortened(name, 60)) for name in dict.fromkeys([*options, *chosen])}


def _panel(panel: Panel, by: str) -> None:
    with ui.element("section").classes("stack"):
        subheading(visible(shortened(panel.title, 160)))
        with ui.element("div").classes("two"):
            with card("Stock at the start of the month, units: mean and 95 % interval", level=3):
                _chart("Stock at the start of the month", panel.stock, range(1, panel.months + 1), None)
            with card("Alive, %: Kaplan-Meier and 95 % interval", level=3):
                _chart("Alive, per cent", panel.survival, range(panel.months + 1), 100)
        with card("Measures, with 95 % intervals", level=3):
            sides(panel.sides, by)


def _chart(label: str, curves: Sequence[Curve], months: range, highest: float | None) -> None:
    shown = [replace(curve, name=named(curve.name)) for curve in curves]
    Chart(label).show(label, lambda: line_chart(shown, [str(month) for month in months], highest=highest))
