"""Conditions and protocols: named YAML files with settings of an experiment."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from types import ModuleType
from typing import Any

from govsim.config.loading import FILE_ENDINGS, load_experiment_file
from govsim.config.paths import expanded
from govsim.config.section import nearest
from govsim.errors import ConfigError
from govsim.plugins import Registry

DEFAULT = "default"
"""Name of the condition and of the protocol that apply unless others are chosen."""

_OF_A_PROTOCOL = ("agents", "models", "protocol", "society")
"""Sections that a protocol can set: how members are asked and remember. The others are part of a condition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A condition or a protocol provided by a package."""

    name: str
    file: Traversable


def _preset(name: str, module: ModuleType) -> Preset:
    """Return the preset of a plug-in's entry point: the file with the preset's name in a package."""
    return Preset(name=name, file=resources.files(module) / f"{name}.yaml")


def _flaw(value: Any) -> str | None:
    if not isinstance(value, Preset) or not value.file.is_file():
        return "its entry point must name a package that contains a file with its name and the suffix .yaml"
    return None


CONDITIONS: Registry[Preset] = Registry("condition", group="conditions", flaw=_flaw, adapt=_preset)
PROTOCOLS: Registry[Preset] = Registry("protocol", group="protocols", flaw=_flaw, adapt=_preset)

for _registry, _folder in ((CONDITIONS, "conditions"), (PROTOCOLS, "protocols")):
    for _file in sorted((resources.files("govsim.config") / _folder).iterdir(), key=lambda file: file.name):
        if _file.name.endswith(".yaml"):
            _registry.register(Preset(name=_file.name.removesuffix(".yaml"), file=_file))


def condition_names() -> list[str]:
    """Return the names of the conditions provided by govsim and plug-ins."""
    return sorted(CONDITIONS.names)


def protocol_names() -> list[str]:
    """Return the names of the protocols provided by govsim and plug-ins."""
    return sorted(PROTOCOLS.names)


def load_condition(condition: str) -> dict[str, Any]:
    """Return the keys that a condition sets: one provided by a package, by name, or a YAML file, by path.

    Raises:
        ConfigError: there is no such condition.
    """
    return _loaded(CONDITIONS, condition)


def load_protocol(protocol: str) -> dict[str, Any]:
    """Return the keys that a protocol sets: one provided by a package, by name, or a YAML file, by path.

    Raises:
        ConfigError: there is no such protocol, or it sets keys that are part of a condition.
    """
    keys = _loaded(PROTOCOLS, protocol)
    if unknown := [key for key in keys if key not in _OF_A_PROTOCOL]:
        raise ConfigError(
            f"protocol = {protocol}: sets {unknown[0]}, but a protocol can set only keys of "
            f"{', '.join(key for key in _OF_A_PROTOCOL if key != 'protocol')}; set others in a condition"
        )
    return keys


def _loaded(registry: Registry[Preset], name: str) -> dict[str, Any]:
    kind = registry.kind
    if name.endswith(FILE_ENDINGS):
        path = expanded(name)
        return {kind: path.stem, **load_experiment_file(path)}
    found = registry.find(name)
    if found is None:
        raise ConfigError(
            f"{kind} = {name}: there is no such {kind}{nearest(name, registry.names)}; "
            f"choose from {registry.offered}, or give a YAML file"
        )
    with resources.as_file(found.value.file) as file:
        return {kind: name, **load_experiment_file(file)}
