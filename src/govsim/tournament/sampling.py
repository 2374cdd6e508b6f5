"""Lower bounds of best replies from simulated runs, where they cannot be computed, as for policies that draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from govsim.agents import POLICIES, policy_named
from govsim.agents.policies import PREFIX
from govsim.config import Experiment
from govsim.game.model import Floats
from govsim.plugins import GOVSIM
from govsim.tournament.playing import default_policies
from govsim.tournament.strategies import check_alike
from govsim.tournament.worlds import Worlds

TRIALS, RUNS = 50, 400
"""Number of runs in which every reply is tried, and of other runs in which the best of them is measured."""

_ONE_SIDED_95 = 1.645
"""Standard errors from a mean to the lower end of its one-sided 95 % interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledReply:
    """A reply that was simulated.

    Attributes:
        agent: the policy that replies.
        amount: lower end of the one-sided 95 % interval of the mean, in units.
    """

    agent: str
    amount: float


def sampled_reply(experiment: Experiment, others: Sequence[str]) -> SampledReply:
    """Return the policy of the library that catches most against others, with a lower bound of its expected catch.

    It is chosen in some runs and measured in others, as the largest of several means is too large on average.

    Args:
        experiment: the world and the members; its agents and its seed are not used.
        others: the policy of each other member.

    Raises:
        AnalysisError: members do not observe what runs need to be simulated together, or they differ.
        ConfigError: there is no such policy, or tournaments do not simulate the experiment.
        PluginError: a policy demands an amount that is not allowed.
    """
    check_alike(experiment)
    agent = _best(experiment, others)
    return SampledReply(agent=agent, amount=_lower_end(_catches(_measured(experiment), (agent, *others))[:, 0]))


def sampled_gain(experiment: Experiment, agent: str) -> SampledReply:
    """Return the best reply of the library to a policy, with a lower bound of its gain over following the policy too.

    The gain is the mean over pairs of runs with the same seed.

    Args:
        experiment: as `sampled_reply`.
        agent: the policy of all other members.

    Raises:
        GovSimError: as `sampled_reply`.
    """
    check_alike(experiment)
    others = (agent,) * (len(experiment.society.members) - 1)
    reply, worlds = _best(experiment, others), _measured(experiment)
    own = _catches(worlds, (agent, *others)).mean(axis=1)
    return SampledReply(agent=reply, amount=_lower_end(_catches(worlds, (reply, *others))[:, 0] - own))


def _best(experiment: Experiment, others: Sequence[str]) -> str:
    """The policy of the library that draws nothing and catches most against others."""
    trials = Worlds(experiment, range(TRIALS))
    return max(_replies(experiment), key=lambda agent: float(_catches(trials, (agent, *others))[:, 0].mean()))


def _measured(experiment: Experiment) -> Worlds:
    return Worlds(experiment, range(TRIALS, TRIALS + RUNS))


def _replies(experiment: Experiment) -> list[str]:
    built_in = {one.name for one in POLICIES if one.origin == GOVSIM}
    agents = [PREFIX + name for name in default_policies(experiment) if name.partition(":")[0] in built_in]
    return [agent for agent in agents if not policy_named(agent).is_random]


def _catches(worlds: Worlds, agents: Sequence[str]) -> Floats:
    """The total catch of each member in each run, shape (runs, members)."""
    return np.asarray(worlds.simulate(agents).granted.sum(axis=1), dtype=np.float64)


def _lower_end(units: Floats) -> float:
    return float(units.mean() - _ONE_SIDED_95 * units.std(ddof=1) / np.sqrt(len(units)))
