"""The parts of a month, one file each. A package may add its own under the entry point group `govsim.phases`."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import entry_points

from govsim.errors import ConfigError
from govsim.society.phases.discussion import DiscussionPhase
from govsim.society.phases.harvest import HarvestPhase
from govsim.society.phases.reflection import ReflectionPhase
from govsim.society.phases.report import ReportPhase
from govsim.society.society import Phase

ENTRY_POINTS = "govsim.phases"

PHASES: dict[str, type[Phase]] = {
    "harvest": HarvestPhase,
    "report": ReportPhase,
    "discussion": DiscussionPhase,
    "reflection": ReflectionPhase,
}


def phases_named(names: Sequence[str]) -> list[Phase]:
    """The phases of a month, by their names.

    Raises:
        ConfigError: there is no phase of a name.
    """
    return [_phase_named(name) for name in names]


def _phase_named(name: str) -> Phase:
    if name in PHASES:
        return PHASES[name]()
    added = {point.name: point for point in entry_points(group=ENTRY_POINTS)}
    if name not in added:
        known = ", ".join([*PHASES, *sorted(added)])
        raise ConfigError(f"society.phases: there is no phase {name}; choose from {known}")
    phase: Phase = added[name].load()()
    return phase
