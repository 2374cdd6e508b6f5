"""One member's mind: what it remembers, what came to its mind and why, what it thought, what it gained."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import run, ui

from govsim.characters import shortened, visible
from govsim.errors import JournalError
from govsim.journal import Header, MemoryLine, Retrieval
from govsim.web.pages.run import watch_of
from govsim.web.parts.charts import gains_chart
from govsim.web.parts.memories import Memories, legend, recall, remembered, show_memory, weights_of
from govsim.web.parts.part import Chart, Part
from govsim.web.parts.promises import promises
from govsim.web.parts.words import amount, said
from govsim.web.run_state import RunState, Watch
from govsim.web.site import Site
from govsim.web.theme import Link, address, card, empty, face, frame, heading, wrong

_PAUSE = 1.0
_MOST_QUERIES = 30


def add(site: Site) -> None:
    """Put the page at its address."""

    @ui.page("/mind/{name:path}")
    async def mind(name: str, member: str = "", month: int | None = None) -> None:
        run_link = Link(text=name, target=address("run", name))
        trail = [Link(text="Runs", target="/"), run_link, Link(text=member or "A mind", target="")]
        with frame(site, f"{member or 'A mind'} in {name}", trail=trail):
            watch = await watch_of(site, name)
            if watch is not None:
                page = MindPage(site, watch, member, month)
                page.build()
                await page.refresh()


class MindPage:
    """One visitor's view of a member.

    Args:
        site: what all pages share.
        watch: the run.
        member: whose mind it is; the first member's when empty.
        month: the month whose retrievals are shown; the last one that has some when None.
    """

    def __init__(self, site: Site, watch: Watch, member: str, month: int | None) -> None:
        self._site = site
        self._watch, self._member, self._month = watch, member, month
        self._seen = -1
        self._shown: Header | None = None
        self._retrievals: list[Retrieval] = []
        self._memories: list[MemoryLine] = []

    @property
    def _story(self) -> RunState:
        return self._watch.state

    def build(self) -> None:
        """Build the page; `refresh` fills it, and it keeps itself up to date."""
        self._problem = Part()
        self._heading = ui.element("div").classes("stack")
        self._content = ui.element("div").classes("stack")
        with self._content:
            with ui.element("div").classes("two"):
                with card("Gain over the months, units in all"):
                    self._gains = Chart("Gain over the months, units in all")
                with card("Thoughts over time"):
                    self._thoughts = ui.element("div").classes("stack-tight as-tall-as-a-chart")
                    self._thoughts.props('tabindex=0 role=region aria-label="Thoughts over time"')
            with card("Promises and deeds"):
                self._promises = Part("stack-tight")
            with card("Memories"):
                self._list = Memories(self._open)
            with card("What came to mind"):
                self._which = ui.select([], label="Month", on_change=lambda e: self._choose(e.value))
                self._which.props("outlined dense options-dense").style("width: 160px")
                self._recalled = ui.element("div").classes("stack")
        ui.timer(_PAUSE, self.refresh, immediate=False)

    async def refresh(self) -> None:
        """Read what is new, and show what has changed."""
        try:
            await self._watch.catch_up()
            self._show_promises()
            if self._seen == self._watch.version:
                return
            self._seen = self._watch.version
            story = self._story
            self._member = self._member or next(iter(story.members), "")
            found = story.retrievals_of(self._member)
            self._retrievals = await run.io_bound(story.recall, found) or []
        except JournalError as error:
            self._seen, told = -1, str(error)  # shown anew as soon as it can be read again
            self._problem.show(told, lambda: wrong("The journal cannot be read any more.", told))
            return
        self._problem.show((tuple(story.problems), story.header is None), lambda: _tell_problems(story))
        self._show(story)
        self._show_promises()

    def _show_promises(self) -> None:
        judged, name, member = self._site.judgements.of(self._watch.name), self._watch.name, self._member
        if member:
            known = None if judged is None else (judged.has_promises, judged.promises)
            self._promises.show((member, known), lambda: promises(judged, member, name))

    def _show(self, story: RunState) -> None:
        self._shown = story.header
        is_member = story.header is not None and self._member in story.members
        self._content.set_visibility(is_member)
        self._heading.clear()
        with self._heading:
            if story.header is not None and not is_member:
                empty("person_off", "There is no such member in this run.", "Choose one of these.")
            _switch(story, self._watch.name, self._member)
            if is_member:
                _about(story, self._member)
        if not is_member:
            return
        self._memories = story.memories_of(self._member)
        self._gains.show(self._seen, lambda: gains_chart(story, self._member))
        self._list.show(remembered(self._memories, self._retrievals))
        self._thoughts.clear()
        with self._thoughts:
            _thoughts(self._memories, self._watch.name)
        self._offer_months()

    def _offer_months(self) -> None:
        months = sorted({one.month for one in self._retrievals})
        if self._month not in months:
            self._month = months[-1] if months else None
        if months != self._which.options or self._which.value != self._month:
            self._which.set_options(months, value=self._month)
        self._show_recalled()

    def _choose(self, month: int | None) -> None:
        if month is not None and month != self._month:
            self._month = month
            ui.navigate.history.replace(address("mind", self._watch.name, member=self._member, month=month))
            self._show_recalled()

    def _show_recalled(self) -> None:
        self._recalled.clear()
        found = [one for one in self._retrievals if one.month == self._month]
        header, by_ordinal = self._shown, {one.ordinal: one for one in self._memories}
        assert header is not None, "shown once the header has been read"
        with self._recalled:
            if not found:
                empty("psychology_alt", "Nothing was looked for.", "Only generative agents retrieve memories.")
                return
            weights = weights_of(header.experiment, self._member)
            legend(weights)
            for one in found[:_MOST_QUERIES]:
                with ui.element("div").classes("stack-tight"):
                    recall(one, by_ordinal, weights)

    def _open(self, ordinal: int) -> None:
        for line in self._memories:
            if line.ordinal == ordinal:
                show_memory(line, self._retrievals)


def _tell_problems(story: RunState) -> None:
    """What is wrong with the journal, or that nothing stands in it yet."""
    if story.problems:
        wrong("Something is wrong with this journal; what can be read of it is shown.", *story.problems)
    elif story.header is None:
        empty("hourglass_empty", "The journal is empty, or is being read.", "The page fills by itself.")


def _switch(story: RunState, name: str, member: str) -> None:
    """The way to all other members."""
    with ui.element("nav").classes("row-line members").props('aria-label="Members"'):
        for one in story.members:
            link = ui.link(target=address("mind", name, member=one)).classes("chip")
            if one == member:
                link.props('aria-current="page"').classes("strong")
            with link:
                face(one, story.members, is_small=True)
                ui.label(visible(shortened(one, 40)))


def _about(story: RunState, member: str) -> None:
    assert story.header is not None, "shown once the header has been read"
    experiment = story.header.experiment
    with ui.element("div").classes("row-line"):
        face(member, story.members)
        heading(visible(shortened(member, 60)))
        ui.label(experiment.agent_of(member)).classes("chip")
        model = experiment.member(member).model or experiment.models.default
        ui.label(visible(shortened(model or "no model", 60))).classes("chip")
    persona = experiment.member(member).persona
    if persona is not None:
        said(
            " · ".join(f"{key}: {value}" for key, value in persona.model_dump(exclude_none=True).items()),
            classes="soft",
        )
    harvests = [month.harvest for month in story.months.values() if month.harvest and member in month.harvest.granted]
    over = sum(one.granted[member] > one.member_threshold for one in harvests)
    with ui.element("div").classes("tiles"):
        for label, value in (
            ("gain, units", amount(sum(one.granted[member] for one in harvests))),
            ("months present", amount(len(harvests))),
            ("months above its share", amount(over)),
            ("forfeited", amount(sum(member in one.invalid for one in harvests))),
            ("memories", amount(len(story.memories_of(member)))),
        ):
            with ui.element("div").classes("tile"):
                ui.label(value).classes("tile-value")
                ui.label(label).classes("tile-name")


def _thoughts(memories: Sequence[MemoryLine], name: str) -> None:
    found = [one for one in memories if one.type == "thought"]
    if not found:
        empty("lightbulb", "No thought has been kept.", "Policies and direct agents keep none.")
        return
    for one in found:
        with ui.element("div").classes("row-line").style("flex-wrap: nowrap; align-items: start"):
            ui.link(f"Month {one.month}", address("run", name, month=one.month)).classes("small").style("flex: none")
            said(one.description, classes="small")
