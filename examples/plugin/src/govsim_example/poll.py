"""A straw poll on a monthly limit for each member: a phase with its own question and event."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from govsim.agents import Notice, Request, View
from govsim.calendar import discussion_day
from govsim.config import Section
from govsim.journal import Event, Whole
from govsim.models import NumberField
from govsim.society import Phase, Society


class Poll(Event):
    """A straw poll on the maximum number of units that each member may take in a month."""

    kind: Literal["poll"] = "poll"
    month: Whole
    """The month of the poll."""
    phase: str
    """The phase in which it was held."""
    proposals: dict[str, Whole]
    """Units proposed, by member."""
    abstained: tuple[str, ...]
    """Members present who proposed nothing."""
    limit: Whole | None
    """The lower median of the proposals; null if there were none."""


class PollPhase(Phase):
    """Every member proposes a limit; the lower median of the proposals is recorded and announced to all."""

    name = "poll"
    templates = {
        "poll": {"is_result": False, "date": "2024-01-30", "stock": 100, "limit": 10, "answers": 4, "abstentions": 1}
    }
    sincere = {"poll": lambda request: {"Proposal": request.view.member_threshold}}

    class Settings(Section):
        """Settings of the phase."""

        every: int = Field(1, ge=1)
        """Number of months between polls; the first is held in month 1."""

    settings: Settings

    async def run(self, society: Society) -> None:
        """Ask all agents that answer polls for a proposal, and announce the result."""
        month = society.state.month
        if (month - 1) % self.settings.every:
            return
        view = society.view(self, discussion_day(month).isoformat())
        answers = await society.ask(_request(society, view))
        proposed = {name: answer.number("Proposal") for name, answer in answers.items()}
        proposals = {name: units for name, units in proposed.items() if units is not None}
        abstained = tuple(name for name in society.state.members if name not in proposals)
        ordered = sorted(proposals.values())
        limit = ordered[(len(ordered) - 1) // 2] if ordered else None
        society.recorder.note(Poll(month=month, phase=self.name, proposals=proposals, abstained=abstained, limit=limit))
        result = {"is_result": True, "limit": limit, "answers": len(proposals), "abstentions": len(abstained)}
        notice = Notice(template="poll", variables=result, lasts=True, supersedes=True)
        society.notify_all(notice, view)


def _request(society: Society, view: View) -> Request:
    """The request for a member's proposal; "none" is an abstention, as is an unreadable reply."""
    proposal = NumberField(
        tag="Proposal", low=0, high=view.state.capacity, may_be_none=True, units=society.prompts.units
    )
    return Request(
        purpose="poll",
        template="poll",
        fields=(proposal,),
        view=view,
        variables={"is_result": False, "date": view.date, "stock": view.state.stock},
        queries=(society.prompts.word("place"),),
    )
