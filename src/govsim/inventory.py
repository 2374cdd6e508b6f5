"""All available extensions with their settings, as listed by `govsim plugins` and the reference pages."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import distributions
from inspect import cleandoc
from typing import Any

from govsim.agents.policies import PREFIX, written_form
from govsim.config.describing import SettingKey, documented_fields, one_sentence, setting_keys
from govsim.plugins import GOVSIM, REGISTRIES, Extension, PluginWarning, Registry, package_of, registry
from govsim.scenarios.loader import ScenarioFolder

_KEYS = {
    "phases": "society.phases.",
    "rules": "institutions.",
    "growth_laws": "world.growth.",
    "shocks": "world.shocks.",
    "agents": "agents.",
    "policies": PREFIX,
}
"""The prefix of the keys of an extension's settings, by kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One extension.

    Attributes:
        name: name in settings and output.
        origin: the package that provides it.
        summary: description in one line.
        settings: its settings, with their keys in an experiment.
        written: how it is written in an experiment, if that differs from its name; otherwise empty.
    """

    name: str
    origin: str
    summary: str
    settings: tuple[SettingKey, ...]
    written: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of extension.

    Attributes:
        name: name of the kind, as in `growth law`.
        group: its name in commands, as in `growth_laws`.
        entry_points: its entry-point group for plug-ins.
        extensions: all available extensions of the kind.
    """

    name: str
    group: str
    entry_points: str
    extensions: tuple[Listed, ...]


def inventory() -> tuple[Kind, ...]:
    """Return all available extensions, kind by kind; `plugin_problems` reports those that cannot be used."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PluginWarning)
        return tuple(_kind(group, registry(group)) for group in REGISTRIES)


def plugin_problems() -> tuple[str, ...]:
    """Return one line for each plug-in that cannot be used, with the reason."""
    found = (" ".join(problem.split()) for group in REGISTRIES for problem in registry(group).problems)
    return (*found, *_in_unknown_groups())


def _in_unknown_groups() -> Iterator[str]:
    """Report entry points in groups that look like those of govsim but do not exist, such as misspelt ones."""
    known = {f"{GOVSIM}.{group}" for group in REGISTRIES}
    points = {point for package in distributions() for point in package.entry_points}
    for point in sorted(points, key=lambda point: (point.group, point.name)):
        if point.group.startswith(f"{GOVSIM}.") and point.group not in known:
            yield (
                f"{point.name} of {package_of(point)}: {point.group} is not a group of extensions; choose from "
                f"{', '.join(sorted(known))}"
            )


def _kind(group: str, known: Registry[Any]) -> Kind:
    return Kind(
        name=known.kind,
        group=group,
        entry_points=known.group,
        extensions=tuple(_listed(group, extension) for extension in known),
    )


def _listed(group: str, extension: Extension[Any]) -> Listed:
    settings = getattr(extension.value, "Settings", None)
    prefix = f"{_KEYS.get(group, '')}{extension.name}{':' if group == 'policies' else '.'}"
    return Listed(
        name=extension.name,
        origin=extension.origin,
        summary=_summary(extension.value),
        settings=() if settings is None else tuple(setting_keys(documented_fields(settings), prefix)),
        written=PREFIX + written_form(extension) if group == "policies" else "",
    )


def _summary(value: Any) -> str:
    """Describe an extension: its own summary, or the first paragraph of its docstring or line of its file."""
    for name in ("description", "summary", "title"):
        if text := getattr(value, name, "") or "":
            return one_sentence(str(text))
    if isinstance(value, type):
        own = cleandoc(value.__doc__ or "")  # not inherited, as the base class describes all of its kind
        return one_sentence(own.partition("\n\n")[0])
    if isinstance(value, ScenarioFolder):
        from govsim.scenarios import load_scenario

        return load_scenario(value.name).title
    first = value.file.read_text(encoding="utf-8").partition("\n")[0]
    return one_sentence(first.removeprefix("#")) if first.startswith("#") else f"Settings in {value.file.name}."
