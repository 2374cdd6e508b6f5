"""The harvests of one run, month by month: the commons, who is present, and what members know."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from govsim.agents import Encoded, View, encoded
from govsim.calendar import first_day
from govsim.commons import (
    ALLOCATIONS,
    Demand,
    Outcome,
    State,
    Stream,
    as_known,
    generator,
    grow_by_seed,
    growth_law,
    initial_state,
    last_month,
    take,
)
from govsim.config import Experiment
from govsim.society.harvests import check_harvests_only, extent_of
from govsim.society.membership import Membership, Roster
from govsim.society.observation import Observations, learned_from

HARVEST = "harvest"


def check_supported(experiment: Experiment) -> None:
    """Reject an experiment with more than harvests and reports of catches; discussions and reflections have no effect.

    Raises:
        ConfigError: there is something else; names the key.
    """
    extent = experiment.society.transparency
    claims = extent if extent == "self-reported" else ""
    check_harvests_only(
        experiment,
        "the training environments",
        "simulate it with govsim run",
        {"society.transparency": (claims, "full, own, total or neighbours")},
    )


class HarvestRun:
    """The harvests of one run, with the same commons, members and observations as `govsim run` with its seed.

    There are no prompts, no discussions and no journal.

    Attributes:
        experiment: the experiment, with the seed of the run.
        state: the true commons at the start of the current month, with the members present.
        roster: the members of the current month.
        outcome: the last harvest; None before the first one.
        months: the last month, if the commons does not collapse before.
    """

    def __init__(self, experiment: Experiment, seed: int | None = None) -> None:
        """Start the first month.

        Args:
            experiment: the experiment; its agents are not used.
            seed: seed of the run; that of the experiment if None.
        """
        self.experiment = experiment if seed is None else experiment.model_copy(update={"seed": seed})
        self.outcome: Outcome | None = None
        self.roster = Roster()
        self.months = last_month(experiment.world, self.experiment.seed)
        self._law = growth_law(experiment.world)
        self._rule = ALLOCATIONS.get(experiment.world.allocation, key="world.allocation")
        self._extent = extent_of(experiment)
        self._membership = Membership(self.experiment)
        self._observations = Observations(self.experiment)
        self.state: State
        self._begin(initial_state(self.experiment))

    @property
    def is_collapsed(self) -> bool:
        """Whether the commons collapsed in the last harvest."""
        return self.outcome is not None and self.outcome.is_collapsed

    @property
    def is_over(self) -> bool:
        """Whether no further harvest follows."""
        return self.is_collapsed or self.state.month > self.months

    def harvest(self, asked: Mapping[str, int]) -> Outcome:
        """Allocate the demands, let members learn of the catches, let the stock grow, and start the next month.

        Args:
            asked: units asked for by each member present, at most those of its view.
        """
        state, seed = self.state, self.experiment.seed
        demands = [Demand(member=name, units=units) for name, units in asked.items()]
        self.outcome = take(state, demands, partial(generator, seed, Stream.ALLOCATION, state.month), self._rule)
        self._observations.harvested(self.outcome)
        of_month = state.month - self.experiment.observation.lag
        reported = self._observations.outcome_of(of_month) if self._extent is not False else None
        if reported is not None:
            learned = learned_from(self._extent, dict(reported.granted), state, self.experiment.observation)
            self._observations.reveal(of_month, learned)
        self._begin(grow_by_seed(self.outcome, seed).state)
        return self.outcome

    def view(self, member: str) -> View:
        """Return what a member knows before the harvest of the current month."""
        world = self.experiment.world
        common = self._observations.common_view(
            date=first_day(min(self.state.month, world.months)).isoformat(),
            phase=HARVEST,
            announced=frozenset(),
            terms=(),
            quotas={},
            months=world.months if world.horizon == "known" else None,
        )
        return self._observations.view(common, member)

    def observed(self, member: str) -> Encoded:
        """Return what a member knows before the harvest as numbers; see `govsim.agents.encoded`."""
        return encoded(self.view(member), self.experiment.society.members, lag=self.experiment.observation.lag)

    def _begin(self, state: State) -> None:
        self.roster = self._membership.begin_month(state.month)
        self.state = state.with_members(self.roster.present)
        self._observations.begin_month(as_known(self.state, self._law, self.experiment.seed))
