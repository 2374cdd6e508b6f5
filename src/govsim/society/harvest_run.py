"""The harvests of one run without discussions and institutions: the commons, who is present, and what members know."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType

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
from govsim.config import DEFAULT_PHASES, Experiment, Extent
from govsim.errors import ConfigError
from govsim.society.membership import Membership, Roster
from govsim.society.observation import Observations, learned_from

HARVEST = "harvest"

_NOTHING: Mapping[str, tuple[object, str]] = MappingProxyType({})


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


def check_harvests_only(
    experiment: Experiment, by: str, instead: str, more: Mapping[str, tuple[object, str]] = _NOTHING
) -> None:
    """Reject an experiment whose harvests depend on more than the commons, the members present and their decisions.

    Args:
        experiment: the experiment.
        by: what simulates the harvests, for the error message, as in `a tournament`.
        instead: what simulates all of it, for the error message.
        more: further problems: a value, which is empty if there is none, and what is allowed, by key.

    Raises:
        ConfigError: there are sites, institutions, phases that could change the harvest, or one of the problems.
    """
    phases = [phase.name for phase in experiment.society.phases if phase.extension not in DEFAULT_PHASES]
    problems: dict[str, tuple[object, str]] = {
        "sites": (", ".join(experiment.sites), "empty"),
        "institutions": (", ".join(entry.name for entry in experiment.institutions), "empty"),
        "society.phases": (", ".join(phases), f"some of {', '.join(DEFAULT_PHASES)}"),
        **more,
    }
    for key, (value, allowed) in problems.items():
        if value:
            raise ConfigError(
                f"{key} = {value}: not simulated by {by}, for which it must be {allowed}; remove it, or {instead}"
            )


def extent_of(experiment: Experiment) -> bool | Extent:
    """Return how much of the catches is made known, `society.transparency`; false without a report."""
    is_reported = any(phase.extension == "report" for phase in experiment.society.phases)
    return experiment.society.transparency if is_reported else False
