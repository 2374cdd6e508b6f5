"""The reflection: all members reflect on the month."""

from __future__ import annotations

from govsim.agents import Agent
from govsim.calendar import first_day, last_day
from govsim.society.phase import PHASES, Phase
from govsim.society.society import Society


@PHASES.register
class ReflectionPhase(Phase):
    """The reflection, on the month's last day."""

    name = "reflection"

    async def run(self, society: Society) -> None:
        """Let every member reflect."""
        reflecting = [agent for agent in society.present if type(agent).reflect is not Agent.reflect]
        if reflecting:  # policies do not
            view = society.view(self, last_day(first_day(society.state.month)).isoformat())
            await society.concurrently(reflecting, lambda agent: agent.reflect(view))
