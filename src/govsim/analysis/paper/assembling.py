"""Rows of ours and of the paper put side by side into a sheet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from govsim.analysis.measures import measure_named
from govsim.analysis.paper.printed import ByModel, Caveats, Printed, caveats_of
from govsim.analysis.paper.tables import PaperTable
from govsim.analysis.sheets.entries import NOTHING, counts
from govsim.analysis.sheets.sheet import Column, Entry, Sheet, text_entry
from govsim.characters import shortened

OURS, THE_PAPER = "ours", "paper"

_LONGEST_NAME = 40

_SPREADS = {"ci95": "±", "std": "sd "}

_UNDEFINED: dict[str, JsonValue] = {"value": None, "low": None, "high": None, "n": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class OurRow:
    """Runs of ours that belong into one row.

    Attributes:
        model: the paper's name for their model, or ours.
        society: the society's label.
        runs: how many there are, left-out ones included.
        left_out: how many no measure counts, by reason.
        entries: what a reader sees, by measure.
        values: the same as records.
        remark: what else has to be known; empty for nothing.
    """

    model: str
    society: str
    runs: int
    left_out: Mapping[str, int]
    entries: Mapping[str, Entry]
    values: Mapping[str, Mapping[str, JsonValue]]
    remark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The rows of one condition: ours, and the paper's."""

    condition: str
    ours: Sequence[OurRow]
    printed: ByModel

    def ours_of(self, model: str) -> list[OurRow]:
        """Our rows of a model; there can be several, whose societies differ."""
        return [row for row in self.ours if row.model == model]


def assembled(table: PaperTable, sections: Sequence[Section], notes: Iterable[str]) -> Sheet:
    """A sheet with our rows and the paper's below each other, model by model, and side by side in its records.

    Models are those of the last section: the paper's in its order, then those that only we have.

    Args:
        table: which one.
        sections: its conditions.
        notes: what else is to be told below it.
    """
    last = sections[-1]
    models = list(dict.fromkeys([*last.printed, *(row.model for row in last.ours)]))
    printed = [
        (measure, section.printed[model][measure])
        for model in models
        for section in sections
        for measure in table.measures
        if measure in section.printed.get(model, {})
    ]
    caveats = caveats_of(printed)
    rows = [_rows(table, section, model, caveats) for model in models for section in sections]
    return Sheet(
        caption=table.caption,
        columns=_columns(table, has_conditions=len(sections) > 1),
        rows=tuple(row for some in rows for row in some),
        notes=(*table.notes, *notes, *_matching(last), *caveats.general),
        footnotes=caveats.footnotes,
        records=tuple(
            record for model in models for section in sections for record in _records(table, section, model, caveats)
        ),
    )


def _columns(table: PaperTable, *, has_conditions: bool) -> tuple[Column, ...]:
    return (
        Column(heading=("", "model"), place="stub"),
        Column(heading=("", "condition"), place="stub" if has_conditions else "remark", in_markup=has_conditions),
        Column(heading=("", "whose"), place="stub"),
        Column(heading=("", "runs")),
        *(Column(heading=measure_named(measure).heading) for measure in table.measures),
        Column(heading=("", "society"), place="remark", prefix="society: "),
        Column(heading=("", "left out"), place="remark", prefix="left out: "),
        Column(heading=("", "remark"), place="remark"),
    )


def _rows(table: PaperTable, section: Section, model: str, caveats: Caveats) -> Iterator[tuple[Entry, ...]]:
    name = text_entry(shortened(model, _LONGEST_NAME))
    condition = text_entry(section.condition if len(table.blocks) > 1 and table.kind == "means" else "")
    for row in section.ours_of(model):
        figures = (row.entries[measure] for measure in table.measures)
        society = "" if row.society == model else row.society
        told = (society, counts(row.left_out), row.remark)
        yield name, condition, text_entry(OURS), text_entry(str(row.runs)), *figures, *map(text_entry, told)
    if printed := section.printed.get(model):
        shared = [mark for mark in caveats.marks.values() if all(mark in caveats.marks_of(f) for f in printed.values())]
        entries = (_printed_entry(printed.get(measure), caveats, shared) for measure in table.measures)
        yield name, condition, text_entry(THE_PAPER, *shared), Entry(), *entries, Entry(), Entry(), Entry()


def _printed_entry(figure: Printed | None, caveats: Caveats, shared: Sequence[str]) -> Entry:
    """A printed figure with its marks, but for those that stand beside the whole row."""
    if figure is None:
        return text_entry(NOTHING)
    spread = "" if figure.spread is None else f"{_SPREADS[figure.spread_kind or '']}{figure.spread:.2f}"
    marks = tuple(mark for mark in caveats.marks_of(figure) if mark not in shared)
    return Entry(lines=(f"{figure.value:.{figure.decimals}f}", spread), marks=marks)


def _records(table: PaperTable, section: Section, model: str, caveats: Caveats) -> Iterator[dict[str, JsonValue]]:
    printed = section.printed.get(model, {})
    told = [*caveats.general, *(caveats.footnotes[mark] for f in printed.values() for mark in caveats.marks_of(f))]
    notes: list[JsonValue] = [*dict.fromkeys([*table.notes, *(told if printed else [])])]
    ours: list[OurRow | None] = [*section.ours_of(model)]
    for row in ours or ([None] if printed else []):
        yield {
            "table": table.name,
            "scenario": table.scenario,
            "condition": section.condition,
            "model": model,
            "society": row.society if row else None,
            "runs": row.runs if row else 0,
            "left_out": dict(row.left_out) if row else {},
            **{
                measure: {**(row.values[measure] if row else _UNDEFINED), **_printed_values(printed.get(measure))}
                for measure in table.measures
            },
            "remark": row.remark if row else "",
            "notes": notes,
        }


def _printed_values(figure: Printed | None) -> dict[str, JsonValue]:
    if figure is None:
        return {"paper": None, "paper_spread": None, "paper_spread_kind": None}
    return {
        "paper": round(figure.value, 6),
        "paper_spread": figure.spread,
        "paper_spread_kind": figure.spread_kind,
    }


def _matching(section: Section) -> Iterator[str]:
    """What stands beside what."""
    matched = {row.model for row in section.ours} & set(section.printed)
    yield (
        "Below each value of ours: its 95 % interval. Below the paper's: what it prints, half a 95 % interval (±) or a "
        "standard deviation (sd)."
    )
    if not section.ours:
        yield "There are no runs of ours for this table."
    elif not matched:
        yield "No model of ours is one of the paper's."
    if matched:
        yield "Models are matched by name: versions of the same name may differ."
    if section.printed and len(matched) < len(section.printed) and section.ours:
        yield "Models of the paper without a row of ours have no runs here."
