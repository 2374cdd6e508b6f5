"""An agent without a language model that keeps to the limit of the last poll, unless tempted."""

from __future__ import annotations

from pydantic import Field

from govsim.agents import Agent, AgentContext, Answer, Notice, Request, View
from govsim.commons import generator, stream_of
from govsim.config import Section
from govsim.models import NumberField, Value


class LawfulAgent(Agent):
    """Asks for the limit of the last poll, or else the per-member threshold; if tempted, for twice as much."""

    name = "lawful"

    class Settings(Section):
        """An agent that keeps to the limit of the last poll."""

        temptation: float = Field(0.0, ge=0, le=1)
        """The probability that it asks for twice the limit in a month."""

    def __init__(self, context: AgentContext) -> None:
        super().__init__(context)
        self._temptation: float = context.settings.temptation
        self._seed = context.experiment.seed
        self._limit: int | None = None

    @classmethod
    def answers(cls, agent: str, purpose: str) -> bool:
        """It harvests and answers polls, but does not take part in discussions."""
        return purpose in ("harvest", "poll")

    async def answer(self, request: Request) -> Answer:
        """Return one number: its demand, or the limit that it proposes."""
        (field,) = request.fields
        assert isinstance(field, NumberField), "harvests and polls ask for a number"
        fair = request.view.member_threshold
        wanted = fair if request.purpose == "poll" else self._demand(request.view, fair)
        values: dict[str, Value] = {field.tag: min(wanted, field.high)}
        return Answer(values=values)

    def observe(self, notice: Notice, view: View) -> None:
        """Remember the result of a poll."""
        if notice.template == "poll":
            limit = notice.variables["limit"]
            self._limit = limit if isinstance(limit, int) else None

    def _demand(self, view: View, fair: int) -> int:
        limit = fair if self._limit is None else self._limit
        draws = generator(self._seed, stream_of("agent", "lawful"), view.month, member=self.name)
        return 2 * limit if draws.random() < self._temptation else limit
