"""The choice of a site: members can move to another one, for the next month or after a notice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any, ClassVar

from pydantic import Field

from govsim.agents import Answer, Request, View
from govsim.agents.policies.observed import expected_stock, taken_in
from govsim.calendar import first_day, last_day
from govsim.commons import CENTS, Charge, written_dollars
from govsim.config import Experiment, Section
from govsim.errors import ConfigError
from govsim.journal import Move
from govsim.models.fields import ChoiceField, Value
from govsim.society.assembly import Assembly
from govsim.society.phase import PHASES, Phase
from govsim.society.society import Society

MOVE = "move"
ANSWER = "Site"


def richest(request: Request) -> Mapping[str, Value]:
    """Return the site with the most units per member next month; the own site if none has more than that.

    Members count themselves at each site, and catches that they do not know as 0.

    Args:
        request: a request to choose a site.
    """
    view = request.view
    found, most = view.state.site or "", Fraction(expected_stock(view), len(view.members))
    for site, known in view.elsewhere.items():
        if (each := Fraction(expected_stock(known), len(known.members) + 1)) > most:
            found, most = site, each
    return {ANSWER: found}


@PHASES.register
class MovePhase(Phase):
    """The choice of a site, on the month's last day; it takes effect in the next month, or after a period of notice."""

    name = "move"
    sincere: ClassVar = {MOVE: richest}
    templates: ClassVar = {
        "move": {
            "date": "2024-01-31",
            "here": "north",
            "cost": 0,
            "notice": 0,
            "sites": [{"site": "south", "n": 3, "low": 80, "high": 80, "reading": None, "taken": 30}],
        }
    }

    class Settings(Section):
        """Settings of the choice."""

        every: int = Field(1, ge=1)
        """Number of months between two choices; with 1, members choose at the end of every month."""
        cost: int = Field(0, ge=0)
        """Dollars that a member is charged for moving."""
        notice: int = Field(0, ge=0, exclude_if=lambda months: months == 0)
        """Number of months for which a member still stays after it has chosen another site. It is not asked again
        before it has moved."""

    settings: Settings

    @property
    def spans_sites(self) -> bool:
        """Always, as members at all sites choose together."""
        return True

    @property
    def is_enforced(self) -> bool:
        """Whether members move and pay as they choose; otherwise they are only asked."""
        return True

    def cost(self, society: Society) -> int:
        """Return the cost of moving in cents."""
        return self.settings.cost * CENTS

    def check(self, experiment: Experiment, earlier: Sequence[Phase]) -> None:
        """Reject a choice without several sites, and one before the harvest."""
        if len(experiment.sites) < 2:
            raise ConfigError(f"phase {self.name}: requires at least 2 sites; set sites")
        if not any(phase.harvests for phase in earlier):
            raise ConfigError(f"society.phases: {self.name} precedes the harvest; move it after the harvest")

    async def run(self, society: Society) -> None:
        """Ask every member where to be from the next month on; a choice that cannot be parsed is to stay.

        Sites whose commons has collapsed cannot be chosen.
        """
        assert isinstance(society, Assembly), "a phase that spans sites"
        month = society.state.month
        if month % self.settings.every or month == society.experiment.world.months:
            return
        view = society.view(self, last_day(first_day(month)).isoformat())
        sites = {name: one.view(self, view.date) for name, one in society.sites.items() if not one.is_collapsed}
        free = [name for name in society.state.members if name not in society.moving]
        answers = await society.ask_each(MOVE, view, lambda own: self._request(society, own, sites), members=free)
        for member, answer in answers.items():
            self._apply(society, member, answer)

    def _request(self, society: Society, view: View, sites: Mapping[str, View]) -> Request:
        here = view.state.site or ""
        known = {**sites, here: view}
        elsewhere = {name: one for name, one in known.items() if name != here}
        options = tuple(name for name in society.experiment.sites if name in known)
        return Request(
            purpose=MOVE,
            template="move",
            fields=(ChoiceField(tag=ANSWER, options=options),),
            view=replace(view, elsewhere=elsewhere),
            variables={
                "date": view.date,
                "here": here,
                "cost": written_dollars(cost) if (cost := self.cost(society)) else "",
                "notice": self.settings.notice,
                "sites": [_shown(name, known[name]) for name in options],
            },
            queries=(society.prompts.render("query"),),
            otherwise={ANSWER: here},
        )

    def _apply(self, society: Assembly, member: str, answer: Answer) -> None:
        """Record the choice of a member, and move it."""
        home = society.home(member)
        site = answer.text(ANSWER) or home.site
        assert site is not None, "every member is at a site"
        if site != home.site and self.is_enforced:
            if amount := self.cost(society):
                charge = Charge(by=self.name, member=member, amount=amount, reason=f"moves to {site}")
                home.institutions.charge(home, self, [charge])
            society.move(member, site, society.state.month + 1 + self.settings.notice)
        society.recorder.note(
            Move(
                site=home.site,
                month=society.state.month,
                phase=self.name,
                member=member,
                to=site,
                invalid=answer.invalid,
            )
        )


def _shown(site: str, view: View) -> dict[str, Any]:
    """Return what the prompt states about a site."""
    return {
        "site": site,
        "n": len(view.members),
        "low": view.low,
        "high": view.high,
        "reading": view.reading,
        "taken": taken_in(view),
    }
