"""What one member promised, and what it did in the month after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui import ui

from govsim.characters import shortened, visible
from govsim.web.parts.lines import outcome_look, outcome_words
from govsim.web.parts.table import Head, Table, lines, numbers
from govsim.web.parts.words import said
from govsim.web.theme import address, empty

if TYPE_CHECKING:
    from govsim.web.judged import Judged, PromiseGiven

_HEADS = (
    Head(text="Month"),
    *numbers("Promised", "Asked", "Granted"),
    Head(text="Outcome", kind="mark"),
    Head(text="The line"),
    Head(text="Read by"),
)

_MOST_AT_ONCE = 12


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
            "Ask one with:",
            "govsim dialogue judge DIR --model PROVIDER/NAME --ask promises",
        )
        return
    found = [one for one in judged.promises if one.member == member]
    if not found:
        empty("handshake", f"{visible(shortened(member, 40))} has promised nothing, as judges read it.")
        return
    table = Table("Promises and deeds", _HEADS, is_tall=len(found) > _MOST_AT_ONCE)
    for one in found:
        _row(table, one, name)
    ui.label(
        "Asked and granted are those of the month after the talk; a promise is kept by asking for no more."
    ).classes("soft small")


def _row(table: Table, one: PromiseGiven, name: str) -> None:
    kind, icon = outcome_look(one)
    with table.row() as cell:
        with cell():
            ui.link(f"Month {one.month}", address("run", name, month=one.month, member=one.member))
        for number in (one.promised, one.asked, one.granted):
            lines(cell, "–" if number is None else f"{number:,}")
        with cell(), ui.element("span").classes(f"badge {kind}"):
            ui.icon(icon).props("aria-hidden=true")
            ui.label(outcome_words(one))
        with cell():
            said(one.quote, classes="small", folded=300)
        with cell():
            ui.label(visible(shortened(one.judges, 120))).classes("soft small")
