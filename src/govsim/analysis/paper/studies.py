"""Figures of the paper's studies beside its runs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from govsim.analysis.paper.assembling import THE_PAPER
from govsim.analysis.paper.tables import PaperTable
from govsim.analysis.published import published_dialogue, published_subskills
from govsim.analysis.tables.table import Column, Row, Table

if TYPE_CHECKING:
    import pandas as pd

_NONE_OF_OURS = "Ours is empty: runs have no such figures; they need a study of their own."
_THEIR_STUDY = "Ours is empty: runs have no such figures. `govsim skills test` sets these beside its own."


def study_table(table: PaperTable) -> Table:
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
    return Table(
        name=table.name.replace(":", "-"),
        title=table.caption,
        columns=(
            Column(name="scenario", place="stub"),
            Column(name="model", place="stub"),
            Column(name="whose", place="stub", of=lambda _: THE_PAPER),
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
                **{name: {"value": None, "paper": _per_cent(by_place, scenario, model, name)} for name in names},
                "notes": [note],
            }
            for scenario, model in places
        ],
        notes=(note,),
    )


def _paper(name: str, row: Row) -> float | None:
    """The printed figure of a row."""
    printed: float | None = row[name]["paper"]
    return printed


def _per_cent(by_place: pd.Series[float], *place: str) -> float | None:
    return round(100 * float(by_place.loc[place]), 6) if place in by_place.index else None
