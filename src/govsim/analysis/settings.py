"""Settings of runs as flat keys, descriptions of societies, and hashes that identify runs with the same settings."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from functools import cache
from hashlib import sha256
from typing import Literal

from pydantic import JsonValue

from govsim import scenarios
from govsim.analysis.tables.formatting import setting
from govsim.config import (
    CONDITIONS,
    Agents,
    Continuation,
    Experiment,
    Member,
    SocietySettings,
    experiment_from,
    flattened,
    load_condition,
)
from govsim.errors import ConfigError
from govsim.journal import Header
from govsim.scenarios import FORMAT_TEMPLATES, PROMPTS_VERSION, Scenario

PROMPTS = "prompts"
"""The setting that distinguishes cells with different prompts of the same scenario."""

VERSION = "prompts_version"
"""The setting that distinguishes runs with other versions of govsim's own prompts."""

INFORMED = " (informed)"
"""Marks agents that are given facts about the world."""

GROUP_SEPARATOR = ", "
"""Separates the groups of members in a composition."""

FlatSettings = dict[str, JsonValue]

Naming = Literal["single members", "smaller groups", "all"]
"""Which groups of a composition are shown by the names of their members: groups of one, all but the largest, or all."""

_HASH = re.compile(r" \([0-9a-f]{8}\)$")

_COMPOSITION = ("agents.default", "models.default", "members")
_OF_A_MEMBER = re.compile(r"members\.([^.]+)\.(.+)")
_WHO = ("agent", "model")
_MEMBER = Member().model_dump(mode="json")
_ALWAYS_RECORDED = ("joins", "model_args", "extra_body")
"""Keys of a member that journals of every version record, with their defaults at least."""

_ENTRIES = ("world.shocks", "institutions")
"""Lists of entries, whose settings are shown by the name of the entry."""

_STARTS = {
    **{"observation.stock": "observed stock", "observation.lag": "reporting lag", "observation.": ""},
    **{"world.shocks.": "", "institutions.": ""},
    **dict.fromkeys(
        ("world.", "society.phases.", "society.", "models.sampling.", "models.", "agents.", "members.", "sites."), ""
    ),
}
"""Words for the starts of keys, the most specific first."""

_WORDS = {
    "args": "model argument",
    "model_args": "model argument",
    "framework_args": "framework model argument",
}
"""Words for parts of keys that are not words with underscores."""

_NAMES_ONLY = ("condition", "protocol", "scenario")
"""Keys that name an experiment and do not change requests."""


def flat_settings(experiment: Experiment, members: Iterable[str] = ()) -> FlatSettings:
    """Return an experiment as dotted keys, as in `world.growth`, without its seed and without null or empty values.

    Args:
        experiment: the experiment.
        members: members whose keys are all included, defaults too, if they are on the roster.
    """
    content = experiment.model_dump(mode="json", exclude={"seed", "members"})
    named = [name for name in experiment.society.members if name in {*members, *experiment.members}]
    content["members"] = {name: experiment.member(name).model_dump(mode="json") for name in named}
    return {key: value for key, value in flattened(content) if value is not None and value != {}}


def all_settings(experiment: Experiment) -> FlatSettings:
    """Return an experiment as dotted keys, including those of every member."""
    return flat_settings(experiment, experiment.society.members)


def differing(settings: Iterable[Mapping[str, JsonValue]]) -> set[str]:
    """Return the keys whose values differ; a missing key counts as null."""
    everywhere = list(settings)
    keys = {key for flat in everywhere for key in flat}
    return {key for key in keys if len({json.dumps(flat.get(key)) for flat in everywhere}) > 1}


def distinguishing_settings(rows: Iterable[tuple[Hashable, Mapping[str, JsonValue]]]) -> list[FlatSettings]:
    """Return for each row the settings that distinguish it from rows with the same name.

    Args:
        rows: the name of each row, and its settings.
    """
    named = list(rows)
    alike: dict[Hashable, list[Mapping[str, JsonValue]]] = {}
    for name, settings in named:
        alike.setdefault(name, []).append(settings)
    keys = {name: sorted(differing(several)) for name, several in alike.items()}
    return [{key: settings.get(key) for key in keys[name]} for name, settings in named]


def changes_of(header: Header) -> FlatSettings:
    """Return a run's settings that differ from the defaults of its scenario and condition, by dotted key.

    They include the version of the prompts if models were asked with another version than the current one.

    Older journals do not record changed settings. Their settings are compared with the current defaults, except those
    of phases, rules, growth laws and agents; settings of a custom condition are included.
    """
    changes = _without_defaults(_inferred_changes(header) if header.changes is None else header.changes)
    if header.prompts_version != PROMPTS_VERSION and header.imported is None and _asks_models(header):
        changes[VERSION] = header.prompts_version
    return changes


def _without_defaults(changes: Mapping[str, JsonValue]) -> FlatSettings:
    """Changes without the defaults of members that only the experiment configures: they are recorded with all keys.

    Mappings that were empty, which are recorded as null with their new entries, are excluded too.
    """
    of_members = [found for key in changes if (found := _OF_A_MEMBER.fullmatch(key))]
    recorded = {(found[1], found[2].partition(".")[0]) for found in of_members}
    new = {name for name, _ in recorded if all((name, key) in recorded for key in _ALWAYS_RECORDED)}
    parents = {
        ".".join(parts[:number]) for key in changes if (parts := key.split(".")) for number in range(1, len(parts))
    }
    return {
        key: value
        for key, value in changes.items()
        if not (_is_default(key, value, new) or (value is None and key in parents))
    }


def _is_default(key: str, value: JsonValue, members: Collection[str]) -> bool:
    """Whether a key is that of one of some members, with its default value."""
    found = _OF_A_MEMBER.fullmatch(key)
    return found is not None and found[1] in members and found[2] in _MEMBER and value == _MEMBER[found[2]]


def _asks_models(header: Header) -> bool:
    return any(header.model_of(member) is not None for member in header.experiment.society.members)


def _inferred_changes(header: Header) -> FlatSettings:
    experiment = header.experiment
    named = load_condition(experiment.condition) if CONDITIONS.find(experiment.condition) else {}
    try:
        default = experiment_from({"world": header.scenario.world}, named, {"scenario": experiment.scenario})
    except ConfigError:  # a condition of that name has changed since
        default = Experiment()
    before = dict(flattened(default.model_dump(mode="json")))
    now = dict(flattened(experiment.model_dump(mode="json", exclude={"seed", "condition", "scenario"})))
    return {
        key: value
        for key, value in now.items()
        if value != before.get(key) and (key in before or key.startswith("members."))
    }


def composition(header: Header) -> str:
    """Return how the members of the society of a run decide; see `composition_of`."""
    return composition_of(header.experiment, models_by_member(header), informed=header.informed)


def models_by_member(header: Header) -> dict[str, str]:
    """Return the language model of each member that has one."""
    found = {name: header.model_of(name) for name in header.experiment.society.members}
    return {name: model for name, model in found.items() if model is not None}


def composition_of(
    experiment: Experiment,
    models: Mapping[str, str],
    named: Naming = "single members",
    informed: Collection[str] = (),
) -> str:
    """Return how members decide, by group: `openai/gpt-4o` or `4 × policy:fair-share, Luke: policy:greedy`.

    Members are grouped by model and agent, the largest group first. The default agent type is not shown.

    Args:
        experiment: the experiment.
        models: the language model of each member that has one.
        named: which groups are shown by the names of their members.
        informed: agents that are given facts about the world, which are marked.
    """
    groups: dict[str, list[str]] = {}
    for member in experiment.society.members:
        who = decides(experiment, models, member)
        who = f"{who}{INFORMED}" if experiment.agent_of(member) in informed else who
        groups.setdefault(who, []).append(member)
    if len(groups) == 1 and named != "all":
        return next(iter(groups))
    shown: list[str] = []
    for who, names in sorted(groups.items(), key=lambda group: -len(group[1])):
        is_named = len(names) == 1 or named == "all" or (named == "smaller groups" and bool(shown))
        shown.append(f"{' + '.join(names)}: {who}" if is_named else f"{len(names)} × {who}")
    return GROUP_SEPARATOR.join(shown)


def decides(experiment: Experiment, models: Mapping[str, str], member: str) -> str:
    """Return how a member decides: its model, unless it has none, and its agent, unless that is the default one."""
    model, agent = models.get(member), experiment.agent_of(member)
    if model is None:
        return agent
    return model if agent == Agents().default else f"{model} ({agent})"


def informed_notes(informed: Iterable[Mapping[str, Sequence[str]]]) -> list[str]:
    """Return a note on agents that are given facts besides what their members observe; none if there are none.

    Args:
        informed: the facts by agent, of each run.
    """
    facts = {agent: ", ".join(given) for one in informed for agent, given in one.items()}
    named = "; ".join(f"{agent} ({given})" for agent, given in sorted(facts.items()))
    return [f"Informed agents know facts that members do not observe: {named}."] if named else []


def described(changes: Mapping[str, JsonValue]) -> FlatSettings:
    """Return changed settings by the short names that tables and pages show, such as `growth` for `world.growth`.

    Settings that the composition shows (models and agents of members) are excluded, and lists of shocks and rules whose
    settings are shown. So is whether a random horizon is stated to members, unless it is not.
    """
    shown: FlatSettings = {}
    for key, value in changes.items():
        of_member = _OF_A_MEMBER.fullmatch(key)
        if key.endswith("args.sha256"):
            continue  # of a local model, which its file name identifies for readers
        if key == "world.horizon.told" and value == Continuation.model_fields["told"].default:
            continue
        if key in _ENTRIES and isinstance(value, list) and all(_has_settings(key, one, changes) for one in value):
            continue
        if key in _COMPOSITION or (of_member and of_member[2] in _WHO):
            continue
        shown[short_name(key)] = _shown(key, value)
    return shown


def _shown(key: str, value: JsonValue) -> JsonValue:
    """A changed setting as it is shown: the number of members, ranges and the report of catches in words."""
    if key == "society.members" and isinstance(value, list):
        is_only_renamed = len(value) == len(SocietySettings().members)
        return f"{len(value)} (renamed)" if is_only_renamed else len(value)
    if key == "society.transparency" and isinstance(value, bool):
        return "full" if value else "own"
    return _with_range(value, is_range=key.endswith(".uniform"))


def _with_range(value: JsonValue, *, is_range: bool) -> JsonValue:
    """A value in which ranges of uniform distributions are in words."""
    if isinstance(value, dict):
        return {name: _with_range(one, is_range=name == "uniform") for name, one in value.items()}
    return " to ".join(map(setting, value)) if is_range and isinstance(value, list) else value


def _has_settings(key: str, entry: JsonValue, changes: Mapping[str, JsonValue]) -> bool:
    """Whether the settings of an entry of a list are among some changes."""
    return any(other.startswith(f"{key}.{entry}.") for other in changes)


def short_name(key: str) -> str:
    """Return the name of a setting that tables and pages show, such as `growth` for `world.growth`.

    It has words instead of a key: `prompts version`, `discussion max lines`, `model argument path`, `Luke limit`.
    """
    name = next((word + key.removeprefix(start) for start, word in _STARTS.items() if key.startswith(start)), key)
    return " ".join(_WORDS.get(part, part.replace("_", " ")) for part in name.split("."))


def settings_in_short(rows: Iterable[Mapping[str, JsonValue]]) -> list[FlatSettings]:
    """Return the settings of several rows as tables show them: by their short names, and prompts without their hash.

    Prompts keep their hash where other prompts have the same name.

    Args:
        rows: the settings of each row, by dotted key.
    """
    shown = [{short_name(key): value for key, value in row.items()} for row in rows]
    texts = {str(row[PROMPTS]) for row in shown if PROMPTS in row}
    names = Counter(_HASH.sub("", text) for text in texts)
    for row in shown:
        name = _HASH.sub("", str(row.get(PROMPTS)))
        if names[name] == 1:
            row[PROMPTS] = name
    return shown


def natural(text: str) -> list[tuple[int, float, str]]:
    """Return a key that sorts texts by the numbers in them, so that `growth 2` is before `growth 10`."""
    parts = re.split(r"(\d+(?:\.\d+)?)", text)
    return [(1, float(part), "") if index % 2 else (0, 0.0, part) for index, part in enumerate(parts)]


def setup_of(who: str, changes: Mapping[str, JsonValue]) -> str:
    """Return a society in one line: how its members decide, and its settings that differ from the defaults."""
    return ", ".join([who, *settings_in_words(changes)])


def settings_in_words(changes: Mapping[str, JsonValue]) -> list[str]:
    """Return changed settings as short texts, such as `growth 1.5`."""
    return [f"{name} {setting(value)}" for name, value in described(changes).items()]


def society_names(setups: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the name of each society by its label: its setup, with a number if several societies share it.

    Args:
        setups: the label and the setup of each run. Older journals do not record all changed settings, so the setups of
            one label can differ; the shortest is used.
    """
    shortest: dict[str, str] = {}
    for label, setup in setups:
        shortest[label] = min(shortest.get(label, setup), setup, key=len)
    seen: Counter[str] = Counter()
    names: dict[str, str] = {}
    for label, setup in shortest.items():
        seen[setup] += 1
        names[label] = setup if seen[setup] == 1 else f"{setup} ({seen[setup]})"
    return names


def short_hash(content: JsonValue) -> str:
    """Return a hash of some content with eight hexadecimal digits, independent of the order of its keys."""
    return _full_hash(content)[:8]


def _full_hash(content: JsonValue) -> str:
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def cell_hash(experiment: Experiment, scenario: str, society: str, prompts: str) -> str:
    """Return a hash of everything that determines a run's result except its seed.

    Args:
        experiment: the experiment.
        scenario: the scenario's name.
        society: the society's label.
        prompts: the hash of the scenario's texts, price and templates.
    """
    return short_hash([all_settings(experiment), scenario, society, prompts])


def asked_hash(experiment: Experiment, prompts: str, unsent: Collection[str]) -> str:
    """Return a hash of everything that determines the requests to models.

    Names of conditions and the seed are excluded.

    Args:
        experiment: the experiment.
        prompts: the hash of the scenario's texts, price and templates.
        unsent: settings that were sent to none of its models, which are excluded too.
    """
    kept = {key: value for key, value in all_settings(experiment).items() if key not in (*unsent, *_NAMES_ONLY)}
    return short_hash([kept, prompts])


def prompts_hash(scenario: Scenario) -> str:
    """Return a short hash of everything in a scenario that determines its prompts."""
    return prompts_sha256(scenario)[:8]


def prompts_sha256(scenario: Scenario) -> str:
    """Return the SHA-256 hash of everything in a scenario that determines its prompts."""
    return _full_hash([{**scenario.words}, scenario.price, {**scenario.templates}])


def prompts_name(scenario: str, prompts: str, prompts_folder: str | None) -> str:
    """Return the name of a scenario's prompts: their folder, or `as shipped`, with their hash.

    Args:
        scenario: the scenario's name.
        prompts: the hash.
        prompts_folder: the name of the user's folder; None if it is unknown or there is none.
    """
    if prompts_folder is None and prompts in _hashes_of_shipped(scenario):
        prompts_folder = "as shipped"
    return prompts if prompts_folder is None else f"{prompts_folder} ({prompts})"


@cache
def _hashes_of_shipped(scenario: str) -> frozenset[str]:
    """Hashes of a scenario of govsim or a plug-in, for each format of replies."""
    if scenario not in scenarios.scenario_names():
        return frozenset()
    return frozenset(prompts_hash(scenarios.load_scenario(scenario, replies=form)) for form in FORMAT_TEMPLATES)
