"""The report on all runs: made when it is asked for, and shown as the file that `govsim report` writes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nicegui import app as pages
from nicegui import ui
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from govsim.errors import GovSimError
from govsim.web.folder import Stamp
from govsim.web.site import Site
from govsim.web.theme import card, empty, frame, heading, wrong

_FILE = "/report/page.html"
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox allow-popups"

State = tuple[tuple[str, Stamp | None], ...]


@dataclass(slots=True)
class Made:
    """The report that was made last, and of what."""

    of: State = ()
    page: str = ""


def add(site: Site) -> None:
    """Put the page at its address."""
    made = Made()

    @ui.page("/report")
    def report() -> None:
        with frame(site, "Report", here="/report"):
            heading("Report")
            place = ui.element("div").classes("stack")

            async def make() -> None:
                await _show(site, made, place)

            ui.timer(0.05, make, once=True)

    @pages.get(_FILE)
    def page() -> Response:
        if not made.page:
            return PlainTextResponse("There is no report yet: open /report first.\n", status_code=404)
        headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"}
        return HTMLResponse(made.page, headers=headers)


async def _show(site: Site, made: Made, place: ui.element) -> None:
    contents = site.folder.contents()
    journals = (*contents.journals, *contents.studies)
    state = tuple((one.name, one.stamp) for one in journals)
    if outside := [one.name for one in journals if one.stamp is None]:
        with place:
            wrong("There is no report: these cannot be read, or lead out of the folder. Move them away.", *outside[:10])
        return
    if not state:
        with place, card():
            empty("description", "There is nothing to report on yet.", "Start some runs first.")
        return
    if made.of != state or not made.page:
        with place, ui.element("div").classes("row-line"):
            ui.spinner(size="sm")
            ui.label(f"Writing the report on {len(state):,} journals; with many runs this takes a while …").classes(
                "soft"
            )
        try:
            made.page = await site.index.compute(written, site.folder.place)
            made.of = state
        except GovSimError as error:
            place.clear()
            with place:
                wrong("There is no report.", str(error))
            return
    place.clear()
    with place:
        with ui.element("div").classes("row-line"):
            ui.link("Open it alone", _FILE, new_tab=True)
            ui.button("Save", icon="download", on_click=lambda: ui.download.content(made.page, "report.html")).props(
                "flat dense no-caps"
            )
        ui.element("iframe").classes("report").props(f'src={_FILE} title="The report"')


def written(folder: Path) -> str:
    """The report on a folder, as a page that needs nothing else; broken journals are named on it.

    Args:
        folder: where the journals lie.

    Raises:
        GovSimError: there is nothing to report on.
    """
    from govsim.analysis.evidence import read_evidence
    from govsim.analysis.report import report_html

    return report_html(read_evidence(folder, broken=lambda _: None))
