"""Differences between events of two journals."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from govsim.characters import shortened
from govsim.journal.line import Event, Identity

_LONGEST_PART = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The first difference of two journals; a value is None if one of them lacks it."""

    place: str
    key: str
    first: Any
    second: Any


def difference_between(place: str, first: Mapping[str, Any], second: Mapping[str, Any]) -> Difference | None:
    """Return the first key, dotted if nested, in which two lines differ; None if they are equal."""
    for key in dict.fromkeys([*first, *second]):
        mine, other = first.get(key), second.get(key)
        if key in first and key in second and _as_json(mine) == _as_json(other):
            continue
        if isinstance(mine, dict) and isinstance(other, dict):
            inner = difference_between(place, mine, other)
            assert inner is not None, "mappings that differ have a key that differs"
            return Difference(place=place, key=f"{key}.{inner.key}", first=inner.first, second=inner.second)
        return Difference(place=place, key=key, first=mine, second=other)
    return None


def place_of(event: Event) -> str:
    """Return a human-readable description of an event's place in the journal."""
    parts: list[str] = [event.kind]
    for field in ("month", "site", "phase", "member", "purpose", "ordinal", "attempt"):
        if (value := event.identifying.get(field)) not in (None, ""):
            parts.append(f"{field} {shortened(str(value), _LONGEST_PART)}")
    return ", ".join(parts)


def place_named(identity: Identity) -> str:
    """Return a human-readable description of the place of the event with an identity."""
    month, phase, member, kind, purpose, ordinal, attempt, hash_, site = identity
    parts = {"month": month, "site": site, "phase": phase, "member": member, "purpose": purpose, "hash": hash_}
    named = [f"{name} {value}" for name, value in parts.items() if value]
    return ", ".join([str(kind), *named, *([f"ordinal {ordinal}", f"attempt {attempt}"] if purpose else [])])


def shortened_value(value: object) -> str:
    """Return a value as JSON, shortened if it is long."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else text[:117] + "…"


def _as_json(value: object) -> str:
    # In Python, True == 1 and 1 == 1.0; in a journal they differ.
    return json.dumps(value, sort_keys=True)
