"""Worlds of one experiment with different seeds, simulated one by one, for members who know less than the exact stock.

They have the same methods as `Worlds`, and take much longer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from govsim.agents import Policy, Request
from govsim.commons import Stream, generator
from govsim.config import Experiment
from govsim.models.fields import NumberField
from govsim.society.harvest_run import HarvestRun, check_harvests_only
from govsim.tournament.requests import ANSWER, HARVEST, demand_of
from govsim.tournament.worlds import SimulatedRuns, Worlds, are_simulated_together, policies_of


class StepwiseWorlds:
    """The worlds of one experiment with different seeds, each with what its members observe.

    Attributes:
        experiment: the experiment; its agents and its seed are not used.
        seeds: the seed of each run.
    """

    def __init__(self, experiment: Experiment, seeds: Sequence[int]) -> None:
        """Prepare the worlds.

        Args:
            experiment: the experiment.
            seeds: the seed of each run.

        Raises:
            ConfigError: the experiment contains something that cannot be simulated here.
        """
        claims = experiment.society.transparency if experiment.society.transparency == "self-reported" else ""
        check_harvests_only(
            experiment,
            "a tournament",
            "simulate each society with govsim run",
            {"society.transparency": (claims, "full, own, total or neighbours")},
        )
        self.experiment = experiment
        self.seeds = tuple(seeds)

    def simulate(self, agents: Sequence[str]) -> SimulatedRuns:
        """Simulate all runs of a society; see `Worlds.live`."""
        simulated = SimulatedRuns.empty(self.experiment, len(self.seeds))
        roster = self.experiment.society.members
        for index, seed in enumerate(self.seeds):
            run = HarvestRun(self.experiment, seed)
            policies = policies_of(agents, run.experiment)
            while not run.is_over:
                seats = [roster.index(name) for name in run.state.members]
                outcome = run.harvest(_demands(run, policies))
                simulated.record(outcome, np.array([index]), seats)
        return simulated


def worlds_of(experiment: Experiment, seeds: Sequence[int]) -> Worlds | StepwiseWorlds:
    """Return the worlds of an experiment with different seeds, simulated together if possible.

    Args:
        experiment: the experiment.
        seeds: the seed of each run.

    Raises:
        ConfigError: the experiment contains something that a tournament does not simulate.
    """
    return Worlds(experiment, seeds) if are_simulated_together(experiment) else StepwiseWorlds(experiment, seeds)


def _demands(run: HarvestRun, policies: Mapping[str, Policy]) -> dict[str, int]:
    """Return the demands of the members present."""
    return {name: _demand(run, name, policies[name]) for name in run.state.members}


def _demand(run: HarvestRun, member: str, policy: Policy) -> int:
    view = run.view(member)
    fields = (NumberField(tag=ANSWER, low=0, high=view.most, is_demand=True),)
    request = Request(purpose=HARVEST, template=HARVEST, fields=fields, view=view)
    draws = generator(run.experiment.seed, Stream.POLICY, run.state.month, member=member)
    return demand_of(policy, request, draws)
