"""Composition of the phases and rules of a month from an experiment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from importlib.resources import files
from importlib.resources.abc import Traversable
from inspect import getfile
from pathlib import Path
from typing import Any

from govsim.agents import AGENTS, POLICIES, Agent, kind_of, settings_of
from govsim.agents.policies import PREFIX, policies_in
from govsim.commons import (
    ALLOCATIONS,
    COLLAPSE,
    GROWTH_LAWS,
    HORIZON,
    SHOCKS,
    check_streams,
    growth_law,
    of_site,
    shocks_of,
)
from govsim.config import CONDITIONS, PROTOCOLS, Experiment, ExtensionEntry, SiteSettings, Used, World
from govsim.errors import ConfigError, PluginError
from govsim.game import UNCHANGED, Incentives, combined
from govsim.plugins import GOVSIM, Extension, Registry
from govsim.scenarios import SCENARIOS, WORLD_TEMPLATES, ExtensionTemplate, is_rules, template_names, world_templates
from govsim.society.phase import PHASES, Phase
from govsim.society.rule import MONTH_POSITIONS, RULES, AddedPhase, Rule
from govsim.society.world_events import templates_needed

_PHASES: Used[Phase] = Used(PHASES, "society.phases")
_RULES: Used[Rule] = Used(RULES, "institutions")
_SHOCKS: Used[Any] = Used(SHOCKS, "world.shocks")


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """The composition of a month.

    Attributes:
        phases: the phases of a month in order, including those added by rules.
        rules: the institutions, in order.
        added_by: names of the rules that added phases, by the name of the phase.
        world_templates: names of the templates that tell members about the world besides the rules of the commons.
    """

    phases: tuple[Phase, ...]
    rules: tuple[Rule, ...]
    added_by: Mapping[str, str] = field(default_factory=dict)
    world_templates: tuple[str, ...] = ()

    @property
    def templates(self) -> dict[str, ExtensionTemplate]:
        """The prompt templates of phases, rules and the world, by name."""
        parts: tuple[Phase | Rule, ...] = (*self.phases, *self.rules)
        own = {name: template for part in parts for name, template in self._templates_of(part)}
        return own | world_templates(self.world_templates)

    def _templates_of(self, part: Phase | Rule) -> Iterator[tuple[str, ExtensionTemplate]]:
        needed: Iterable[str] = part.templates
        if isinstance(part, Phase):
            needed = part.templates_needed(self.phases[: self.phases.index(part)])
        for name in needed:
            yield name, extension_template(part, name)


def extension_template(part: Phase | Rule, name: str) -> ExtensionTemplate:
    """Return a template of a phase or rule: a file in the folder of its module, or of the module of a base class."""
    kinds = [kind for kind in type(part).__mro__ if name in vars(kind).get("templates", {})]
    places = [_beside(kind) / f"{name}.jinja" for kind in kinds]
    return ExtensionTemplate(
        file=next((file for file in places if file.is_file()), places[0]), variables=part.templates[name]
    )


def _beside(kind: type) -> Traversable:
    """Return the folder of the module that defines a class."""
    module = import_module(kind.__module__)
    return files(module.__package__) if module.__package__ else Path(getfile(kind)).parent


def compose(experiment: Experiment, site: str | None = None) -> Composition:
    """Return the composition of an experiment's months, with the phases and rules of all sites or of one.

    Args:
        experiment: the experiment.
        site: name of a site: its rules and their phases, without the phases that span sites.

    Raises:
        ConfigError: a phase, rule, agent, law or setting does not exist or is not compatible; names the key.
    """
    if site is not None:
        found = _composed(experiment.at(site))
        return replace(found, phases=tuple(phase for phase in found.phases if not phase.spans_sites))
    parts = [_composed(experiment.at(name)) for name in experiment.site_names]
    check_streams(map(of_site, experiment.sites))
    return Composition(
        phases=_merged([part.phases for part in parts]),
        rules=tuple({rule.name: rule for part in parts for rule in part.rules}.values()),
        added_by={phase: rule for part in parts for phase, rule in part.added_by.items()},
        world_templates=tuple(dict.fromkeys(name for part in parts for name in part.world_templates)),
    )


def _composed(experiment: Experiment) -> Composition:
    """Return the composition of the months at one site."""
    rules = _RULES.all(experiment.institutions)
    added = [(rule, one) for rule in rules for one in _added_by(rule)]
    phases = _with_added(_PHASES.all(experiment.society.phases), [one for _, one in added])
    _check_names((*phases, *rules))
    _check_decisions(rules)
    for index, phase in enumerate(phases):
        phase.check(experiment, phases[:index])
    for rule in rules:
        rule.check(experiment)
    ALLOCATIONS.get(experiment.world.allocation, key="world.allocation")
    check_streams(_streams((*phases, *rules), experiment.world))
    _check_agents(experiment)
    return Composition(
        phases=phases,
        rules=rules,
        added_by={one.phase.name: rule.name for rule, one in added},
        world_templates=tuple(templates_needed(experiment)),
    )


def _merged(months: Sequence[Sequence[Phase]]) -> tuple[Phase, ...]:
    """Return the phases of several months in order, one of each name."""
    found: list[Phase] = []
    for phases in months:
        place = 0
        for phase in phases:
            names = [one.name for one in found]
            if phase.name in names:
                place = names.index(phase.name) + 1
            else:
                found.insert(place, phase)
                place += 1
    return tuple(found)


def incentives_of(experiment: Experiment) -> Incentives | None:
    """Return what the institutions of an experiment change for a member; None if one of them does not state it.

    Raises:
        ConfigError: as `compose`.
    """
    members = len(experiment.society.members)
    parts = [rule.incentives(members) for rule in compose(experiment).rules]
    known = [one for one in parts if one is not None]
    if len(known) < len(parts):
        return None
    return combined(known) if known else UNCHANGED


def resolved(experiment: Experiment, *, like: Experiment | None = None) -> Experiment:
    """Return the experiment with all settings of its phases, rules, growth law, shocks and agents, including defaults.

    Args:
        experiment: the experiment.
        like: the experiment whose kinds of agent determine the agent settings included; `experiment` if None.

    Raises:
        ConfigError: as `compose`.
    """
    compose(experiment)
    society = experiment.society
    phases = tuple(phase.entry for phase in _PHASES.all(society.phases))
    agents = {
        kind.name: own
        for kind in kinds_used(like or experiment)
        if (own := settings_of(kind, experiment).model_dump(mode="json"))
    }
    return experiment.model_copy(
        update={
            "world": _resolved_world(experiment.world),
            "society": society.model_copy(update={"phases": phases}),
            "institutions": _resolved_rules(experiment.institutions),
            "sites": {name: _resolved_site(experiment, name) for name in experiment.sites},
            "agents": experiment.agents.with_settings_of(agents),
        }
    )


def _resolved_world(world: World) -> World:
    laws = {"growth": growth_law(world).written, "shocks": tuple(one.entry for one in shocks_of(world))}
    return world.model_copy(update=laws)


def _resolved_rules(rules: tuple[ExtensionEntry, ...]) -> tuple[ExtensionEntry, ...]:
    return tuple(rule.entry for rule in _RULES.all(rules))


def _resolved_site(experiment: Experiment, name: str) -> SiteSettings:
    """Return the settings of a site, with all settings of its own growth law, shocks and rules."""
    site = experiment.sites[name]
    world = _resolved_world(experiment.at(name).world).model_dump(mode="json")
    rules = None if site.institutions is None else _resolved_rules(site.institutions)
    return site.model_copy(update={"world": {key: world[key] for key in site.world}, "institutions": rules})


def without_defaults(experiment: Experiment) -> Experiment:
    """Return a resolved experiment without default settings of its phases, rules, growth law and shocks."""
    sites = {
        name: site.model_copy(update={"institutions": site.institutions and _sparse(_RULES, site.institutions)})
        for name, site in experiment.sites.items()
    }
    return experiment.model_copy(
        update={
            "world": experiment.world.model_copy(
                update={
                    "shocks": _sparse(_SHOCKS, experiment.world.shocks),
                    "growth": _sparse_growth(experiment.world),
                }
            ),
            "society": experiment.society.model_copy(update={"phases": _sparse(_PHASES, experiment.society.phases)}),
            "institutions": _sparse(_RULES, experiment.institutions),
            "sites": sites,
        }
    )


def _sparse(used: Used[Any], entries: Iterable[ExtensionEntry]) -> tuple[ExtensionEntry, ...]:
    """Entries with those settings that differ from the defaults; all of them if a setting is required."""
    return tuple(one.model_copy(update={"settings": _beyond(one.settings, _defaults(used, one))}) for one in entries)


def _sparse_growth(world: World) -> float | ExtensionEntry:
    """The growth law with those settings that differ from the defaults."""
    written = growth_law(world).written
    if not isinstance(written, ExtensionEntry):
        return written
    try:
        alone = written.model_copy(update={"settings": {}})
        default = growth_law(world.model_copy(update={"growth": alone})).written
    except ConfigError:  # a setting is required
        return written
    if not isinstance(default, ExtensionEntry):
        return written
    return written.model_copy(update={"settings": _beyond(written.settings, default.settings)})


def _defaults(used: Used[Any], entry: ExtensionEntry) -> Mapping[str, Any]:
    try:
        settings: Mapping[str, Any] = used.one(entry.model_copy(update={"settings": {}})).entry.settings
    except ConfigError:  # a setting is required
        return {}
    return settings


def _beyond(settings: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that differ from defaults, at any depth."""
    found: dict[str, Any] = {}
    for key, value in settings.items():
        default = defaults.get(key)
        if isinstance(value, Mapping) and isinstance(default, Mapping):
            if inner := _beyond(value, default):
                found[key] = inner
        elif key not in defaults or value != default:
            found[key] = value
    return found


def kinds_used(experiment: Experiment) -> tuple[type[Agent], ...]:
    """Return the kinds of agent of all members, without duplicates, in order of their names."""
    kinds = {kind_of(experiment.agent_of(name)) for name in experiment.society.members}
    return tuple(sorted(kinds, key=lambda kind: kind.name))


def parts_used(experiment: Experiment) -> tuple[tuple[str, Extension[Any]], ...]:
    """Return the extensions whose code executes an experiment, each with its kind, as in `growth law`."""
    society, everywhere = experiment.society, [experiment.at(site) for site in experiment.site_names]
    agents = dict.fromkeys(experiment.agent_of(name) for name in society.members)
    used: list[tuple[Registry[Any], str]] = [
        *((PHASES, entry.extension) for entry in society.phases),
        *((RULES, entry.extension) for one in everywhere for entry in one.institutions),
        *((AGENTS, agent.partition(":")[0]) for agent in agents),
        *((POLICIES, one.name) for agent in agents if agent.startswith(PREFIX) for one in policies_in(agent)),
        *((GROWTH_LAWS, law.extension) for one in everywhere if isinstance(law := one.world.growth, ExtensionEntry)),
        *((SHOCKS, entry.extension) for one in everywhere for entry in one.world.shocks),
        *((ALLOCATIONS, one.world.allocation) for one in everywhere),
    ]
    return tuple((registry.kind, found) for registry, name in used if (found := registry.find(name)) is not None)


def plugins_used(experiment: Experiment) -> dict[str, str]:
    """Return the versions of the plug-ins whose extensions an experiment uses, by package name."""
    texts: list[tuple[Registry[Any], str]] = [
        (SCENARIOS, experiment.scenario),
        (CONDITIONS, experiment.condition),
        (PROTOCOLS, experiment.protocol),
    ]
    found = [one for _, one in parts_used(experiment)]
    found += [extension for registry, name in texts if (extension := registry.find(name)) is not None]
    return dict(
        sorted(tuple(one.origin.rsplit(" ", 1)) for one in found if one.origin != GOVSIM)  # type: ignore[misc]
    )


def facts_given(experiment: Experiment) -> dict[str, tuple[str, ...]]:
    """Return the facts that members are given besides what they observe, by agent; agents without any are missing."""
    agents = dict.fromkeys(experiment.agent_of(name) for name in experiment.society.members)
    return {agent: facts for agent in agents if (facts := kind_of(agent).facts(agent))}


def _check_agents(experiment: Experiment) -> None:
    """Reject invalid agents of members, and settings of agents that do not exist."""
    for agent in dict.fromkeys(map(experiment.agent_of, experiment.society.members)):
        kind_of(agent).check(agent)
    for name in experiment.agents.kinds_set:
        settings_of(AGENTS.get(name, key="agents"), experiment)


def _with_added(phases: Sequence[Phase], added: Sequence[AddedPhase]) -> tuple[Phase, ...]:
    """Insert the phases added by rules into the phases of a month."""
    harvests = [index for index, phase in enumerate(phases) if phase.harvests]
    if len(harvests) != 1:
        listed = ", ".join(phase.name for phase in phases)
        raise ConfigError(f"society.phases = {listed}: must contain exactly one harvest")
    after = harvests[0] + 1
    while after < len(phases) and phases[after].reports:
        after += 1
    return (
        *phases[: harvests[0]],
        *_placed(added, "before-harvest"),
        phases[harvests[0]],
        *_placed(added, "before-report"),
        *phases[harvests[0] + 1 : after],
        *_placed(added, "after-harvest"),
        *phases[after:],
        *_placed(added, "month-end"),
    )


def _check_decisions(rules: Sequence[Rule]) -> None:
    """Reject settings that are to be decided by no institution, or by two, and decisions about anything else.

    Raises:
        ConfigError: there are such settings.
    """
    subjects = [f"{rule.name}.{setting}" for rule in rules for setting in rule.undecided]
    deciders = [(subject, rule.name) for rule in rules for subject in rule.decides]
    for subject, by in deciders:
        if subject not in subjects:
            listed = ", ".join(subjects) or "none; give one the value `decided`, as in quota: {amount: decided}"
            raise ConfigError(f"institutions.{by} = {subject}: no such setting to be decided; available: {listed}")
    for subject in subjects:
        found = [name for decided, name in deciders if decided == subject]
        if len(found) != 1:
            problem = (
                f"{' and '.join(found)} decide it; remove one"
                if found
                else "no institution decides it; add one that does"
            )
            raise ConfigError(f"institutions.{subject} = decided: {problem}")


def _added_by(rule: Rule) -> Iterator[AddedPhase]:
    """Yield the phases that a rule adds.

    Raises:
        PluginError: an added phase is invalid.
    """
    for one in rule.phases():
        if not isinstance(one, AddedPhase) or not isinstance(one.phase, Phase):
            raise PluginError(f"rule {rule.name}: adds {one!r}; must be a govsim.society.AddedPhase with a Phase")
        if one.place not in MONTH_POSITIONS:
            raise PluginError(
                f"rule {rule.name}: adds {one.phase.name} at {one.place!r}; must be one of {', '.join(MONTH_POSITIONS)}"
            )
        if one.phase.harvests:
            raise PluginError(f"rule {rule.name}: adds the harvest {one.phase.name}; a month has exactly one harvest")
        yield one


def _placed(added: Iterable[AddedPhase], place: str) -> Iterator[Phase]:
    return (one.phase for one in added if one.place == place)


def _streams(parts: Sequence[Phase | Rule], world: World) -> Iterator[tuple[str, str]]:
    """Yield kind and name of everything with a random stream: policies have one per phase, and phases several uses."""
    yield "growth law", growth_law(world).name
    yield from (COLLAPSE, HORIZON)
    yield from (("shock", entry.name) for entry in world.shocks)
    for part in parts:
        if isinstance(part, Rule):
            yield "rule", part.name
        else:
            uses = (f"phase {use}" for use in part.streams)
            yield from ((kind, part.name) for kind in ("phase", "policy", *uses))


def _check_names(parts: Sequence[Phase | Rule]) -> None:
    """Reject duplicate names of phases, rules and templates."""
    seen: set[tuple[str, str]] = set()
    templates: dict[str, Mapping[str, Any]] = {}
    for part in parts:
        kind = "phase" if isinstance(part, Phase) else "rule"
        if (kind, part.name) in seen:
            raise ConfigError(f"{kind} {part.name} is listed twice; give one of them another name with as: NAME")
        seen.add((kind, part.name))
        for name, variables in part.templates.items():
            if name in template_names() or name in WORLD_TEMPLATES or is_rules(name):
                raise PluginError(
                    f"{kind} {part.name}: has a template {name}, which is a template of every scenario; rename it"
                )
            if templates.setdefault(name, variables) is not variables:
                raise PluginError(
                    f"{kind} {part.name}: has a template {name}, as has another phase or rule; rename one of them"
                )
