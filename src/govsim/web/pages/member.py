"""The page of a member: its gain, decisions, thoughts, promises, memories and retrievals."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import app as pages
from nicegui import run, ui
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from govsim.errors import JournalError
from govsim.journal import MemoryLine, Retrieval
from govsim.web.pages.run import show_empty, show_missing, show_problems, shown_name, watch_of
from govsim.web.parts.discussion import has_discussions, promises
from govsim.web.parts.live import Chart, LivePart
from govsim.web.parts.memories import memory_list, recalled, remembered, show_memory
from govsim.web.parts.overview import member_decisions
from govsim.web.parts.run_charts import gains_chart
from govsim.web.run_state import RunState, Watch
from govsim.web.site import Site
from govsim.web.theme import address, card, empty, face, figure, frame, heading, said, short, tiles, wrong
from govsim.web.titles import member_setup

_PAUSE = 1.0


def add(site: Site) -> None:
    """Register the page.

    Args:
        site: the shared state.
    """

    @pages.get("/mind/{name:path}")
    def moved(name: str, request: Request) -> Response:
        """Redirect links to the former address of the page."""
        chosen = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(address("member", name) + chosen, status_code=301)

    @ui.page("/member/{name:path}")
    async def show(name: str, member: str = "", month: int | None = None) -> None:
        watch = await watch_of(site, name)
        title, who = shown_name(watch, name), member or _first_member(watch)
        with frame(site, f"{who} in {title}", trail={"Runs": "/", title: address("run", name), who: ""}):
            if isinstance(watch, JournalError):
                show_missing(name, watch)
                return
            page = MemberPage(site, watch, member, month)
            page.build()
            await page.refresh()


def _first_member(watch: Watch | JournalError) -> str:
    """The member that is shown if none is named."""
    members = [] if isinstance(watch, JournalError) else watch.state.members
    return next(iter(members), "Member")


class MemberPage:
    """One visitor's view of a member.

    Args:
        site: the shared state.
        watch: the run.
        member: the name of the member; the first member if empty.
        month: the month whose retrievals are shown; the last one with retrievals if None.
    """

    def __init__(self, site: Site, watch: Watch, member: str, month: int | None) -> None:
        self._site = site
        self._watch, self._member, self._month = watch, member, month
        self._seen = -1
        self._shown: RunState | None = None
        self._retrievals: list[Retrieval] = []
        self._memories: list[MemoryLine] = []

    def build(self) -> None:
        """Build the page, which then updates itself; `refresh` fills it."""
        self._problem = LivePart()
        self._heading = LivePart("stack")
        with ui.element("div").classes("stack") as self._content:
            with ui.element("div").classes("two"):
                with card("Cumulative gain, units"):
                    self._gains = Chart("Cumulative gain by month, units")
                with card("Decisions, units"):
                    self._decisions = LivePart("stack-tight as-tall-as-a-chart")
                    self._decisions.element.props('tabindex=0 role=region aria-label="Decisions"')
            with card("Thoughts") as self._thoughts_card:
                self._thoughts = LivePart("stack-tight as-tall-as-a-chart")
                self._thoughts.element.props('tabindex=0 role=region aria-label="Thoughts"')
            with card("Promises and outcomes") as self._promises_card:
                self._promises = LivePart("stack-tight")
            with card("Memories") as self._memories_card:
                self._list = memory_list(lambda line: show_memory(line, self._retrievals))
            with card("Retrieved memories") as self._recalled_card:
                self._which = ui.select([], label="Month", on_change=lambda e: self._choose(e.value))
                self._which.style("width: 160px")
                self._recalled = LivePart("stack")
        ui.timer(_PAUSE, self.refresh, immediate=False)

    async def refresh(self) -> None:
        """Read new events and show the changes."""
        try:
            await self._watch.catch_up()
            self._show_promises()
            if self._seen == self._watch.version:
                return
            self._seen, state = self._watch.version, self._watch.state
            self._member = self._member or next(iter(state.members), "")
            self._retrievals = await run.io_bound(state.recall, state.retrievals_of(self._member)) or []
        except JournalError as error:
            self._seen, problem = -1, str(error)  # rebuilt as soon as the journal is readable again
            self._problem.show(problem, lambda: wrong("The journal is no longer readable.", problem))
            return
        self._problem.show((tuple(state.problems), state.header is None), lambda: _show_problems(state))
        self._show(state)
        self._show_promises()

    def _show_promises(self) -> None:
        site, name, member, state = self._site, self._watch.name, self._member, self._watch.state
        judged, is_reading = site.judgements.of(name), site.judgements.is_reading(name)
        if not member or state.header is None:
            return
        self._promises_card.set_visibility(judged is not None or has_discussions(state))
        self._promises.show(
            (member, judged, is_reading), lambda: promises(judged, member, name, site.place, is_reading=is_reading)
        )

    def _show(self, state: RunState) -> None:
        self._shown, seen, name, member = state, self._seen, self._watch.name, self._member
        self._memories = state.memories_of(member)
        is_member = state.header is not None and member in state.members
        self._content.set_visibility(is_member)
        self._heading.show(seen, lambda: _heading(state, name, member))
        if is_member:
            self._gains.show(seen, lambda: gains_chart(state, member))
            self._decisions.show((seen, state.status), lambda: member_decisions(state, member, name))
            has_memory = state.has_memory(member) or bool(self._memories)
            for one in (self._thoughts_card, self._memories_card, self._recalled_card):
                one.set_visibility(has_memory)
            self._list.show(remembered(self._memories, self._retrievals), _without(state, "memories"))
            self._thoughts.show((seen, state.status), lambda: _thoughts(state, member, self._memories, name))
            self._offer_months()

    def _offer_months(self) -> None:
        months = sorted({one.month for one in self._retrievals})
        if self._month not in months:
            self._month = months[-1] if months else None
        if months != self._which.options or self._which.value != self._month:
            self._which.set_options(months, value=self._month)
        self._which.set_visibility(bool(months))
        self._show_recalled()

    def _choose(self, month: int | None) -> None:
        if month is not None and month != self._month:
            self._month = month
            ui.navigate.history.replace(address("member", self._watch.name, member=self._member, month=month))
            self._show_recalled()

    def _show_recalled(self) -> None:
        found, state = [one for one in self._retrievals if one.month == self._month], self._shown
        assert state is not None, "shown once the header has been read"
        shown = (self._seen, self._month)
        nothing = _without(state, "retrieved memories")
        self._recalled.show(shown, lambda: recalled(found, self._memories, state.experiment, self._member, nothing))


def _show_problems(state: RunState) -> None:
    """Show the problems of the journal, or that it is empty."""
    if state.header is None and not state.problems:
        show_empty()
    show_problems(state.problems, has_header=state.header is not None)


def _heading(state: RunState, name: str, member: str) -> None:
    """Show the member, and links to all members."""
    if state.header is not None and member not in state.members:
        empty("person_off", f"This run has no member {short(member, 60)}.", "Choose a member:")
    with ui.element("nav").classes("row-line members").props('aria-label="Members"'):
        for one in state.members:
            link = ui.link(target=address("member", name, member=one)).classes("chip")
            if one == member:
                link.props('aria-current="page"').classes("strong")
            with link:
                face(one, state.members, is_small=True)
                ui.label(short(one, 40))
    if member in state.members:
        _about(state, member)


def _about(state: RunState, member: str) -> None:
    experiment = state.experiment
    with ui.element("div").classes("row-line"):
        face(member, state.members)
        heading(short(member, 60))
        for text in member_setup(state.header, member) if state.header else ():
            ui.label(short(text, 60)).classes("chip")
    if (persona := experiment.member(member).persona) is not None:
        traits = persona.model_dump(exclude_none=True)
        said(" · ".join(f"{key}: {value}" for key, value in traits.items()), classes="soft")
    harvests = [harvest for _, harvest in state.harvests if member in harvest.granted]
    over = sum(one.granted[member] > one.threshold_of(member) for one in harvests)
    counts = {
        "gain, units": sum(one.granted[member] for one in harvests),
        "months present": len(harvests),
        "months above the sustainable share": over,
        "forfeited harvests": sum(member in one.invalid for one in harvests),
    }
    memories = len(state.memories_of(member))
    if memories or state.has_memory(member):
        counts["memories"] = memories
    with ui.element("div").classes("tiles"):
        tiles({what: figure(count) for what, count in counts.items()})


def _without(state: RunState, what: str) -> str:
    """The text shown if a member has none of something yet.

    Args:
        state: the run.
        what: what there is none of, such as `memories`.
    """
    return f"No {what} yet." if state.is_running else f"No {what}."


def _thoughts(state: RunState, member: str, memories: Sequence[MemoryLine], name: str) -> None:
    found = [one for one in memories if one.type == "thought"]
    if not found:
        empty("lightbulb", _without(state, "thoughts"))
        return
    for one in found:
        with ui.element("div").classes("row-line").style("flex-wrap: nowrap; align-items: start"):
            ui.link(f"Month {one.month}", address("run", name, month=one.month)).classes("small").style("flex: none")
            said(one.description, classes="small")
