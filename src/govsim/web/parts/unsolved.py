"""Problems that models did not solve, with what was asked and what they replied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nicegui import ui

from govsim.characters import shortened, visible
from govsim.web.parts.dialog import dialog
from govsim.web.parts.listing import Column, Listing, Row
from govsim.web.parts.words import said
from govsim.web.theme import empty, subheading, wrong

if TYPE_CHECKING:
    from govsim.web.tested import NotSolved

_LOOK = """
<button class="linklike" @click="$parent.$emit('look', props.row.id)">
  {{ props.row.test }}, {{ props.row.problem }}
</button>
"""

_COLUMNS: tuple[Column[NotSolved], ...] = (
    Column(name="test", label="Problem", key=lambda one: f"{one.test} {one.problem:06}", cell=_LOOK),
    Column(name="model", label="Model", key=lambda one: one.model, classes="mark"),
    Column(name="scenario", label="Scenario", key=lambda one: one.scenario, classes="phone-hidden"),
    Column(name="answer", label="Answer", key=lambda one: one.answer, is_number=True),
    Column(name="right", label="Right", key=lambda one: one.right, is_number=True),
    Column(name="reply", label="Reply", classes="words"),
)


class Unsolved:
    """The list of what was not solved.

    Args:
        found: it.
    """

    def __init__(self, found: Sequence[NotSolved]) -> None:
        self._found = {str(one.number): one for one in found}
        if not found:
            empty("task_alt", "No answer is wrong, and every reply could be read.")
            return
        ui.label("The first wrong answers, and the first replies that could not be read, of each test.").classes(
            "soft small"
        )
        listing: Listing[NotSolved] = Listing(_COLUMNS, _row, size=10)
        listing.element.on("look", lambda event: self._open(str(event.args)))
        listing.show(list(found))

    def _open(self, number: str) -> None:
        if number in self._found:
            _show(self._found[number])


def _row(one: NotSolved) -> Row:
    return {
        "id": str(one.number),
        "test": one.test.replace("_", " "),
        "problem": one.problem + 1,
        "model": visible(shortened(one.model, 40)),
        "scenario": visible(shortened(one.scenario, 40)),
        "answer": one.answer,
        "right": one.right,
        "reply": visible(shortened(" ".join(one.reply.split()), 110)),
    }


def _show(one: NotSolved) -> None:
    with dialog(f"{one.test.replace('_', ' ')}, problem {one.problem + 1}"):
        with ui.element("div").classes("row-line"):
            for told in (one.model, one.scenario, f"answered {one.answer}", f"right is {one.right}"):
                ui.label(visible(shortened(told, 60))).classes("chip")
            if one.attempts > 1:
                ui.label(f"asked {one.attempts} times").classes("chip")
        if one.why:
            wrong("The reply could not be read.", one.why)
        for title, text in (("Reply", one.reply), ("Prompt", one.prompt)):
            subheading(title)
            with ui.element("div").classes("box"):
                said(text or "(nothing)", classes="mono", folded=6000)
