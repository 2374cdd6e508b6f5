"""What was sent to a model beside the question: a line of a journal, written once for all calls that share it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, ClassVar, Literal, Self

from pydantic import JsonValue

from govsim.journal.kinds import EVENTS
from govsim.journal.line import RUNS_AND_STUDIES, Event

OWN, TOLD, NO_CHARGE = "set", "provider", "this machine"
"""Where costs come from beside a price list: the user's price; the provider's bill; a model on this machine."""

PLAIN_PRICES = frozenset({OWN, TOLD, NO_CHARGE})
"""All of these."""


@EVENTS.register
class RequestLine(Event):
    """What the requests of some calls held beside the question, which model answered, and where prices come from."""

    journals: ClassVar = RUNS_AND_STUDIES
    is_stored_once: ClassVar = True
    is_compared: ClassVar = False

    kind: Literal["request"] = "request"
    hash: str
    """16 hexadecimal digits that calls name this line by."""
    model: str
    """The model asked."""
    served: str | None = None
    """The model that answered, as the provider names it, as in `gpt-4o-mini-2024-07-18`; null where it names none."""
    sent: dict[str, JsonValue] | None = None
    """Fields of the request that say how a reply is made, by dotted name, as they were sent; null where the provider's
    client does not record its requests."""
    differing: dict[str, JsonValue] = {}
    """Settings that were not sent as they are set, with the value sent; null where they were not sent at all."""
    price: str | None = None
    """Where the cost of these calls comes from: `set` by the user, reported by the `provider`, none as the model runs
    on `this machine`, or name, version and date of a price list; null where the cost is unknown."""

    @classmethod
    def of(cls, model: str, **content: Any) -> Self:
        """A line with its hash."""
        line = cls(hash="", model=model, **content)
        text = line.model_dump_json(exclude={"kind", "hash"})
        return line.model_copy(update={"hash": sha256(text.encode(errors="replace")).hexdigest()[:16]})

    @property
    def unsent(self) -> tuple[str, ...]:
        """Settings that were not sent at all."""
        return tuple(name for name, value in self.differing.items() if value is None)

    @property
    def note(self) -> str:
        """Where what was sent differs from the settings, as a clause; empty where it does not."""
        return note_on(self.model, self.differing)


def note_on(model: str, differing: Mapping[str, JsonValue]) -> str:
    """Which settings a model is asked without, or with other values, as a clause; empty where there are none."""
    unsent = [name for name, value in differing.items() if value is None]
    changed = [f"{name} is sent as {json.dumps(value)}" for name, value in differing.items() if value is not None]
    if unsent:
        listed = unsent[0] if len(unsent) == 1 else f"{', '.join(unsent[:-1])} and {unsent[-1]}"
        changed.insert(0, f"{listed} {'is' if len(unsent) == 1 else 'are'} not sent")
    return f"{model}: {', '.join(changed)}" if changed else ""
