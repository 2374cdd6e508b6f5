"""Headers of older schema versions, brought into the form of the present one before they are validated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]

_KINDS_OF_AGENT = ("generative", "direct")
"""The kinds of agent that have settings in versions before 3."""


def upgraded(header: Json, version: int) -> Json:
    """The header of a run's journal, in the form that the present schema has for it.

    What has another form than the schema of its version allows is left as it is, so that validation names it.

    Args:
        header: the first line of a journal; it is not changed.
        version: the schema version that it names.
    """
    return _with_settings_of_extensions(header) if version < 3 else header


def _with_settings_of_extensions(header: Json) -> Json:
    """From version 3 on, settings of a phase belong to its entry, and kinds of agent that no member uses have none."""
    experiment = header.get("experiment")
    if not isinstance(experiment, dict):
        return header
    changed = {**experiment}
    if isinstance(society := experiment.get("society"), dict):
        changed["society"] = _with_settings_of_phases(society)
        if isinstance(agents := experiment.get("agents"), dict):
            changed["agents"] = _without_unused(agents, _agents_used(society, agents, experiment.get("members")))
    return {**header, "experiment": changed}


def _with_settings_of_phases(society: Json) -> Json:
    """Settings of the talk move from `society.discussion` into `society.phases`; without a talk they are dropped."""
    phases = society.get("phases")
    if "discussion" not in society or not isinstance(phases, list):
        return society
    settings = society["discussion"]
    kept = {key: value for key, value in society.items() if key != "discussion"}
    return {**kept, "phases": [{"discussion": settings} if phase == "discussion" else phase for phase in phases]}


def _agents_used(society: Json, agents: Json, members: Any) -> set[str]:
    """The kinds of agent on the roster, as in `policy` for `policy:fixed:15`."""
    own = members if isinstance(members, Mapping) else {}
    roster = society.get("members")
    used = set()
    for name in roster if isinstance(roster, list) else ():
        settings = own.get(name) if isinstance(name, str) else None
        agent = (settings.get("agent") if isinstance(settings, Mapping) else None) or agents.get("default")
        used.add(str(agent).partition(":")[0])
    return used


def _without_unused(agents: Json, used: set[str]) -> Json:
    return {key: value for key, value in agents.items() if key in used or key not in _KINDS_OF_AGENT}
