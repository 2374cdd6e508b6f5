"""What members see in a simulated month: the request for their demand, and the month as they observed it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from govsim.agents import ObservedMonth, Policy, Request, View
from govsim.agents.policies import decision
from govsim.calendar import first_day
from govsim.commons import State
from govsim.config import Experiment, Extent
from govsim.errors import ConfigError, PluginError
from govsim.models.fields import NumberField
from govsim.society.harvest_run import check_harvests_only

HARVEST = "harvest"

ANSWER = "Answer"


def check_simulated(experiment: Experiment) -> None:
    """Reject what tournaments do not simulate.

    Raises:
        ConfigError: there are sites, institutions, phases that could change the harvest, or members who learn less
            than the exact stock and the catches.
    """
    extent, observation = experiment.society.transparency, experiment.observation
    check_harvests_only(
        experiment,
        "a tournament",
        "simulate each society with govsim run",
        {
            "society.transparency": ("" if extent in (True, False, "total") else extent, "full, total or own"),
            "observation.stock": ("" if observation.is_exact else observation.stock, "exact"),
            "observation.lag": (observation.lag or "", "0"),
        },
    )


def harvest_request(
    experiment: Experiment,
    public: bool | Extent,
    state: State,
    member: str,
    history: tuple[ObservedMonth, ...],
) -> Request:
    """Return the request for a demand.

    Args:
        experiment: the experiment.
        public: how much of the catches is made known.
        state: the commons as members know it, with the members present.
        member: the member.
        history: the earlier months as it observed them.
    """
    view = View.exact(
        state,
        date=first_day(state.month).isoformat(),
        phase=HARVEST,
        announced=frozenset({"transparency"} if public else ()),
        member=member,
        history=history,
        months=experiment.world.months if experiment.world.horizon == "known" else None,
    )
    fields = (NumberField(tag=ANSWER, low=0, high=view.most, is_demand=True),)
    return Request(purpose=HARVEST, template=HARVEST, fields=fields, view=view)


def observed_month(
    state: State, member: str, asked: int, granted: Mapping[str, int], public: bool | Extent
) -> ObservedMonth:
    """Return a month whose harvest is over, as a member observed it.

    Args:
        state: the commons before the harvest as members know it.
        member: the member.
        asked: units that it demanded.
        granted: units received by each member present.
        public: how much of the catches is made known.
    """
    return ObservedMonth(
        state=state,
        member=member,
        asked=asked,
        received=granted[member],
        catches=granted if public is True else {member: granted[member]},
        total=sum(granted.values()) if public else None,
    )


def require_harvests(policy: Policy, agent: str) -> None:
    """Reject a policy that makes no harvest decisions.

    Args:
        policy: the policy.
        agent: its name in the experiment.

    Raises:
        ConfigError: it makes none.
    """
    if policy.decides(HARVEST) is None:
        raise ConfigError(f"agent = {agent}: makes no harvest decisions; choose another policy")


def demand_of(policy: Policy, request: Request, rng: np.random.Generator) -> int:
    """Return a policy's demand.

    Args:
        policy: the policy.
        request: the request of `harvest_request`.
        rng: the member's random generator.

    Raises:
        PluginError: the demand is not allowed.
    """
    units = decision(policy, request, rng).get(ANSWER)
    if type(units) is not int or not 0 <= units <= request.view.most:
        raise PluginError(
            f"policy {policy.name}: demands {units!r} of {request.view.stock} units; must be a whole number (int) from "
            "0 to the stock"
        )
    return units
