"""Columns of frames: the rows of a frame are named tuples, and each field of their class is a column.

    class MonthRow(NamedTuple):
        \"\"\"One month of one run.\"\"\"

        month: int
        \"\"\"The month, 1 for the first.\"\"\"
        limit: Units | None
        \"\"\"The limit agreed on. Missing without an agreement.\"\"\"

The annotation determines the column's type, its unit, and whether values can be missing; the docstring below states its
meaning. A `Layout` combines such classes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias, TypeVar, Union, get_args, get_origin, get_type_hints

from govsim.config.describing import attribute_docstrings, one_sentence
from govsim.lazy import pandas as pd

ColumnType = Literal["string", "int64", "Int64", "float64", "bool", "boolean"]
"""Types of columns, as pandas names them. `Int64`, `boolean`, `float64` and `string` can hold missing values."""

RowValues = tuple[object, ...]
"""The values of all columns of one row; None for missing ones."""

RowClass: TypeAlias = type[NamedTuple]
R = TypeVar("R", bound=NamedTuple)

Units = Annotated[int, "units"]
Months = Annotated[int, "months"]
Tokens = Annotated[int, "tokens"]
Questions = Annotated[int, "questions"]
Dollars = Annotated[float, "dollars"]
Share = Annotated[float, "share"]

_KINDS: dict[tuple[type, bool], ColumnType] = {
    (str, False): "string",
    (str, True): "string",
    (int, False): "int64",
    (int, True): "Int64",
    (float, False): "float64",
    (float, True): "float64",
    (bool, False): "bool",
    (bool, True): "boolean",
}
"""By type of a value, and whether it can be missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameColumn:
    """One column of a frame.

    Attributes:
        name: its name.
        kind: its type.
        unit: the unit of its values; empty for text and booleans.
        meaning: its meaning in a sentence, and when it is missing.
    """

    name: str
    kind: ColumnType
    unit: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Layout:
    """The name and the columns of a frame.

    Attributes:
        name: the frame's name.
        parts: the classes whose fields are its columns, in order, the last with a docstring that states what
            a row is; or columns without a class.
    """

    name: str
    parts: tuple[RowClass | tuple[FrameColumn, ...], ...]

    @property
    def row(self) -> str:
        """What one row is."""
        text = one_sentence(self.parts[-1].__doc__)
        return f"{text[:1].lower()}{text.removesuffix('.')[1:]}"

    @property
    def columns(self) -> tuple[FrameColumn, ...]:
        """All columns, in order."""
        return tuple(one for part in self.parts for one in (part if isinstance(part, tuple) else columns_of(part)))

    @property
    def kinds(self) -> dict[str, ColumnType]:
        """The types of its columns, by name, in order."""
        found: dict[str, ColumnType] = {}
        for part in self.parts:
            if isinstance(part, tuple):
                found |= {column.name: column.kind for column in part}
            else:
                found |= {name: kind for name, (kind, _) in _types_of(part).items()}
        return found

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its columns."""
        return tuple(self.kinds)


@cache
def columns_of(part: RowClass) -> tuple[FrameColumn, ...]:
    """Return the columns that are fields of a class.

    Cached, because finding the source of a class takes longer than making a small frame.
    """
    meanings = attribute_docstrings(part)
    return tuple(
        FrameColumn(name=name, kind=kind, unit=unit, meaning=one_sentence(meanings.get(name)))
        for name, (kind, unit) in _types_of(part).items()
    )


@cache
def _types_of(part: RowClass) -> dict[str, tuple[ColumnType, str]]:
    """Type and unit of each field of a class, from its annotations."""
    hints = get_type_hints(part, include_extras=True)
    return {name: _type_and_unit(hints[name]) for name in part._fields}


def _type_and_unit(hint: Any) -> tuple[ColumnType, str]:
    can_miss = get_origin(hint) in (Union, UnionType)
    present = next(one for one in get_args(hint) if one is not NoneType) if can_miss else hint
    plain, unit = get_args(present) if get_origin(present) is Annotated else (present, "")
    return _KINDS[plain, can_miss], unit


def row_of(part: type[R], source: object, **values: object) -> R:
    """Return a row whose values are attributes of an object.

    Args:
        part: the row's class.
        source: an object with attributes of the names of its fields.
        values: values that are not attributes of the object, by name.
    """
    return part._make(values[name] if name in values else getattr(source, name) for name in part._fields)


def keyed(keys: RowValues, rows: Iterable[RowValues]) -> list[RowValues]:
    """Return rows with the same values prepended to each."""
    return [(*keys, *row) for row in rows]


def typed_frame(layout: Layout, rows: Iterable[RowValues]) -> pd.DataFrame:
    """Return rows as a frame with the columns and types of a layout, independent of the values and the number of rows.

    Args:
        layout: the frame's layout.
        rows: one tuple each, with the values of all columns; None for missing ones.
    """
    kinds = layout.kinds
    by_column = list(zip(*rows, strict=True)) or [()] * len(kinds)
    columns = zip(kinds.items(), by_column, strict=True)
    return pd.DataFrame({name: pd.Series(list(values), dtype=kind) for (name, kind), values in columns})
