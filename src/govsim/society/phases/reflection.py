"""The reflection: all members reflect on the month."""

from __future__ import annotations

from govsim.calendar import first_day, last_day
from govsim.society.phase import PHASES, Phase
from govsim.society.society import Society


@PHASES.register
class ReflectionPhase(Phase):
    """The reflection, on the month's last day."""

    name = "reflection"

    async def run(self, society: Society) -> None:
        """Let every member reflect."""
        view = society.view(self, last_day(first_day(society.state.month)).isoformat())
        await society.concurrently(society.present, lambda agent: agent.reflect(view))
