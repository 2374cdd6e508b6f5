"""Parameters of requests to models: an event written once for all calls that share it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, ClassVar, Literal, Self

from pydantic import JsonValue

from govsim.characters import enumerated
from govsim.journal.kinds import EVENTS
from govsim.journal.line import RUNS_AND_STUDIES, Event

OWN, REPORTED, NO_CHARGE = "set", "provider", "this machine"
"""Sources of costs other than a price list: set by the user; reported by the provider; none for a local model."""

PLAIN_PRICES = frozenset({OWN, REPORTED, NO_CHARGE})
"""All of these sources."""


@EVENTS.register
class RequestLine(Event):
    """Parameters of the requests of some calls, the model that replied, and the source of prices."""

    journals: ClassVar = RUNS_AND_STUDIES
    is_stored_once: ClassVar = True
    is_compared: ClassVar = False

    kind: Literal["request"] = "request"
    hash: str
    """16 hexadecimal digits by which calls refer to this event."""
    model: str
    """The requested model."""
    served: str | None = None
    """The model that replied, as named by the provider, as in `gpt-4o-mini-2024-07-18`; null if it reports none."""
    sent: dict[str, JsonValue] | None = None
    """Request fields that affect the generation of the reply, by dotted name, as sent; null if the provider's client
    does not record its requests."""
    differing: dict[str, JsonValue] = {}
    """Settings that were sent with a different value, with the value sent; null if a setting was not sent at all."""
    price: str | None = None
    """Source of the cost of these calls: `set` by the user, reported by the `provider`, none as the model runs on
    `this machine`, or name, version and date of a price list; null if the cost is unknown."""

    @classmethod
    def of(cls, model: str, **content: Any) -> Self:
        """A line with its hash."""
        line = cls(hash="", model=model, **content)
        text = line.model_dump_json(exclude={"kind", "hash"})
        return line.model_copy(update={"hash": sha256(text.encode(errors="replace")).hexdigest()[:16]})

    @property
    def unsent(self) -> tuple[str, ...]:
        """Settings that were not sent."""
        return tuple(name for name, value in self.differing.items() if value is None)

    @property
    def note(self) -> str:
        """Clause on how the request differs from the settings; empty if it does not."""
        return note_on(self.model, self.differing)


def note_on(model: str, differing: Mapping[str, JsonValue]) -> str:
    """Return a clause on the settings that are not sent to a model, or sent with other values; empty if none."""
    unsent = [name for name, value in differing.items() if value is None]
    changed = [f"{name} is sent as {json.dumps(value)}" for name, value in differing.items() if value is not None]
    if unsent:
        listed = enumerated(unsent)
        changed.insert(0, f"{listed} {'is' if len(unsent) == 1 else 'are'} not sent")
    return f"{model}: {', '.join(changed)}" if changed else ""
