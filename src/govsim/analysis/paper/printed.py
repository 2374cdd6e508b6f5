"""The printed values of the paper by table and model, with notes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from govsim.analysis.published import NOTES, published_results
from govsim.analysis.tables.table import footnote_mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """One printed value, or a difference of two.

    Attributes:
        value: in the measure's unit, shares in per cent.
        spread: the value after ±; None without one.
        spread_kind: `ci95` or `std`; None without a spread.
        notes: keys of the notes on it.
        decimals: printed decimals.
    """

    value: float
    spread: float | None = None
    spread_kind: str | None = None
    notes: tuple[str, ...] = ()
    decimals: int = 2

    def less(self, other: Printed) -> Printed:
        """Return the difference of two printed values, with unknown spread."""
        return Printed(value=self.value - other.value, notes=tuple(dict.fromkeys((*self.notes, *other.notes))))


ByModel = Mapping[str, Mapping[str, Printed]]
"""Printed values by model and measure, in the paper's order."""


def printed_in(table: int) -> ByModel:
    """Return all values of a printed table.

    Args:
        table: its number in the paper.
    """
    found: dict[str, dict[str, Printed]] = {}
    results = published_results()
    for row in results[results["table"] == table].to_dict("records"):
        is_spread = isinstance(row["spread_kind"], str)
        found.setdefault(str(row["model"]), {})[str(row["measure"])] = Printed(
            value=float(row["value"]),
            spread=float(row["spread"]) if is_spread else None,
            spread_kind=str(row["spread_kind"]) if is_spread else None,
            notes=tuple(str(row["notes"]).split()),
            decimals=1 if table == 1 else 2,
        )
    return found


def differences_of(of: ByModel, less: ByModel) -> ByModel:
    """Return differences of the values that are printed in both of two tables."""
    return {
        model: {name: figure.less(less[model][name]) for name, figure in figures.items() if name in less[model]}
        for model, figures in of.items()
        if model in less
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Caveats:
    """The notes on the printed values of a table.

    Attributes:
        general: texts of notes that apply to all printed values of a measure in the table.
        marks: the marks of other notes by key, `a` for the first.
    """

    general: tuple[str, ...]
    marks: Mapping[str, str]

    @property
    def footnotes(self) -> dict[str, str]:
        """The texts of footnotes by mark."""
        return {mark: NOTES[key].text for key, mark in self.marks.items()}

    def marks_of(self, figure: Printed) -> tuple[str, ...]:
        """Return the marks of a value."""
        return tuple(self.marks[key] for key in figure.notes if key in self.marks)


def caveats_of(figures: Iterable[tuple[str, Printed]]) -> Caveats:
    """Divide the notes on printed values into general ones and footnotes.

    Args:
        figures: values with their measures, in the order in which they are shown.
    """
    shown = list(figures)
    keys = list(dict.fromkeys(key for _, figure in shown for key in figure.notes))
    general = [key for key in keys if _is_general(key, shown)]
    others = [key for key in keys if key not in general]
    return Caveats(
        general=tuple(NOTES[key].text for key in general),
        marks={key: footnote_mark(index) for index, key in enumerate(others)},
    )


def _is_general(key: str, shown: list[tuple[str, Printed]]) -> bool:
    note = NOTES[key]
    about = [figure for measure, figure in shown if not note.measures or measure in note.measures]
    return all(key in figure.notes for figure in about)
