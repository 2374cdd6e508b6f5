"""Columns of frames: the rows of a frame are named tuples, and each field of their class is a column.

    class MonthRow(NamedTuple):
        \"\"\"One month of one run.\"\"\"

        month: int
        \"\"\"The month, 1 for the first.\"\"\"
        limit: Units | None
        \"\"\"What the talk agreed on. Missing without any.\"\"\"

The annotation says the column's type, its unit, and whether values can be missing; the docstring below says what it
means. `Layout` puts such classes together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias, TypeVar, Union, get_args, get_origin, get_type_hints

from govsim.config.describing import attribute_docstrings, one_sentence
from govsim.lazy import pandas as pd

Kind = Literal["string", "int64", "Int64", "float64", "bool", "boolean"]
"""Types of columns, as pandas names them. `Int64`, `boolean`, `float64` and `string` can hold missing values."""

Row = tuple[object, ...]
"""The values of all columns of one row; None where one is missing."""

RowClass: TypeAlias = type[NamedTuple]
R = TypeVar("R", bound=NamedTuple)

Units = Annotated[int, "units"]
Months = Annotated[int, "months"]
Tokens = Annotated[int, "tokens"]
Questions = Annotated[int, "questions"]
Dollars = Annotated[float, "dollars"]
Share = Annotated[float, "share"]

_KINDS: dict[tuple[type, bool], Kind] = {
    (str, False): "string",
    (str, True): "string",
    (int, False): "int64",
    (int, True): "Int64",
    (float, False): "float64",
    (float, True): "float64",
    (bool, False): "bool",
    (bool, True): "boolean",
}
"""By the type of a value, and whether it can be missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a frame.

    Attributes:
        name: its name.
        kind: its type.
        unit: what its numbers count; empty for text and claims.
        meaning: what it says, in a sentence, and when it is missing.
    """

    name: str
    kind: Kind
    unit: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Layout:
    """How a frame is laid out.

    Attributes:
        name: the frame's name.
        parts: the classes whose fields are its columns, in order, the last with a docstring that says what a row
            stands for; or columns that no class has.
    """

    name: str
    parts: tuple[RowClass | tuple[Column, ...], ...]

    @property
    def row(self) -> str:
        """What one row stands for."""
        text = one_sentence(self.parts[-1].__doc__)
        return f"{text[:1].lower()}{text.removesuffix('.')[1:]}"

    @property
    def columns(self) -> tuple[Column, ...]:
        """All its columns, in order."""
        return tuple(one for part in self.parts for one in (part if isinstance(part, tuple) else columns_of(part)))

    @property
    def kinds(self) -> dict[str, Kind]:
        """The types of its columns, by name, in order."""
        found: dict[str, Kind] = {}
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
def columns_of(part: RowClass) -> tuple[Column, ...]:
    """The columns that are fields of a class.

    Their meanings are read when somebody asks: finding the source of a class takes longer than making a small frame.
    """
    meanings = attribute_docstrings(part)
    return tuple(
        Column(name=name, kind=kind, unit=unit, meaning=one_sentence(meanings.get(name)))
        for name, (kind, unit) in _types_of(part).items()
    )


@cache
def _types_of(part: RowClass) -> dict[str, tuple[Kind, str]]:
    """Type and unit of each field of a class, from its annotations."""
    hints = get_type_hints(part, include_extras=True)
    return {name: _type_and_unit(hints[name]) for name in part._fields}


def _type_and_unit(hint: Any) -> tuple[Kind, str]:
    can_miss = get_origin(hint) in (Union, UnionType)
    present = next(one for one in get_args(hint) if one is not NoneType) if can_miss else hint
    plain, unit = get_args(present) if get_origin(present) is Annotated else (present, "")
    return _KINDS[plain, can_miss], unit


def row_of(part: type[R], source: object, **values: object) -> R:
    """A row whose values are attributes of an object.

    Args:
        part: the row's class.
        source: has attributes of the names of its fields.
        values: those that are no attributes of it, by name.
    """
    return part._make(values[name] if name in values else getattr(source, name) for name in part._fields)


def keyed(keys: Row, rows: Iterable[Row]) -> list[Row]:
    """Rows that all begin with the same values."""
    return [(*keys, *row) for row in rows]


def typed_frame(layout: Layout, rows: Iterable[Row]) -> pd.DataFrame:
    """Rows as a frame with the columns and types of a layout, whatever the rows hold and however few they are.

    Args:
        layout: the frame's layout.
        rows: one tuple each, with the values of all columns; None where one is missing.
    """
    kinds = layout.kinds
    by_column = list(zip(*rows, strict=True)) or [()] * len(kinds)
    columns = zip(kinds.items(), by_column, strict=True)
    return pd.DataFrame({name: pd.Series(list(values), dtype=kind) for (name, kind), values in columns})
