"""Values passed between the phases of a month."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


class PhaseOutputs:
    """Values that phases of one month pass to later ones, one of each type."""

    def __init__(self) -> None:
        self._values: dict[type[object], object] = {}

    def put(self, value: object) -> None:
        """Store a value; it replaces an earlier one of its type."""
        self._values[type(value)] = value

    def get(self, kind: type[T]) -> T | None:
        """Return the value of a type stored by an earlier phase; None if there is none."""
        value = self._values.get(kind)
        return value if isinstance(value, kind) else None


@dataclass(slots=True)
class Spoken:
    """Number of utterances in the discussions of this month so far, which later discussions continue, at any site."""

    lines: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenReport:
    """This month's catches as a member writes them, which are reported in place of the true ones.

    Attributes:
        by: the member.
        catches: units by member.
    """

    by: str
    catches: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Revealed:
    """Catches to be announced in this month's discussion.

    Attributes:
        catches: units by member; empty if only the total is announced.
        total: the total catch of the group; None if catches of members are announced.
        are_claims: whether the catches are what members say.
        when: the month of the catches, as in "this month".
    """

    catches: Mapping[str, int]
    total: int | None = None
    are_claims: bool = False
    when: str = "this month"
