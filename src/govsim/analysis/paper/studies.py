"""Figures of the paper's studies beside its runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from govsim.analysis.paper.assembling import THE_PAPER
from govsim.analysis.paper.tables import PaperTable
from govsim.analysis.published import published_dialogue, published_subskills
from govsim.analysis.sheets.entries import NOTHING, value_text
from govsim.analysis.sheets.sheet import Column, Entry, Sheet, text_entry

if TYPE_CHECKING:
    import pandas as pd

_NONE_OF_OURS = "Ours is empty: runs have no such figures; they need a study of their own."
_THEIR_STUDY = "Ours is empty: runs have no such figures. `govsim skills test` sets these beside its own."


def study_sheet(table: PaperTable) -> Sheet:
    """The printed figures of a study, a row for each scenario and model; ours is empty.

    Args:
        table: which one.
    """
    if table.kind == "sub-skills":
        frame, column, value, note = published_subskills(), "skill", "accuracy", _THEIR_STUDY
    else:
        frame, column, value, note = published_dialogue(), "category", "share", _NONE_OF_OURS
    names = list(dict.fromkeys(frame[column]))
    places = list(dict.fromkeys(zip(frame["scenario"], frame["model"], strict=True)))
    by_place = frame.set_index(["scenario", "model", column])[value]
    rows = [
        (scenario, model, [_per_cent(by_place, scenario, model, name) for name in names]) for scenario, model in places
    ]
    return Sheet(
        caption=table.caption,
        columns=(
            Column(heading=("", "scenario"), place="stub"),
            Column(heading=("", "model"), place="stub"),
            Column(heading=("", "whose"), place="stub"),
            *(Column(heading=("", name.replace("_", " "))) for name in names),
        ),
        rows=tuple(
            (*map(text_entry, (scenario, model, THE_PAPER)), *(_entry(figure) for figure in figures))
            for scenario, model, figures in rows
        ),
        notes=(note,),
        records=tuple(
            {
                "table": table.name,
                "scenario": scenario,
                "model": model,
                **{name: {"value": None, "paper": figure} for name, figure in zip(names, figures, strict=True)},
                "notes": [note],
            }
            for scenario, model, figures in rows
        ),
    )


def _per_cent(by_place: pd.Series[float], *place: str) -> float | None:
    return round(100 * float(by_place.loc[place]), 6) if place in by_place.index else None


def _entry(figure: float | None) -> Entry:
    return text_entry(NOTHING if figure is None else value_text(figure))
