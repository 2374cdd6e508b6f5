"""The direct agent: one call for each decision, with the society's history in the prompt and no memory stream."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass, field

from govsim.agents.mind import Mind
from govsim.agents.protocol import (
    Catch,
    Conversation,
    Decision,
    Line,
    News,
    Observation,
    OthersCatch,
    Spoken,
    TalkOutcome,
)
from govsim.config import Direct
from govsim.models.question import Passage


@dataclass(slots=True, kw_only=True)
class _Month:
    """What one month has brought so far."""

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


class DirectAgent:
    """A member that is shown what happened, month by month, whenever it decides."""

    speaks = True

    def __init__(self, mind: Mind, settings: Direct) -> None:
        self.name = mind.name
        self._mind = mind
        self._settings = settings
        self._history: list[Passage] = []
        self._month: _Month | None = None

    async def harvest(self, observation: Observation) -> Decision:
        """Look at the commons and decide."""
        month = self._this_month(observation)
        month.add(self._mind.prompts.render("stock", stock=observation.state.stock), observation.date)
        for hint in observation.hints:
            month.add(hint, observation.date)
        return await self._mind.decide(observation, (*self._recent(), *month.passages))

    def learn(self, news: News, observation: Observation) -> None:
        """Note one's own catch, or another member's."""
        prompts = self._mind.prompts
        match news:
            case Catch(asked=None):
                told = prompts.render("forfeit")
            case Catch(asked=asked, received=received):
                told = prompts.render("catch", asked=asked, received=received)
            case OthersCatch(other=other, received=received):
                told = prompts.render("others_catch", other=other, received=received)
        self._this_month(observation).add(told, observation.date)

    async def speak(self, conversation: Conversation) -> Spoken:
        """Say a line of a talk."""
        month = self._this_month(conversation.observation)
        return await self._mind.say(conversation, (*self._recent(), *month.passages))

    async def after_talk(self, conversation: Conversation, outcome: Awaitable[TalkOutcome]) -> None:
        """Keep the talk and what was agreed."""
        month = self._this_month(conversation.observation)
        month.lines = conversation.lines
        month.limit = (await outcome).limit

    async def reflect(self, observation: Observation) -> None:
        """A direct agent does not reflect: it thinks when it decides."""

    def _this_month(self, observation: Observation) -> _Month:
        """The month that is going on; when a new one has begun, the last one becomes history."""
        name = observation.date[:7]
        if self._month is None or self._month.name != name:
            if self._month is not None:
                self._history.append(self._recount(self._month))
            self._month = _Month(name=name)
        return self._month

    def _recent(self) -> tuple[Passage, ...]:
        months = self._settings.history_months
        return tuple(self._history[-months:]) if months else ()

    def _recount(self, month: _Month) -> Passage:
        lines = [str(line) for line in month.lines]
        text = self._mind.prompts.render(
            "month", date=month.name, happened=month.events, lines=lines, limit=month.limit
        )
        return Passage(kind="month", text=text)
