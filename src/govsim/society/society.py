"""A society on its commons, month by month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

from govsim.agents import Agent, Observation
from govsim.calendar import first_day
from govsim.commons import Outcome, State, member_threshold
from govsim.config import Experiment
from govsim.journal import Month, Recorder
from govsim.scenarios import Prompts
from govsim.society.forfeits import Forfeits
from govsim.society.framework import Framework


class Phase(Protocol):
    """A part of the month."""

    name: str

    async def run(self, society: Society) -> None:
        """Live through this part of the month."""


class Society:
    """Members, their commons, and how far they have come.

    Attributes:
        experiment: what is run.
        state: the commons at the start of the current month, with the members present.
        agents: every member's mind, those of members that have not joined yet included.
        framework: who writes talks up; None where nobody can talk.
        prompts: the words of the society's world.
        recorder: the run's journal.
        forfeits: the count of harvest decisions that could not be read.
        outcome: this month's harvest, once it is done.
        revealed: the catches that the moderator makes known in this month's talk, once reported.
        months: months completed.
    """

    def __init__(
        self,
        experiment: Experiment,
        *,
        agents: Mapping[str, Agent],
        framework: Framework | None,
        prompts: Prompts,
        recorder: Recorder,
        phases: Sequence[Phase],
        ends_early: bool = True,
    ) -> None:
        """A society before its first month.

        Args:
            experiment: what is run.
            agents: every member's mind.
            framework: who writes talks up.
            prompts: the words of the society's world.
            recorder: the run's journal.
            phases: the parts of a month, in order.
            ends_early: whether the run ends as soon as it has too many unreadable decisions for certain.
        """
        world = experiment.world
        self.experiment = experiment
        self.agents = agents
        self.framework = framework
        self.prompts = prompts
        self.recorder = recorder
        self.forfeits = Forfeits(experiment, ends_early=ends_early)
        self.outcome: Outcome | None = None
        self.revealed: Mapping[str, int] = {}
        self.months = 0
        self._phases = phases
        self.state = State(
            stock=world.stock_at_start,
            month=1,
            capacity=world.capacity,
            growth=world.exact_growth,
            collapse=world.collapse,
            members=(),
        )

    async def live(self) -> Literal["completed", "collapsed"]:
        """Live through the months, until the last one or the collapse.

        Raises:
            TooManyForfeits: the share of forfeited harvests in the run is above what the experiment allows, or will be
                for certain.
            GovSimError: whatever stopped the run.
        """
        is_collapsed = False
        while not is_collapsed and self.months < self.experiment.world.months:
            is_collapsed = await self._live_month()
        self.forfeits.check_at_end()
        return "collapsed" if is_collapsed else "completed"

    async def _live_month(self) -> bool:
        """Live through one month to its end; whether the commons has collapsed in it."""
        self._begin_month()
        for phase in self._phases:
            await phase.run(self)
            self.recorder.end_phase(self.state.members)
            await self.recorder.sync()
            if self.outcome is not None:
                self.forfeits.check(self.outcome)
        assert self.outcome is not None, "every month has a harvest"
        self.months += 1
        self.state = self.outcome.after
        return self.outcome.is_collapsed

    def _begin_month(self) -> None:
        month = self.state.month
        roster = self.experiment.society.members
        present = tuple(name for name in roster if self.experiment.member(name).joins <= month)
        joined = tuple(name for name in present if self.experiment.member(name).joins == month and month > 1)
        self.state = self.state.with_members(present)
        self.outcome = None
        self.revealed = {}
        date = first_day(month).isoformat()
        self.recorder.write(Month(month=month, date=date, stock=self.state.stock, members=present, joined=joined))

    @property
    def present(self) -> list[Agent]:
        """The minds of the members present, in roster order."""
        return [self.agents[name] for name in self.state.members]

    @property
    def speakers(self) -> list[Agent]:
        """Who of them can take part in a talk."""
        return [agent for agent in self.present if agent.speaks]

    @property
    def talks(self) -> bool:
        """Whether there is a talk this month: it is switched on, and at least two can speak."""
        settings = self.experiment.society
        return settings.communication and "discussion" in settings.phases and len(self.speakers) > 1

    @property
    def reveals(self) -> bool:
        """Whether catches are made public."""
        settings = self.experiment.society
        return settings.transparency and "report" in settings.phases

    @property
    def moderator_reports(self) -> bool:
        """Whether it is the moderator who makes the catches public, in a talk that follows the report."""
        phases = self.experiment.society.phases
        return self.reveals and self.talks and phases.index("report") < phases.index("discussion")

    def observe(self, phase: str, date: str, hints: tuple[str, ...] = ()) -> Observation:
        """What members see of the commons now."""
        return Observation(
            state=self.state, date=date, phase=phase, hints=hints, talks=self.talks, reveals=self.reveals
        )

    def hints(self) -> tuple[str, ...]:
        """The hints that members are given before this month's harvest."""
        threshold = member_threshold(self.state)
        return tuple(self.prompts.render(hint, threshold=threshold) for hint in self.experiment.society.hints)
