"""The progress of one job, updated with each of its events; small enough to be sent to another process often."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from govsim.characters import name_text
from govsim.jobs.job import Job
from govsim.journal import FINISHED, Asked, Call, End, Event, Harvest, Month, StudyAnswer, Utterance, known_sum

_SHOWN = (Month, StudyAnswer, Asked, Call, Harvest, Utterance, End)
"""Kinds of event that change the progress."""


@dataclass(slots=True)
class JobProgress:
    """Progress of one job.

    Attributes:
        steps: maximum months of a run, or number of questions of a study.
        capacity: capacity of the commons in units; 0 in a study.
        step: current month of a run, 0 before the first; or number of answered questions of a study.
        stock: current stock in units.
        asked: pending requests, by member, purpose and ordinal, with their attempt.
        tokens: tokens used in this command; None if a provider does not report them.
        cost: cost in dollars in this command; None if a price is unknown.
        news: the last event, as text.
        status: status after the end; empty before.
        simulated: steps that were started in this command, without replayed ones.
    """

    steps: int
    capacity: int = 0
    step: int = 0
    stock: int = 0
    asked: dict[tuple[str, str, int], int] = field(default_factory=dict)
    tokens: int | None = 0
    cost: float | None = 0.0
    news: str = ""
    status: str = ""
    simulated: int = 0
    _asks: bool = False

    @classmethod
    def of(cls, job: Job[Any]) -> JobProgress:
        """Return the progress of a job that has not started."""
        return cls(steps=job.steps, capacity=job.capacity)

    def update(self, event: Event) -> None:
        """Update the progress after an event."""
        if not isinstance(event, _SHOWN):
            return  # most events of a run of policies
        match event:
            case Month():
                self.step, self.stock, self.news = event.month, event.stock, "month started"
                self.simulated += self._asks
            case StudyAnswer():
                self.step += 1
            case Asked():
                self.asked[event.member, event.purpose, event.ordinal] = event.attempt
                self.simulated += bool(self.capacity) and not self._asks
                self._asks = True
            case Call():
                self._answered(event)
            case Harvest():
                self.stock = event.stock_after_harvest
                taken = sum(event.granted.values())
                self.news = f"{taken} harvested, {event.stock_after_harvest} left"
                if event.is_collapsed:
                    self.news += ": collapsed"
            case Utterance(text=str(text)):
                self.news = f"{event.member}: {text}"
            case End():
                is_whole = not self.capacity and event.status in FINISHED
                self.status, self.step = event.status, self.steps if is_whole else max(self.step, event.months)
                self.asked.clear()
            case _:
                pass

    def _answered(self, call: Call) -> None:
        if self.asked.pop((call.member, call.purpose, call.ordinal), None) is None:
            return  # answered in an earlier command
        self.tokens = known_sum((self.tokens, call.tokens))
        self.cost = known_sum((self.cost, call.cost))
        self.simulated += not self.capacity and call.refused is None

    @property
    def asking(self) -> str:
        """The pending requests: purposes and members."""
        purposes: dict[str, list[str]] = {}
        for member, purpose, _ in list(self.asked):  # another thread may be executing the job
            purposes.setdefault(purpose, []).append(member)
        return "; ".join(f"{name_text(purpose)}: {', '.join(members)}" for purpose, members in purposes.items())

    @property
    def left(self) -> int:
        """Remaining steps."""
        return 0 if self.status else self.steps - (max(self.step - 1, 0) if self.capacity else self.step)
