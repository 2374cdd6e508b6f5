"""The page of the report on all runs, which is created on request, as by `govsim report`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from nicegui import app as pages
from nicegui import ui
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from govsim.characters import counted
from govsim.journal import only_below
from govsim.web.parts.live import computed
from govsim.web.site import Site
from govsim.web.theme import card, empty, frame, heading, wrong
from govsim.web.workers import Memo

_FILE = "/report/page.html"
_MOST = 10
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox allow-popups"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A report.

    Attributes:
        page: the report as a self-contained HTML page.
        excluded: the excluded journals, and why.
    """

    page: str
    excluded: tuple[str, ...]


def add(site: Site) -> None:
    """Register the page.

    Args:
        site: the shared state.
    """
    memo: Memo[Written] = Memo()

    @ui.page("/report")
    def report() -> None:
        with frame(site, "Report", here="/report"):
            heading("Report")
            place = ui.element("div").classes("stack")
            ui.timer(0.05, partial(_show, site, memo, place), once=True)

    @pages.get(_FILE)
    def page() -> Response:
        if (made := memo.latest) is None:
            return PlainTextResponse("No report yet: open /report first.\n", status_code=404)
        headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"}
        return HTMLResponse(made.page, headers=headers)


async def _show(site: Site, memo: Memo[Written], place: ui.element) -> None:
    """Show the report on the current journals of the folder."""
    state = site.folder.contents().state
    if not state:
        with place, card():
            empty("description", "No journals yet.", "Start runs first.")
        return
    doing = f"Writing the report on {counted(len(state), 'journal')} …"
    write = partial(site.index.compute, written, site.folder.place, site.folder.root)
    await computed(place, doing, "The report cannot be written.", lambda: memo.of(state, write), _tell)


def _tell(report: Written) -> None:
    if report.excluded:
        count = len(report.excluded)
        left = [f"and {count - _MOST:,} more; the end of the report lists all"] if count > _MOST else []
        wrong("The report excludes these journals.", *report.excluded[:_MOST], *left)
    with ui.element("div").classes("row-line"):
        ui.link("Open in a new tab", _FILE, new_tab=True)
        ui.button("Save", icon="download", on_click=lambda: ui.download.content(report.page, "report.html")).props(
            "flat dense no-caps"
        )
    ui.element("iframe").classes("report").props(f'src={_FILE} title="Report"')


def written(folder: Path, root: Path) -> Written:
    """Create the report on a folder, as `govsim report` does.

    Args:
        folder: the folder of the journals, or one journal.
        root: the folder outside which nothing is read.

    Raises:
        GovSimError: there are no readable journals.
    """
    from govsim.analysis.report import report_html
    from govsim.analysis.results import REPORT_FRAMES, load

    with only_below(root):
        results = load(folder, frames=REPORT_FRAMES, broken=lambda _: None)
    return Written(page=report_html(results), excluded=results.problems)
