"""The talk of a month as a conversation, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from nicegui import ui

from govsim.characters import counted, shortened, visible
from govsim.journal import MODERATOR, MemoryLine, Utterance
from govsim.web.parts.words import said
from govsim.web.run_state import MonthState, RunState
from govsim.web.theme import address, colour_of, empty, face

if TYPE_CHECKING:
    from govsim.web.judged import LabelGiven

MOST_MINDS = 10
"""Members whose thoughts are shown before anybody asks for the others'."""

MOST_THOUGHTS = 2
"""Thoughts of each that are shown before anybody asks for the others."""


def talk(month: MonthState, story: RunState, labels: Mapping[int, LabelGiven]) -> None:
    """Who said what, from the moderator's report to the last line, and what the group agreed on.

    Args:
        month: the month.
        story: the run that it is a month of.
        labels: what judges say that lines do, by the place of each; those of other words than were said are not shown.
    """
    if not month.lines:
        empty("chat_bubble_outline", "Nobody has talked in this month.", _why_silent(story))
        return
    with ui.element("div").classes("talk").props('role=list aria-label="The talk"'):
        for line in sorted(month.lines, key=lambda one: one.ordinal):
            _line(line, story.members, labels.get(line.ordinal))
    _agreement(month)


def _why_silent(story: RunState) -> str:
    assert story.header is not None, "shown once the header has been read"
    experiment = story.header.experiment
    if not experiment.society.communication:
        return "This society has no talk."
    if all(story.header.model_of(member) is None for member in story.members):
        return "No member has a language model."
    return ""


def _line(line: Utterance, roster: Sequence[str], label: LabelGiven | None) -> None:
    is_moderator = line.member == MODERATOR
    with ui.element("div").classes("line line-moderator" if is_moderator else "line").props("role=listitem") as shown:
        shown.style(f"--colour: {colour_of(line.member, roster)}")
        face(line.member, roster)
        with ui.element("div"):
            with ui.element("div").classes("line-name"):
                ui.label("Moderator" if is_moderator else visible(shortened(line.member, 40)))
                for note in _notes(line):
                    ui.label(note).classes("line-note")
                if label is not None and (label.member, label.text) == (line.member, line.text):
                    chip = ui.label(label.label).classes("chip line-label")
                    chip.props["title"] = visible(shortened(f"as {label.judges} reads it", 200))
            with ui.element("div").classes("line-text"):
                if line.text is None:
                    ui.label("The reply could not be read; the turn was skipped.").classes("soft")
                else:
                    said(line.text, folded=1500)


def _notes(line: Utterance) -> list[str]:
    notes = []
    if line.ends:
        notes.append("ends the talk")
    if line.next_speaker is not None:
        how = "drawn" if line.next_is_drawn else "named"
        notes.append(f"→ {visible(shortened(line.next_speaker, 40))} ({how})")
    if line.invalid is not None:
        notes.append(f"partly unread: {visible(shortened(line.invalid, 200))}")
    return notes


def _agreement(month: MonthState) -> None:
    agreement = month.agreement
    if agreement is None:
        return
    with ui.element("div").classes("agreement stack-tight"):
        with ui.element("div").classes("row-line"):
            ui.icon("handshake").props("aria-hidden=true").classes("soft")
            ui.label(
                "No limit was agreed on."
                if agreement.limit is None
                else f"Agreed: {counted(agreement.limit, 'unit')} for each"
            ).classes("strong")
        if agreement.summary is not None:
            said(agreement.summary, classes="soft")


def thoughts(month: MonthState, roster: Sequence[str], name: str) -> None:
    """What each member has kept of a month: thoughts from the talk, insights from home.

    Args:
        month: the month.
        roster: all members.
        name: the run, for links to minds.
    """
    found = [one for one in month.memories if one.type == "thought"]
    if not found:
        empty("lightbulb", "Nobody has kept a thought of this month.", "Policies and direct agents keep none.")
        return
    members = [one for one in roster if any(memory.member == one for memory in found)]
    place = ui.element("div").classes("minds")

    def show(some: Sequence[str]) -> None:
        with place:
            for member in some:
                _kept(member, [one for one in found if one.member == member], roster, name)

    show(members[:MOST_MINDS])
    if rest := members[MOST_MINDS:]:
        _button_for_the_rest(f"Show {counted(len(rest), 'member')} more", lambda: show(rest))


def _button_for_the_rest(text: str, show: Callable[[], None]) -> None:
    def unfold() -> None:
        button.delete()
        show()

    button = ui.button(text, icon="unfold_more", on_click=unfold).props("flat dense no-caps").classes("fold")


def _kept(member: str, found: Sequence[MemoryLine], roster: Sequence[str], name: str) -> None:
    with ui.element("div").classes("line"):
        face(member, roster)
        with ui.element("div").classes("stack-tight"):
            ui.link(visible(shortened(member, 40)), address("mind", name, member=member)).classes("line-name")
            place = ui.element("div").classes("stack-tight")

            def show(some: Sequence[MemoryLine]) -> None:
                with place:
                    for memory in some:
                        _thought(memory)

            show(found[:MOST_THOUGHTS])
            if rest := found[MOST_THOUGHTS:]:
                _button_for_the_rest(f"{len(rest)} more", lambda: show(rest))


def _thought(memory: MemoryLine) -> None:
    with ui.element("div").classes("row-line").style("flex-wrap: nowrap; align-items: start"):
        ui.label("–" if memory.importance is None else str(memory.importance)).classes("chip number").tooltip(
            "importance, 1 to 10"
        )
        said(memory.description, classes="small")
