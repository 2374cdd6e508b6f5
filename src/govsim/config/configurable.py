"""Registered extensions with settings: phases, rules, growth laws, agents, policies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Generic, Self, TypeVar

from govsim.config.entries import AS, ExtensionEntry
from govsim.config.loading import validate
from govsim.config.section import Section
from govsim.plugins import Registry


class Configurable:
    """Base class of extensions that are registered under a name and have settings.

    Attributes:
        name: of the class, the name under which it is registered; of an instance, its name in the experiment.
        Settings: model of the settings, with types, defaults and descriptions.
        settings: values of the settings.
    """

    name: str
    Settings: ClassVar[type[Section]] = Section
    settings: Any

    def __init__(self, settings: Section | None = None, *, name: str | None = None) -> None:
        """Create an instance of the extension.

        Args:
            settings: values of the settings; the defaults if None.
            name: name of the instance; the name under which the extension is registered if None.
        """
        self.settings = self.Settings() if settings is None else settings
        if name is not None:
            self.name = name

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash((type(self), self.name, self.settings))

    @classmethod
    def registered_as(cls) -> str:
        """Return the name under which the extension is registered."""
        return cls.name

    @property
    def entry(self) -> ExtensionEntry:
        """The entry of an experiment that yields this instance."""
        return ExtensionEntry(
            extension=self.registered_as(), name=self.name, settings=self.settings.model_dump(mode="json")
        )

    @classmethod
    def of(cls, settings: Mapping[str, Any], *, name: str | None = None, under: str = "") -> Self:
        """Create an instance from unvalidated settings.

        Args:
            settings: values by key.
            name: name of the instance.
            under: the key that contains the settings, for error messages.

        Raises:
            ConfigError: a setting is invalid.
        """
        return cls(validate(cls.Settings, [settings], under=under), name=name)


C = TypeVar("C", bound=Configurable)


class Used(Generic[C]):
    """Creates instances of one kind of extension from the entries of an experiment."""

    def __init__(self, registry: Registry[type[C]], key: str, *, instead: str = "") -> None:
        """Set up for one kind of extension.

        Args:
            registry: the registry of the kind.
            key: the key of the experiment that lists the entries, for error messages.
            instead: what can be given instead of an entry, for error messages.
        """
        self._registry = registry
        self._key = key
        self._instead = instead

    def one(self, entry: ExtensionEntry) -> C:
        """Return the instance that an entry describes.

        Raises:
            ConfigError: there is no such extension, or one of its settings is invalid.
        """
        kind = self._registry.get(entry.extension, key=self._key, instead=self._instead)
        return kind.of(entry.settings, name=entry.name, under=f"{self._key}.{entry.name}")

    def all(self, entries: Iterable[ExtensionEntry]) -> tuple[C, ...]:
        """Return the instance that each entry describes, in order.

        Raises:
            ConfigError: as `one`.
        """
        return tuple(self.one(entry) for entry in entries)


def is_subclass_of(base: type) -> Any:
    """Return a check for registries of classes: what is wrong with a value that is not a usable subclass of `base`.

    Args:
        base: base class of the extensions of the kind.
    """

    def flaw(value: Any) -> str | None:
        if not (isinstance(value, type) and issubclass(value, base)):
            return f"it must be a subclass of {base.__module__}.{base.__qualname__}"
        settings = getattr(value, "Settings", Section)
        if not (isinstance(settings, type) and issubclass(settings, Section)):
            return "its Settings must be a subclass of govsim.config.Section"
        if AS in settings.model_fields:
            return f"a setting is called {AS}, which is reserved for the name of the entry"
        return None

    return flaw
