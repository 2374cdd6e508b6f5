"""The page that compares conditions, models or other groups: stock, survival, measures and differences."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from nicegui import ui
from starlette.requests import Request

from govsim.analysis.settings import society_names
from govsim.analysis.tables.table import Row, Table
from govsim.characters import counted, labels_of
from govsim.web.choices import BY, FILTERS, Choice, declared_in, offered
from govsim.web.parts.charts import chart_name, line_chart
from govsim.web.parts.live import Chart, LivePart
from govsim.web.parts.table import Scale, draw
from govsim.web.site import Site
from govsim.web.theme import busy, card, empty, fold, frame, heading, note, short, subheading, wrong
from govsim.web.workers import Deferred, Memo, page_message

if TYPE_CHECKING:
    from govsim.analysis.figures import FileFormat
    from govsim.web.compare_results import Compared, ComparedPanel, compared, figure_file, frame_file
    from govsim.web.parts.charts import Curve
else:
    compared, figure_file, frame_file = (
        Deferred("govsim.web.compare_results", name) for name in ("compared", "figure_file", "frame_file")
    )

_FORMATS: tuple[FileFormat, ...] = ("png", "svg", "pdf")
_FIGURES = ("stock", "survival", "gain", "equality")
_FRAMES = ("runs", "stock", "survival", "effects")
_MOST_PANELS = 40
_MOST_OPEN = 2
_LONGEST_TITLE = 600
_MOST_BANDS = 4
_KEPT = 8
_LONGEST_NAME = 40


def add(site: Site) -> None:
    """Register the page.

    Args:
        site: the shared state.
    """
    known: Memo[Compared] = Memo(_KEPT)

    @ui.page("/compare")
    def compare(request: Request) -> None:
        with frame(site, "Compare", here="/compare"):
            choice = Choice.of(request.query_params)
            ComparePage(site, choice, known, is_open="by" not in request.query_params).build()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """The state of the page: the version of the list of runs, the selection, and the number of readable runs."""

    version: int
    choice: Choice
    runs: int


class ComparePage:
    """One visitor's comparison.

    Args:
        site: the shared state.
        choice: what is compared.
        known: recent comparisons, by the state of the list of runs.
        is_open: whether the compared groups are those that the runs declare, until others are chosen.
    """

    def __init__(self, site: Site, choice: Choice, known: Memo[Compared], *, is_open: bool = False) -> None:
        self._site, self._choice, self._known, self._is_open = site, choice, known, is_open
        self._shown: _Shown | None = None
        self._is_busy = False
        self._options: dict[str, list[str]] = {}
        self._folds: dict[str, bool] = {}

    def build(self) -> None:
        """Build the page, which is filled when the comparison has been computed."""
        heading("Compare")
        self._filters = ui.element("div").classes("filters").props('role=group aria-label="Comparison"')
        self._status = LivePart()
        self._result = LivePart("stack")
        self._offer()
        ui.timer(1.5, self._refresh)

    async def _refresh(self) -> None:
        """Compute and show the comparison if the selection or the runs have changed."""
        if self._is_open:
            self._follow_declared()
        self._offer()
        index = self._site.index
        wanted = _Shown(version=index.version, choice=self._choice, runs=len(index.summaries))
        if self._is_busy or wanted == self._shown:
            return
        if self._is_enough(wanted):
            self._show_unread()
            return
        self._is_busy = True
        try:
            await self._compute(wanted)
        finally:
            self._is_busy = False

    def _follow_declared(self) -> None:
        """Compare the groups that the runs declare."""
        by = declared_in(self._site.index.summaries).by
        if by in BY and by != self._choice.by:
            self._choice, self._options = replace(self._choice, by=by), {}

    def _is_enough(self, wanted: _Shown) -> bool:
        """Whether the shown comparison is kept while journals are being read: until there are twice as many runs."""
        index = self._site.index
        if index.is_listed and not index.unread:
            return False
        known = self._shown.runs if self._shown and self._shown.choice == wanted.choice else 0
        return wanted.runs < max(1, 2 * known)

    async def _compute(self, wanted: _Shown) -> None:
        if not wanted.runs:  # an answer that needs no worker process, which takes seconds to start
            self._result.show(wanted, self._show_nothing)
            self._shown = wanted
            return
        self._say("Comparing …")
        try:
            found = await self._found(wanted)
        except Exception as error:  # noqa: BLE001 - after any error the page must not keep showing the activity indicator
            why = page_message(error)
            self._result.show(wanted, lambda: wrong("These runs cannot be compared.", why))
        else:
            self._result.show(wanted, lambda: self._show(found))
        self._shown = wanted
        self._show_unread()

    async def _found(self, wanted: _Shown) -> Compared:
        """The comparison, from the cache if it has been computed before."""
        index = self._site.index
        compare = partial(index.compute, compared, index.summaries, wanted.choice)
        return await self._known.of((wanted.version, wanted.choice), compare)

    def _show_unread(self) -> None:
        unread = self._site.index.unread
        self._say(f"{counted(unread, 'journal')} not read yet …" if unread else "")

    def _say(self, text: str) -> None:
        self._status.show(text, lambda: busy(text) if text else None)

    def _choose(self, **what: object) -> None:
        self._is_open = False
        self._choice, self._options = replace(self._choice, **what), {}  # type: ignore[arg-type]
        ui.navigate.history.replace(self._choice.address)
        self._offer()

    def _offer(self) -> None:
        """Offer what can be chosen, as far as it is known by now."""
        options = offered(self._site.index.measures)
        if options != self._options:
            self._options = options
            self._filters.clear()
            with self._filters:
                self._selects(options)

    def _selects(self, options: dict[str, list[str]]) -> None:
        choice = self._choice
        ui.select(BY, value=choice.by, label="Compare", on_change=lambda e: self._turn_to(e.value))
        levels = self._select("levels", "Groups", options[choice.by])
        levels.props("use-chips")
        self._select("baseline", "Baseline", options[choice.by])
        for name in FILTERS:
            if name != choice.by:
                self._select(name, name.capitalize(), options[name])
        ui.switch(
            "Pool settings",
            value=choice.is_together,
            on_change=lambda e: self._choose(is_together=bool(e.value)),
        ).tooltip("Pool runs of the same group even if they differ in other settings.")

    def _select(self, name: str, label: str, options: Sequence[str]) -> ui.select:
        """A selection of one value, or of several if the attribute has several."""
        value = getattr(self._choice, name)
        has_several = isinstance(value, tuple)
        chosen = list(value) if has_several else [value] if value else []
        entries = self._site.index.named if self._choice.by == "society" else ()
        names = society_names((run.society, run.setup) for entry in entries if (run := entry.measures) is not None)
        return ui.select(
            {one: short(names.get(one, one), 90) for one in dict.fromkeys([*options, *chosen])},
            value=chosen if has_several else value or None,
            label=label,
            multiple=has_several,
            clearable=True,
            on_change=lambda e: self._choose(**{name: tuple(e.value or ()) if has_several else e.value or ""}),
        )

    def _turn_to(self, by: str) -> None:
        self._choose(by=by, levels=(), baseline="", **({by: ""} if by in FILTERS else {}))

    def _show(self, found: Compared) -> None:
        if not found.panels:
            self._show_nothing()
            return
        self._exports()
        if not any(len(panel.measures.data) > 1 for panel in found.panels) and len(found.panels) > 1:
            note("No two groups have the same other settings, so each panel shows one group.")
        shown = sorted(found.panels[:_MOST_PANELS], key=lambda panel: len(panel.measures.data) < 2)
        open_ones = _MOST_OPEN if len(shown) <= _MOST_OPEN else 1
        for panel in shown[:open_ones]:
            _panel(panel, self._choice.by)
        self._differences(found)
        for panel in shown[open_ones:]:
            self._folded(panel)
        if len(found.panels) > _MOST_PANELS:
            ui.label(
                f"{counted(len(found.panels) - _MOST_PANELS, 'panel')} not shown: choose filters, or pool settings."
            ).classes("soft")

    def _folded(self, panel: ComparedPanel) -> None:
        """A panel that is built when it is unfolded; it stays unfolded when the page is updated."""
        by, title = self._choice.by, short(panel.title, _LONGEST_TITLE)
        fold(
            title,
            lambda: _contents(panel, by),
            is_open=self._folds.get(title, False),
            turned=lambda is_open: self._folds.update({title: is_open}),
        )

    def _differences(self, found: Compared) -> None:
        with card(f"Differences from {short(found.baseline, 160)}" if found.baseline else "Differences"):
            if found.remark:
                note(found.remark)
            if not found.baseline:
                empty("balance", "No baseline is chosen.", "Choose one in “Baseline”.")
            elif found.differences is None:
                empty("balance", *_without_differences(found, self._choice))
            else:
                draw(found.differences, drawn="difference", scale=_scale_of(found.differences))

    def _show_nothing(self) -> None:
        with card():
            empty(
                "balance",
                "No runs to compare.",
                "Remove filters." if self._site.index.summaries else "Start runs first.",
            )

    def _exports(self) -> None:
        with ui.element("div").classes("row-line"):
            with ui.dropdown_button("Figure", icon="image", auto_close=True).props("outline dense no-caps"):
                for kind in _FIGURES:
                    for ending in _FORMATS:
                        ui.item(f"{kind}, {ending.upper()}", on_click=lambda k=kind, e=ending: self._download(k, e))
            with ui.dropdown_button("Data (CSV)", icon="table_view", auto_close=True).props("outline dense no-caps"):
                for kind in _FRAMES:
                    ui.item(kind, on_click=lambda k=kind: self._download(k, None))
            ui.link("Report", "/report")

    async def _download(self, kind: str, ending: FileFormat | None) -> None:
        index, choice = self._site.index, self._choice
        ui.notify("Drawing the figure …" if ending else "Writing the data …")
        try:
            if ending is None:
                name, content = await index.compute(frame_file, index.summaries, choice, kind)
            else:
                name, content = await index.compute(figure_file, index.summaries, choice, kind, ending)
        except Exception as error:  # noqa: BLE001 - the visitor is notified of any error
            ui.notify(page_message(error), type="negative")
            return
        ui.download.content(content, name)


def _panel(panel: ComparedPanel, by: str) -> None:
    with ui.element("section").classes("stack"):
        subheading(short(panel.title, _LONGEST_TITLE))
        _contents(panel, by)


def _contents(panel: ComparedPanel, by: str) -> None:
    with ui.element("div").classes("two"):
        with card(f"Stock at the start of the month, units: mean{_and_interval(panel.stock)}", level=3):
            _chart("Stock at the start of the month", panel.stock, range(1, panel.months + 1), None)
            if panel.remark:
                note(panel.remark)
        with card(f"Survival, %: Kaplan-Meier estimate{_and_interval(panel.survival)}", level=3):
            _chart("Survival in per cent", panel.survival, range(panel.months + 1), 100)
    with card("Measures with 95 % confidence intervals", level=3):
        draw(panel.measures, cells={by: partial(_group, by)})
    if panel.more:
        fold("Measures of institutions with 95 % confidence intervals", lambda: _more(panel, by))


def _more(panel: ComparedPanel, by: str) -> None:
    """The measures of institutions, a few in each table."""
    for table in panel.more:
        draw(table, cells={by: partial(_group, by)})


def _without_differences(found: Compared, choice: Choice) -> tuple[str, str]:
    """Why no group is compared with the baseline, and the next step."""
    if choice.is_together or len({row[choice.by] for panel in found.panels for row in panel.measures.data}) < 2:
        return "There is only one group of runs.", "Choose more groups, or remove filters."
    return (
        "No group has the same other settings as the baseline, so none is compared with it.",
        "Choose another baseline, or pool settings.",
    )


def _group(by: str, row: Row) -> None:
    """A group with its colour."""
    with ui.element("span").classes("group-name"):
        ui.element("span").classes("key").style(f"background: {row['colour']}")
        ui.label(short(row[by], _LONGEST_TITLE))


def _scale_of(table: Table) -> Scale:
    """A symmetric scale for the differences of each measure."""
    reach: dict[str, float] = {}
    for row in table.data:
        ends = [abs(end) for part in ("value", "low", "high") if (end := row["difference"][part]) is not None]
        reach[row["measure"]] = max([reach.get(row["measure"], 0), *ends])
    ends_of = {measure: _round_up(end) for measure, end in reach.items()}
    return lambda row: (-ends_of[row["measure"]], ends_of[row["measure"]])


def _round_up(end: float) -> float:
    """The end of a scale that is easy to read: 1, 2, 2.5 or 5 times a power of ten; 1 for 0."""
    power = 10.0 ** math.floor(math.log10(end)) if end > 0 else 1.0
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= end)


def _has_bands(curves: Sequence[Curve]) -> bool:
    """Whether bands are drawn: those of many groups would cover each other."""
    return sum(bool(curve.low) for curve in curves) <= _MOST_BANDS


def _and_interval(curves: Sequence[Curve]) -> str:
    return " and 95 % confidence interval" if _has_bands(curves) else ""


def _chart(label: str, curves: Sequence[Curve], months: range, highest: float | None) -> None:
    labels = labels_of((curve.name for curve in curves), _LONGEST_NAME)
    shown = [replace(curve, name=chart_name(labels[curve.name])) for curve in curves]
    if not _has_bands(curves):
        shown = [replace(curve, low=(), high=()) for curve in shown]
        note(f"Intervals of more than {_MOST_BANDS} groups are not drawn; the data (CSV) contain them.")
    Chart(label).show(label, lambda: line_chart(shown, [str(month) for month in months], highest=highest))
