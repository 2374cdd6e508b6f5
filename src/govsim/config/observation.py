"""What members observe of the stock and of each other's catches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

from pydantic import Field, field_validator

from govsim.config.section import Section, invalid_form, read_form

Extent = Literal["total", "neighbours", "self-reported"]
"""Extents of the report of catches between none and all."""


def read_extent(value: Any) -> bool | Extent:
    """Parse the extent of the report of catches; `full` and `own` are the words for true and false.

    Raises:
        PydanticCustomError: there is no such extent.
    """
    found = {"full": True, "own": False}.get(value, value) if isinstance(value, str) else value
    if not isinstance(found, bool) and found not in get_args(Extent):
        raise invalid_form("must be full (true), own (false), total, neighbours or self-reported")
    return found  # type: ignore[return-value]


class IntervalStock(Section):
    """The stock is known to lie in an interval."""

    interval: int = Field(ge=2)
    """Width of the intervals into which the range from 0 to the capacity is divided, in units. Members learn the
    interval that contains the stock. (An interval around the stock would reveal it, as its middle.)"""


class NoisyStock(Section):
    """The stock is read with an error."""

    noise: float = Field(gt=0, le=1)
    """Standard deviation of the normally distributed error, as a share of the stock. Readings are rounded, and limited
    to the range from 0 to the capacity."""
    draw: Literal["own", "common"] = "own"
    """Whether each member has its `own` reading, or all have a `common` one."""


class Observation(Section):
    """What members observe of the stock and of each other's catches."""

    stock: Literal["exact", "hidden"] | IntervalStock | NoisyStock = "exact"
    """What members learn of the stock before the harvest: its `exact` value; the interval that contains it
    (`{interval: WIDTH}`); a reading with an error (`{noise: SHARE}`); or nothing (`hidden`). Without the exact value,
    members can ask for any amount up to the capacity."""
    lag: int = Field(0, ge=0)
    """Number of months after which catches are reported; 0 reports them in the month of the harvest."""
    neighbours: int = Field(1, ge=1)
    """Number of neighbours on each side whose catches a member learns with `society.transparency: neighbours`. The
    members present form a ring in roster order."""
    network: dict[str, tuple[str, ...]] = {}
    """Members whose catches a member learns with `society.transparency: neighbours`, instead of those on the ring."""

    @field_validator("stock", mode="before")
    @classmethod
    def _is_a_form(cls, value: Any) -> Any:
        if isinstance(value, Mapping):
            for form in (NoisyStock, IntervalStock):
                if form.model_fields.keys() & value.keys():
                    return read_form(form, value)
        if isinstance(value, IntervalStock | NoisyStock) or value in ("exact", "hidden"):
            return value
        raise invalid_form("must be exact, hidden, {interval: WIDTH} or {noise: SHARE}")

    @property
    def is_exact(self) -> bool:
        """Whether members know the exact stock."""
        return self.stock == "exact"

    @property
    def has_own_readings(self) -> bool:
        """Whether each member has its own reading of the stock, with an error of its own."""
        return isinstance(self.stock, NoisyStock) and self.stock.draw == "own"

    def neighbours_of(self, member: str, present: tuple[str, ...]) -> tuple[str, ...]:
        """Return the members whose catches a member learns, in roster order.

        Args:
            member: a member present.
            present: names of the members present, in roster order.
        """
        if member in self.network:
            known = set(self.network[member])
        else:
            place, n = present.index(member), len(present)
            steps = range(1, self.neighbours + 1)
            known = {present[(place + sign * step) % n] for step in steps for sign in (-1, 1)}
        return tuple(name for name in present if name in known and name != member)
