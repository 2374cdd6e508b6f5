"""The simulation of a run, month by month: one society, or one at each site."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from govsim.commons import Outcome, last_month
from govsim.config import Experiment
from govsim.journal import Recorder
from govsim.society.assembly import Assembly
from govsim.society.forfeits import Forfeits
from govsim.society.membership import Membership
from govsim.society.outputs import Spoken
from govsim.society.phase import Phase
from govsim.society.society import Society


class Simulation:
    """The societies of a run, and the months completed.

    In each phase of a month, the sites are simulated one after another. A site whose commons has collapsed is no longer
    simulated; the run ends when the commons of all sites have collapsed.

    Attributes:
        societies: one for each site, in the order of the experiment; a single one without sites.
        months: number of months completed.
    """

    def __init__(
        self,
        experiment: Experiment,
        societies: Sequence[Society],
        *,
        phases: Sequence[Phase],
        recorder: Recorder,
        forfeits: Forfeits,
    ) -> None:
        """Set up a run before its first month.

        Args:
            experiment: the experiment.
            societies: the societies.
            phases: the phases of a month, with those of all sites.
            recorder: the run's journal.
            forfeits: the count of harvest decisions that could not be parsed.
        """
        self.societies = societies
        self.months = 0
        self._recorder = recorder
        self._forfeits = forfeits
        self._last_month = last_month(experiment.world, experiment.seed)
        self._membership = Membership(experiment)
        self._assembly = Assembly(experiment, societies, phases, recorder) if experiment.sites else None
        self._phases = [(phase, {one: _named(phase, one) for one in societies}) for phase in phases]
        self._open = list(societies)
        self._spoken: Spoken | None = None

    @property
    def month(self) -> int:
        """The current month; between months, the next one."""
        return self.months + 1

    async def simulate(self) -> Literal["completed", "collapsed"]:
        """Simulate the months, until the last one or the collapse of all commons.

        Raises:
            TooManyForfeits: the share of forfeited harvest decisions exceeds what the experiment allows, or is certain
                to do so.
            GovSimError: the error that stopped the run.
        """
        while self._open and self.months < self._last_month:
            await self._simulate_month()
        self._forfeits.check_at_end()
        return "completed" if self._open else "collapsed"

    async def _simulate_month(self) -> None:
        self._begin_month()
        for phase, at_sites in self._phases:
            for society, own in self._places(phase, at_sites):
                await self._run(own, society)
            await self._recorder.sync()
            self._check_forfeits()
        self.months += 1
        for society in self._open:
            society.end_month()
            self._recorder.end_phase(society.state.members)
        self._open = [society for society in self._open if not society.is_collapsed]

    def _begin_month(self) -> None:
        everyone, self._spoken = self._membership.begin_month(self.month), None
        assembly, month = self._assembly, self.month
        rosters = [everyone] if assembly is None else assembly.rosters(everyone, month)
        for society, roster in zip(self.societies, rosters, strict=True):
            if society in self._open:
                society.begin_month(roster)
            else:
                society.rest(month, roster)
        of_all = () if assembly is None else assembly.begin()
        for society in self._open:
            society.announce(of_all)

    def _places(self, phase: Phase, at_sites: Mapping[Society, Phase | None]) -> Iterator[tuple[Society, Phase]]:
        """Yield where a phase is simulated: at each open site that has it, or once for all."""
        if self._assembly is not None and phase.spans_sites:
            yield self._assembly, phase
            return
        for society in self._open:
            if (own := at_sites[society]) is not None:
                yield society, own

    async def _run(self, phase: Phase, society: Society) -> None:
        """Simulate a phase, if the rule that added it is in force; utterances are counted across sites."""
        if self._spoken is not None:
            society.outputs.put(self._spoken)
        if society.institutions.is_in_force(phase):
            await phase.run(society)
        self._spoken = society.outputs.get(Spoken)
        self._recorder.end_phase(society.state.members)

    def _check_forfeits(self) -> None:
        outcomes = [outcome for society in self._open if (outcome := society.outputs.get(Outcome)) is not None]
        if outcomes:
            self._forfeits.check(outcomes)


def _named(phase: Phase, society: Society) -> Phase | None:
    """Return the phase of a society with the name of another one."""
    return next((own for own in society.phases if own.name == phase.name), None)
