"""The direct agent: one model call per decision, with the society's history in the prompt and no memory stream."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass, field

from pydantic import Field

from govsim.agents.protocol import (
    AGENTS,
    Agent,
    AgentContext,
    Answer,
    Conversation,
    DiscussionOutcome,
    Line,
    Notice,
    Request,
)
from govsim.agents.view import View
from govsim.config import Section
from govsim.models.question import Passage


@dataclass(slots=True, kw_only=True)
class _Month:
    """The events of one month so far."""

    name: str
    events: list[str] = field(default_factory=list)
    dates: list[str] = field(default_factory=list)
    lines: tuple[Line, ...] = ()
    limit: int | None = None

    def add(self, event: str, date: str) -> None:
        self.events.append(event)
        self.dates.append(date)

    @property
    def passages(self) -> list[Passage]:
        return [
            Passage(kind="memory", text=f"{date}: {event}", is_essential=True)
            for date, event in zip(self.dates, self.events, strict=True)
        ]


@AGENTS.register
class DirectAgent(Agent):
    """A language model that is shown the history of the society, month by month, for every decision."""

    name = "direct"
    asks_model = True

    class Settings(Section):
        """Settings of the direct agent."""

        history_months: int = Field(12, ge=0)
        """Number of past months shown in the prompt."""

    def __init__(self, context: AgentContext) -> None:
        super().__init__(context)
        assert context.model is not None, "a direct agent has a language model"
        self._model = context.model
        self._settings: DirectAgent.Settings = context.settings
        self._history: list[Passage] = []
        self._month: _Month | None = None

    async def answer(self, request: Request) -> Answer:
        """Ask the model, with the history of the society in the prompt."""
        month = self._this_month(request.view)
        return await self._model.answer(request, (*self._recent(), *month.passages))

    def observe(self, notice: Notice, view: View) -> None:
        """Store an event. The member's own actions are skipped, as the events of their outcomes include them."""
        if notice.type != "action":
            event = self._model.rendered(notice, view)
            self._this_month(view).add(event, view.date)

    async def after_discussion(self, conversation: Conversation, outcome: Awaitable[DiscussionOutcome]) -> None:
        """Store the discussion and the agreed limit."""
        month = self._this_month(conversation.view)
        month.lines = (*month.lines, *conversation.lines)
        limit = (await outcome).limit
        month.limit = month.limit if limit is None else limit

    def _this_month(self, view: View) -> _Month:
        """Return the current month; when a new one starts, the previous one is added to the history."""
        name = view.date[:7]
        if self._month is None or self._month.name != name:
            if self._month is not None:
                self._history.append(self._recount(self._month, view))
            self._month = _Month(name=name)
        return self._month

    def _recent(self) -> tuple[Passage, ...]:
        months = self._settings.history_months
        return tuple(self._history[-months:]) if months else ()

    def _recount(self, month: _Month, view: View) -> Passage:
        lines = [str(line) for line in month.lines]
        text = self._model.prompts_at(view).render(
            "month", date=month.name, happened=month.events, lines=lines, limit=month.limit
        )
        return Passage(kind="month", text=text)
