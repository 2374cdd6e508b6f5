"""What is registered under a name and has settings of its own: phases, rules, growth laws, agents, policies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Generic, Self, TypeVar

from govsim.config.entries import AS, Entry
from govsim.config.loading import validate
from govsim.config.section import Section
from govsim.plugins import Registry


class Configurable:
    """The base of what is registered under a name and has settings of its own.

    Attributes:
        name: of the class, the name under which it is registered; of an instance, what it is called in the experiment.
        Settings: its settings, with types, defaults and descriptions.
        settings: their values.
    """

    name: str
    Settings: ClassVar[type[Section]] = Section
    settings: Any

    def __init__(self, settings: Section | None = None, *, name: str | None = None) -> None:
        """Use the extension.

        Args:
            settings: values of its settings; the defaults when None.
            name: what it is called; the name under which it is registered when None.
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
        """The name under which it is registered."""
        return cls.name

    @property
    def entry(self) -> Entry:
        """The entry of an experiment that gives this."""
        return Entry(extension=self.registered_as(), name=self.name, settings=self.settings.model_dump(mode="json"))

    @classmethod
    def of(cls, settings: Mapping[str, Any], *, name: str | None = None, under: str = "") -> Self:
        """Use the extension with settings as they are written.

        Args:
            settings: by key.
            name: what it is called.
            under: the key they stand under, for error messages.

        Raises:
            ConfigError: a setting cannot be used.
        """
        return cls(validate(cls.Settings, [settings], under=under), name=name)


C = TypeVar("C", bound=Configurable)


class Used(Generic[C]):
    """The extensions of one kind that an experiment can use."""

    def __init__(self, registry: Registry[type[C]], key: str) -> None:
        """Use extensions of a kind.

        Args:
            registry: all of them.
            key: the key of the experiment that names those used.
        """
        self._registry = registry
        self._key = key

    def one(self, entry: Entry) -> C:
        """What an entry stands for.

        Raises:
            ConfigError: there is no such extension, or a setting of it cannot be used.
        """
        kind = self._registry.get(entry.extension, key=self._key)
        return kind.of(entry.settings, name=entry.name, under=f"{self._key}.{entry.name}")

    def all(self, entries: Iterable[Entry]) -> tuple[C, ...]:
        """What each entry stands for, in order.

        Raises:
            ConfigError: as `one`.
        """
        return tuple(self.one(entry) for entry in entries)


def is_subclass_of(base: type) -> Any:
    """What is wrong with an object that is no subclass of a base with a name; for registries of classes.

    Args:
        base: what extensions of the kind derive from.
    """

    def flaw(value: Any) -> str | None:
        if not (isinstance(value, type) and issubclass(value, base)):
            return f"it must be a subclass of {base.__module__}.{base.__qualname__}"
        settings = getattr(value, "Settings", Section)
        if not (isinstance(settings, type) and issubclass(settings, Section)):
            return "its Settings must be a subclass of govsim.config.Section"
        if AS in settings.model_fields:
            return f"a setting is named {AS}, which names the entry"
        return None

    return flaw
