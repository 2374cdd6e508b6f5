"""The list of all runs with their status and measures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from nicegui import run, ui
from nicegui.events import ValueChangeEventArguments
from starlette.requests import Request

from govsim.analysis.settings import society_names
from govsim.characters import counted, visible
from govsim.journal import FINISHED
from govsim.web.choices import RUNS, SETTINGS, RunFilter
from govsim.web.folder import Campaign
from govsim.web.index import Index, RunEntry
from govsim.web.parts.listing import Listing
from govsim.web.parts.live import LivePart
from govsim.web.parts.runs import (
    Setting,
    about_run,
    about_setting,
    column_name,
    run_columns,
    setting_columns,
    setting_rows,
)
from govsim.web.site import Site
from govsim.web.theme import WORDS, card, empty, frame, heading, note, short

_PATIENCE = 60.0  # seconds; listing many journals is slow on a busy machine
_READING, _NO_MATCH = "Reading journals …", "No runs match these filters."
_FILTERS = ("scenario", "condition", "model", "status")


def add(site: Site) -> None:
    """Register the page.

    Args:
        site: the shared state.
    """

    @ui.page("/", response_timeout=_PATIENCE)
    async def home(request: Request) -> None:
        if not site.index.is_listed:
            await site.index.list_now()
        with frame(site, "Runs", here="/"):
            Home(site, RunFilter.of(request.query_params)).build()


class Home:
    """One visitor's list of runs.

    Args:
        site: the shared state.
        chosen: the filters.
    """

    def __init__(self, site: Site, chosen: RunFilter) -> None:
        self._site = site
        self._index = site.index
        self._chosen = chosen
        self._seen = -1
        self._selects: dict[str, ui.select] = {}

    def build(self) -> None:
        """Build the page, which then updates itself."""
        self._head = LivePart("stack")
        with ui.element("div").classes("stack") as self._body:
            self._campaigns = LivePart("stack")
            self._filters()
            self._tables()
        self._refresh()
        ui.timer(1.0, self._refresh)

    def _filters(self) -> None:
        with ui.element("div").classes("filters").props('role=search aria-label="Filter runs"'):
            ui.input(
                "Name or setting",
                value=self._chosen.text,
                on_change=lambda e: self._choose(text=e.value or ""),
            ).props("clearable debounce=300")
            for name in _FILTERS:
                self._selects[name] = self._select(name)
            if self._chosen.society:
                self._society = ui.chip("", icon="filter_alt").props("outline")
                ui.link("Show all runs", "/")

    def _select(self, name: str) -> ui.select:
        value = getattr(self._chosen, name)
        options = {value: visible(WORDS.get(value, value))} if value else {}

        def changed(event: ValueChangeEventArguments[str | None]) -> None:
            self._choose(**{name: event.value or ""})

        return ui.select(options, value=value or None, label=name.capitalize(), on_change=changed, clearable=True)

    def _tables(self) -> None:
        with card():
            with ui.tabs().props("dense align=left no-caps inline-label narrow-indicator") as tabs:
                ui.tab(RUNS, "Runs", icon="list")
                ui.tab(SETTINGS, "By setting", icon="functions")
            tabs.value = self._chosen.tab
            tabs.on_value_change(lambda e: self._choose(tab=str(e.value)))
            with ui.element("div") as self._runs:
                self._run_list = Listing[RunEntry](
                    run_columns(), lambda one: one.name, about_run, has_links=True, sort="run", nothing=_READING
                )
            with ui.element("div") as self._settings:
                self._setting_list = Listing[Setting](
                    setting_columns(), column_name, about_setting, has_links=True, sort="cell", nothing=_READING
                )
                note(
                    "Each row pools runs that differ only in their seed, with 95 % confidence intervals: Gaffke's for "
                    "rates, shares and survival times, Student's for amounts. Measures exclude runs that stopped early."
                )

    def _choose(self, **what: str) -> None:
        self._chosen = replace(self._chosen, **what)
        ui.navigate.history.replace(self._chosen.address)
        self._seen = -1
        self._refresh()

    def _refresh(self) -> None:
        self._runs.set_visibility(self._chosen.tab == RUNS)
        self._settings.set_visibility(self._chosen.tab == SETTINGS)
        if self._seen == self._index.version:
            return
        self._seen = self._index.version
        entries, campaigns = self._index.named, self._index.campaigns
        has_any = bool(entries or campaigns)
        self._head.show(self._seen, lambda: _headline(self._site, entries) if has_any else _nothing(self._site))
        self._body.set_visibility(has_any)
        self._campaigns.show(self._seen, lambda: _campaigns(self._index))
        self._offer(entries)
        if self._chosen.society:
            self._society.text = short(self._setup(entries), 120)
        shown = [entry for entry in entries if self._chosen.has(entry)]
        self._run_list.show(shown, _READING if self._index.unread else _NO_MATCH)
        if self._chosen.tab == SETTINGS:
            ui.timer(0, lambda: self._measure(shown), once=True)

    def _setup(self, entries: Sequence[RunEntry]) -> str:
        """The name of the society that is shown."""
        runs = [entry.measures for entry in entries if entry.measures is not None]
        names = society_names((run.society, run.setup) for run in runs)
        return names.get(self._chosen.society, "one society")

    async def _measure(self, entries: Sequence[RunEntry]) -> None:
        """Compute the estimates of settings in a thread, once for each change."""
        runs = [entry.measures for entry in entries if entry.measures is not None]
        measured = await run.io_bound(setting_rows, runs) or []
        self._setting_list.show(measured, _READING if self._index.unread else _NO_MATCH)

    def _offer(self, entries: Sequence[RunEntry]) -> None:
        """Offer the values that occur in the selections."""
        for name, select in self._selects.items():
            if name == "status":
                found = {entry.status for entry in entries}
            else:
                found = {getattr(one, name) for one in self._index.measures}
            if select.value:
                found.add(select.value)
            options = {value: short(WORDS.get(value, value), 60) for value in sorted(found)}
            if options != select.options:
                select.set_options(options)


def _headline(site: Site, entries: Sequence[RunEntry]) -> None:
    unread = site.index.unread
    counts = Counter(entry.status for entry in entries)
    counts_text = [counted(len(entries), "run")]
    counts_text += [f"{counts[name]:,} {WORDS[name]}" for name in WORDS if counts[name] and name != "unread"]
    with ui.element("div").classes("row-line"):
        heading("Runs")
        ui.label(" · ".join(counts_text)).classes("soft number")
        ui.label(site.place).classes("chip mono")
    if unread:
        with ui.element("div").classes("stack-tight").props("role=status"):
            note(f"Reading journals: {len(entries) - unread:,} of {len(entries):,}").classes("number")
            ui.linear_progress(1 - unread / max(len(entries), 1), show_value=False, size="4px").props(
                'aria-label="Journals read"'
            )


def _nothing(site: Site) -> None:
    place = site.place
    has_studies = bool(site.folder.contents().studies)
    what = "Start a run on the page “New run”, or with this command" if site.settings.may_start else "Start a run"
    heading("Runs")
    with card():
        empty(
            "water",
            f"No runs in {place} yet, only sub-skill tests or judgements."
            if has_studies
            else f"No runs in {place} yet.",
            f"{what}; this page updates automatically.",
            f"govsim run fishery --out {place}",
        )


def _campaigns(index: Index) -> None:
    if not index.campaigns:
        return
    with card("Campaigns"):
        for campaign in index.campaigns:
            _campaign(campaign, index)


def _campaign(campaign: Campaign, index: Index) -> None:
    counts = Counter(index.entry(name).status if index.has(name) else "waiting" for name in campaign.runs)
    done, total = sum(counts[status] for status in FINISHED), len(campaign.runs)
    said = [f"{done:,} of {total:,} done"]
    said += [f"{number:,} {WORDS.get(name, name)}" for name, number in sorted(counts.items()) if name not in FINISHED]
    with ui.element("div").classes("stack-tight"):
        with ui.element("div").classes("row-line"):
            ui.label(short(campaign.name, 80)).classes("strong")
            ui.label(campaign.problem or " · ".join(said)).classes("soft number small")
        ui.linear_progress(done / max(total, 1), show_value=False, size="6px").props(
            f'role=progressbar aria-label="{done} of {total} runs done"'
        )
