"""The kinds of event: those of govsim and of plug-ins, and the one for events whose plug-in is not installed."""

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
from govsim.journal.line import MOST, RUNS_AND_STUDIES, Event
from govsim.plugins import PluginWarning, Registry

NUMBERS = ("month", "ordinal", "attempt")
"""Fields of an event that identify it and are whole numbers."""

TEXTS = ("phase", "member", "purpose", "hash")
"""Fields of an event that identify it and are text."""

_CONFIG = {"frozen": True, "extra": "forbid", "allow_inf_nan": False}
_IDENTITY = ("identity", "identity_as", "identifying")
_MOST_NAMED = 5


def name_of(value: Any) -> str | None:
    """The kind that a class of events declares; None where it is none or declares none."""
    default = value.model_fields["kind"].default if _is_event(value) else None
    return default if isinstance(default, str) else None


def _is_event(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, Event)


def _flaw(event: type[Event]) -> str | None:
    return next(_flaws(event), None)


def _flaws(event: type[Event]) -> Iterator[str]:
    """What would keep events from being written, read back and compared."""
    name, fields = name_of(event), event.model_fields
    if get_args(fields["kind"].annotation) != (name,):
        yield f'its field kind must be declared as kind: Literal["{name}"] = "{name}"'
    for key, value in _CONFIG.items():
        if event.model_config.get(key) != value:
            yield f"its model_config sets {key} = {event.model_config.get(key)}, which must be {value}"
    if any(getattr(event, name) is not getattr(Event, name) for name in _IDENTITY):
        yield "it redefines identity, which follows from its fields"
    for field, described in fields.items():
        yield from _flaws_of_field(field, described)
    if event.model_computed_fields:
        yield f"{next(iter(event.model_computed_fields))} is a computed field, which cannot be read back"
    if unknown := event.clock_fields - (fields.keys() - {"kind", *NUMBERS, *TEXTS}):
        yield f"clock_fields names {min(unknown)}, which is no field of it that comparisons read"
    if not event.journals or event.journals - RUNS_AND_STUDIES:
        yield "journals must hold run, study or both"


def _flaws_of_field(name: str, field: FieldInfo) -> Iterator[str]:
    if field.alias or field.validation_alias or field.serialization_alias or field.exclude:
        yield f"{name} has an alias or is excluded, so that it cannot be read back"
    if name in NUMBERS and not _is_whole(field):
        yield f"{name} must be a govsim.journal.Whole, as it identifies the event"
    if name in TEXTS and not _is_text(field.annotation):
        yield f"{name} must be text, as it identifies the event"


def _is_whole(field: FieldInfo) -> bool:
    least = max((getattr(bound, "ge", -1) for bound in field.metadata), default=-1)
    most = min((getattr(bound, "le", MOST + 1) for bound in field.metadata), default=MOST + 1)
    return field.annotation is int and least >= 0 and most <= MOST


def _is_text(annotation: Any) -> bool:
    if get_origin(annotation) is Literal:
        return all(isinstance(one, str) for one in get_args(annotation))
    return annotation is str


def _of_plugin(name: str, value: Any) -> Any:
    if not _is_event(value):
        raise PluginError("is no event: it is not a class derived from govsim.journal.Event")
    if name_of(value) is None:
        raise PluginError(f'is no event: it must declare kind: Literal["{name}"] = "{name}"')
    if not value.is_compared:
        # They may repeat themselves, which a reader without the plug-in would take for damage.
        raise PluginError("is_compared = False is for events of govsim alone; list single fields in clock_fields")
    try:
        value.model_json_schema(mode="serialization")
    except PydanticInvalidForJsonSchema as error:
        raise PluginError(f"is no event: a field cannot be written as JSON ({error.message})") from error
    return value


EVENTS: Registry[type[Event]] = Registry("event", group="events", flaw=_flaw, adapt=_of_plugin, name_of=name_of)
"""All kinds of event, by the value of `kind`."""


class UnknownEvent(Event):
    """An event of a kind that no installed package defines: its fields are data, and nothing about them is checked."""

    model_config = ConfigDict(extra="allow")

    __pydantic_extra__: dict[str, JsonValue] = Field(init=False)

    journals: ClassVar = RUNS_AND_STUDIES

    @model_validator(mode="after")
    def _can_be_written_again(self) -> Self:
        try:
            json.dumps(self.fields, allow_nan=False)
        except ValueError as error:  # such as 1e999
            raise ValueError("holds a number that JSON cannot hold") from error
        return self

    @property
    def fields(self) -> Mapping[str, JsonValue]:
        """All fields but `kind`."""
        return self.__pydantic_extra__

    @property
    def identifying(self) -> Mapping[str, Any]:
        """The fields that identify it; one of another type than in known kinds does not."""
        found = self.fields
        numbers = {name: value for name in NUMBERS if type(value := found.get(name)) is int and 0 <= value <= MOST}
        texts = {name: value for name in TEXTS if isinstance(value := found.get(name), str)}
        return {**numbers, **texts}


def class_of(kind: str) -> type[Event]:
    """The class of a kind of event: `UnknownEvent` where no installed package defines the kind.

    A plug-in that defines it and cannot be used is named in a warning, and the kind is unknown.
    """
    try:
        found = EVENTS.find(kind)
    except PluginError as error:
        warnings.warn(f"{error}; its events are read as data", PluginWarning, stacklevel=2)
        return UnknownEvent
    return UnknownEvent if found is None else found.value


def kinds_of(base: type[Event]) -> tuple[str, ...]:
    """The kinds of event whose class derives from another one."""
    return tuple(found.name for found in EVENTS if issubclass(found.value, base))


def check_registered(event: Event) -> None:
    """Refuse an event that no reader could check.

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
    """A sentence on events that were read without their definition; None where there are none.

    Args:
        unknown: how many events of each unknown kind every journal has, as in `Lines.unknown`.
    """
    total: Counter[str] = Counter()
    for counts in unknown:
        total.update(counts)
    if not total:
        return None
    named = ", ".join(f"{shortened(kind, 60)} ({count:,})" for kind, count in sorted(total.items())[:_MOST_NAMED])
    more = f" and {counted(len(total) - _MOST_NAMED, 'other kind')}" if len(total) > _MOST_NAMED else ""
    return f"Events of kinds that no installed package defines were read as data and not checked: {named}{more}."
