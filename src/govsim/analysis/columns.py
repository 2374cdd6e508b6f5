"""Columns of frames: each is declared once, with its name, type, unit, meaning, and its value in a row."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Generic, Literal, TypeVar

from govsim.lazy import pandas as pd

R = TypeVar("R")

Kind = Literal["string", "int64", "Int64", "float64", "bool", "boolean"]
"""Types of columns, as pandas names them. `Int64`, `boolean`, `float64` and `string` can hold missing values."""

Row = tuple[object, ...]
"""The values of all columns of one row; None where one is missing."""


@dataclass(frozen=True, slots=True)
class Column(Generic[R]):
    """One column of a frame.

    Attributes:
        name: its name.
        kind: its type.
        meaning: what it says, in a sentence, and when it is missing.
        value: from what a row stands for to its value, None where that is missing; or the attribute that holds it, as
            in `harvest.threshold`. The attribute of the column's name when not given.
        unit: what its numbers count; empty for text and claims.
    """

    name: str
    kind: Kind
    meaning: str
    value: Callable[[R], object] | str | None = None
    unit: str = ""

    @property
    def getter(self) -> Callable[[R], object]:
        """From what a row stands for to its value."""
        return self.value if callable(self.value) else attrgetter(self.value or self.name)

    def to_json(self) -> dict[str, str]:
        """As an object that describes it."""
        return {"name": self.name, "kind": self.kind, "unit": self.unit, "meaning": self.meaning}


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout(Generic[R]):
    """How a frame is laid out.

    Attributes:
        name: the frame's name.
        row: what one row stands for.
        own: its columns, in order.
        keys: columns before these that say what a group of rows belongs to, alike in all rows of the group.
    """

    name: str
    row: str
    own: tuple[Column[R], ...]
    keys: tuple[Column[Any], ...] = ()

    @property
    def columns(self) -> tuple[Column[Any], ...]:
        """All its columns, in order."""
        return (*self.keys, *self.own)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its columns."""
        return tuple(column.name for column in self.columns)

    @property
    def kinds(self) -> dict[str, Kind]:
        """The types of its columns, by name."""
        return {column.name: column.kind for column in self.columns}

    def rows(self, found: Iterable[R], group: object = None) -> list[Row]:
        """The values of rows.

        Args:
            found: what each row stands for.
            group: what all of them belong to, from which the keys are taken.
        """
        keys, getters = tuple(column.getter(group) for column in self.keys), [column.getter for column in self.own]
        return [(*keys, *(value(one) for value in getters)) for one in found]


def typed_frame(layout: Layout[Any], rows: Iterable[Row]) -> pd.DataFrame:
    """Rows as a frame with the columns and types of a layout, whatever the rows hold and however few they are.

    Args:
        layout: the frame's layout.
        rows: one tuple each, with the values of all columns; None where one is missing.
    """
    by_column = list(zip(*rows, strict=True)) or [()] * len(layout.columns)
    columns = zip(layout.columns, by_column, strict=True)
    return pd.DataFrame({column.name: pd.Series(list(values), dtype=column.kind) for column, values in columns})
