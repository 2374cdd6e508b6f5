"""The report of catches: by the moderator if there is a discussion, or else as memories; or not at all."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal

from govsim.agents import Notice
from govsim.calendar import discussion_day
from govsim.commons import Outcome
from govsim.config import Experiment
from govsim.errors import ConfigError
from govsim.journal import Report
from govsim.society.outputs import Revealed
from govsim.society.phase import PHASES, Phase
from govsim.society.society import Society


@PHASES.register
class ReportPhase(Phase):
    """The report of all catches, on the day of the discussion."""

    name = "report"
    reports = True

    def check(self, experiment: Experiment, earlier: Sequence[Phase]) -> None:
        """Reject a report before the harvest."""
        if not any(phase.harvests for phase in earlier):
            raise ConfigError(f"society.phases: {self.name} precedes the harvest; move it after the harvest it reports")

    def announced(self, society: Society) -> Collection[str]:
        """Announce that catches are made public, if they are."""
        return ("transparency",) if society.experiment.society.transparency else ()

    async def run(self, society: Society) -> None:
        """Make the catches public, if the society is transparent."""
        outcome = society.outputs.get(Outcome)
        assert outcome is not None, "the report follows the harvest"
        catches = dict(outcome.granted)
        by: Literal["moderator", "memory", "nobody"] = "nobody"
        if self.announced(society):
            has_discussion = any("communication" in phase.announced(society) for phase in society.later(self))
            by = "moderator" if has_discussion else "memory"
        if by == "moderator":
            society.outputs.put(Revealed(catches=catches))
        elif by == "memory":
            self._notify_all(society, catches)
        month = society.state.month
        society.recorder.note(Report(month=month, phase=self.name, by=by, catches={} if by == "nobody" else catches))

    def _notify_all(self, society: Society, catches: dict[str, int]) -> None:
        view = society.view(self, discussion_day(society.state.month).isoformat())
        for agent in society.observers:
            for other, received in catches.items():
                if other != agent.name:
                    agent.observe(
                        Notice(template="others_catch", variables={"other": other, "received": received}), view
                    )
