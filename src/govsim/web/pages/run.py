"""The page of a run, month by month, while it is running and afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from time import monotonic
from typing import Any

from nicegui import ui

from govsim.analysis.runs import RunMeasures
from govsim.errors import JournalError
from govsim.journal import note_on_unknown
from govsim.web.dialogue_results import JudgedRuns
from govsim.web.month_state import QuestionState
from govsim.web.pages.new import RunControls
from govsim.web.parts import overview
from govsim.web.parts.discussion import Search, discussion, thoughts
from govsim.web.parts.institutions import InstitutionCharts, institutions
from govsim.web.parts.listing import rows
from govsim.web.parts.live import Chart, LivePart
from govsim.web.parts.play import PlayBar
from govsim.web.parts.questions import question_list, show_question
from govsim.web.parts.run_charts import catch_chart, stock_chart
from govsim.web.run_state import RunState, Watch
from govsim.web.site import Site
from govsim.web.theme import address, card, empty, frame, heading, note, short, wrong
from govsim.web.titles import title_of

_ALL = "All"
_PAUSE = 0.4
_PATIENCE = 1.5


def add(site: Site) -> None:
    """Register the page.

    Args:
        site: the shared state.
    """

    @ui.page("/run/{name:path}")
    async def run(name: str, month: int | None = None, member: str = "", call: str = "") -> None:
        watch = await watch_of(site, name)
        title = shown_name(watch, name)
        with frame(site, title, trail={"Runs": "/", title: ""}):
            if isinstance(watch, JournalError):
                show_missing(name, watch)
                return
            page = RunPage(site, watch, month=month, member=member, call=call)
            page.build()
            await page.refresh()


async def watch_of(site: Site, name: str) -> Watch | JournalError:
    """Return the watch of a run, or the error if the journal cannot be read.

    It has caught up with the journal if that takes less than `_PATIENCE` seconds; otherwise it continues to read.
    """
    try:
        watch = site.watch(name)
        reading = asyncio.ensure_future(watch.catch_up())
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(reading), _PATIENCE)
    except JournalError as error:
        return error
    return watch


def shown_name(watch: Watch | JournalError, name: str) -> str:
    """The title of a run; the name of its journal if its header has not been read."""
    header = None if isinstance(watch, JournalError) else watch.state.header
    return name if header is None else title_of(header)


def show_missing(name: str, error: JournalError) -> None:
    """Show that there is no such run.

    Args:
        name: the name of the journal.
        error: why it cannot be read.
    """
    ui.context.client.status_code = 404
    heading(short(name, 120))
    wrong("This run cannot be shown.", str(error))


class RunPage:
    """One visitor's view of a run.

    Args:
        site: the shared state.
        watch: the run.
        month: the selected month; the last one if None.
        member: the member whose questions are listed; all members if empty.
        call: the question that is opened, with `member`; none if empty.
    """

    def __init__(self, site: Site, watch: Watch, *, month: int | None, member: str, call: str) -> None:
        self._site, self._watch = site, watch
        self._month, self._member, self._call = month, member, call
        self._follows = month is None

    @property
    def _state(self) -> RunState:
        return self._watch.state

    def build(self) -> None:
        """Build the page, which then updates itself; `refresh` fills it."""
        self._heading = LivePart("stack-tight")
        self._controls = RunControls(self._site, self._watch.name)
        self._problems = LivePart()
        self._live = LivePart("live")
        self._live.element.props('role=status aria-label="Current activity"')
        self._unchecked = LivePart()
        self._nothing = LivePart()
        with ui.element("div").classes("stack") as self._content:
            self._tiles = LivePart("tiles")
            with ui.element("div").classes("stack") as self._months:
                with ui.element("div").classes("two"):
                    with card("Stock, units"):
                        self._stock = Chart("Stock over the months, units", lambda place: self.choose(place + 1))
                    with card("Catch by member, units"):
                        self._catch = Chart("Catch by member and month, units", lambda place: self.choose(place + 1))
                self._institution_charts = InstitutionCharts(lambda place: self.choose(place + 1))
                self._play = PlayBar(self.choose)
                self._month_parts()
        ui.timer(_PAUSE, self.refresh, immediate=False)

    def _month_parts(self) -> None:
        with ui.element("div").classes("one-two"):
            with ui.element("div").classes("stack"):
                with card("Decisions"):
                    self._decisions = LivePart("stack-tight")
                with card(classes="card-search") as self._search_card:
                    Search(lambda: self._state, self.choose)
            with card("Discussion") as self._discussion_card:
                self._discussion = LivePart("stack")
        with card("Institutions and money") as self._institutions_card:
            self._institutions = LivePart("stack-tight")
        with card("Thoughts and insights") as self._thoughts_card:
            self._thoughts = LivePart()
        with card("Other events") as self._others_card:
            self._others = LivePart("stack-tight")
        with card("Questions and replies") as self._questions_card:
            who = ui.select({"": _ALL}, value="", label="Member", on_change=lambda e: self._filter(e.value or ""))
            self._who = who.style("width: 200px")
            self._questions = question_list(self._open, lambda: self._state.members)

    async def refresh(self) -> None:
        """Read new events and show the changes."""
        try:
            await self._watch.catch_up()
        except JournalError as error:
            problem = str(error)
            self._problems.show(problem, lambda: wrong("The journal is no longer readable.", problem))
            return
        state, entry = self._state, self._site.index.entry(self._watch.name)
        self._controls.refresh(is_running=state.is_running)
        problems = tuple(state.problems) or ((entry.problem,) if entry.problem is not None else ())
        has_header = state.header is not None
        self._problems.show((problems, has_header), lambda: show_problems(problems, has_header=has_header))
        unknown = note_on_unknown([state.unknown])
        self._unchecked.show(unknown, lambda: note(unknown) if unknown else None)
        status = state.status if state.header else ""
        nothing = (status, bool(state.months), state.lines, self._watch.is_truncated, bool(problems))
        self._nothing.show(nothing, lambda: self._show_nothing(has_problems=bool(problems)))
        self._content.set_visibility(state.header is not None)
        self._months.set_visibility(bool(state.months))
        self._live.element.set_visibility(status == "running")
        if state.header is None:
            self._heading.show("", lambda: heading(short(self._watch.name, 120)))
            return
        self._show(status, entry.measures)

    def _show(self, status: str, measures: RunMeasures | None) -> None:
        state, version = self._state, self._watch.version
        if status == "running":
            waiting = (version, tuple(state.thinking), int(monotonic()) if state.thinking else 0)
            self._live.show(waiting, lambda: overview.live(state))
        self._heading.show((id(state), status), lambda: overview.heading(state, self._watch.name))
        self._tiles.show((version, id(measures)), lambda: overview.figures(state, measures))
        if self._follows or self._month not in state.months:
            self._month = state.last_month
        self._show_month()

    def _show_month(self) -> None:
        state, number = self._state, self._month or 0
        drawn = (id(state), sum(month.events for month in state.months.values()), number)
        self._stock.show(drawn, lambda: stock_chart(state, number))
        self._catch.show(drawn, lambda: catch_chart(state, number))
        self._institution_charts.show(state, number, drawn)
        self._play.show(number, state.last_month)
        month = state.months.get(number)
        if month is None:
            return
        roster, name, which = state.members, self._watch.name, (id(state), number)
        judged = self._site.judgements.of(name)
        progress = state.progress_of(number)
        self._show_cards()
        discussed = (*which, len(month.lines), len(month.agreements), month.report is None, judged, progress)
        self._discussion.show(discussed, lambda: discussion(month, state, _labels(judged, number)))
        self._decisions.show(
            (*which, month.events, progress), lambda: overview.decisions(month, roster, name, progress)
        )
        self._thoughts.show((*which, len(month.memories), progress), lambda: thoughts(month, state, name))
        self._institutions_card.set_visibility(bool(month.institution_events))
        self._institutions.show((*which, month.institution_events), lambda: institutions(month, roster, name))
        self._others_card.set_visibility(bool(month.others))
        self._others.show((*which, len(month.others), month.more_others), lambda: overview.other_events(month))
        self._list_questions()
        if self._call:
            self._open_linked()

    def _show_cards(self) -> None:
        """Show the cards of what the members of this run can do: policies only decide, unless they speak."""
        state = self._state
        has_discussion = state.has_models or any(month.lines for month in state.months.values())
        has_thoughts = any(state.has_memory(member) for member in state.members)
        has_questions = state.has_models or any(month.questions for month in state.months.values())
        self._discussion_card.set_visibility(has_discussion)
        self._thoughts_card.set_visibility(has_thoughts)
        self._search_card.set_visibility(has_discussion or has_thoughts)
        self._questions_card.set_visibility(has_questions)

    def _list_questions(self) -> None:
        month = self._state.months.get(self._month or 0)
        asked = list(month.questions.values()) if month else []
        names = {"": _ALL} | {one.key.member: short(one.key.member, 40) for one in asked}
        if self._member:
            names.setdefault(self._member, short(self._member, 40))
        if names != self._who.options or self._who.value != self._member:
            self._who.set_options(names, value=self._member)
        chosen = [one for one in asked if self._member in ("", one.key.member)]
        self._questions.show(chosen, self._without_questions(bool(asked)))

    def _without_questions(self, has_others: bool) -> str:
        """The text shown if no question is listed."""
        if has_others:
            return "No questions to this member in this month."
        match self._state.progress_of(self._month or 0):
            case "running":
                return "No replies yet. The month is still in progress."
            case "stopped":
                return "The run stopped before the first reply of this month."
            case _:
                return "No questions in this month."

    def choose(self, month: int) -> None:
        """Select a month.

        Args:
            month: the month, counted from 1.
        """
        if month in self._state.months:
            self._month = month
            self._follows = month == self._state.last_month and self._state.is_running
            self._update_address()
            self._show_month()

    def _filter(self, member: str) -> None:
        if member != self._member:
            self._member = member
            self._update_address()
            self._list_questions()

    def _open(self, question: QuestionState) -> None:
        link = self._address(member=question.key.member, call=question.key.call)
        ui.navigate.history.replace(link)
        self._play.enable_keys(False)
        show_question(self._state, question, link, self._closed)

    def _closed(self) -> None:
        self._play.enable_keys(True)
        self._update_address()

    def _open_linked(self) -> None:
        """Open the question in the address, once."""
        call, self._call = self._call, ""
        month = self._state.months.get(self._month or 0)
        for question in month.questions.values() if month else ():
            if question.key.call == call and question.key.member == self._member:
                self._open(question)

    def _update_address(self) -> None:
        ui.navigate.history.replace(self._address(member=self._member))

    def _address(self, **query: str) -> str:
        return address("run", self._watch.name, month=self._month, **query)

    def _show_nothing(self, *, has_problems: bool) -> None:
        state = self._state
        if state.header is not None and not state.months:
            what_next = (
                "This page updates automatically."
                if state.is_running
                else "The run ended before its first month. Run the same command again to resume it."
            )
            empty("hourglass_empty", "No months yet.", what_next)
        elif state.header is None and not state.lines and not has_problems:
            show_empty(is_truncated=self._watch.is_truncated)


def show_problems(problems: Sequence[str], *, has_header: bool) -> None:
    """Show the problems of a journal, if any.

    Args:
        problems: the problems.
        has_header: whether its header is readable.
    """
    if problems:
        title = (
            "This journal has errors; only its readable part is shown." if has_header else "This run cannot be shown."
        )
        wrong(title, *(f"The journal {one}" if one.startswith("is ") else one for one in problems))


def show_empty(*, is_truncated: bool = False) -> None:
    """Show that a journal has no header yet.

    Args:
        is_truncated: whether it is truncated in its first line.
    """
    if is_truncated:
        empty("broken_image", "The journal is truncated in its first line.")
    else:
        empty("hourglass_empty", "The journal is empty or is being read.", "This page updates automatically.")


def _labels(judged: JudgedRuns | None, month: int) -> dict[int, Any]:
    """The labels of the utterances of a month, by ordinal: rows of `JudgedRuns.labels`."""
    return {} if judged is None else {one.ordinal: one for one in rows(judged.labels[judged.labels["month"] == month])}
