"""The simulation of a run, month by month: one society, or one at each site."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from govsim.commons import last_month
from govsim.config import Experiment
from govsim.journal import Recorder
from govsim.society.assembly import Assembly
from govsim.society.forfeits import Forfeits
from govsim.society.membership import Membership
from govsim.society.phase import Phase
from govsim.society.society import Society
from govsim.spans import Span, untraced


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
        membership: Membership,
        span: Span = untraced,
    ) -> None:
        """Set up a run before its first month.

        Args:
            experiment: the experiment.
            societies: the societies.
            phases: the phases of a month, with those of all sites.
            recorder: the run's journal.
            forfeits: the count of harvest decisions that could not be parsed.
            membership: who is present in each month.
            span: opens a span for each month and phase.
        """
        self.societies = societies
        self.months = 0
        self._recorder = recorder
        self._forfeits = forfeits
        self._span = span
        self._last_month = last_month(experiment.world, experiment.seed)
        self._membership = membership
        self._assembly = Assembly(experiment, societies, phases, recorder) if experiment.sites else None
        self._phases = phases
        self._open = list(societies)
        self._steps = self._steps_of_month()

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
            async with self._span("month", f"month {self.month}"):
                await self._simulate_month()
        self._forfeits.check_at_end()
        return "completed" if self._open else "collapsed"

    async def _simulate_month(self) -> None:
        self._begin_month()
        for phase, places in self._steps:
            async with self._span("phase", phase.name):
                for society, own in places:
                    if society.begin_phase(own):
                        await own.run(society)
                    self._recorder.end_phase(society.state.members)
            await self._recorder.sync()
            if phase.harvests:
                self._forfeits.check([society.outcome for society in self._open])
        self.months += 1
        for society in self._open:
            society.end_month()
        if any(society.is_collapsed for society in self._open):
            self._open = [society for society in self._open if not society.is_collapsed]
            self._steps = self._steps_of_month()

    def _begin_month(self) -> None:
        assembly, month = self._assembly, self.month
        everyone = self._membership.begin_month(month)
        rosters = [everyone] if assembly is None else assembly.rosters(everyone, month)
        for society, roster in zip(self.societies, rosters, strict=True):
            if society in self._open:
                society.begin_month(roster)
            else:
                society.rest(month, roster)
        if assembly is not None:
            assembly.begin()
        for society in self._open:
            society.announce(() if assembly is None else assembly.announced_at(society))

    def _steps_of_month(self) -> list[tuple[Phase, list[tuple[Society, Phase]]]]:
        """Return where each phase of the month is simulated: at each open site that has it, or once for all sites."""
        return [(phase, self._places(phase)) for phase in self._phases]

    def _places(self, phase: Phase) -> list[tuple[Society, Phase]]:
        if self._assembly is not None and phase.spans_sites:
            return [(self._assembly, phase)]
        return [(one, own) for one in self._open for own in one.phases if own.name == phase.name]
