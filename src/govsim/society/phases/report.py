"""The report of catches: by the moderator if there is a discussion, or else as memories; or not at all."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Literal

from govsim.agents import Notice, Request
from govsim.calendar import discussion_day, first_day
from govsim.config import Experiment, Extent
from govsim.errors import ConfigError
from govsim.journal import Report
from govsim.models.fields import NumberField
from govsim.society.observation import Learned, learned_from
from govsim.society.outputs import Revealed, WrittenReport
from govsim.society.phase import PHASES, Phase
from govsim.society.society import Society

REPORT = "report"
ANSWER = "Amount"

_FEATURES: Mapping[bool | Extent, tuple[str, ...]] = {
    True: ("transparency",),
    False: (),
    "total": ("transparency_total",),
    "neighbours": ("transparency_neighbours",),
    "self-reported": ("transparency_self_reported",),
}
"""What each extent of the report announces to members."""


@PHASES.register
class ReportPhase(Phase):
    """The report of catches, on the day of the discussion."""

    name = "report"
    reports = True

    def check(self, experiment: Experiment, earlier: Sequence[Phase]) -> None:
        """Reject a report before the harvest, and a lag of what members themselves say."""
        if not any(phase.harvests for phase in earlier):
            raise ConfigError(f"society.phases: {self.name} precedes the harvest; move it after the harvest it reports")
        if experiment.society.transparency == "self-reported" and experiment.observation.lag:
            raise ConfigError(
                f"observation.lag = {experiment.observation.lag}: must be 0 with society.transparency = self-reported, "
                "as members report in the month of the harvest"
            )

    def announced(self, society: Society) -> Collection[str]:
        """Announce what is made public, if anything."""
        return _FEATURES[society.experiment.society.transparency]

    async def run(self, society: Society) -> None:
        """Make known as much of the catches as `society.transparency` says, after `observation.lag` months."""
        extent, month = society.experiment.society.transparency, society.state.month
        of_month = month - society.experiment.observation.lag
        outcome = society.observations.outcome_of(of_month)
        by = self._reporter(society, extent)
        if outcome is None or by == "nobody":
            society.recorder.note(Report(month=month, phase=self.name, by="nobody", catches={}))
            return
        catches = dict(outcome.granted)
        if extent == "self-reported":
            catches = await self._claims(society)
        written = society.outputs.get(WrittenReport)
        if written is not None:
            catches = dict(written.catches)
        learned = learned_from(extent, catches, society.state, society.experiment.observation)
        society.observations.reveal(of_month, learned)
        if by == "moderator":
            society.outputs.put(_announcement(extent, catches, when=_when(of_month, month)))
        else:
            view = society.view(self, discussion_day(month).isoformat())
            when = _when(of_month, month)
            society.notify_each(view, lambda own: _notices(learned, own.member or "", extent, when))
        society.recorder.note(
            Report(
                month=month,
                phase=self.name,
                by=by,
                catches=catches,
                extent=None if extent is True else extent,
                of_month=None if of_month == month else of_month,
                author=None if written is None else written.by,
            )
        )

    def _reporter(self, society: Society, extent: bool | Extent) -> Literal["moderator", "memory", "nobody"]:
        """Return who reports the catches: the moderator of a later discussion, unless members learn different ones."""
        if extent is False:
            return "nobody"
        has_discussion = any("communication" in phase.announced(society) for phase in society.later(self))
        return "moderator" if has_discussion and extent != "neighbours" else "memory"

    async def _claims(self, society: Society) -> dict[str, int]:
        """Ask every member what it says to have taken; members whose answer cannot be parsed say nothing."""
        view = society.view(self, discussion_day(society.state.month).isoformat())
        answers = await society.ask(
            Request(
                purpose=REPORT,
                template="self_report",
                fields=(NumberField(tag=ANSWER, low=0, high=view.state.capacity, units=society.prompts.units),),
                view=view,
                variables={"date": view.date},
                queries=(society.prompts.render("query"),),
            )
        )
        claims = {name: answer.number(ANSWER) for name, answer in answers.items()}
        return {name: units for name, units in claims.items() if units is not None}


def _announcement(extent: bool | Extent, catches: Mapping[str, int], when: str) -> Revealed:
    """Return what the moderator announces."""
    if extent == "total":
        return Revealed(catches={}, total=sum(catches.values()), when=when)
    return Revealed(catches=catches, are_claims=extent == "self-reported", when=when)


def _notices(learned: Learned, member: str, extent: bool | Extent, when: str) -> Iterator[Notice]:
    """Yield the notices to a member: the total catch, or the catch of each other member that it learns.

    Members who joined after the month of the catches hear the report, as they hear a moderator.
    """
    if extent == "total":
        yield Notice(template="total_catch", variables={"total": learned.total, "when": when})
        return
    template = "reported_catch" if extent == "self-reported" else "others_catch"
    for other, received in {**learned.catches, **learned.private.get(member, {})}.items():
        if other != member:
            yield Notice(template=template, variables={"other": other, "received": received, "when": when})


def _when(month: int, now: int) -> str:
    """Return the words for the month of the catches."""
    return "this month" if month == now else f"in {first_day(month).isoformat()[:7]}"
