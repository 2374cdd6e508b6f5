"""What models can do: sub-skill tests, what was not solved, and what becomes of their societies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nicegui import ui

from govsim.characters import shortened, visible
from govsim.errors import GovSimError
from govsim.web.folder import Stamp
from govsim.web.parts.accuracies import accuracies
from govsim.web.parts.against import against
from govsim.web.parts.unsolved import Unsolved
from govsim.web.parts.words import notes
from govsim.web.site import Site
from govsim.web.theme import card, empty, frame, heading, wrong

if TYPE_CHECKING:
    from govsim.analysis.runs import RunMeasures
    from govsim.web.tested import Tested

COMMAND = "govsim skills test --model PROVIDER/NAME --out"

State = tuple[tuple[tuple[str, Stamp | None], ...], tuple[tuple[str, int], ...]]


@dataclass(slots=True)
class Computed:
    """What was computed last, and of what."""

    of: State | None = None
    found: Tested | None = None


def add(site: Site) -> None:
    """Put the page at its address."""
    computed = Computed()

    @ui.page("/skills")
    def skills() -> None:
        with frame(site, "Skills", here="/skills"):
            heading("Skills")
            place = ui.element("div").classes("stack")

            is_early = True

            async def show() -> None:
                nonlocal is_early
                is_early = site.index.unread > 0 or not site.index.is_listed
                await _show(site, computed, place)

            async def show_all() -> None:
                if not site.index.unread:
                    waiting.deactivate()
                    if is_early:  # else all is there, and what somebody has opened by now would close
                        await show()

            waiting = ui.timer(1.0, show_all, immediate=False)
            ui.timer(0.05, show, once=True)


async def _show(site: Site, computed: Computed, place: ui.element) -> None:
    studies = site.folder.contents().studies
    summaries = site.index.summaries
    runs = [one.measures for one in summaries if one.measures is not None]
    state = (
        tuple((one.name, one.stamp) for one in studies),
        tuple((f"{run.path} {run.status}", run.tokens or 0) for run in runs),
    )
    if computed.of != state or computed.found is None:
        with place, ui.element("div").classes("row-line").props("role=status"):
            ui.spinner(size="sm")
            ui.label("Reading tests …").classes("soft")
        paths = [path for one in studies if (path := site.folder.study_path(one.name)) is not None]
        try:
            computed.found, computed.of = await site.index.compute(_tested, site.folder.root, paths, runs), state
        except GovSimError as error:
            place.clear()
            with place:
                wrong("The tests cannot be shown.", str(error))
            return
    place.clear()
    outside = [one.name for one in studies if one.stamp is None]
    with place:
        if outside:
            wrong("These lead out of the folder, or cannot be read; they are left out.", *outside[:10])
        if site.index.unread:
            ui.label(f"{site.index.unread:,} journals of runs have not been read yet …").classes("soft small")
        _tell(site, computed.found)


def _tell(site: Site, found: Tested) -> None:
    if found.broken:
        wrong("Journals of tests that cannot be read are left out.", *found.broken[:10])
    place = visible(shortened(str(site.folder.place), 80))
    if not found.accuracies:
        with card():
            empty("school", "No model has been tested here yet.", "Test one with:", f"{COMMAND} {place}")
        return
    with card("How many problems were solved, per cent"):
        accuracies(found.accuracies)
        notes(found.notes)
    with card("What was not solved"):
        Unsolved(found.wrong)
    with card("Skills and societies"):
        if found.against is None:
            empty(
                "scatter_plot",
                "Fewer than three models were both tested to the end and run.",
                "Run societies of the models that were tested:",
                f"govsim run fishery --model PROVIDER/NAME --out {place}",
            )
        else:
            against(found.against)
            notes(found.against_notes)


# What computes takes seconds to load, so that the server leaves it to the processes beside it.


def _tested(root: Path, paths: Sequence[Path], runs: Sequence[RunMeasures]) -> Tested:
    from govsim.web.tested import tested

    return tested(root, paths, runs)
