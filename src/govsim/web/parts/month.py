"""What happened in one month: who asked for what and got what."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui

from govsim.characters import counted, shortened, visible
from govsim.journal import Harvest
from govsim.web.parts.table import Head, Table, lines, numbers
from govsim.web.parts.words import amount
from govsim.web.run_state import MonthState
from govsim.web.theme import address, empty, face

_HEADS = (Head(text="Member"), *numbers("Asked", "Received"), Head(text="Remark"))


def decisions(month: MonthState, roster: Sequence[str], name: str) -> None:
    """What each member asked for and received, beside what could be taken sustainably.

    Args:
        month: the month.
        roster: all members.
        name: the run, for links to minds.
    """
    harvest = month.harvest
    if harvest is None:
        empty("hourglass_empty", "Nobody has harvested yet.", "The month has only begun.")
        return
    table = Table("Decisions", _HEADS, is_stacked=False, is_tall=True)
    for member in roster:
        if member in harvest.granted:
            _decision(table, harvest, member, roster, name)
    ui.label(_told(harvest)).classes("soft small number")


def other_events(month: MonthState) -> None:
    """Events of plug-ins, each as its kind and its fields.

    Args:
        month: the month.
    """
    for text in month.others:
        ui.label(visible(text)).classes("small")
    if month.more_others:
        ui.label(f"and {counted(month.more_others, 'other event')}").classes("soft small")


def _decision(table: Table, harvest: Harvest, member: str, roster: Sequence[str], name: str) -> None:
    asked, received = harvest.asked.get(member), harvest.granted[member]
    is_over = received > harvest.member_threshold
    with table.row() as cell:
        with cell(), ui.element("div").classes("who"):
            face(member, roster, is_small=True)
            ui.link(visible(shortened(member, 40)), address("mind", name, member=member))
        lines(cell, amount(asked))
        with cell() as received_cell:
            ui.label(amount(received))
        with cell():
            if member in harvest.invalid:
                ui.label("forfeited").classes("badge badge-failed")
                ui.label(visible(shortened(harvest.invalid[member], 300))).classes("cell-range")
            elif is_over:
                received_cell.classes("over")
                ui.label("over its share").classes("small over")


def _told(harvest: Harvest) -> str:
    said = (
        f"Stock {harvest.stock_before:,} → {harvest.stock_after_harvest:,} after the harvest → "
        f"{harvest.stock_after_growth:,}. Sustainable: {harvest.threshold:,} in all, "
        f"{harvest.member_threshold:,} for each."
    )
    return f"{said} The commons has collapsed." if harvest.is_collapsed else said
