"""The discussion of a month, the thoughts and promises of members, and a search in all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from nicegui import ui
from nicegui.events import ValueChangeEventArguments

from govsim.analysis.tables.table import Column, Table
from govsim.characters import counted, visible
from govsim.journal import MODERATOR, Agreement, MemoryLine, Utterance
from govsim.web.dialogue_results import JudgedRuns
from govsim.web.month_state import MonthState
from govsim.web.parts.listing import rows
from govsim.web.parts.table import draw
from govsim.web.run_state import RunStage, RunState
from govsim.web.theme import address, busy, colour_of, empty, face, figure, icon_badge, more, note, said, short

MOST_MEMBERS = 10
"""The number of members with thoughts that are shown at first."""

MOST_THOUGHTS = 2
"""Thoughts of each member that are shown at first."""

MOST_HITS = 60
"""The maximum number of matches that a search shows."""

_AROUND = 80
_LOOKS = {"kept": ("completed", "check_circle"), "broken": ("broken", "heart_broken")}
_PROMISES = (
    Column(name="month", place="stub"),
    *(Column(name=name, kind="count") for name in ("promised", "asked", "granted")),
    Column(name="outcome"),
    Column(name="quote", heading="utterance", place="remark"),
    Column(name="judges", heading="judges", place="remark"),
)
_MOST_PROMISES = 12


def discussion(month: MonthState, state: RunState, labels: Mapping[int, Any]) -> None:
    """Show the utterances of a month, from the moderator's report to the last one, and the agreement.

    Args:
        month: the month.
        state: the run of the month.
        labels: the labels that judges gave to utterances: rows of `JudgedRuns.labels` by the ordinal of the utterance.
            A label of a different text is not shown.
    """
    if not month.lines:
        empty("chat_bubble_outline", *_without_discussion(state, state.progress_of(month.number)))
        return
    with ui.element("div").classes("discussion").props('role=list aria-label="Discussion"'):
        said_at: str | None = ""
        for line in sorted(month.lines, key=lambda one: one.ordinal):
            if state.sites and line.site != said_at:
                said_at = line.site
                ui.label(_where(said_at)).classes("strong small").props("role=listitem")
            _line(line, state.members, labels.get(line.ordinal))
    for agreement in month.agreements.values():
        _agreement(agreement, _where(agreement.site) if state.sites else "")


def _where(site: str | None) -> str:
    return "All sites" if site is None else short(site, 40)


def _without_discussion(state: RunState, progress: RunStage) -> tuple[str, str]:
    """Why a month has no utterances."""
    if not state.experiment.society.communication:
        return "No discussion.", "Communication is off in this society."
    match progress:
        case "running":
            return "No discussion yet.", "The month is still in progress."
        case "stopped":
            return "No discussion in this month.", "The run stopped before the discussion."
        case _:
            return "No discussion in this month.", ""


def _line(line: Utterance, roster: Sequence[str], label: Any) -> None:
    is_moderator = line.member == MODERATOR
    with ui.element("div").classes("line line-moderator" if is_moderator else "line").props("role=listitem") as shown:
        shown.style(f"--colour: {colour_of(line.member, roster)}")
        face(line.member, roster)
        with ui.element("div"):
            with ui.element("div").classes("line-name"):
                ui.label("Moderator" if is_moderator else short(line.member, 40))
                for note in _notes(line):
                    ui.label(note).classes("line-note")
                if label is not None and (label.member, label.text) == (line.member, line.text):
                    chip = ui.label(label.label).classes("chip line-label")
                    chip.props["title"] = short(f"Judged by {label.judges}", 200)
            with ui.element("div").classes("line-text"):
                if line.text is None:
                    ui.label("Unreadable reply; the turn was skipped.").classes("soft")
                else:
                    said(line.text, folded=1500)


def _notes(line: Utterance) -> list[str]:
    notes = []
    if line.ends:
        notes.append("ends the discussion")
    if line.next_speaker is not None:
        notes.append(f"next: {short(line.next_speaker, 40)}, {_how_chosen(line)}")
    if line.invalid is not None:
        notes.append(f"partly unreadable: {short(line.invalid, 200)}")
    return notes


def _how_chosen(line: Utterance) -> str:
    """How the next speaker was chosen."""
    if line.member == MODERATOR:
        return "who opens the discussion"
    return "drawn at random" if line.next_is_drawn else "chosen by the speaker"


def _agreement(agreement: Agreement, where: str) -> None:
    """Show the outcome of a discussion.

    Args:
        agreement: the outcome.
        where: the site; empty without several.
    """
    with ui.element("div").classes("agreement stack-tight"):
        with ui.element("div").classes("row-line").style("flex-wrap: nowrap"):
            ui.icon("handshake").classes("soft")
            limit = agreement.limit
            text = "No agreement on a limit." if limit is None else f"Agreed limit: {counted(limit, 'unit')} per member"
            ui.label(f"{where}: {text}" if where else text).classes("strong")
        if agreement.summary is not None:
            said(agreement.summary, classes="soft")


def thoughts(month: MonthState, state: RunState, name: str) -> None:
    """Show the thoughts that each member stored in a month, after the discussion and in reflection.

    Args:
        month: the month.
        state: the run of the month.
        name: the name of the run, for links to members.
    """
    roster = state.members
    kept: dict[str, list[MemoryLine]] = {member: [] for member in roster}
    for memory in month.memories:
        if memory.type == "thought" and memory.member in kept:
            kept[memory.member].append(memory)
    members = [member for member in roster if kept[member]]
    if not members:
        empty("lightbulb", *_without_thoughts(state, state.progress_of(month.number)))
        return
    place = ui.element("div").classes("thoughts-of-members")

    def show(some: Sequence[str]) -> None:
        for member in some:
            _kept(member, kept[member], roster, name)

    with place:
        show(members[:MOST_MEMBERS])
    if rest := members[MOST_MEMBERS:]:
        more(f"Show {counted(len(rest), 'member')} more", place, lambda: show(rest))


def _without_thoughts(state: RunState, progress: RunStage) -> tuple[str, str]:
    """Why a month has no thoughts."""
    match progress:
        case "running":
            return "No thoughts yet.", "The month is still in progress."
        case "stopped":
            return "No thoughts in this month.", "The run stopped before members stored any."
        case _:
            return "No thoughts in this month.", ""


def _kept(member: str, found: Sequence[MemoryLine], roster: Sequence[str], name: str) -> None:
    with ui.element("div").classes("line"):
        face(member, roster)
        with ui.element("div").classes("stack-tight"):
            ui.link(short(member, 40), address("member", name, member=member)).classes("line-name")
            with ui.element("div").classes("stack-tight") as place:
                _thoughts(found[:MOST_THOUGHTS])
            if rest := found[MOST_THOUGHTS:]:
                more(f"{len(rest)} more", place, lambda: _thoughts(rest))


def _thoughts(found: Sequence[MemoryLine]) -> None:
    for memory in found:
        with ui.element("div").classes("row-line").style("flex-wrap: nowrap; align-items: start"):
            rating = ui.label("–" if memory.importance is None else str(memory.importance)).classes("chip number")
            rating.tooltip("importance, 1 to 10")
            said(memory.description, classes="small")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A match of a search."""

    month: int
    member: str
    kind: str
    text: str


def hits(state: RunState, wanted: str) -> Iterator[Hit]:
    """Search utterances, summaries and thoughts, month by month, ignoring case.

    Args:
        state: the run.
        wanted: the text.
    """
    folded = wanted.casefold()
    for number, month in sorted(state.months.items()):
        for member, kind, text in _texts(month):
            if text and folded in text.casefold():
                yield Hit(month=number, member=member, kind=kind, text=_around(text, wanted))


def _texts(month: MonthState) -> Iterator[tuple[str, str, str | None]]:
    """The texts of a month, each with its member and its kind."""
    yield from ((line.member, "said", line.text) for line in month.lines)
    yield from ((MODERATOR, "summary", agreement.summary) for agreement in month.agreements.values())
    yield from ((memory.member, "thought", memory.description) for memory in month.memories if memory.type == "thought")


def _around(text: str, wanted: str) -> str:
    place = max(text.casefold().find(wanted.casefold()), 0)
    start, end = max(0, place - _AROUND), place + len(wanted) + _AROUND
    return f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}"


class Search:
    """The search field of a run.

    Args:
        state: returns the current state of the run.
        chosen: called with the month of the match that is clicked.
    """

    def __init__(self, state: Callable[[], RunState], chosen: Callable[[int], None]) -> None:
        self._state, self._chosen = state, chosen
        field = ui.input("Search utterances and thoughts", on_change=self._search)
        field.props("clearable debounce=300 type=search")
        self._found = ui.element("div").classes("stack-tight").props("aria-live=polite")

    def _search(self, event: ValueChangeEventArguments[str | None]) -> None:
        wanted = (event.value or "").strip()
        self._found.clear()
        if len(wanted) < 2:
            return
        found = list(islice(hits(self._state(), wanted), MOST_HITS + 1))
        with self._found:
            more = f", the first {MOST_HITS}" if len(found) > MOST_HITS else ""
            note(f"{counted(min(len(found), MOST_HITS), 'match', 'matches')}{more}")
            for hit in found[:MOST_HITS]:
                self._hit(hit, self._state().members)

    def _hit(self, hit: Hit, roster: Sequence[str]) -> None:
        with ui.element("div").classes("line"):
            face(hit.member, roster)
            with ui.element("div"):
                who = "moderator" if hit.member == MODERATOR else short(hit.member, 40)
                ui.button(f"Month {hit.month} · {who} · {hit.kind}", on_click=lambda: self._chosen(hit.month)).props(
                    "flat dense no-caps"
                )
                ui.label(visible(hit.text)).classes("said small")


def outcome_look(promise: Any) -> tuple[str, str, str]:
    """The badge of the outcome of a promise: its kind, its icon and its label.

    Args:
        promise: a row of `JudgedRuns.promises`.
    """
    kind, icon = _LOOKS.get(promise.outcome, ("", "help"))
    is_measured = promise.outcome == "broken" and promise.excess is not None
    return kind, icon, f"broken by {figure(promise.excess)}" if is_measured else promise.outcome


def has_discussions(state: RunState) -> bool:
    """Whether members of a run can discuss."""
    return state.experiment.society.communication and state.has_models


def promises(judged: JudgedRuns | None, member: str, name: str, place: str, *, is_reading: bool = False) -> None:
    """Show a row for each promise of a member.

    Args:
        judged: the judgements of the run; None if there are none, or if they have not been read yet.
        member: the name of the member.
        name: the name of the run, for links to its months.
        place: the folder, for the command of a judge.
        is_reading: whether judgements are being read.
    """
    if judged is None and is_reading:
        busy("Reading judgements …")
        return
    if judged is None or not judged.has_promises:
        empty(
            "handshake",
            "No judge has extracted the promises of this run.",
            "Run a judge:",
            f"govsim dialogue judge {place} --model PROVIDER/NAME --ask promises",
        )
        return
    found = rows(judged.promises[judged.promises["member"] == member])
    if not found:
        empty("handshake", f"The judges found no promise by {short(member, 40)}.")
        return
    cells = {
        "month": lambda row: ui.link(f"Month {row['month']}", address("run", name, month=row["month"], member=member)),
        "outcome": lambda row: icon_badge(*outcome_look(row["of"])),
        "quote": lambda row: said(row["quote"] or "", classes="small", folded=300),
        "judges": lambda row: note(short(row["judges"], 120)),
    }
    data = [{**one._asdict(), "of": one} for one in found]
    table = Table(name="promises", title="Promises and outcomes", columns=_PROMISES, data=data)
    draw(table, cells=cells, is_tall=len(found) > _MOST_PROMISES)
    note("Asked and granted refer to the month after the discussion. A promise is kept if the member asks for no more.")
