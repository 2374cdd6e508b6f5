"""A vote on how much each member may take in a month: a phase with a question and an event of its own."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from govsim.agents import Notice, Request, View
from govsim.calendar import talk_day
from govsim.config import Section
from govsim.journal import Event, Whole
from govsim.models import NumberField
from govsim.society import Phase, Society


class Vote(Event):
    """A vote on the most units that each member may take in a month."""

    kind: Literal["vote"] = "vote"
    month: Whole
    """The month of the vote."""
    phase: str
    """The phase in which it was held."""
    proposals: dict[str, Whole]
    """Units proposed, by member."""
    abstained: tuple[str, ...]
    """Members present who proposed nothing."""
    limit: Whole | None
    """The lower median of the proposals; null where there were none."""


class VotePhase(Phase):
    """Every member proposes a limit; the lower median of the proposals is recorded and announced to all."""

    name = "vote"
    templates = {
        "vote": {"is_result": False, "date": "2024-01-30", "stock": 100, "limit": 10, "votes": 4, "abstentions": 1}
    }

    class Settings(Section):
        """Settings of the phase."""

        every: int = Field(1, ge=1)
        """A vote is held in the first month, and again after so many months."""

    settings: Settings

    async def run(self, society: Society) -> None:
        """Ask everyone who can answer for a proposal, and announce the result."""
        month = society.state.month
        if (month - 1) % self.settings.every:
            return
        view = society.view(self, talk_day(month).isoformat())
        answers = await society.ask(_request(society, view))
        proposed = {name: answer.number("Proposal") for name, answer in answers.items()}
        proposals = {name: units for name, units in proposed.items() if units is not None}
        abstained = tuple(name for name in society.state.members if name not in proposals)
        ordered = sorted(proposals.values())
        limit = ordered[(len(ordered) - 1) // 2] if ordered else None
        society.recorder.note(Vote(month=month, phase=self.name, proposals=proposals, abstained=abstained, limit=limit))
        result = {"is_result": True, "limit": limit, "votes": len(proposals), "abstentions": len(abstained)}
        notice = Notice(template="vote", variables=result, lasts=True, supersedes=True)
        society.tell_all(notice, view)


def _request(society: Society, view: View) -> Request:
    """Which limit a member proposes; "none" is an abstention, as is a reply that cannot be read."""
    proposal = NumberField(
        tag="Proposal", low=0, high=view.state.capacity, may_be_none=True, units=society.prompts.units
    )
    return Request(
        purpose="vote",
        template="vote",
        fields=(proposal,),
        view=view,
        variables={"is_result": False, "date": view.date, "stock": view.state.stock},
        queries=(society.prompts.word("place"),),
    )
