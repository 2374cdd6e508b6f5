"""Everyone goes home and thinks about the month."""

from __future__ import annotations

from govsim.calendar import first_day, last_day
from govsim.concurrency import together
from govsim.society.society import Society


class ReflectionPhase:
    """The reflection, on the month's last day."""

    name = "reflection"

    async def run(self, society: Society) -> None:
        """Let every member reflect."""
        observation = society.observe(self.name, last_day(first_day(society.state.month)).isoformat())
        await together(agent.reflect(observation) for agent in society.present)
