"""Settings of runs as flat keys, and the hashes that stand for what makes runs alike."""

from __future__ import annotations

import json
from collections.abc import Collection, Hashable, Iterable, Mapping
from functools import cache
from hashlib import sha256

from pydantic import JsonValue

from govsim import scenarios
from govsim.config import Experiment, flattened
from govsim.scenarios import FORMATS, Scenario

PROMPTS = "prompts"
"""The setting under which cells with other prompts of the same scenario are told apart."""

Settings = dict[str, JsonValue]

_NAMES_ONLY = ("condition", "scenario")
"""Keys that name an experiment and change no request."""


def flat_settings(experiment: Experiment, members: Iterable[str] = ()) -> Settings:
    """An experiment as dotted keys, as in `world.growth`, without its seed and without what is null or empty.

    Args:
        experiment: what was run.
        members: names for which every member's key is given, defaults included, where they are on the roster.
    """
    content = experiment.model_dump(mode="json", exclude={"seed", "members"})
    named = [name for name in experiment.society.members if name in {*members, *experiment.members}]
    content["members"] = {name: experiment.member(name).model_dump(mode="json") for name in named}
    return {key: value for key, value in flattened(content) if value is not None and value != {}}


def all_settings(experiment: Experiment) -> Settings:
    """An experiment as dotted keys, with every member's."""
    return flat_settings(experiment, experiment.society.members)


def differing(settings: Iterable[Mapping[str, JsonValue]]) -> set[str]:
    """The keys whose value is not the same everywhere; a missing key counts as null."""
    everywhere = list(settings)
    keys = {key for flat in everywhere for key in flat}
    return {key for key in keys if len({json.dumps(flat.get(key)) for flat in everywhere}) > 1}


def told_apart(rows: Iterable[tuple[Hashable, Mapping[str, JsonValue]]]) -> list[Settings]:
    """For each row the settings without which it would read like another one.

    Args:
        rows: what each reads like, and its settings.
    """
    named = list(rows)
    alike: dict[Hashable, list[Mapping[str, JsonValue]]] = {}
    for name, settings in named:
        alike.setdefault(name, []).append(settings)
    keys = {name: sorted(differing(several)) for name, several in alike.items()}
    return [{key: settings.get(key) for key in keys[name]} for name, settings in named]


def short_hash(content: JsonValue) -> str:
    """Eight hexadecimal digits that stand for some content, whatever the order of its keys."""
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:8]


def cell_hash(experiment: Experiment, scenario: str, society: str, prompts: str) -> str:
    """Eight hexadecimal digits that stand for everything that decides a run's result but its seed.

    Args:
        experiment: what was run.
        scenario: the scenario's name.
        society: the society's label.
        prompts: the hash of the scenario's words, price and templates.
    """
    return short_hash([all_settings(experiment), scenario, society, prompts])


def asked_hash(experiment: Experiment, prompts: str, unsent: Collection[str]) -> str:
    """Eight hexadecimal digits that stand for everything that models were asked, whatever else is set.

    Names of conditions and the seed are left out.

    Args:
        experiment: what was run.
        prompts: the hash of the scenario's words, price and templates.
        unsent: settings that were sent to none of its models, which are left out too.
    """
    kept = {key: value for key, value in all_settings(experiment).items() if key not in (*unsent, *_NAMES_ONLY)}
    return short_hash([kept, prompts])


def prompts_hash(scenario: Scenario) -> str:
    """Eight hexadecimal digits that stand for all that a scenario has its prompts say."""
    return short_hash([{**scenario.words}, scenario.price, {**scenario.templates}])


def prompts_name(scenario: str, prompts: str, wording: str | None) -> str:
    """What a scenario's prompts are called: the folder they came from, or that they are govsim's, with their hash.

    Args:
        scenario: the scenario's name.
        prompts: the hash.
        wording: the name of the user's folder; None where it is unknown or there is none.
    """
    if wording is None and prompts in _hashes_of_shipped(scenario):
        wording = "as shipped"
    return prompts if wording is None else f"{wording} ({prompts})"


@cache
def _hashes_of_shipped(scenario: str) -> frozenset[str]:
    """Hashes of a scenario that comes with govsim or a plug-in, for each form of replies."""
    if scenario not in scenarios.scenario_names():
        return frozenset()
    return frozenset(prompts_hash(scenarios.load_scenario(scenario, replies=form)) for form in FORMATS)
