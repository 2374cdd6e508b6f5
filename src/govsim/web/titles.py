"""How pages name runs and societies: by their settings, never by the label of a folder, which holds a hash."""

from __future__ import annotations

from govsim.analysis.runs import RunMeasures
from govsim.config import Agents
from govsim.journal import Header


def run_title(scenario: str, condition: str, seed: int) -> str:
    """The title of a run, such as `fishery · default · seed 0`."""
    return f"{scenario} · {condition} · seed {seed}"


def title_of(header: Header) -> str:
    """The title of the run of a journal.

    Args:
        header: the header of the journal.
    """
    experiment = header.experiment
    return run_title(header.scenario.name, experiment.condition, experiment.seed)


def run_name(run: RunMeasures | None, path: str) -> str:
    """A run in one line: its title and its setup. The path of its journal if it has not been read.

    Args:
        run: the run; None if it has not been read.
        path: the path of its journal.
    """
    return path if run is None else f"{run_title(run.scenario, run.condition, run.seed)} · {run.setup}"


def member_setup(header: Header, member: str) -> list[str]:
    """How a member decides: its model, if it has one, and its agent unless that is the default one.

    Args:
        header: the header of the journal.
        member: the name of the member.
    """
    model, agent = header.model_of(member), header.experiment.agent_of(member)
    shown = [] if model is None else [model]
    return shown if model is not None and agent == Agents().default else [*shown, agent]
