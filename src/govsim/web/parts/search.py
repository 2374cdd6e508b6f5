"""Search in what was said and thought."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from nicegui import ui
from nicegui.events import ValueChangeEventArguments

from govsim.characters import shortened, visible
from govsim.journal import MODERATOR
from govsim.web.run_state import RunState
from govsim.web.theme import face

MOST_HITS = 60
_AROUND = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A place where a text was found."""

    month: int
    member: str
    kind: str
    text: str


def hits(story: RunState, wanted: str) -> Iterator[Hit]:
    """Where a text occurs in lines of talk, summaries and memories of thought, month by month; capitals do not matter.

    Args:
        story: the run.
        wanted: the text.
    """
    for number, month in sorted(story.months.items()):
        for line in month.lines:
            if line.text and wanted.casefold() in line.text.casefold():
                yield Hit(month=number, member=line.member, kind="said", text=_around(line.text, wanted))
        agreement = month.agreement
        if agreement and agreement.summary and wanted.casefold() in agreement.summary.casefold():
            yield Hit(month=number, member=MODERATOR, kind="summary", text=_around(agreement.summary, wanted))
        for memory in month.memories:
            if memory.type == "thought" and wanted.casefold() in memory.description.casefold():
                yield Hit(month=number, member=memory.member, kind="thought", text=_around(memory.description, wanted))


def _around(text: str, wanted: str) -> str:
    place = max(text.casefold().find(wanted.casefold()), 0)
    start, end = max(0, place - _AROUND), place + len(wanted) + _AROUND
    return f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}"


class Search:
    """The search of a run.

    Args:
        story: gives the run as it is now.
        chosen: called with the month of a hit that somebody chooses.
    """

    def __init__(self, story: Callable[[], RunState], chosen: Callable[[int], None]) -> None:
        self._story, self._chosen = story, chosen
        field = ui.input("Search in what was said and thought", on_change=self._search)
        field.props("outlined dense clearable debounce=300 type=search")
        self._found = ui.element("div").classes("stack-tight").props("aria-live=polite")

    def _search(self, event: ValueChangeEventArguments[str | None]) -> None:
        wanted = (event.value or "").strip()
        self._found.clear()
        if len(wanted) < 2:
            return
        found = list(islice(hits(self._story(), wanted), MOST_HITS + 1))
        with self._found:
            more = f", the first {MOST_HITS} of more" if len(found) > MOST_HITS else ""
            ui.label(f"{min(len(found), MOST_HITS)} places{more}").classes("soft small")
            for hit in found[:MOST_HITS]:
                self._hit(hit, self._story().members)

    def _hit(self, hit: Hit, roster: Sequence[str]) -> None:
        with ui.element("div").classes("line"):
            face(hit.member, roster)
            with ui.element("div"):
                who = "moderator" if hit.member == MODERATOR else visible(shortened(hit.member, 40))
                ui.button(f"Month {hit.month} · {who} · {hit.kind}", on_click=lambda: self._chosen(hit.month)).props(
                    "flat dense no-caps"
                )
                ui.label(visible(hit.text)).classes("said small")
