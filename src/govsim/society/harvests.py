"""Experiments of which only the harvests are simulated, without talk and institutions."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from govsim.config import DEFAULT_PHASES, Experiment, Extent
from govsim.errors import ConfigError

_NOTHING: Mapping[str, tuple[object, str]] = MappingProxyType({})


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
