"""The registry of event kinds, and the class for events whose plug-in is not installed."""

from __future__ import annotations

import json
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Literal, Self, get_args, get_origin

from pydantic import ConfigDict, Field, JsonValue, model_validator
from pydantic.errors import PydanticInvalidForJsonSchema
from pydantic.fields import FieldInfo

from govsim.characters import counted, shortened
from govsim.errors import PluginError
from govsim.journal.line import MAX_WHOLE, RUNS_AND_STUDIES, Event
from govsim.plugins import PluginWarning, Registry

NUMBERS = ("month", "ordinal", "attempt")
"""Identifying fields of an event that are whole numbers."""

TEXTS = ("phase", "member", "purpose", "hash", "site")
"""Identifying fields of an event that are text."""

_CONFIG = {"frozen": True, "extra": "forbid", "allow_inf_nan": False}
_IDENTITY = ("identity", "identity_as", "identifying")
_MAX_NAMED = 5


def declared_kind(value: Any) -> str | None:
    """Return the kind that an event class declares; None if it is not an event class or declares none."""
    default = value.model_fields["kind"].default if _is_event(value) else None
    return default if isinstance(default, str) else None


def _is_event(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, Event)


def _flaw(event: type[Event]) -> str | None:
    return next(_flaws(event), None)


def _flaws(event: type[Event]) -> Iterator[str]:
    """Yield the reasons why events of a class could not be written, read back and compared."""
    name, fields = declared_kind(event), event.model_fields
    if get_args(fields["kind"].annotation) != (name,):
        yield f'its field kind must be declared as kind: Literal["{name}"] = "{name}"'
    for key, value in _CONFIG.items():
        if event.model_config.get(key) != value:
            yield f"its model_config sets {key} = {event.model_config.get(key)}, which must be {value}"
    if any(getattr(event, name) is not getattr(Event, name) for name in _IDENTITY):
        yield "it overrides identity, which must follow from its fields"
    for field, described in fields.items():
        yield from _flaws_of_field(field, described)
    if event.model_computed_fields:
        yield f"{next(iter(event.model_computed_fields))} is a computed field, which cannot be read back"
    if unknown := event.clock_fields - (fields.keys() - {"kind", *NUMBERS, *TEXTS}):
        yield f"clock_fields contains {min(unknown)}, which is not a field that comparisons include"
    if not event.journals or event.journals - RUNS_AND_STUDIES:
        yield "journals must contain run, study or both"


def _flaws_of_field(name: str, field: FieldInfo) -> Iterator[str]:
    if field.alias or field.validation_alias or field.serialization_alias or field.exclude:
        yield f"{name} has an alias or is excluded, so that it cannot be read back"
    if name in NUMBERS and not _is_whole(field):
        yield f"{name} must be a govsim.journal.Whole, as it identifies the event"
    if name in TEXTS and name != "site" and not _is_text(field.annotation):
        yield f"{name} must be text, as it identifies the event"


def _is_whole(field: FieldInfo) -> bool:
    least = max((getattr(bound, "ge", -1) for bound in field.metadata), default=-1)
    most = min((getattr(bound, "le", MAX_WHOLE + 1) for bound in field.metadata), default=MAX_WHOLE + 1)
    return field.annotation is int and least >= 0 and most <= MAX_WHOLE


def _is_text(annotation: Any) -> bool:
    if get_origin(annotation) is Literal:
        return all(isinstance(one, str) for one in get_args(annotation))
    return annotation is str


def _of_plugin(name: str, value: Any) -> Any:
    if not _is_event(value):
        raise PluginError("is not an event: it must be a class derived from govsim.journal.Event")
    if declared_kind(value) is None:
        raise PluginError(f'is not an event: it must declare kind: Literal["{name}"] = "{name}"')
    if not value.is_compared:
        # Such events may repeat, which a reader without the plug-in would consider damage.
        raise PluginError("is_compared = False is only for built-in events; list single fields in clock_fields")
    try:
        value.model_json_schema(mode="serialization")
    except PydanticInvalidForJsonSchema as error:
        raise PluginError(f"is not an event: a field cannot be serialized to JSON ({error.message})") from error
    return value


EVENTS: Registry[type[Event]] = Registry("event", group="events", flaw=_flaw, adapt=_of_plugin, name_of=declared_kind)
"""All kinds of event, by the value of `kind`."""


class UnknownEvent(Event):
    """An event of a kind that no installed package defines: its fields are read as unchecked data."""

    model_config = ConfigDict(extra="allow")

    __pydantic_extra__: dict[str, JsonValue] = Field(init=False)

    site: Any = Field(None, exclude_if=lambda site: site is None)  # of any type, as the fields of a plug-in

    journals: ClassVar = RUNS_AND_STUDIES

    @model_validator(mode="after")
    def _can_be_written_again(self) -> Self:
        try:
            json.dumps(self.fields, allow_nan=False)
        except ValueError as error:  # such as 1e999
            raise ValueError("contains a number that JSON cannot represent") from error
        return self

    @property
    def fields(self) -> Mapping[str, JsonValue]:
        """All fields but `kind`."""
        return self.__pydantic_extra__ if self.site is None else {"site": self.site, **self.__pydantic_extra__}

    @property
    def identifying(self) -> Mapping[str, Any]:
        """The identifying fields; those with another type than in known kinds are excluded."""
        found = self.fields
        numbers = {name: value for name in NUMBERS if type(value := found.get(name)) is int and 0 <= value <= MAX_WHOLE}
        texts = {name: value for name in TEXTS if isinstance(value := found.get(name), str)}
        return {**numbers, **texts}


def class_of(kind: str) -> type[Event]:
    """Return the class of a kind of event: `UnknownEvent` if no installed package defines the kind.

    If the plug-in that defines it cannot be used, a warning is issued and the kind is unknown.
    """
    try:
        found = EVENTS.find(kind)
    except PluginError as error:
        warnings.warn(f"{error}; its events are read as data", PluginWarning, stacklevel=2)
        return UnknownEvent
    return UnknownEvent if found is None else found.value


def kinds_of(base: type[Event]) -> tuple[str, ...]:
    """Return the kinds of event whose class derives from a base class."""
    return tuple(found.name for found in EVENTS if issubclass(found.value, base))


def check_registered(event: Event) -> None:
    """Reject an event that readers could not validate.

    Raises:
        PluginError: its class is not registered under its kind, or the plug-in that defines the kind cannot be used.
    """
    found = EVENTS.find(event.kind)
    if found is None or found.value is not type(event):
        what = (
            "no such kind of event is registered" if found is None else f"another class is registered by {found.origin}"
        )
        raise PluginError(
            f"event {shortened(event.kind, 60)} ({type(event).__name__}): {what}; register the class under "
            f"{event.kind} in the entry-point group {EVENTS.group} of the package that defines it"
        )


def note_on_unknown(unknown: Iterable[Mapping[str, int]]) -> str | None:
    """Return a sentence on events that were read without their definition; None if there are none.

    Args:
        unknown: for every journal, the number of events of each unknown kind, as in `JournalContent.unknown`.
    """
    total: Counter[str] = Counter()
    for counts in unknown:
        total.update(counts)
    if not total:
        return None
    named = ", ".join(f"{shortened(kind, 60)} ({count:,})" for kind, count in sorted(total.items())[:_MAX_NAMED])
    more = f" and {counted(len(total) - _MAX_NAMED, 'other kind')}" if len(total) > _MAX_NAMED else ""
    return f"Events of kinds that no installed package defines were read as data and not checked: {named}{more}."
