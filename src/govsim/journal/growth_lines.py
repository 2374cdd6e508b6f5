"""Events of a run's journal about the growth of the stock, in worlds where chance affects it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from govsim.characters import counted
from govsim.config.section import Frozen
from govsim.journal.events import Harvest
from govsim.journal.kinds import EVENTS
from govsim.journal.line import Event, Whole

Probability = Annotated[float, Field(ge=0, le=1)]


class ShockLine(Frozen):
    """Whether a shock occurred."""

    shock: str
    """Name of the shock in the experiment."""
    probability: Probability
    """Its probability in this month, after this harvest."""
    draw: Probability | None
    """Random number below which the shock occurs; null if the probability is 0 or 1."""
    is_realised: bool
    """Whether the shock occurred."""
    lost: Whole
    """Units lost; 0 if it did not occur."""


@EVENTS.register
class GrowthLine(Event):
    """Growth and shocks at the end of a month.

    Written only if the growth law is random, the world has shocks, or phases after the harvest returned units to the
    stock.
    """

    kind: Literal["growth"] = "growth"
    month: Whole
    left: Whole
    """Stock left after the harvest, with the units returned to it."""
    growth: float | str | dict[str, JsonValue]
    """Growth law of the month with the values drawn for it, as in `world.growth`; a number is a factor."""
    shocks: tuple[ShockLine, ...]
    """All shocks of the world, in the order in which they applied."""
    stock: Whole
    """Stock at the start of the next month."""

    @property
    def in_words(self) -> str:
        """The growth law with its drawn values, every shock, and the stock before and after them."""
        shocks = "".join(f"; {_shock(shock)}" for shock in self.shocks)
        return f"Stock from {self.left:,} to {self.stock:,} units by growth ({_law(self.growth)}){shocks}."


def with_growth(harvests: Iterable[Harvest], growth: Iterable[GrowthLine]) -> Iterator[Harvest]:
    """Yield harvests with the stock at the start of the next month, after units that later phases returned.

    Args:
        harvests: the harvests as recorded.
        growth: all events of growth of the same run.
    """
    stocks = {(one.month, one.site): one.stock for one in growth}
    for harvest in harvests:
        stock = stocks.get((harvest.month, harvest.site), harvest.stock_after_growth)
        is_same = stock == harvest.stock_after_growth
        yield harvest if is_same else harvest.model_copy(update={"stock_after_growth": stock})


def _law(growth: float | str | dict[str, JsonValue]) -> str:
    """A growth law and its settings."""
    if isinstance(growth, str):
        return growth
    if isinstance(growth, int | float):
        return f"factor {growth:g}"
    return "; ".join(f"{name}: {_settings(settings)}" for name, settings in growth.items())


def _settings(settings: JsonValue) -> str:
    if not isinstance(settings, dict):
        return _value(settings)
    return ", ".join(f"{key.replace('_', ' ')} {_value(value)}" for key, value in settings.items())


def _value(value: JsonValue) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _shock(shock: ShockLine) -> str:
    what = f"{counted(shock.lost, 'unit')} lost" if shock.is_realised else "did not occur"
    return f"{shock.shock}: {what} (probability {shock.probability:g})"
