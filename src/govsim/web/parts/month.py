"""What happened in one month: who asked for what and got what."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui

from govsim.characters import shortened, visible
from govsim.journal import Harvest
from govsim.web.parts.words import amount
from govsim.web.story import MonthStory
from govsim.web.theme import address, empty, face


def decisions(month: MonthStory, roster: Sequence[str], name: str) -> None:
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
    with (
        ui.element("div").classes("scroll tall").props('tabindex=0 role=region aria-label="Decisions"'),
        ui.element("table").classes("plain"),
    ):
        with ui.element("thead"), ui.element("tr"):
            for heading, classes in (("Member", ""), ("Asked", "right"), ("Received", "right"), ("", "")):
                with ui.element("th").classes(classes).props("scope=col"):
                    ui.label(heading)
        with ui.element("tbody"):
            for member in [*(one for one in roster if one in harvest.granted)]:
                _decision(harvest, member, roster, name)
    ui.label(_told(harvest)).classes("soft small number")


def _decision(harvest: Harvest, member: str, roster: Sequence[str], name: str) -> None:
    asked, received = harvest.asked.get(member), harvest.granted[member]
    is_over = received > harvest.member_threshold
    with ui.element("tr"):
        with ui.element("td"), ui.element("div").classes("who"):
            face(member, roster, is_small=True)
            ui.link(visible(shortened(member, 40)), address("mind", name, member=member))
        _cell(amount(asked), "right")
        _cell(amount(received), "right over" if is_over else "right")
        with ui.element("td"):
            if member in harvest.invalid:
                ui.label("forfeited").classes("badge badge-failed").tooltip(
                    visible(shortened(harvest.invalid[member], 300))
                )
            elif is_over:
                ui.label("over").classes("small over")


def _cell(text: str, classes: str) -> None:
    with ui.element("td").classes(classes):
        ui.label(text)


def _told(harvest: Harvest) -> str:
    said = (
        f"Stock {harvest.stock_before:,} → {harvest.stock_after_harvest:,} after the harvest → "
        f"{harvest.stock_after_growth:,}. Sustainable: {harvest.threshold:,} in all, "
        f"{harvest.member_threshold:,} for each."
    )
    return f"{said} The commons has collapsed." if harvest.is_collapsed else said
