"""What one member promised, and what it did in the month after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui import ui

from govsim.characters import shortened, visible
from govsim.web.parts.lines import outcome_look, outcome_words
from govsim.web.parts.words import said
from govsim.web.theme import address, empty

if TYPE_CHECKING:
    from govsim.web.judged import Judged, PromiseGiven

_HEADINGS = ("Month", "Promised", "Asked", "Granted", "", "The line", "Read by")
_NUMBERS = ("Promised", "Asked", "Granted")


def promises(judged: Judged | None, member: str, name: str) -> None:
    """A row for each promise of a member.

    Args:
        judged: what judges made of the run; None where none has read it, or that is being found out.
        member: whose promises.
        name: the run, for links to its months.
    """
    if judged is None or not judged.has_promises:
        empty(
            "handshake",
            "No judge has read what was promised in this run.",
            "Ask one with: govsim dialogue DIR --judge PROVIDER/NAME --ask promises",
        )
        return
    found = [one for one in judged.promises if one.member == member]
    if not found:
        empty("handshake", f"{visible(shortened(member, 40))} has promised nothing, as judges read it.")
        return
    with ui.element("div").classes("scroll tall"), ui.element("table").classes("plain"):
        with ui.element("thead"), ui.element("tr"):
            for heading in _HEADINGS:
                with ui.element("th").classes("right" if heading in _NUMBERS else "").props("scope=col"):
                    ui.label(heading)
        with ui.element("tbody"):
            for one in found:
                _row(one, name)
    ui.label(
        "Asked and granted are those of the month after the talk; a promise is kept by asking for no more."
    ).classes("soft small")


def _row(one: PromiseGiven, name: str) -> None:
    kind, icon = outcome_look(one)
    with ui.element("tr"):
        with ui.element("td"):
            ui.link(f"Month {one.month}", address("run", name, month=one.month, member=one.member)).style(
                "white-space: nowrap"
            )
        for number in (one.promised, one.asked, one.granted):
            with ui.element("td").classes("right"):
                ui.label("–" if number is None else f"{number:,}")
        with ui.element("td"), ui.element("span").classes(f"badge {kind}"):
            ui.icon(icon).props("aria-hidden=true")
            ui.label(outcome_words(one))
        with ui.element("td").style("min-width: 200px"):
            said(one.quote, classes="small", folded=300)
        with ui.element("td"):
            ui.label(visible(shortened(one.judges, 120))).classes("soft small")
