"""A society on its commons: what phases and rules know of it, and how they reach its members."""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from govsim.agents import ANNOUNCEMENTS, Agent, Answer, Notice, Request, View
from govsim.calendar import first_day
from govsim.commons import (
    Growth,
    Outcome,
    State,
    as_known,
    grow_by_seed,
    growth_law,
    initial_state,
)
from govsim.concurrency import together
from govsim.config import Experiment
from govsim.errors import PluginError
from govsim.journal import Month, Recorder, SiteRecorder
from govsim.scenarios import Prompts
from govsim.society.composition import Composition
from govsim.society.forfeits import Forfeits
from govsim.society.framework import Framework
from govsim.society.institutions import Institutions
from govsim.society.membership import Membership, Roster, members_text
from govsim.society.observation import Observations, known_to_members
from govsim.society.outputs import PhaseOutputs
from govsim.society.phase import Phase
from govsim.society.world_events import growth_line, news, world_terms

T = TypeVar("T")


class Society:
    """The members who share one stock, and their commons: all of a run, or those at one of its sites.

    Attributes:
        experiment: the experiment, as it applies at the site.
        law: the growth law of the world.
        state: the commons at the start of the current month, with the members present.
        informed: the same commons with the growth law of the month, if that is stated; recorded thresholds are
            computed from it.
        agents: every member's agent, including members that have not joined yet, and those at other sites.
        framework: the framework model; None if no phase uses it.
        prompts: the prompts of the simulation.
        recorder: the run's journal.
        forfeits: the count of harvest decisions of the run that could not be parsed.
        membership: who is present in each month of the run; members can leave.
        institutions: the rules in force, and all balances.
        observations: what the members know of the stock and of catches.
        outputs: values that phases of this month pass to later ones, such as the `Outcome` of the harvest.
        phases: the phases of a month.
    """

    def __init__(
        self,
        experiment: Experiment,
        *,
        agents: Mapping[str, Agent],
        framework: Framework | None,
        prompts: Prompts,
        recorder: Recorder | SiteRecorder,
        composition: Composition,
        forfeits: Forfeits,
        membership: Membership,
    ) -> None:
        """Set up a society before its first month.

        Args:
            experiment: the experiment, as it applies at the site.
            agents: every member's agent.
            framework: the framework model.
            prompts: the prompts of the simulation.
            recorder: the run's journal.
            composition: the phases of a month, and the institutions.
            forfeits: the count of harvest decisions of the run that could not be parsed.
            membership: who is present in each month of the run.
        """
        self.experiment = experiment
        self.agents = agents
        self.framework = framework
        self.prompts = prompts
        self.recorder = recorder
        self.forfeits = forfeits
        self.membership = membership
        self.institutions = Institutions(composition, experiment, price=prompts.scenario.price)
        self.observations = Observations(experiment)
        self.outputs = PhaseOutputs()
        self.phases = composition.phases
        self.state = self.informed = initial_state(experiment)
        self.law = growth_law(experiment.world)
        self._growth: Growth | None = None
        self._has_collapsed = False
        self._told = world_terms(experiment, prompts)
        self._sincere = {purpose: one for phase in self.phases for purpose, one in phase.sincere.items()}
        self._members_told: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._announced: frozenset[str] = frozenset()
        self._who_answers: dict[str, set[str]] = {}

    @property
    def site(self) -> str | None:
        """Name of the site; None if all members of the run share one stock."""
        return self.state.site

    @property
    def known(self) -> State:
        """The commons as members know it if they observe the exact stock; stated thresholds are computed from it."""
        return known_to_members(self.informed)

    @property
    def outcome(self) -> Outcome:
        """The outcome of this month's harvest, after it."""
        outcome = self.outputs.get(Outcome)
        assert outcome is not None, "every month has a harvest"
        return outcome

    @property
    def is_harvested(self) -> bool:
        """Whether the harvest of the month is over."""
        return self.outputs.get(Outcome) is not None

    @property
    def is_collapsed(self) -> bool:
        """Whether the commons has collapsed, in this month or before."""
        outcome = self.outputs.get(Outcome)
        return self._has_collapsed or (outcome is not None and outcome.is_collapsed)

    def begin_month(self, roster: Roster) -> None:
        """Record who is present, let the members observe the stock, and set the terms of the rules."""
        month = self.state.month
        self._begin(self.state.with_members(roster.present))
        self.recorder.write(
            Month(
                month=month,
                date=first_day(month).isoformat(),
                stock=self.state.stock,
                members=roster.present,
                joined=roster.joined,
                left=roster.left,
            )
        )
        self.institutions.begin_month(self)

    def announce(self, of_all: Collection[str] = ()) -> None:
        """Announce the features of the month, and the news about growth and shocks.

        Args:
            of_all: features of phases that span sites.
        """
        in_force = (phase for phase in self.phases if self.institutions.is_in_force(phase))
        own = (feature for phase in in_force for feature in self.announced_by(phase))
        self._announced = frozenset((*of_all, *own))
        is_exact = self.experiment.observation.is_exact
        if notices := tuple(news(self.law, self._growth, self.informed.growth, is_exact=is_exact)):
            view = self.view(self.phases[0], first_day(self.state.month).isoformat())
            for notice in notices:
                self.notify_all(notice, view)

    def begin_phase(self, phase: Phase) -> bool:
        """Return whether a phase takes place: not if the rule that added it is suspended."""
        return self.institutions.is_in_force(phase)

    def end_month(self) -> None:
        """Record balances, and let the stock grow."""
        outcome = self.outcome
        self.institutions.end_month(self)
        growth = self.grown(outcome)
        if (line := growth_line(growth, self.law, returned_later=self.institutions.returned_later)) is not None:
            self.recorder.write(line)
        self.state = growth.state
        self._has_collapsed = outcome.is_collapsed

    def rest(self, month: int, roster: Roster) -> None:
        """Let a month pass after the commons has collapsed: nothing is left of it, and nothing grows.

        Args:
            month: the month.
            roster: the members who are at the site.
        """
        self._begin(replace(self.state, month=month, stock=0, members=roster.present))
        self.institutions.terms = {}

    def _begin(self, state: State) -> None:
        self.state = state
        self.informed = as_known(state, self.law, self.experiment.seed)
        self.outputs = PhaseOutputs()
        self.observations.begin_month(self.informed)

    def announced_by(self, phase: Phase) -> Collection[str]:
        """Return what a phase announces to the members.

        Raises:
            PluginError: it announces something that the prompt `system` does not support.
        """
        names = phase.announced(self)
        if unknown := sorted(set(names) - set(ANNOUNCEMENTS)):
            raise PluginError(
                f"phase {phase.name}: announces {unknown[0]!r}; only {' and '.join(ANNOUNCEMENTS)} can be announced; "
                "use a notice or the terms of a rule for anything else"
            )
        return names

    def _differences(self) -> tuple[str, ...]:
        """Return the text that states how the members present differ; empty if they do not."""
        present = self.state.members
        if present not in self._members_told:
            self._members_told[present] = members_text(self.experiment, self.prompts, present)
        return self._members_told[present]

    def grown(self, outcome: Outcome) -> Growth:
        """Return the growth and the shocks at the end of the month, after this month's harvest and confiscations."""
        if returned := self.institutions.returned:
            outcome = replace(outcome, returned=returned)
        if self._growth is None or self._growth.outcome is not outcome:
            self._growth = grow_by_seed(outcome, self.experiment.seed)
        return self._growth

    @property
    def present(self) -> list[Agent]:
        """The agents of the members present, in roster order."""
        return [self.agents[name] for name in self.state.members]

    def answering(self, purpose: str) -> list[Agent]:
        """Return the agents of members present that answer requests with a purpose, in roster order."""
        if purpose not in self._who_answers:  # needed in every phase of every month, and constant
            spec = self.experiment.agent_of
            everyone = self.agents.items()
            has_default = purpose in self._sincere
            self._who_answers[purpose] = {
                name
                for name, one in everyone
                if type(one).answers(spec(name), purpose) or (has_default and type(one).is_scripted)
            }
        return [agent for agent in self.present if agent.name in self._who_answers[purpose]]

    async def ask(self, request: Request) -> dict[str, Answer]:
        """Send a request to all members present that answer its purpose, concurrently and in private.

        Args:
            request: the request, the same for all.

        Returns:
            Answers by member, in roster order; members that do not answer the purpose are missing.

        Raises:
            PluginError: as `ask_one`.
        """
        return await self.ask_each(request.purpose, request.view, lambda view: _for_one(request, view))

    async def ask_each(
        self,
        purpose: str,
        view: View,
        request: Callable[[View], Request],
        *,
        members: Collection[str] | None = None,
    ) -> dict[str, Answer]:
        """Send requests that depend on what each member knows, as `ask`.

        Args:
            purpose: the purpose of the requests.
            view: a view common to all members.
            request: returns the request to a member, given its own view.
            members: the members that are asked; all members present if None.
        """
        agents = [one for one in self.answering(purpose) if members is None or one.name in members]
        answers = await self.concurrently(
            agents, lambda agent: self._asked(agent, request(self.observations.view(view, agent.name)))
        )
        return {agent.name: answer for agent, answer in zip(agents, answers, strict=True)}

    async def concurrently(self, agents: Sequence[Agent], do: Callable[[Agent], Coroutine[Any, Any, T]]) -> list[T]:
        """Do something with several agents concurrently; with those that answer immediately, one after another.

        Args:
            agents: the agents.
            do: called once for each agent.

        Returns:
            The results, in the order of `agents`.
        """
        done = {agent.name: await do(agent) for agent in agents if agent.is_immediate}
        waiting = [agent for agent in agents if not agent.is_immediate]
        others = await together(do(agent) for agent in waiting)
        done |= {agent.name: result for agent, result in zip(waiting, others, strict=True)}
        return [done[agent.name] for agent in agents]

    async def ask_one(self, agent: Agent, request: Request) -> Answer:
        """Send a request to one member, in private.

        Args:
            agent: the member's agent; it must answer requests with this purpose.
            request: the request, with a view common to all. The agent receives a copy with its own view, whose
                variables it may modify.

        Raises:
            PluginError: the agent's answer is invalid.
        """
        own = self.observations.view(request.view, agent.name)
        return await self._asked(agent, _for_one(request, own))

    async def _asked(self, agent: Agent, request: Request) -> Answer:
        if request.sincere is None and request.purpose in self._sincere:
            request = replace(request, sincere=self._sincere[request.purpose])
        answer = await agent.answer(request)
        if (flaw := request.flaw_of(answer)) is not None:
            kind = self.experiment.agent_of(agent.name)
            raise PluginError(f"agent {kind}: answer on {request.purpose} for {agent.name}: {flaw}")
        return answer

    def later(self, phase: Phase) -> Sequence[Phase]:
        """Return the phases that follow a phase in the month."""
        return self.phases[self.phases.index(phase) + 1 :]

    def view(self, phase: Phase, date: str) -> View:
        """Return what every member may know now.

        Args:
            phase: the current phase.
            date: the current ISO date.
        """
        return self.observations.common_view(
            date=date,
            phase=phase.name,
            announced=self._announced,
            terms=(*self._told, *self._differences(), *self.institutions.texts),
            quotas=self.institutions.quotas,
            months=self.experiment.world.months if self.experiment.world.horizon == "known" else None,
        )

    def local(self, view: View, member: str) -> View:
        """Return what everyone at the site of a member may know.

        Args:
            view: a view common to all members.
            member: its name.
        """
        return view

    def notify_all(self, notice: Notice, view: View) -> None:
        """Send a notice to every member present.

        Args:
            notice: the notice, the same for all.
            view: a view common to all members.
        """
        self.notify_each(view, lambda own: (notice,))

    def notify_each(self, view: View, notices: Callable[[View], Iterable[Notice]]) -> None:
        """Send notices to every member present that depend on what it knows.

        Args:
            view: a view common to all members.
            notices: returns the notices to a member, given its own view.
        """
        for agent in self.present:
            if type(agent).observe is not Agent.observe:  # most policies need no notices
                own = self.observations.view(view, agent.name)
                for notice in notices(own):
                    agent.observe(notice, own)


def _for_one(request: Request, view: View) -> Request:
    """Return a copy of a request with the view of one member, whose variables its agent may modify."""
    return replace(request, view=view, variables=dict(request.variables))
