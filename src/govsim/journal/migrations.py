"""Migration of headers of older schema versions to the current one, before validation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]

_HARVEST = "harvest"
"""The phase whose settings version 4 added."""

_KINDS_OF_AGENT = ("generative", "direct")
"""The kinds of agent with settings in versions before 3."""


def upgraded(header: Json, version: int) -> Json:
    """Migrate the header of a run's journal to the current schema.

    Content that is invalid in the schema of its version is not changed, so that validation reports it.

    Args:
        header: the parsed first line of a journal; it is not modified.
        version: its schema version.
    """
    if version < 3:
        header = _with_settings_of_extensions(header)
    return _with_queries(header) if version < 4 else header


def _with_queries(header: Json) -> Json:
    """Migrate to version 4: queries for memories were words of the scenario, and no words were ignored."""
    experiment = header.get("experiment")
    if not isinstance(experiment, dict):
        return header
    changed = {**experiment}
    society, agents = experiment.get("society"), experiment.get("agents")
    if isinstance(society, dict) and isinstance(phases := society.get("phases"), list):
        query = {_HARVEST: {"query": "place"}}
        changed["society"] = {**society, "phases": [query if phase == _HARVEST else phase for phase in phases]}
    if isinstance(agents, dict) and isinstance(generative := agents.get("generative"), dict):
        words = {"stop_words": False, "reflection_query": "activity"}
        changed["agents"] = {**agents, "generative": {**generative, **words}}
    return {**header, "experiment": changed}


def _with_settings_of_extensions(header: Json) -> Json:
    """Migrate to version 3: settings of a phase belong to its entry; unused kinds of agent have no settings."""
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
    """Move settings from `society.discussion` to `society.phases`; without a discussion phase, drop them."""
    phases = society.get("phases")
    if "discussion" not in society or not isinstance(phases, list):
        return society
    settings = society["discussion"]
    kept = {key: value for key, value in society.items() if key != "discussion"}
    return {**kept, "phases": [{"discussion": settings} if phase == "discussion" else phase for phase in phases]}


def _agents_used(society: Json, agents: Json, members: Any) -> set[str]:
    """Return the kinds of agent on the roster, as in `policy` for `policy:fixed:15`."""
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
