"""Catches are made public: by the moderator where there is a talk, else each becomes known by itself; or not at all."""

from __future__ import annotations

from typing import Literal

from govsim.agents import OthersCatch
from govsim.calendar import talk_day
from govsim.journal import Report
from govsim.society.society import Society


class ReportPhase:
    """The report of everyone's catch, on the day of the talk."""

    name = "report"

    async def run(self, society: Society) -> None:
        """Make the catches known, if the society is transparent."""
        assert society.outcome is not None, "the report follows the harvest"
        catches = dict(society.outcome.granted)
        by: Literal["moderator", "memory", "nobody"] = "nobody"
        if society.moderator_reports:
            by = "moderator"
            society.revealed = catches
        elif society.reveals:
            by = "memory"
            self._tell_everyone(society, catches)
        month = society.state.month
        society.recorder.note(Report(month=month, by=by, catches={} if by == "nobody" else catches))

    def _tell_everyone(self, society: Society, catches: dict[str, int]) -> None:
        observation = society.observe(self.name, talk_day(society.state.month).isoformat())
        for agent in society.present:
            for other, received in catches.items():
                if other != agent.name:
                    agent.learn(OthersCatch(other=other, received=received), observation)
