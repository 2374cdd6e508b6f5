"""What members say, promise and know, as judges read it, with links to the talk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nicegui import ui

from govsim.characters import counted, shortened, visible
from govsim.errors import GovSimError
from govsim.web.folder import Stamp
from govsim.web.parts.lines import LabelledLines, PromisesGiven
from govsim.web.parts.sheet import sheet
from govsim.web.site import Site
from govsim.web.theme import card, empty, frame, heading, wrong

if TYPE_CHECKING:
    from govsim.web.judged import Readings

COMMAND = "govsim dialogue judge {} --model PROVIDER/NAME --ask labels --ask promises --ask knowledge"

State = tuple[tuple[str, Stamp | None], ...]


@dataclass(slots=True)
class Computed:
    """What was computed last, and of what."""

    of: State = ()
    found: Readings | None = None


def add(site: Site) -> None:
    """Put the page at its address."""
    computed = Computed()

    @ui.page("/dialogue")
    def dialogue(label: str = "", outcome: str = "") -> None:
        with frame(site, "Dialogue", here="/dialogue"):
            heading("Dialogue")
            place = ui.element("div").classes("stack")

            async def show() -> None:
                if await _compute(site, computed, place):
                    place.clear()
                    with place:
                        _tell(site, computed.found, label, outcome)

            ui.timer(0.05, show, once=True)


async def _compute(site: Site, computed: Computed, place: ui.element) -> bool:
    """Compute what is shown, unless it is known; whether there is anything to show, else says why not."""
    contents = site.folder.contents()
    if not contents.journals or not contents.studies:
        computed.found, computed.of = None, ()
        return True
    files = (*contents.journals, *contents.studies)
    state = tuple((one.name, one.stamp) for one in files)
    if computed.of == state and computed.found is not None:
        return True
    with place, ui.element("div").classes("row-line").props("role=status"):
        ui.spinner(size="sm")
        ui.label(
            f"Reading the talk of {counted(len(contents.journals), 'journal')}; with many this takes a while …"
        ).classes("soft")
    try:
        computed.found, computed.of = await site.index.compute(_readings, site.folder.place, site.folder.root), state
    except GovSimError as error:
        place.clear()
        with place:
            wrong("The dialogues cannot be shown.", str(error))
        return False
    return True


def _tell(site: Site, found: Readings | None, label: str, outcome: str) -> None:
    place = visible(shortened(str(site.folder.place), 80))
    if found is not None and found.stale:
        wrong("Judgements that do not fit their run any more are left out.", *found.stale[:10])
    if found is not None and found.broken:
        wrong("Journals that cannot be read are left out.", *found.broken[:10])
    if found is None or not found.is_judged:
        with card():
            empty("forum", "No judge has read these runs yet.", "Ask one with:", COMMAND.format(place))
    if found is None:
        return
    tables = {one.name: one for one in found.tables}
    for name in ("shares", "agreement", "promises", "members"):
        if name in tables:
            sheet(tables[name])
    if found.promises:
        with card("Every promise, and what came of it"):
            PromisesGiven(found.promises, outcome)
    for name in ("agreements", "knowledge"):
        if name in tables:
            sheet(tables[name])
    if found.labels:
        with card("Every line that has a label"):
            LabelledLines(found.labels, label)


# What computes takes seconds to load, so that the server leaves it to the processes beside it.


def _readings(folder: Path, root: Path) -> Readings:
    from govsim.web.judged import readings

    return readings(folder, root)
