"""Entries: the registered phases, rules, growth laws and shocks that an experiment uses, with their settings.

An entry is written as a name, or as a name with its settings: ``quota`` or ``{quota: {amount: 8}}``. The setting ``as``
gives an entry its own name, so that one extension can be used twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, JsonValue, PlainSerializer, ValidationError

from govsim.characters import shortened
from govsim.config.distributions import is_written
from govsim.config.section import Frozen
from govsim.errors import ConfigError
from govsim.plugins import is_extension_name

ENTRIES = ("society.phases", "institutions", "world.shocks")
"""Keys of an experiment whose values are lists of entries."""

AS = "as"
"""The setting that gives an entry its own name."""

LONGEST_NAME = 60
"""Maximum length of an entry's name in characters: it is shown in journals, labels and pages."""

_NAME = r"^[a-z][a-z0-9]*([-_][a-z0-9]+)*$"
_LONGEST_SHOWN = 80


class ExtensionEntry(Frozen):
    """A registered extension used by an experiment."""

    extension: str = Field(pattern=_NAME)
    """Name under which the extension is registered."""
    name: str = Field(pattern=_NAME)
    """Name in this experiment: the same, unless `as` is given."""
    settings: dict[str, JsonValue] = {}
    """Settings of the extension."""

    @property
    def written(self) -> str | dict[str, JsonValue]:
        """The entry as it is written in an experiment file."""
        own: dict[str, JsonValue] = {} if self.name == self.extension else {AS: self.name}
        return {self.extension: {**own, **self.settings}} if own or self.settings else self.extension


def read_entry(value: Any) -> Any:
    """Parse an entry.

    Raises:
        ValueError: the value is neither a name nor one name with settings.
    """
    if isinstance(value, ExtensionEntry):
        return value
    if isinstance(value, str):
        return _entry(value, value, {})
    if isinstance(value, Mapping) and len(value) == 1:
        ((extension, settings),) = value.items()
        if settings is None or isinstance(settings, Mapping):
            own = dict(settings or {})
            return _entry(extension, own.pop(AS, extension), own)
    given = shortened(repr(value), _LONGEST_SHOWN)
    raise ValueError(f"{given}: must be a name, or one name with its settings as in {{name: {{key: value}}}}")


def _entry(extension: Any, name: Any, settings: dict[str, JsonValue]) -> ExtensionEntry:
    for given, what in ((extension, ""), (name, f"{AS} = ")):
        if not (isinstance(given, str) and is_extension_name(given) and len(given) <= LONGEST_NAME):
            raise ValueError(
                f"{what}{shortened(repr(given), _LONGEST_SHOWN)}: a name consists of lower-case letters, digits and "
                f"single hyphens or underscores, with at most {LONGEST_NAME} characters"
            )
    return ExtensionEntry(extension=extension, name=name, settings=settings)


def read_entries(value: Any) -> Any:
    """Parse a list of entries.

    Raises:
        ValueError: an entry is invalid, or two have the same name.
    """
    if isinstance(value, Mapping) and value:
        raise ValueError(
            f"{', '.join(map(str, value))}: no such entry; list the entries before changing their settings, as in "
            f"[{_first(value)}]"
        )
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise ValueError("must be a list of names, each with or without settings")
    entries = tuple(read_entry(item) for item in value)
    names = [entry.name for entry in entries]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ValueError(f"{twice} is listed twice; give one of them another name with {AS}: NAME")
    return entries


def _first(value: Mapping[str, Any]) -> str:
    return str(next(iter(value), "name"))


def with_settings(entries: Sequence[Any], settings: Mapping[str, Any], *, under: str) -> list[Any]:
    """Apply settings to entries by name: ``{discussion: {max_lines: 4}}`` changes the entry `discussion`.

    Args:
        entries: unparsed entries.
        settings: settings by the name of an entry.
        under: the key of the list, for error messages.

    Raises:
        ConfigError: there is no entry with a name, or an entry is invalid.
    """
    read = [_as_entry(entry, under) for entry in entries]
    names = [entry.name for entry in read]
    for name, own in settings.items():
        if name not in names:
            raise ConfigError(f"{under}.{name}: no such entry in the list; it contains {', '.join(names) or 'none'}")
        if not isinstance(own, Mapping):
            raise ConfigError(f"{under}.{name} = {own!r}: must be a mapping of settings")
    changed = (
        entry.model_copy(update={"settings": {**entry.settings, **settings.get(entry.name, {})}}) for entry in read
    )
    return [entry.written for entry in changed]


def settings_by_name(entries: Sequence[Any], *, under: str) -> dict[str, Mapping[str, Any]]:
    """Return the settings of each entry in a list, by the entry's name; empty if the key does not hold entries."""
    read = [_as_entry(entry, under) for entry in entries] if under in ENTRIES else []
    return {entry.name: entry.settings for entry in read}


def _as_entry(value: Any, under: str) -> ExtensionEntry:
    try:
        entry: ExtensionEntry = read_entry(value)
    except ValueError as error:
        message = "a setting is invalid" if isinstance(error, ValidationError) else str(error)
        raise ConfigError(f"{under}: {message}") from error
    return entry


Entries = Annotated[
    tuple[ExtensionEntry, ...],
    BeforeValidator(read_entries),
    PlainSerializer(lambda entries: [entry.written for entry in entries]),
]
"""Extensions in order, each with its settings."""


def flattened(content: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield settings as dotted keys. A list of entries yields their names, then their settings as nested keys.

    A distribution is one value.

    Args:
        content: nested settings, as dumped from a validated experiment.
        prefix: prefix of each key.
    """
    for key, value in content.items():
        if isinstance(value, dict) and value and not is_written(value):
            yield from flattened(value, f"{prefix}{key}.")
        elif f"{prefix}{key}" in ENTRIES and _has_settings(value):
            entries = [_as_entry(entry, f"{prefix}{key}") for entry in value]
            yield f"{prefix}{key}", [_name_of(entry) for entry in entries]
            for entry in entries:
                yield from flattened(entry.settings, f"{prefix}{key}.{entry.name}.")
        else:
            yield f"{prefix}{key}", value


def _name_of(entry: ExtensionEntry) -> str:
    return entry.name if entry.name == entry.extension else f"{entry.extension} as {entry.name}"


def _has_settings(entries: Any) -> bool:
    """Whether at least one entry has settings."""
    return isinstance(entries, list) and any(isinstance(entry, dict) for entry in entries)
