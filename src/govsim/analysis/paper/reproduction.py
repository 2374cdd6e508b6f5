"""The paper's tables, with its printed values and your runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from govsim.analysis.counterfactual import BOUNDS
from govsim.analysis.measures import measure_named
from govsim.analysis.paper.printed import ByModel, Caveats, Printed, caveats_of, differences_of, printed_in
from govsim.analysis.paper.reproduced import ReproducedRow, reproduced_differences, reproduced_rows
from govsim.analysis.paper.tables import PaperTable
from govsim.analysis.published import published_dialogue, published_subskills
from govsim.analysis.tables.cells import FORFEITED, broken_note, excluded_column, measure_column
from govsim.analysis.tables.formatting import count
from govsim.analysis.tables.table import Column, Row, Table
from govsim.lazy import pandas as pd

YOUR_RUNS, THE_PAPER = "your runs", "paper"

_UNDEFINED: Row = {"value": None, "low": None, "high": None, "n": 0}

_INTERVALS = (
    "Your runs: Gaffke's interval (2005) for rates and for means of shares and survival times; Student's t, truncated "
    "at 0, for gains; a single run has none."
)
_DIFFERENCES = (
    "Your runs: differences with Gaffke's interval (2005), or a t interval for gains. Survival times are compared by "
    "restricted means, in which runs that stopped early are right-censored; runs that failed because of unreadable "
    "answers are excluded."
)
_CENSORED = "Runs that stopped early are excluded, as neither survived nor collapsed."
_NO_REPRODUCTION = "There are no values of your runs: these values require a study."
_SKILL_STUDY = "There are no values of your runs: `govsim skills show` compares these values with sub-skill tests."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Section:
    """The rows of one condition: your runs, and the paper's."""

    condition: str
    reproduced: Sequence[ReproducedRow]
    printed: ByModel

    def reproduced_of(self, model: str) -> list[ReproducedRow]:
        """The rows of your runs of a model, one for each society."""
        return [row for row in self.reproduced if row.model == model]


def compare_with_paper(runs: pd.DataFrame, table: PaperTable, *, broken: int = 0) -> Table:
    """Return a table of the paper, with its printed values and your runs.

    Args:
        runs: a frame of runs, each counted from `table.from_month` of its condition on.
        table: the result of `paper_table`.
        broken: the number of unreadable journals, which are in no row.

    Raises:
        AnalysisError: the measures of the frame count from another month than those of the table.
    """
    if table.kind in {"sub-skills", "dialogue"}:
        return _study_table(table)
    sections = [_differences(runs, table)] if table.kind == "differences" else list(_means(runs, table))
    notes = [_DIFFERENCES if table.kind == "differences" else _INTERVALS, _CENSORED]
    return _assembled(table, sections, [*notes, *([broken_note(broken)] if broken else [])])


def _means(runs: pd.DataFrame, table: PaperTable) -> Iterator[_Section]:
    for block in table.blocks:
        yield _Section(
            condition=block.condition, reproduced=reproduced_rows(runs, table, block), printed=printed_in(block.printed)
        )


def _differences(runs: pd.DataFrame, table: PaperTable) -> _Section:
    level, baseline = table.blocks
    return _Section(
        condition=f"{level.condition} - {baseline.condition}",
        reproduced=reproduced_differences(runs, table),
        printed=differences_of(printed_in(level.printed), printed_in(baseline.printed)),
    )


def _assembled(table: PaperTable, sections: Sequence[_Section], notes: Iterable[str]) -> Table:
    """A table with rows of your runs and the paper's below each other for each model; side by side in JSON and CSV.

    Models are those of the last section: the paper's in its order, then other models of your runs.

    Args:
        table: the table.
        sections: its conditions.
        notes: further notes.
    """
    last = sections[-1]
    models = list(dict.fromkeys([*last.printed, *(row.model for row in last.reproduced)]))
    places = [(section, model) for model in models for section in sections]
    caveats = caveats_of(
        (measure, section.printed[model][measure])
        for section, model in places
        for measure in table.measures
        if measure in section.printed.get(model, {})
    )
    shown = [row for section, model in places for row in _shown(table, section, model, caveats)]
    return Table(
        name=table.name.replace(":", "-"),
        title=table.caption,
        columns=_columns(table, has_conditions=len(sections) > 1),
        data=[record for section, model in places for record in _records(table, section, model, caveats)],
        shown=[row for row, _ in shown],
        notes=(*table.notes, *notes, *_matching(last), *caveats.general),
        footnotes={**caveats.footnotes, **_forfeits(sections)},
        marks={(index, name): marks for index, (_, of) in enumerate(shown) for name, marks in of.items()},
    )


def _columns(table: PaperTable, *, has_conditions: bool) -> tuple[Column, ...]:
    measures = [measure_column(measure_named(measure), n="runs") for measure in table.measures]
    if table.kind == "differences":
        measures = [replace(column, kind="difference", n="") for column in measures]
    return (
        Column(name="model", place="stub"),
        *([Column(name="condition", place="stub")] if has_conditions else []),
        Column(name="source", place="stub"),
        Column(name="runs", of=lambda row: count(row["runs"]) if row["source"] == YOUR_RUNS else ""),
        *measures,
        Column(name="setup", place="remark", is_named=True),
        excluded_column(),
        Column(name="remark", place="remark"),
    )


def _shown(
    table: PaperTable, section: _Section, model: str, caveats: Caveats
) -> Iterator[tuple[Row, Mapping[str, tuple[str, ...]]]]:
    """The shown rows of a model, your runs above the paper's, each with its marks."""
    place = {"model": model, "condition": section.condition}
    for row in section.reproduced_of(model):
        name = row.setup if row.setup and row.model == row.society else model
        texts = {"model": name, "setup": None if row.setup == name else row.setup or None, "remark": row.remark or None}
        forfeited = dict.fromkeys(row.bounds, (FORFEITED,))
        yield (
            {**place, "source": YOUR_RUNS, "runs": row.runs, "excluded": row.excluded, **row.values, **texts},
            forfeited,
        )
    if printed := section.printed.get(model):
        marks = {measure: caveats.marks_of(figure) for measure, figure in printed.items()}
        shared = tuple(mark for mark in caveats.marks.values() if all(mark in of for of in marks.values()))
        own = {measure: tuple(mark for mark in of if mark not in shared) for measure, of in marks.items()}
        figures = {measure: _figure(figure) for measure, figure in printed.items()}
        yield {**place, "source": THE_PAPER, "runs": 0, **figures}, {**own, "source": shared}


def _forfeits(sections: Sequence[_Section]) -> dict[str, str]:
    """The footnote with the bounds of values that depend on forfeited decisions."""
    bounds = []
    for section in sections:
        place = f", {section.condition}" if len(sections) > 1 else ""
        for row in section.reproduced:
            if row.bounds:
                bounds.append(f"{row.setup or row.model}{place}: {', '.join(row.bounds.values())}")
    return {FORFEITED: BOUNDS.format(bounds="; ".join(bounds))} if bounds else {}


def _figure(figure: Printed) -> Row:
    """A printed value in its original format."""
    around = {"spread": figure.spread, "spread_kind": figure.spread_kind}
    return {"value": figure.value, **around, "digits": figure.decimals, "n": 0}


def _records(table: PaperTable, section: _Section, model: str, caveats: Caveats) -> Iterator[dict[str, Any]]:
    """The rows of a model in JSON and CSV: your runs, each with the paper's values."""
    printed = section.printed.get(model, {})
    relevant = [*caveats.general, *(caveats.footnotes[mark] for f in printed.values() for mark in caveats.marks_of(f))]
    notes = [*dict.fromkeys([*table.notes, *(relevant if printed else [])])]
    reproduced: list[ReproducedRow | None] = [*section.reproduced_of(model)]
    for row in reproduced or ([None] if printed else []):
        yield {
            "table": table.name,
            "scenario": table.scenario,
            "condition": section.condition,
            "model": model,
            "society": row.society if row else None,
            "setup": row.setup if row else None,
            "runs": row.runs if row else 0,
            "excluded": dict(row.excluded) if row else {},
            **{
                measure: {**(row.values[measure] if row else _UNDEFINED), **_printed_values(printed.get(measure))}
                for measure in table.measures
            },
            "remark": row.remark if row else "",
            "notes": notes,
        }


def _printed_values(figure: Printed | None) -> Row:
    if figure is None:
        return {"paper": None, "paper_spread": None, "paper_spread_kind": None}
    return {
        "paper": round(figure.value, 6),
        "paper_spread": figure.spread,
        "paper_spread_kind": figure.spread_kind,
    }


def _matching(section: _Section) -> Iterator[str]:
    """Notes on the compared rows."""
    matched = {row.model for row in section.reproduced} & set(section.printed)
    yield (
        "With each value of your runs: its 95 % interval. Below the paper's: half a 95 % interval (±) or a "
        "standard deviation (sd)."
    )
    if not section.reproduced:
        yield "There are no runs for this table."
    elif not matched:
        yield "None of the models of your runs is in the paper."
    if matched:
        yield "Models are matched by name: versions of the same name may differ."
    if section.printed and len(matched) < len(section.printed) and section.reproduced:
        yield "Other models of the paper have no runs in this folder."


def _study_table(table: PaperTable) -> Table:
    """The printed values of a study, one row for each scenario and model, without your runs.

    Args:
        table: the table.
    """
    if table.kind == "sub-skills":
        frame, column, value, note = published_subskills(), "skill", "accuracy", _SKILL_STUDY
    else:
        frame, column, value, note = published_dialogue(), "category", "share", _NO_REPRODUCTION
    names = list(dict.fromkeys(frame[column]))
    places = list(dict.fromkeys(zip(frame["scenario"], frame["model"], strict=True)))
    shares = frame.set_index(["scenario", "model", column])[value]
    printed = {place: round(100 * float(share), 6) for place, share in shares.items()}
    return Table(
        name=table.name.replace(":", "-"),
        title=table.caption,
        columns=(
            Column(name="scenario", place="stub"),
            Column(name="model", place="stub"),
            Column(name="source", place="stub", of=lambda _: THE_PAPER),
            *(
                Column(name=name, heading=name.replace("_", " "), kind="number", of=partial(_paper, name))
                for name in names
            ),
        ),
        data=[
            {
                "table": table.name,
                "scenario": scenario,
                "model": model,
                **{name: {"value": None, "paper": printed.get((scenario, model, name))} for name in names},
                "notes": [note],
            }
            for scenario, model in places
        ],
        notes=(note,),
    )


def _paper(name: str, row: Row) -> float | None:
    """The printed value of a row."""
    printed: float | None = row[name]["paper"]
    return printed
