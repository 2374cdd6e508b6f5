"""What phases hand to each other in a month."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


class Handover:
    """Values that phases of one month leave for later ones, one of each type."""

    def __init__(self) -> None:
        self._values: dict[type[object], object] = {}

    def put(self, value: object) -> None:
        """Leave a value, in place of an earlier one of its type."""
        self._values[type(value)] = value

    def get(self, kind: type[T]) -> T | None:
        """The value of a type that an earlier phase has left; None where none has."""
        value = self._values.get(kind)
        return value if isinstance(value, kind) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """How many lines the talks of this month have had, so that a later talk counts on."""

    lines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Revealed:
    """Catches that are to be made known in this month's talk, by member in units."""

    catches: Mapping[str, int]
