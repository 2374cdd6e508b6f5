"""Extension points: everything that is registered under a name, by govsim or by an installed plug-in.

An extension is defined in one file. In govsim that file registers it (`Registry.register`); a plug-in declares it in
its `pyproject.toml`, as in::

    [project.entry-points."govsim.phases"]
    vote = "govsim_vote:VotePhase"

Extensions are loaded when one of their kind is first needed. A plug-in that cannot be used is reported in one line; the
others remain usable.
"""

from __future__ import annotations

import pkgutil
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from threading import RLock
from typing import Any, Generic, TypeVar

from govsim.errors import ConfigError, PluginError

T = TypeVar("T")

GOVSIM = "govsim"
"""The origin of built-in extensions."""

REGISTRIES: Mapping[str, str] = {
    "agents": "govsim.agents.protocol:AGENTS",
    "policies": "govsim.agents.policies:POLICIES",
    "phases": "govsim.society.phase:PHASES",
    "rules": "govsim.society.rule:RULES",
    "events": "govsim.journal:EVENTS",
    "growth_laws": "govsim.commons.growth:GROWTH_LAWS",
    "shocks": "govsim.commons.shocks:SHOCKS",
    "allocations": "govsim.commons.allocation:ALLOCATIONS",
    "scenarios": "govsim.scenarios.loader:SCENARIOS",
    "conditions": "govsim.config.presets:CONDITIONS",
    "protocols": "govsim.config.presets:PROTOCOLS",
    "measures": "govsim.analysis.measures:MEASURES",
    "figures": "govsim.analysis.figures:FIGURES",
    "skill_tests": "govsim.skills:SKILL_TESTS",
    "judge_questions": "govsim.studies.dialogue.judge_question:QUESTIONS",
    "executors": "govsim.jobs:EXECUTORS",
}
"""Location of the registry of each kind of extension, as `module:NAME`, by entry-point group."""

_MOST_OFFERED = 12

_LOADING = RLock()
"""Held while built-in extensions are imported; one for all registries, as those of one kind can need another."""

_NAME = re.compile(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*")


class PluginWarning(UserWarning):
    """A plug-in cannot be used and is ignored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension(Generic[T]):
    """One registered extension.

    Attributes:
        name: its name in settings and output.
        value: the extension itself.
        origin: its package, with the version if it is a plug-in.
        is_installed: whether other processes find it too; False if only this program has registered it.
    """

    name: str
    value: T
    origin: str
    is_installed: bool = True


class Registry(Generic[T]):
    """All extensions of one kind.

    Attributes:
        kind: the kind of extension, as in `growth law`.
        group: the entry-point group of plug-ins, as in `govsim.growth_laws`.
    """

    def __init__(
        self,
        kind: str,
        *,
        group: str,
        home: str | None = None,
        flaw: Callable[[Any], str | None] = lambda value: None,
        adapt: Callable[[str, Any], Any] = lambda name, value: value,
        name_of: Callable[[Any], object] = lambda value: getattr(value, "name", None),
    ) -> None:
        """Create an empty registry.

        Args:
            kind: the kind of extension.
            group: the last part of the entry-point group.
            home: the module, or package of modules, that registers the built-in extensions.
            flaw: returns why an object is not an extension of this kind; None if it is.
            adapt: returns the extension for the name of an entry point and the object that it loads.
            name_of: returns the name of an extension; by default its attribute `name`.
        """
        self.kind = kind
        self.group = f"{GOVSIM}.{group}"
        self._home = home
        self._flaw = flaw
        self._adapt = adapt
        self._name_of = name_of
        self._own: dict[str, Extension[T]] = {}
        self._loaded: dict[str, Extension[T] | PluginError] = {}
        self._is_home_loaded = home is None
        self._is_home_loading = False

    def register(self, value: T) -> T:
        """Register a built-in extension under its name; usable as a decorator.

        Raises:
            PluginError: the object is not an extension of this kind, or the name is taken.
        """
        name = str(self._name_of(value) or "")
        self._check(name, value)
        if name in self._own:
            raise PluginError(f"{self.kind} {name}: the name is already registered")
        self._own[name] = Extension(name=name, value=value, origin=GOVSIM, is_installed=_package_of(value) == GOVSIM)
        return value

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all extensions: the built-in ones in order of definition, then those of plug-ins."""
        self._load_home()
        return tuple(dict.fromkeys([*self._own, *sorted(point.name for point in self._points())]))

    def get(self, name: str, *, key: str, instead: str = "") -> T:
        """Return the extension with a name.

        Args:
            name: the name given by the user.
            key: the setting that contains the name, for the error message.
            instead: what is also allowed there, for the error message.

        Raises:
            ConfigError: there is no extension of that name; the message suggests the nearest one.
            PluginError: the plug-in that defines it cannot be used.
        """
        if (found := self.find(name)) is not None:
            return found.value
        close = get_close_matches(name, self.names, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        allowed = f"choose from {self.offered}" + (f", or {instead}" if instead else "")
        raise ConfigError(f"{key} = {name}: there is no such {self.kind}{hint}; {allowed}")

    @property
    def offered(self) -> str:
        """The names for an error message; the first ones, and the command that lists all, if there are many."""
        names = self.names
        if len(names) <= _MOST_OFFERED:
            return ", ".join(names)
        command = f"govsim plugins {self.group.removeprefix(f'{GOVSIM}.')}"
        return f"{', '.join(names[:3])} and {len(names) - 3} others (listed by {command})"

    def find(self, name: str) -> Extension[T] | None:
        """Return the extension with a name; None if there is none.

        Raises:
            PluginError: the plug-in that defines it cannot be used.
        """
        self._load_home()
        if name in self._own:
            return self._own[name]
        if name not in self._loaded:
            points = [point for point in self._points() if point.name == name]
            if not points:
                return None
            self._loaded[name] = self._load(points)
        found = self._loaded[name]
        if isinstance(found, PluginError):
            raise found
        return found

    def __iter__(self) -> Iterator[Extension[T]]:
        """Iterate over all usable extensions; warn about each plug-in that cannot be used."""
        for name in self.names:
            try:
                found = self.find(name)
            except PluginError as error:
                warnings.warn(f"{error}; it is ignored", PluginWarning, stacklevel=2)
            else:
                assert found is not None, "every name has an extension or an error"
                yield found
        for problem in self._shadowed():
            warnings.warn(f"{problem}; it is ignored", PluginWarning, stacklevel=2)

    @property
    def problems(self) -> tuple[str, ...]:
        """The problem of each plug-in that cannot be used, one line each."""
        with warnings.catch_warnings(record=True) as found:
            warnings.simplefilter("always", PluginWarning)
            list(self)
        return tuple(str(one.message).removesuffix("; it is ignored") for one in found)

    @contextmanager
    def temporary(self, value: T) -> Iterator[Extension[T]]:
        """Register an object temporarily, for example to test it before its package is installed.

        Raises:
            PluginError: the object is not an extension of this kind, or its name is taken.
        """
        name = str(self._name_of(value) or "")
        self._check(name, value)
        found = self.find(name)
        if found is not None and found.value is not value:
            raise PluginError(
                f"{self.kind} {name}: the name is taken by another {self.kind}, of {found.origin}; choose another one"
            )
        if found is not None:
            yield found
            return
        self._own[name] = Extension(
            name=name, value=value, origin=f"{_package_of(value)} uninstalled", is_installed=False
        )
        try:
            yield self._own[name]
        finally:
            del self._own[name]

    def forget(self) -> None:
        """Discard loaded plug-ins, after packages were installed or removed."""
        self._loaded.clear()

    def _load_home(self) -> None:
        """Import the modules that register the built-in extensions; other threads wait until all are registered."""
        if self._is_home_loaded or self._home is None:
            return
        with _LOADING:
            if self._is_home_loaded or self._is_home_loading:  # a module that is being imported can use the registry
                return
            self._is_home_loading = True
            try:
                home = import_module(self._home)
                for module in pkgutil.iter_modules(getattr(home, "__path__", [])):
                    import_module(f"{self._home}.{module.name}")
                self._is_home_loaded = True
            finally:
                self._is_home_loading = False

    def _points(self) -> tuple[EntryPoint, ...]:
        """Entry points of plug-ins, without those whose name is taken by a built-in extension."""
        return tuple(point for point in installed(self.group) if point.name not in self._own)

    def _shadowed(self) -> Iterator[str]:
        """Plug-ins whose name is taken by a built-in extension."""
        for point in installed(self.group):
            if point.name in self._own:
                yield f"{self.kind} {point.name} of {package_of(point)}: the name is taken by a built-in {self.kind}"

    def _load(self, points: list[EntryPoint]) -> Extension[T] | PluginError:
        point = points[0]
        where = f"{self.kind} {point.name} of {package_of(point)} ({point.value})"
        if len(points) > 1:
            return PluginError(f"{where}: {package_of(points[1])} also defines this {self.kind}; remove one")
        try:
            with redirect_stdout(sys.stderr):  # keeps stdout for the command's own output
                value = self._adapt(point.name, point.load())
            self._check(point.name, value)
        except PluginError as error:
            return PluginError(f"{where}: {error}")
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - code of plug-ins can fail, or exit, in any way
            return PluginError(f"{where}: cannot be loaded: {type(error).__name__}: {error}")
        return Extension(name=point.name, value=value, origin=package_of(point))

    def _check(self, name: str, value: Any) -> None:
        """Reject an object that is not an extension of this kind."""
        if not is_extension_name(name):
            raise PluginError(
                f"{self.kind} {name!r}: not a valid name; must be lower-case letters and digits with single hyphens or "
                "underscores, starting with a letter"
            )
        if (own := self._name_of(value)) != name:
            raise PluginError(f"its name is {own!r}, but must be {name!r}")
        if (flaw := self._flaw(value)) is not None:
            raise PluginError(f"not a valid {self.kind}: {flaw}")


def is_extension_name(text: str) -> bool:
    """Whether a text is a valid name of an extension."""
    return _NAME.fullmatch(text) is not None


def _package_of(value: object) -> str:
    """The top-level package that defines an object, or its class."""
    module: str = getattr(value, "__module__", type(value).__module__)
    return module.partition(".")[0]


@cache
def installed(group: str) -> tuple[EntryPoint, ...]:
    """The entry points of a group in all installed packages, sorted by name."""
    return tuple(sorted(entry_points(group=group), key=lambda point: (point.name, point.value)))


def package_of(point: EntryPoint) -> str:
    """The package of an entry point, with its version."""
    return "an unknown package" if point.dist is None else f"{point.dist.name} {point.dist.version}"


def registry(group: str) -> Registry[Any]:
    """The registry of a kind of extension.

    Args:
        group: the last part of its entry-point group, as in `phases`.
    """
    module, name = REGISTRIES[group].split(":")
    found = getattr(import_module(module), name)
    assert isinstance(found, Registry), f"{REGISTRIES[group]} is not a registry"
    return found


def registries() -> tuple[Registry[Any], ...]:
    """The registries of all kinds of extensions."""
    return tuple(map(registry, REGISTRIES))


def declared_templates() -> dict[str, Mapping[str, Any]]:
    """The prompt templates of phases and rules by name, each with its variables and example values."""
    parts = (extension.value for group in ("phases", "rules") for extension in registry(group))
    return {name: variables for part in parts for name, variables in part.templates.items()}
