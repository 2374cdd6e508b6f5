"""The settings of the commons and of the length of the simulation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    Field,
    JsonValue,
    PlainSerializer,
    PlainValidator,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from govsim.config.distributions import UnitsSetting, distribution_of
from govsim.config.entries import Entries, ExtensionEntry, read_entry
from govsim.config.section import Section, invalid_form, problem_of, read_form

WrittenGrowth = float | str | dict[str, JsonValue]

_FACTOR: TypeAdapter[float] = TypeAdapter(Annotated[float, Field(gt=0, allow_inf_nan=False)])


def _growth(value: Any) -> Any:
    """Parse a growth factor, or a growth law with or without settings."""
    is_name = isinstance(value, str) and re.match(r"\s*[a-z]", value) is not None
    if is_name or isinstance(value, Mapping | ExtensionEntry):
        return read_entry(value)
    try:
        return _FACTOR.validate_python(value)
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        raise PydanticCustomError("growth", "{message}", {"message": problem_of(detail)}) from error


GrowthSetting = Annotated[
    float | ExtensionEntry,
    PlainValidator(_growth, json_schema_input_type=WrittenGrowth),
    PlainSerializer(
        lambda growth: growth.written if isinstance(growth, ExtensionEntry) else growth, return_type=WrittenGrowth
    ),
]
"""A factor, or a growth law with its settings."""


class Continuation(Section):
    """A random number of months: after each one, another follows with a fixed probability."""

    continuation: float = Field(gt=0, le=1)
    """Probability that another month follows."""
    told: bool = True
    """Whether the probability and the maximum number of months are stated to members."""


class World(Section):
    """The commons and the length of the simulation. Amounts are whole units."""

    capacity: int = Field(100, ge=1, le=1_000_000)
    """Maximum stock in units. (Bounded because measures evaluate every possible stock of every month.)"""
    initial: int | None = Field(None, ge=0)
    """Initial stock in units. Defaults to the capacity."""
    growth: GrowthSetting = 2.0
    """Growth of the stock at the end of each month. A number is a factor: the remaining stock is multiplied by it and
    rounded down. It is computed exactly, as the decimal number written, without floating-point error. Otherwise the
    name of a growth law, with or without settings."""
    shocks: Entries = ()
    """Losses of stock besides the harvest, in order: names of shocks, with or without settings."""
    collapse: UnitsSetting = 5
    """Collapse level in units: the commons collapses when fewer units than this are left after a harvest. From a
    distribution, it is drawn once per run."""
    collapse_told: Literal["nothing", "distribution"] = Field("nothing", exclude_if=lambda told: told == "nothing")
    """What is stated to members about the collapse level: `nothing`, or its `distribution`: the number itself if it
    is fixed, and otherwise how it is drawn, but not the number drawn."""
    allocation: str = "random"
    """How the stock is divided when total demand exceeds it: `random` gives out units one by one, each to a random
    member whose demand is not met; `proportional` divides it in proportion to demand; `sequential` serves members in a
    random order; with `all-or-nothing`, which is stated to members, no member receives anything; or another registered
    allocation rule."""
    months: int = Field(12, ge=1, le=95_000)
    """Maximum number of months to simulate. (Bounded because the calendar ends with the year 9999.)"""
    horizon: Literal["unknown", "known"] | Continuation = "unknown"
    """What members know about the number of months: `unknown` (nothing), `known` (`months`); or
    `{continuation: P}`, with which another month follows each one with probability P, up to `months`."""

    @field_validator("horizon", mode="before")
    @classmethod
    def _is_a_horizon(cls, value: Any) -> Any:
        if isinstance(value, Mapping):
            return read_form(Continuation, value)
        if isinstance(value, Continuation) or value in ("unknown", "known"):
            return value
        raise invalid_form("must be unknown, known or {continuation: P}, with 0 < P ≤ 1")

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        if distribution_of(self.collapse).high >= self.capacity:
            shown = self.collapse if isinstance(self.collapse, int) else self.collapse.written
            raise ValueError(f"world.collapse = {shown}: must be below world.capacity = {self.capacity}")
        if self.initial is not None and self.initial > self.capacity:
            raise ValueError(f"world.initial = {self.initial}: must not exceed world.capacity = {self.capacity}")
        return self

    @property
    def stock_at_start(self) -> int:
        """Stock at the start of month 1, in units."""
        return self.capacity if self.initial is None else self.initial
