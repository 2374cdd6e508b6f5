"""All runs: which there are, how they stand, what came of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

from nicegui import run, ui

from govsim.characters import counted, shortened, visible
from govsim.web.folder import Campaign
from govsim.web.index import Entry, Index
from govsim.web.parts.listing import Listing
from govsim.web.parts.runs import Setting, all_measures, run_columns, run_row, setting_columns, setting_row, settings_of
from govsim.web.site import Site
from govsim.web.theme import WORDS, address, card, empty, frame, heading

_RUNS, _SETTINGS = "runs", "settings"
_ENDED = ("completed", "collapsed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which runs are shown; it stands in the address. Nothing chosen is all."""

    scenario: str = ""
    condition: str = ""
    model: str = ""
    society: str = ""
    status: str = ""
    text: str = ""
    tab: str = _RUNS

    def has(self, entry: Entry) -> bool:
        """Whether a run is among them."""
        if self.status and entry.standing != self.status:
            return False
        if self.text and self.text.lower() not in entry.name.lower():
            return False
        measures = entry.summary.measures if entry.summary else None
        wanted = {key: getattr(self, key) for key in ("scenario", "condition", "model", "society")}
        return all(not value or getattr(measures, key, None) == value for key, value in wanted.items())


def add(site: Site) -> None:
    """Put the page at its address."""

    @ui.page("/")
    async def home(  # noqa: PLR0917 - one parameter for each part of the address
        scenario: str = "",
        condition: str = "",
        model: str = "",
        society: str = "",
        status: str = "",
        text: str = "",
        tab: str = _RUNS,
    ) -> None:
        if not site.index.is_listed:
            await site.index.list_now()
        await run.io_bound(all_measures)
        chosen = Chosen(
            scenario=scenario,
            condition=condition,
            model=model,
            society=society,
            status=status,
            text=text,
            tab=tab if tab in (_RUNS, _SETTINGS) else _RUNS,
        )
        with frame(site, "Runs", here="/"):
            Home(site, chosen).build()


class Home:
    """One visitor's list of runs.

    Args:
        site: what all pages share.
        chosen: which runs are shown.
    """

    def __init__(self, site: Site, chosen: Chosen) -> None:
        self._site = site
        self._index = site.index
        self._chosen = chosen
        self._seen = -1
        self._selects: dict[str, ui.select] = {}
        self._settings_of: tuple[int, Chosen] | None = None

    def build(self) -> None:
        """Build the page; from then on it keeps itself up to date."""
        self._head = ui.element("div").classes("stack")
        self._body = ui.element("div").classes("stack")
        with self._body:
            self._campaigns = ui.element("div").classes("stack")
            self._filters()
            self._tables()
        self._refresh()
        ui.timer(1.0, self._refresh)

    def _filters(self) -> None:
        with ui.element("div").classes("filters").props('role=search aria-label="Choose runs"'):
            ui.input(
                "Name contains", value=self._chosen.text, on_change=lambda e: self._choose(text=e.value or "")
            ).props("outlined dense clearable debounce=300")
            for name, label in (
                ("scenario", "Scenario"),
                ("condition", "Condition"),
                ("model", "Model"),
                ("status", "Status"),
            ):
                self._selects[name] = self._select(name, label)
            if self._chosen.society:
                ui.chip(visible(shortened(f"society {self._chosen.society}", 60)), icon="filter_alt").props("outline")
                ui.link("show all", "/")

    def _select(self, name: str, label: str) -> ui.select:
        value = getattr(self._chosen, name)
        options = {value: visible(WORDS.get(value, value))} if value else {}

        def changed(event: object) -> None:
            self._choose(**{name: getattr(event, "value", None) or ""})

        return ui.select(options, value=value or None, label=label, on_change=changed, clearable=True).props(
            "outlined dense options-dense"
        )

    def _tables(self) -> None:
        with card():
            with ui.tabs().props("dense align=left no-caps inline-label narrow-indicator") as tabs:
                ui.tab(_RUNS, "Runs", icon="list")
                ui.tab(_SETTINGS, "Settings, with intervals", icon="functions")
            tabs.value = self._chosen.tab
            tabs.on_value_change(lambda e: self._choose(tab=str(e.value)))
            self._runs = ui.element("div")
            with self._runs:
                self._run_list = Listing[Entry](run_columns(), run_row, sort="run", nothing="No run is like this.")
            self._settings = ui.element("div")
            with self._settings:
                self._setting_list = Listing[Setting](
                    setting_columns(), setting_row, sort="cell", nothing="No setting has been measured yet."
                )
                ui.label(
                    "Runs that differ in nothing but the seed, with 95 % intervals: Wilson's for the rate, Student's t "
                    "for means. Runs that stopped early are in no measure."
                ).classes("soft small")

    def _choose(self, **what: str) -> None:
        self._chosen = replace(self._chosen, **what)
        said = {one.name: getattr(self._chosen, one.name) for one in fields(self._chosen)}
        said["tab"] = "" if self._chosen.tab == _RUNS else self._chosen.tab
        ui.navigate.history.replace(address("", **said))
        self._seen = -1
        self._refresh()

    def _refresh(self) -> None:
        self._runs.set_visibility(self._chosen.tab == _RUNS)
        self._settings.set_visibility(self._chosen.tab == _SETTINGS)
        if self._seen == self._index.version:
            return
        self._seen = self._index.version
        entries = self._index.entries
        self._show_head(entries)
        self._body.set_visibility(bool(entries or self._index.campaigns))
        self._campaigns.clear()
        with self._campaigns:
            _campaigns(self._index)
        self._offer(entries)
        shown = [entry for entry in entries if self._chosen.has(entry)]
        self._run_list.show(shown)
        if self._chosen.tab == _SETTINGS:
            ui.timer(0, lambda: self._measure(shown), once=True)

    async def _measure(self, entries: Sequence[Entry]) -> None:
        """Compute the settings' estimates beside the server's work, once for each change."""
        runs = [entry.summary.measures for entry in entries if entry.summary and entry.summary.measures]
        self._setting_list.show(await run.io_bound(settings_of, runs) or [])

    def _offer(self, entries: Sequence[Entry]) -> None:
        """Offer in the selections what occurs."""
        measured = [entry.summary.measures for entry in entries if entry.summary and entry.summary.measures]
        for name, select in self._selects.items():
            found = (
                {entry.standing for entry in entries} if name == "status" else {getattr(run, name) for run in measured}
            )
            if select.value:
                found.add(select.value)
            options = {value: visible(shortened(WORDS.get(value, value), 60)) for value in sorted(found)}
            if options != select.options:
                select.set_options(options)

    def _show_head(self, entries: Sequence[Entry]) -> None:
        self._head.clear()
        with self._head:
            if not entries and not self._index.campaigns:
                _nothing(self._site)
                return
            _headline(self._site, entries, self._index.unread)


def _headline(site: Site, entries: Sequence[Entry], unread: int) -> None:
    counts = Counter(entry.standing for entry in entries)
    told = [counted(len(entries), "run")]
    told += [f"{counts[name]:,} {WORDS[name]}" for name in WORDS if counts[name] and name != "unread"]
    with ui.element("div").classes("row-line"):
        heading("Runs")
        ui.label(" · ".join(told)).classes("soft number")
        ui.label(visible(shortened(str(site.folder.place), 80))).classes("chip mono")
    if unread:
        with ui.element("div").classes("stack-tight").props("role=status"):
            ui.label(f"Reading journals: {len(entries) - unread:,} of {len(entries):,}").classes("soft small number")
            ui.linear_progress(1 - unread / max(len(entries), 1), show_value=False, size="4px").props(
                'aria-label="Journals that have been read"'
            )


def _nothing(site: Site) -> None:
    place = visible(shortened(str(site.folder.place), 80))
    has_studies = bool(site.folder.contents().studies)
    what = "Start one with “New run” above, or with the command below" if site.settings.may_start else "Start one"
    heading("Runs")
    with card():
        empty(
            "water",
            f"{place} holds no runs yet, only what models were asked."
            if has_studies
            else f"{place} holds no runs yet.",
            f"{what}; it shows up here by itself.",
            f"govsim run fishery --out {place}",
        )


def _campaigns(index: Index) -> None:
    if not index.campaigns:
        return
    with card("Campaigns"):
        for campaign in index.campaigns:
            _campaign(campaign, index)


def _campaign(campaign: Campaign, index: Index) -> None:
    counts = Counter(index.entry(name).standing if index.has(name) else "waiting" for name in campaign.runs)
    done, total = sum(counts[standing] for standing in _ENDED), len(campaign.runs)
    said = [f"{done:,} of {total:,} done"]
    said += [f"{number:,} {WORDS.get(name, name)}" for name, number in sorted(counts.items()) if name not in _ENDED]
    with ui.element("div").classes("stack-tight"):
        with ui.element("div").classes("row-line"):
            ui.label(visible(shortened(campaign.name, 80))).classes("strong")
            ui.label(campaign.problem or " · ".join(said)).classes("soft number small")
        ui.linear_progress(done / max(total, 1), show_value=False, size="6px").props(
            f'role=progressbar aria-label="{done} of {total} runs done"'
        )
