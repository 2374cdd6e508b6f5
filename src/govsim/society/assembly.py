"""The members at all sites of a run together, for phases that span sites."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from govsim.agents import View
from govsim.config import Experiment
from govsim.journal import Recorder
from govsim.society.composition import Composition
from govsim.society.membership import Roster
from govsim.society.observation import Observations
from govsim.society.outputs import PhaseOutputs, Spoken
from govsim.society.phase import Phase
from govsim.society.society import Society


class Assembly(Society):
    """The members at all sites: each is asked and notified with what is known at its own site.

    It has no commons of its own: its state contains the members at all sites, and the sums of stocks and capacities.

    Attributes:
        sites: the societies by site, including those whose commons has collapsed.
        places: the site of each member; from the next month on, if it moves.
    """

    def __init__(
        self, experiment: Experiment, societies: Sequence[Society], phases: Iterable[Phase], recorder: Recorder
    ) -> None:
        """Set up the assembly before the first month.

        Args:
            experiment: the experiment of the whole run.
            societies: the society of each site.
            phases: the phases of a month.
            recorder: the run's journal.
        """
        first = societies[0]
        super().__init__(
            experiment,
            agents=first.agents,
            framework=first.framework,
            prompts=first.prompts,
            recorder=recorder,
            composition=Composition(phases=tuple(phase for phase in phases if phase.spans_sites), rules=()),
            forfeits=first.forfeits,
            membership=first.membership,
        )
        self.observations = _Observations(experiment, self)
        self.sites = {society.state.site or "": society for society in societies}
        self.places = {name: site for site, names in experiment.members_at_start.items() for name in names}
        self._moves: dict[str, tuple[int, str]] = {}

    @property
    def is_harvested(self) -> bool:
        """Whether the harvest of the month is over."""
        return any(society.is_harvested for society in self.sites.values())

    def move(self, member: str, site: str, month: int) -> None:
        """Let a member be at another site from a month on.

        Args:
            member: its name.
            site: the site.
            month: the month, after the current one.
        """
        self._moves[member] = (month, site)

    @property
    def moving(self) -> Collection[str]:
        """The members whose move is decided, but not yet made."""
        return self._moves.keys()

    def rosters(self, everyone: Roster, month: int) -> list[Roster]:
        """Return the members at each site in a month, in the order of the sites; balances follow those who move.

        Args:
            everyone: the members of the run in that month.
            month: the month, before it begins.
        """
        due = {name: site for name, (first, site) in self._moves.items() if first <= month}
        self._moves = {name: move for name, move in self._moves.items() if name not in due}
        self.places |= due
        homes = {name: society for society in self.sites.values() for name in society.state.members}
        rosters: list[Roster] = []
        for site, society in self.sites.items():
            present = tuple(name for name in everyone.present if self.places[name] == site)
            for name in present:
                if (left := homes.get(name, society)) is not society:
                    society.institutions.receive(name, left.institutions)
            rosters.append(Roster.between(society.state.members, present, month=month))
        return rosters

    def begin(self) -> None:
        """Assemble the members who are present this month."""
        states = [society.state for society in self.sites.values()]
        self.state = replace(
            self.state,
            month=states[0].month,
            stock=sum(state.stock for state in states),
            capacity=sum(state.capacity for state in states),
            members=self._members_at(self.sites.values()),
        )
        self.outputs = PhaseOutputs()
        spoken = Spoken()
        for society in (self, *self.sites.values()):
            society.outputs.put(spoken)
        self.observations.begin_month(self.state)

    def announced_at(self, society: Society) -> Collection[str]:
        """Return what the phases that span sites announce to the members at one of them."""
        in_force = (phase for phase in self.phases if society.institutions.is_in_force(phase))
        return [feature for phase in in_force for feature in self.announced_by(phase)]

    def begin_phase(self, phase: Phase) -> bool:
        """Assemble the members who take part in a phase; return whether there are sites where it takes place.

        If a rule added the phase, these are the sites where the rule is in force.
        """
        where = [society for society in self.sites.values() if society.institutions.is_in_force(phase)]
        self.state = self.state.with_members(self._members_at(where))
        self.observations.begin_month(self.state)
        return bool(where)

    def _members_at(self, societies: Iterable[Society]) -> tuple[str, ...]:
        """Return the members at some sites, in roster order."""
        present = {name for society in societies for name in society.state.members}
        return tuple(name for name in self.experiment.society.members if name in present)

    def home(self, member: str) -> Society:
        """Return the society of the site at which a member is this month."""
        return next(society for society in self.sites.values() if member in society.state.members)

    def local(self, view: View, member: str) -> View:
        """Return what everyone at the site of a member may know; see `Society`."""
        phase = next(phase for phase in self.phases if phase.name == view.phase)
        return self.home(member).view(phase, view.date)


class _Observations(Observations):
    """What all members know together, and each at its own site."""

    def __init__(self, experiment: Experiment, assembly: Assembly) -> None:
        super().__init__(experiment)
        self._assembly = assembly

    def view(self, view: View, member: str) -> View:
        """Return the view of one member, at its site; see `Observations`."""
        return self._assembly.home(member).observations.view(self._assembly.local(view, member), member)
