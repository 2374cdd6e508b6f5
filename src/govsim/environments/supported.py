"""Which experiments the training environments simulate."""

from __future__ import annotations

from govsim.config import Experiment
from govsim.society.harvests import check_harvests_only


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
