"""One run: its story at a glance, month by month; the same page while it goes on and ever after."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from time import monotonic

from nicegui import ui

from govsim.characters import shortened, visible
from govsim.errors import JournalError
from govsim.journal import note_on_unknown
from govsim.web.index import Entry
from govsim.web.parts import overview
from govsim.web.parts.charts import catch_chart, stock_chart
from govsim.web.parts.month import decisions, other_events
from govsim.web.parts.ours import Ours
from govsim.web.parts.part import Chart, Part
from govsim.web.parts.play import PlayBar
from govsim.web.parts.questions import Questions, show_question
from govsim.web.parts.search import Search
from govsim.web.parts.talk import talk, thoughts
from govsim.web.run_state import Question, RunState, Watch
from govsim.web.site import Site
from govsim.web.theme import Link, address, card, empty, frame, heading, wrong

_PAUSE = 0.4
_PATIENCE = 1.5


def add(site: Site) -> None:
    """Put the page at its address."""

    @ui.page("/run/{name:path}")
    async def run(name: str, month: int | None = None, member: str = "", call: str = "") -> None:
        with frame(site, name, trail=[Link(text="Runs", target="/"), Link(text=name, target="")]):
            watch = await watch_of(site, name)
            if watch is not None:
                page = RunPage(site, watch, month=month, member=member, call=call)
                page.build()
                await page.refresh()


async def watch_of(site: Site, name: str) -> Watch | None:
    """The watch of a run, caught up where that does not take long; says what is wrong where there is none."""
    try:
        watch = site.watches.of(name)
        reading = asyncio.ensure_future(watch.catch_up())
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(reading), _PATIENCE)
    except JournalError as error:
        ui.context.client.status_code = 404
        heading(visible(shortened(name, 120)))
        wrong("This run cannot be shown.", str(error))
        return None
    return watch


class RunPage:
    """One visitor's view of a run.

    Args:
        site: what all pages share.
        watch: the run.
        month: the month that is looked at; the last one when None.
        member: the member whose questions alone are listed; everybody's when empty.
        call: the question that is opened at first, with `member`; none when empty.
    """

    def __init__(self, site: Site, watch: Watch, *, month: int | None, member: str, call: str) -> None:
        self._site, self._watch = site, watch
        self._month, self._member, self._call = month, member, call
        self._follows = month is None

    @property
    def _story(self) -> RunState:
        return self._watch.state

    def build(self) -> None:
        """Build the page; `refresh` fills it, and it keeps itself up to date."""
        self._heading = Part("stack-tight")
        self._ours = Ours(self._site, self._watch.name)
        self._problems = Part()
        self._live = Part("live")
        self._live.element.props('role=status aria-label="What is going on"')
        self._unchecked = Part()
        self._nothing = Part()
        self._content = ui.element("div").classes("stack")
        with self._content:
            self._tiles = Part("tiles")
            self._lived = ui.element("div").classes("stack")
            with self._lived:
                with ui.element("div").classes("two"):
                    with card("Stock, units"):
                        self._stock = Chart("Stock over the months, units", self._clicked)
                    with card("Catch of each member, units"):
                        self._catch = Chart("Catch by member and month, units", self._clicked)
                self._play = PlayBar(self.choose)
                self._month_parts()
        ui.timer(_PAUSE, self.refresh, immediate=False)

    def _clicked(self, place: int) -> None:
        self.choose(place + 1)

    def _month_parts(self) -> None:
        with ui.element("div").classes("one-two"):
            with ui.element("div").classes("stack"):
                with card("Decisions"):
                    self._decisions = Part("stack-tight")
                with card(classes="card-search"):
                    Search(lambda: self._story, self.choose)
            with card("Talk"):
                self._talk = Part("stack")
        with card("Thoughts and insights"):
            self._thoughts = Part()
        with card("Other events") as self._others_card:
            self._others = Part("stack-tight")
        with card("Questions and answers"):
            self._question_parts()

    def _question_parts(self) -> None:
        self._who = ui.select({"": "everybody"}, value="", label="Asked", on_change=lambda e: self._only(e.value or ""))
        self._who.props("outlined dense options-dense").style("width: 200px")
        self._questions = Questions(self._open)

    async def refresh(self) -> None:
        """Read what is new, and show what has changed."""
        try:
            await self._watch.catch_up()
        except JournalError as error:
            told = str(error)
            self._problems.show(told, lambda: wrong("The journal cannot be read any more.", told))
            return
        self._ours.refresh(is_running=self._story.is_running)
        self._show_all()

    def _show_all(self) -> None:
        story, entry = self._story, self._site.index.entry(self._watch.name)
        standing = story.standing if story.header else ""
        self._problems.show((tuple(story.problems), entry.problem), lambda: self._tell_problems(entry))
        note = note_on_unknown([story.unknown])
        self._unchecked.show(note, lambda: _note(note))
        self._nothing.show((standing, bool(story.months), story.lines, self._watch.is_torn), self._tell_nothing)
        self._content.set_visibility(story.header is not None)
        self._lived.set_visibility(bool(story.months))
        self._live.element.set_visibility(standing == "running")
        if story.header is None:
            self._heading.show("", self._name)
            return
        if standing == "running":
            waiting = (self._watch.version, tuple(story.thinking), int(monotonic()) if story.thinking else 0)
            self._live.show(waiting, lambda: overview.live(story))
        measures = entry.summary.measures if entry.summary else None
        self._heading.show((id(story), standing), lambda: overview.heading(story))
        self._tiles.show((self._watch.version, id(measures)), lambda: overview.tiles(story, measures))
        if self._follows or self._month not in story.months:
            self._month = story.last_month
        self._show_month()

    def _name(self) -> None:
        heading(visible(shortened(self._watch.name, 120)))

    def _show_month(self) -> None:
        story, number = self._story, self._month or 0
        harvests = sum(month.harvest is not None for month in story.months.values())
        drawn = (id(story), len(story.months), harvests, number)
        self._stock.show(drawn, lambda: stock_chart(story, number))
        self._catch.show(drawn, lambda: catch_chart(story, number))
        self._play.show(number, story.last_month)
        month = story.months.get(number)
        if month is None:
            return
        roster, name, which = story.members, self._watch.name, (id(story), number)
        judged = self._site.judgements.of(name)
        labels = {place: one for (at, place), one in judged.labels.items() if at == number} if judged else {}
        given = tuple((place, one.label, one.judges) for place, one in labels.items())
        talked = (*which, len(month.lines), month.agreement is None, month.report is None, given)
        self._talk.show(talked, lambda: talk(month, story, labels))
        self._decisions.show((*which, month.harvest is None), lambda: decisions(month, roster, name))
        self._thoughts.show((*which, len(month.memories)), lambda: thoughts(month, roster, name))
        self._others_card.set_visibility(bool(month.others))
        self._others.show((*which, len(month.others), month.more_others), lambda: other_events(month))
        self._list_questions()
        if self._call:
            self._open_linked()

    def _list_questions(self) -> None:
        month = self._story.months.get(self._month or 0)
        asked = list(month.questions.values()) if month else []
        names = {"": "everybody"} | {one.key.member: visible(shortened(one.key.member, 40)) for one in asked}
        if self._member:
            names.setdefault(self._member, visible(shortened(self._member, 40)))
        if names != self._who.options or self._who.value != self._member:
            self._who.set_options(names, value=self._member)
        chosen = [one for one in asked if not self._member or one.key.member == self._member]
        self._questions.show(chosen, self._story.members)

    def choose(self, month: int) -> None:
        """Look at another month."""
        if month in self._story.months:
            self._month = month
            self._follows = month == self._story.last_month and self._story.is_running
            self._say_where()
            self._show_month()

    def _only(self, member: str) -> None:
        if member != self._member:
            self._member = member
            self._say_where()
            self._list_questions()

    def _open(self, question: Question) -> None:
        link = self._address(member=question.key.member, call=question.key.call)
        ui.navigate.history.replace(link)
        self._play.listens(False)
        show_question(self._story, question, link, self._put_away)

    def _put_away(self) -> None:
        self._play.listens(True)
        self._say_where()

    def _open_linked(self) -> None:
        """Open the question that the address names, once."""
        call, self._call = self._call, ""
        month = self._story.months.get(self._month or 0)
        for question in month.questions.values() if month else ():
            if question.key.call == call and question.key.member == self._member:
                self._open(question)

    def _say_where(self) -> None:
        ui.navigate.history.replace(self._address(member=self._member))

    def _address(self, **query: str) -> str:
        return address("run", self._watch.name, month=self._month, **query)

    def _tell_problems(self, entry: Entry) -> None:
        problems = self._story.problems or ([entry.problem] if entry.problem is not None else [])
        if problems:
            wrong("Something is wrong with this journal; what can be read of it is shown.", *problems)

    def _tell_nothing(self) -> None:
        if self._story.header is not None:
            if not self._story.months:
                what_next = (
                    "The page fills as soon as the first question is asked."
                    if self._story.is_running
                    else "The run ended before its first month. The same command continues it."
                )
                empty("hourglass_empty", "No month has begun.", what_next)
        elif self._watch.version == 0 and not self._watch.is_torn:
            empty("hourglass_empty", "The journal is empty, or is being read.", "The page fills by itself.")
        elif self._watch.is_torn and not self._story.lines:
            empty("broken_image", "The journal was cut in its first line; there is nothing to read.", "")


def _note(text: str | None) -> None:
    if text is not None:
        ui.label(text).classes("soft small")
