"""A table: its values and the definitions of its columns, from which all formats are written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from string import ascii_lowercase
from typing import Any, Literal

from govsim.analysis.tables import formatting
from govsim.analysis.tables.formatting import ValueKind
from govsim.characters import counted, shortened
from govsim.lazy import pandas as pd

ColumnPlace = Literal["label", "stub", "figure", "remark"]
"""The position of a column. Plain text has labels and remarks above and below a row; other formats, as columns."""

Row = Mapping[str, Any]
"""Values of one row, as in JSON, by the names of columns."""

_AMOUNTS = ("count", "dollars", "duration")
_PLAIN = ("text", "name", *_AMOUNTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table.

    Attributes:
        name: its name in rows, JSON and CSV.
        heading: its heading, if it differs from the name.
        unit: the unit of its values; empty without one.
        kind: the kind of its values, which determines their format.
        place: its position; stubs are left-aligned, figures right-aligned.
        of: computes its value from a row, if it is not the value of its name.
        digits: decimals of its numbers.
        n: the column that an estimate's n is compared with; n is shown where it differs, or in all rows with `always`.
        repeats: the name of an earlier column about the same quantity; if all values of both are equal, a condensed
            table states that instead of showing this one. Empty if there is none.
        is_named: whether its heading precedes its values in labels and remarks.
        is_optional: whether it is omitted if no row has a value, as labels and remarks are.
        in_markup: whether it is shown in Markdown and LaTeX.
        for_programs: whether its value is in JSON and CSV.
    """

    name: str
    heading: str = ""
    unit: str = ""
    kind: ValueKind = "text"
    place: ColumnPlace = "figure"
    of: Callable[[Row], Any] | None = None
    digits: int = 2
    n: str = ""
    repeats: str = ""
    is_named: bool = False
    is_optional: bool = False
    in_markup: bool = True
    for_programs: bool = True

    @property
    def title(self) -> str:
        """Heading and unit, such as `gain, units`."""
        heading = self.heading or self.name.replace("_", " ")
        return f"{heading}, {self.unit}" if self.unit else heading

    @property
    def choice(self) -> str:
        """The name by which a user chooses it: its name in JSON, or that of its heading if it is not in JSON."""
        return self.name if self.for_programs else (self.heading or self.name).replace(" ", "_")

    @property
    def is_fixed(self) -> bool:
        """Whether it is shown even if no row has a value."""
        return self.place in ("stub", "figure") and not self.is_optional

    def named(self, text: str) -> str:
        """Return a value in a line of text, preceded by the heading if `is_named`."""
        return f"{self.title}: {text}" if self.is_named and text else text

    def value(self, row: Row) -> Any:
        """Return its value in a row."""
        return row.get(self.name) if self.of is None else self.of(row)

    def entry(self, row: Row, marks: tuple[str, ...] = ()) -> Entry:
        """Return its entry in a row.

        Args:
            row: the row.
            marks: the marks of its footnotes.
        """
        value = self.value(row)
        if value is None and self.place != "figure":
            return Entry(lines=(formatting.UNKNOWN,) if self.kind in _AMOUNTS else (), marks=marks)
        lines = formatting.lines_of(value, self.kind, self.digits)
        if self.place in ("label", "stub") and self.kind in ("text", "name"):
            lines = tuple(" ".join(shortened(word, formatting.LONGEST) for word in line.split()) for line in lines)
        if self.n and value is not None and self._shows_n(value, row):
            lines = (*lines, f"n = {formatting.count(value['n'])}")
        return Entry(lines=lines, marks=marks)

    def _shows_n(self, value: Row, row: Row) -> bool:
        """Whether the n of an estimate is shown; that of a value that no run has is 0, as its dash says."""
        return self.n == "always" or value.get("n", row[self.n]) not in (0, row[self.n])


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """The formatted value of one column in a row.

    Attributes:
        lines: the value, followed by further lines such as its interval; empty without a value.
        marks: the marks of its footnotes.
    """

    lines: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()

    @property
    def value(self) -> str:
        """The first line."""
        return self.lines[0] if self.lines else ""


@dataclass(frozen=True, kw_only=True, repr=False)
class Table:
    """A table, independent of its format.

    `print` shows it as text, and a notebook displays it as HTML.

    Attributes:
        name: its name in files, URLs and references.
        title: its content, in a few words or a sentence.
        is_titled: whether plain text begins with the title, as other formats always do.
        columns: its columns, in order.
        data: its rows, with values for all columns and any others for JSON and CSV. A value can be an object (an
            estimate with `value`, `low`, `high` and `n`; counts by reason) or a list of texts.
        shown: the rows to show, if they differ from `data`.
        total: a row of totals, which is shown last.
        notes: notes on the table, one paragraph each.
        facts: values that all rows share and columns that are equal, one sentence each, shown next to the title.
        footnotes: the texts of footnotes by mark, in order.
        marks: the marks of footnotes by the number of a row and the name of a column.
    """

    name: str
    title: str
    is_titled: bool = True
    columns: tuple[Column, ...]
    data: Sequence[Row]
    shown: Sequence[Row] | None = None
    total: Row | None = None
    notes: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    footnotes: Mapping[str, str] = field(default_factory=dict)
    marks: Mapping[tuple[int, str], tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def rows(self) -> tuple[tuple[Entry, ...], ...]:
        """The entries of all rows except the total, one for each column."""
        rows = self.data if self.shown is None else self.shown
        return tuple(tuple(self._entries(row, index)) for index, row in enumerate(rows))

    @cached_property
    def last_row(self) -> tuple[Entry, ...] | None:
        """The entries of the total; None without one."""
        return None if self.total is None else tuple(self._entries(self.total, -1))

    @property
    def records(self) -> tuple[dict[str, Any], ...]:
        """The rows for JSON: one mapping for each row."""
        hidden = {column.name for column in self.columns if not column.for_programs}
        return tuple({name: value for name, value in row.items() if name not in hidden} for row in self.data)

    @property
    def frame(self) -> pd.DataFrame:
        """The records as a data frame, with the columns of CSV.

        An estimate has the columns `NAME`, `NAME_low`, `NAME_high` and `NAME_n`, any other object `NAME.KEY` for each
        key; the texts of a list are joined by spaces.
        """
        rows = [flat(record) for record in self.records]
        return pd.DataFrame(rows, columns=list(dict.fromkeys(name for row in rows for name in row)))

    @property
    def computed(self) -> Table:
        """A copy whose rows contain the values computed by columns, so that it can be sent to another process."""

        def row(given: Row) -> Row:
            return {**given, **{column.name: column.value(given) for column in self.columns}}

        return replace(
            self,
            columns=tuple(replace(column, of=None) for column in self.columns),
            data=[row(one) for one in self.data],
            shown=None if self.shown is None else [row(one) for one in self.shown],
            total=None if self.total is None else row(self.total),
        )

    @property
    def shown_in_markup(self) -> Table:
        """The table with the columns of Markdown and LaTeX."""
        return replace(self, columns=tuple(column for column in self.columns if column.in_markup))

    def condensed(self, *, keeps_labels: bool = False) -> Table:
        """Return the table without columns that show nothing: `facts` state their values.

        These are columns with one value in all rows, without any, or equal to the column that they repeat. Estimates
        and p values are kept even if they are the same in all rows. Columns with footnotes are kept.

        Args:
            keeps_labels: whether the labels are kept if all of them have one value in all rows.
        """
        if not self.rows:
            return self
        empty = [number for number in range(len(self.columns)) if self._is_empty(number)]
        constant = [number for number in range(len(self.columns)) if self._is_constant(number)]
        labels = set(self.at("label"))
        if keeps_labels and labels <= set(constant):
            constant = [number for number in constant if number not in labels]
        stubs = self.at("stub")
        if stubs and set(stubs) <= set(constant):
            constant.remove(stubs[-1])
        copies = self._copies(constant)
        facts = [f"{self.columns[number].title}: {self.rows[0][number].value}" for number in constant]
        missing = [self.columns[number].title for number in empty if self.columns[number].is_fixed]
        omitted = {*constant, *copies, *empty}
        kept = [column for number, column in enumerate(self.columns) if number not in omitted]
        return replace(
            self,
            columns=tuple(kept),
            total=self._total_labelled(kept),
            facts=(
                *self.facts,
                *([f"All rows: {'; '.join(facts)}."] if facts else []),
                *([f"Columns without values: {'; '.join(missing)}."] if missing else []),
                *(
                    f"Column {self.columns[number].title} is equal to {self.columns[original].title} in all rows."
                    for number, original in copies.items()
                ),
            ),
        )

    def __repr__(self) -> str:
        size = f"{counted(len(self.data), 'row')} × {counted(len(self.columns), 'column')}"
        return f"<Table: {shortened(self.name, formatting.LONGEST)}, {size}>"

    def __str__(self) -> str:
        return self._written("text")

    def _repr_html_(self) -> str:
        return self._written("html")

    def _written(self, format: str) -> str:  # noqa: A002  as in `render`
        from govsim.analysis.tables.formats import render  # imports this module

        return render(self, format)

    def choose(self, names: Sequence[str]) -> Table:
        """Return the table with the named columns, in the order of the names.

        Columns that identify a row (labels and stubs) are kept unless one of them is named.
        """
        by_name = {name: column for column in self.columns for name in (column.name, column.choice)}
        chosen = [by_name[name] for name in dict.fromkeys(names) if name in by_name]
        if all(column.place not in ("label", "stub") for column in chosen):
            chosen = [*(column for column in self.columns if column.place in ("label", "stub")), *chosen]
        marks = {at: marks for at, marks in self.marks.items() if at[1] in {column.name for column in chosen}}
        used = {mark for several in marks.values() for mark in several}
        return replace(
            self,
            columns=tuple(chosen),
            total=self._total_labelled(chosen),
            marks=marks,
            footnotes={mark: text for mark, text in self.footnotes.items() if mark in used},
        )

    def choose_records(self, names: Sequence[str]) -> Table:
        """Return the table with the named values in its records, in the order of the names, for JSON and CSV.

        Values of labels and stubs are kept unless one of them is named.
        """
        labels = [column.name for column in self.columns if column.place in ("label", "stub")]
        wanted = list(dict.fromkeys(names if set(names) & set(labels) else [*labels, *names]))
        return replace(
            self, data=[{name: record[name] for name in wanted if name in record} for record in self.records]
        )

    def _is_empty(self, number: int) -> bool:
        """Whether no row has a value or a footnote in a column of figures."""
        rows = [*self.rows, *([self.last_row] if self.last_row is not None else [])]
        is_figure = self.columns[number].place == "figure"
        return is_figure and not any(has_value(row[number]) or row[number].marks for row in rows)

    def _is_constant(self, number: int) -> bool:
        if len(self.rows) < 2 or self._is_empty(number):
            return False
        column, entries = self.columns[number], [row[number] for row in self.rows]
        if column.place == "remark" and column.kind not in _AMOUNTS:
            return False
        if column.place == "figure":
            if column.kind not in _PLAIN:
                return False
            entries += [self.last_row[number]] if self.last_row is not None else []
        first = entries[0]
        return bool(first.lines) and not first.marks and all(entry == first for entry in entries)

    def _copies(self, omitted: Sequence[int]) -> dict[int, int]:
        """The numbers of columns with the same values as the one that they repeat, each with that of the other."""
        numbers = {column.name: number for number, column in enumerate(self.columns)}
        rows = [*self.rows, *([self.last_row] if self.last_row is not None else [])]
        copies: dict[int, int] = {}
        for number, column in enumerate(self.columns):
            original = numbers.get(column.repeats)
            if original is None or len(self.rows) < 2 or not self._is_filled(number):
                continue
            if {number, original} & {*omitted, *copies}:
                continue
            if all(row[number] == row[original] and not row[number].marks for row in rows):
                copies[number] = original
        return copies

    def _total_labelled(self, columns: Sequence[Column]) -> Row | None:
        """The total, its label in the first of these columns that identify a row."""
        names = [column.name for column in self.columns if column.place == "stub"]
        kept = next((column.name for column in columns if column.place == "stub"), None)
        if self.total is None or kept is None or kept == names[0]:
            return self.total
        return {**self.total, kept: self.total.get(names[0])}

    def at(self, *places: ColumnPlace) -> tuple[int, ...]:
        """Return the numbers of the columns at some positions, except omitted ones without values."""
        return tuple(
            number
            for number, column in enumerate(self.columns)
            if column.place in places and (column.is_fixed or self._is_filled(number))
        )

    def _is_filled(self, number: int) -> bool:
        return any(has_value(row[number]) for row in self.rows)

    def _entries(self, row: Row, place: int) -> Iterator[Entry]:
        return (column.entry(row, self.marks.get((place, column.name), ())) for column in self.columns)


def has_value(entry: Entry) -> bool:
    """Whether an entry shows a value, not a dash for none."""
    return entry.value not in ("", formatting.DASH)


def joined(columns: Sequence[Column], entries: Sequence[Entry]) -> str:
    """Return labels or remarks of a row as one text: names are separated by commas, everything else by semicolons.

    Args:
        columns: of the labels or remarks.
        entries: one for each of them.
    """
    text, before = "", False
    for column, entry in zip(columns, entries, strict=True):
        if entry.value:
            is_name = column.kind in ("text", "name", "settings") and not column.is_named and column.place == "label"
            text += ("" if not text else ", " if is_name and before else "; ") + column.named(entry.value)
            before = is_name
    return text


def flat(record: Row) -> dict[str, Any]:
    """Return a record without nested objects and lists."""
    return dict(_parts(record))


def _parts(record: Row) -> Iterator[tuple[str, Any]]:
    for key, value in record.items():
        if isinstance(value, Mapping) and "value" in value and key != "settings":
            yield key, value["value"]
            yield from ((f"{key}_{part}", inner) for part, inner in value.items() if part != "value")
        elif isinstance(value, Mapping):
            yield from ((f"{key}.{part}", inner) for part, inner in value.items())
        elif isinstance(value, list | tuple):
            yield key, " ".join(map(str, value))
        else:
            yield key, value


def footnote_mark(place: int) -> str:
    """Return the mark of a footnote by its position, 0 for the first: `a` to `z`, then `aa`, `ab` and so on."""
    before, last = divmod(place, len(ascii_lowercase))
    return (footnote_mark(before - 1) if before else "") + ascii_lowercase[last]
