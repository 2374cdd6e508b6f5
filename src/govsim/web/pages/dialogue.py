"""The page of discussions: labels, promises and knowledge as judged, with links to the months."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from nicegui import ui

from govsim.characters import counted
from govsim.web.dialogue_results import JudgedRuns, readings
from govsim.web.parts.discussion import outcome_look
from govsim.web.parts.listing import ListColumn, Listing, ListRow, rows
from govsim.web.parts.live import computed
from govsim.web.parts.table import draw
from govsim.web.site import Site
from govsim.web.theme import address, card, empty, fold, frame, heading, short, wrong
from govsim.web.workers import Memo

COMMAND = "govsim dialogue judge {} --model PROVIDER/NAME --ask labels --ask promises --ask knowledge"

_SHARES = ("share", "kept_share")
_MOST_ROWS = 12

_PLACE = """
<a class="cell-main" :href="props.row.href">{{ props.row.place }}</a><span
  class="cell-sub cell-short" :title="props.row.run">{{ props.row.run }}</span>
"""
_OUTCOME = """
<span :class="'badge badge-' + props.row.kind" :title="props.row.judges">
  <q-icon :name="props.row.icon" aria-hidden="true"></q-icon>{{ props.row.outcome }}
</span>
"""
_LABEL = """<span class="chip" :title="props.row.judges">{{ props.row.label }}</span>"""


def _order(one: Any) -> str:
    return f"{one.path} {one.month:06} {getattr(one, 'ordinal', 0):06} {one.member}"


_LINES: tuple[ListColumn[Any], ...] = (
    ListColumn(name="place", label="Month", key=_order, cell=_PLACE, classes="cell-place"),
    ListColumn(name="label", label="Label", key=lambda one: one.label, cell=_LABEL, classes="words"),
    ListColumn(name="text", label="Utterance", shown=lambda one: short(one.text, 240), classes="words"),
)
_PROMISES: tuple[ListColumn[Any], ...] = (
    ListColumn(name="place", label="Month", key=_order, cell=_PLACE, classes="cell-place"),
    ListColumn(name="promised", label="Promised", key=lambda one: one.promised, kind="count"),
    ListColumn(name="asked", label="Asked", key=lambda one: one.asked, kind="count"),
    ListColumn(name="granted", label="Granted", key=lambda one: one.granted, kind="count"),
    ListColumn(
        name="outcome",
        label="Outcome",
        key=lambda one: f"{one.outcome} {one.excess or 0:09}",
        cell=_OUTCOME,
        classes="mark",
    ),
    ListColumn(name="quote", label="Utterance", shown=lambda one: short(one.quote or "", 160), classes="words"),
)


def add(site: Site) -> None:
    """Register the page.

    Args:
        site: the shared state.
    """
    memo: Memo[JudgedRuns] = Memo()

    @ui.page("/dialogue")
    def dialogue(label: str = "", outcome: str = "") -> None:
        with frame(site, "Dialogue", here="/dialogue"):
            heading("Dialogue")
            place = ui.element("div").classes("stack")

            async def show() -> None:
                contents = site.folder.contents()
                if not contents.journals or not contents.studies:
                    with place:
                        _without_judgements(site)
                    return
                read = partial(site.index.compute, readings, site.folder.place, site.folder.root)
                count = counted(len(contents.journals), "journal")
                doing = f"Reading the discussions of {count} …"
                tell = partial(_tell, site, label=label, outcome=outcome)
                known = partial(memo.of, contents.state, read)
                await computed(place, doing, "The discussions cannot be shown.", known, tell)

            ui.timer(0.05, show, once=True)


def _without_judgements(site: Site) -> None:
    with card():
        if site.folder.contents().journals:
            empty("forum", "These runs have not been judged yet.", "Run a judge:", COMMAND.format(site.place))
        else:
            empty("forum", "No discussions yet.", "Start runs first.")


def _tell(site: Site, found: JudgedRuns, *, label: str, outcome: str) -> None:
    if found.stale:
        wrong("Judgements of runs that have changed since are excluded.", *found.stale[:10])
    if found.broken:
        wrong("Unreadable journals are excluded.", *found.broken[:10])
    if not found.is_judged:
        _without_judgements(site)
    _tables(found, "shares", "agreement", "promises")
    _tables(found, "members", is_detail=True)
    if len(found.promises):
        with card("All promises and their outcomes"):
            _listed(found, rows(found.promises), _PROMISES, by="outcome", chosen=outcome)
    _tables(found, "agreements", "knowledge", is_detail=True)
    if len(found.labels):
        with card("All labelled utterances"):
            _listed(found, rows(found.labels), _LINES, by="label", chosen=label)


def _tables(found: JudgedRuns, *names: str, is_detail: bool = False) -> None:
    """Show the tables of these names that exist, with plots of their shares; long tables of details are folded."""
    for name in names:
        if name in found.tables:
            table = found.tables[name]
            shares = [column.name for column in table.columns if column.name in _SHARES]
            build = partial(draw, table, drawn=shares[0] if shares else "")
            if is_detail and len(table.rows) > _MOST_ROWS:
                fold(table.title, build)
            else:
                with card(table.title):
                    build()


def _listed(
    judged: JudgedRuns, found: Sequence[Any], columns: Sequence[ListColumn[Any]], *, by: str, chosen: str
) -> None:
    """Show a list with a filter by one column.

    Args:
        judged: the judgements, which name the runs.
        found: the rows.
        columns: the columns of the list.
        by: the column of the filter.
        chosen: the initial value of the filter; all rows if it does not occur.
    """

    def show(kind: str | None) -> None:
        listing.show([one for one in found if not kind or getattr(one, by) == kind])

    counts = Counter(getattr(one, by) for one in found)
    options = {name: f"{name} ({count:,})" for name, count in counts.most_common()}
    kind = chosen if chosen in options else None
    ui.select(options, value=kind, label=by.capitalize(), on_change=lambda e: show(e.value)).props("clearable").style(
        "width: 260px; max-width: 100%"
    )
    listing: Listing[Any] = Listing(
        columns, _order, partial(_more, judged.names), has_links=True, size=10, nothing="Nothing matches this filter."
    )
    show(kind)


def _more(names: Mapping[str, str], one: Any) -> ListRow:
    kind, icon, words = outcome_look(one) if hasattr(one, "outcome") else ("", "", "")
    return {
        "href": address("run", one.path, month=one.month, member=one.member),
        "place": f"Month {one.month} · {short(one.member, 30)}",
        "run": short(names.get(one.path, one.path), 160),
        "judges": short(f"Judged by {one.judges}", 200),
        "outcome": words,
        "kind": kind,
        "icon": icon,
    }
