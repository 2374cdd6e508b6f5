"""The names of societies that are shown together: the same settings in all of them, and members where they differ."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Protocol, Self, TypeVar

from pydantic import JsonValue

from govsim.analysis.settings import (
    PROMPTS,
    FlatSettings,
    Naming,
    all_settings,
    changes_of,
    composition_of,
    decides,
    models_by_member,
    prompts_hash,
    settings_in_short,
    setup_of,
)
from govsim.config import Experiment
from govsim.journal import Header


class Configured(Protocol):
    """A run or a society with its experiment, as `RunMeasures` and `NamedSociety`."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def experiment(self) -> Experiment:
        """The experiment."""

    @property
    def models(self) -> Mapping[str, str]:
        """The language model of each member that has one."""

    @property
    def informed(self) -> Mapping[str, tuple[str, ...]]:
        """Facts that agents are given besides what their member observes, by agent."""

    @property
    def composition(self) -> str:
        """How the members decide, by group where they differ."""

    @property
    def changes(self) -> Mapping[str, JsonValue]:
        """Settings that differ from the defaults of the scenario and the condition, by dotted key."""

    @property
    def named(self) -> frozenset[str]:
        """Keys of `changes` that are there because other runs change them."""

    @property
    def prompts(self) -> str:
        """A short hash of the scenario's texts, price and templates."""

    @property
    def prompts_folder(self) -> str | None:
        """The name of the user's folder of prompts; None for built-in prompts."""


T = TypeVar("T", bound=Configured)

_EMPTY = {"null", "[]", "{}"}

_Members = tuple[tuple[str, str], ...]
"""Each member of a society, and how it decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedSociety:
    """What names the society of a run, from the header of its journal; the attributes are those of `Configured`."""

    experiment: Experiment
    models: Mapping[str, str]
    informed: Mapping[str, tuple[str, ...]]
    composition: str
    changes: Mapping[str, JsonValue]
    prompts: str
    prompts_folder: str | None
    named: frozenset[str] = frozenset()

    @classmethod
    def of(cls, header: Header) -> Self:
        """Return the setup of the run of a header."""
        models = models_by_member(header)
        return cls(
            experiment=header.experiment,
            models=models,
            informed=header.informed,
            composition=composition_of(header.experiment, models, informed=header.informed),
            changes=changes_of(header),
            prompts=prompts_hash(header.scenario),
            prompts_folder=header.wording,
        )


def setups_of(headers: Iterable[Header]) -> list[str]:
    """Return the setups of runs that are shown together, each in one line; see `setups_in`."""
    return setups_in(map(NamedSociety.of, headers))


def setups_in(runs: Iterable[Configured]) -> list[str]:
    """Return how the members of each run decide, its changed settings and its own prompts, in one line.

    Args:
        runs: the runs that are shown together, which are named alike.
    """
    return [setup_of(run.composition, run.changes) for run in with_prompts(named_alike(runs))]


def with_prompts(runs: Iterable[T]) -> list[T]:
    """Return runs whose changed settings include the user's own prompts by name, for texts that show nothing else.

    Args:
        runs: the runs that are shown together.
    """
    found = list(runs)
    names = settings_in_short(
        {} if run.prompts_folder is None else {PROMPTS: f"{run.prompts_folder} ({run.prompts})"} for run in found
    )
    return [replace(run, changes={**run.changes, **own}) for run, own in zip(found, names, strict=True)]


def named_alike(runs: Iterable[T]) -> list[T]:
    """Return runs with the same settings in their names: those that some of them change are named in all of them.

    A setting that an experiment file gives to all its runs is a change only where the scenario and the condition have
    another value, as with 12 months in the conditions `default` (12 months) and `newcomer` (15 months). Where
    conditions or scenarios have different values of their own, a run names its value if another run was given the same
    value. A default is named where societies of the same members in the same scenario differ in one setting only, such
    as growth. Runs that have been named among others are named again. Members are named where societies differ only in
    what their members do, or in who they are.

    Args:
        runs: the runs that are shown together.
    """
    found = [_as_given(run) for run in runs]
    changed = {key for run in found for key in run.changes}
    if partly := [key for key in sorted(changed) if any(key not in run.changes for run in found)]:
        settings = [all_settings(run.experiment) for run in found]
        named = {key: _named_values(key, found, settings) for key in partly}
        defaults = {key: _named_default(key, found, settings) for key in partly}
        beside: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        for run in found:
            beside[run.experiment.scenario, run.composition].update(run.changes)
        for index, (run, own) in enumerate(zip(found, settings, strict=True)):
            varying = beside[run.experiment.scenario, run.composition] & defaults.keys()
            default = {key: defaults[key] for key in varying} if len(varying) == 1 else {}
            values = {key: several | default.get(key, set()) for key, several in named.items()}
            named_in = _with_named(run, values, own)
            found[index] = replace(run, changes=named_in, named=frozenset(named_in.keys() - run.changes.keys()))
    return _with_members(found)


def _as_given(run: T) -> T:
    """A run with only the changes that it was given."""
    if not run.named:
        return run
    own = {key: value for key, value in run.changes.items() if key not in run.named}
    return replace(run, changes=own, named=frozenset())


def _named_values(key: str, runs: Sequence[Configured], settings: Sequence[FlatSettings]) -> set[str]:
    """The values of a setting, as JSON, that a run was given: they are named in every run that has them."""
    return {json.dumps(own.get(key)) for run, own in zip(runs, settings, strict=True) if key in run.changes}


def _named_default(key: str, runs: Sequence[Configured], settings: Sequence[FlatSettings]) -> set[str]:
    """The value of a setting, as JSON, that all runs have that were not given any; empty if it is never named.

    An empty value, a list (as of phases) or a setting of a member is named only if a run was given it.
    """
    others = {json.dumps(own.get(key)) for run, own in zip(runs, settings, strict=True) if key not in run.changes}
    if len(others) != 1 or key.startswith("members.") or any(value in _EMPTY or value[0] == "[" for value in others):
        return set()
    return others


def _with_named(run: Configured, named: Mapping[str, set[str]], settings: FlatSettings) -> FlatSettings:
    """The changed settings of a run and the others that are named, in the order of its settings."""
    others = {
        key: settings[key]
        for key, values in named.items()
        if key in settings and json.dumps(settings[key]) in values and _concerns(key, run)
    }
    order = {key: index for index, key in enumerate(settings)}
    return dict(sorted({**others, **run.changes}.items(), key=lambda one: order.get(one[0], len(order))))


def _concerns(key: str, run: Configured) -> bool:
    """Whether a setting can have an effect in a run: those of models and agents only where they are used."""
    if key.startswith("models."):
        return bool(run.models)
    kinds = {run.experiment.agent_of(member) for member in run.experiment.society.members}
    return not key.startswith("agents.") or any(key.startswith(f"agents.{kind}.") for kind in kinds)


def _with_members(runs: Sequence[T]) -> list[T]:
    """The runs, with their members by name where different societies of one condition would have the same setup."""
    members = [_members(run) for run in runs]
    setups = [setup_of(run.composition, run.changes) for run in runs]
    alike: dict[tuple[str, str, str], set[_Members]] = defaultdict(set)
    for run, setup, own in zip(runs, setups, members, strict=True):
        alike[setup, run.experiment.scenario, run.experiment.condition].add(own)
    ambiguous: dict[str, set[_Members]] = {}
    for (setup, _, _), several in alike.items():
        if len(several) > 1:
            ambiguous[setup] = several | ambiguous.get(setup, set())
    return [
        _with_names(run, ambiguous[setup]) if setup in ambiguous else run
        for run, setup in zip(runs, setups, strict=True)
    ]


def _members(run: Configured) -> _Members:
    """Each member and how it decides."""
    return tuple((member, decides(run.experiment, run.models, member)) for member in run.experiment.society.members)


def _with_names(run: T, alike: Iterable[_Members]) -> T:
    """A run with its members by name: those of smaller groups, or all if societies differ in who their members are."""
    rosters = {tuple(name for name, _ in members) for members in alike}
    named: Naming = "smaller groups" if len(rosters) == 1 else "all"
    return replace(run, composition=composition_of(run.experiment, run.models, named, run.informed))
