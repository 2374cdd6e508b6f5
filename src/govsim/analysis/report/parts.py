"""The parts of a page: figures with their numbers to take along, and what is said of sub-skills and dialogues."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from govsim.analysis.dialogue.tables import tables_of
from govsim.analysis.evidence import Evidence
from govsim.analysis.figures import SEED, Drawn, draw, figures_with_data
from govsim.analysis.frames import csv_of
from govsim.analysis.runs import RunMeasures
from govsim.analysis.skills import (
    FEWEST,
    Correlations,
    SkillStudy,
    accuracies_table,
    correlations_of,
    correlations_table,
    read_skills,
)
from govsim.analysis.skills.figures import draw_accuracies, draw_correlations
from govsim.analysis.tables import Column, Table
from govsim.analysis.tables.formatting import in_full
from govsim.analysis.tables.table import Row
from govsim.errors import AnalysisError, JournalError
from govsim.journal import Broken

SHOWN_ROWS = 200
"""The most rows of a figure's numbers that stand in the page; the file beside it has all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A figure of a page.

    Attributes:
        name: the figure's name.
        title: what it shows.
        caption: how to read it.
        image: a data URI.
        numbers: what it was drawn from, shortened.
        frame: all of that.
    """

    name: str
    title: str
    caption: str
    image: str
    numbers: Table
    frame: pd.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a section, each thing below the other.

    Attributes:
        title: its heading; empty for none.
        warnings: what a reader has to know first.
        notes: one paragraph each.
        pictures: figures.
        table: a table; None for none.
    """

    title: str = ""
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    table: Table | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillsFound:
    """Tests of sub-skills below a folder.

    Attributes:
        studies: as `read_skills` gives them.
        broken: journals of studies that could not be read, and why, relative to the folder.
    """

    studies: tuple[SkillStudy, ...]
    broken: tuple[str, ...]


def picture(drawn: Drawn, name: str = "") -> Picture:
    """A figure as a part of a page.

    Args:
        drawn: the figure.
        name: what it is called on the page, where that is not its own name.
    """
    name = name or drawn.name
    return Picture(
        name=name,
        title=drawn.title,
        caption=drawn.caption,
        image=data_uri("image/svg+xml", drawn.content("svg")),
        numbers=numbers_table(drawn.frame, name, drawn.title),
        frame=drawn.frame,
    )


def numbers_table(frame: pd.DataFrame, name: str, title: str) -> Table:
    """The first rows of a frame as a table."""
    columns = (
        Column(name=key, heading=key, place="stub", of=partial(_in_full, key)) for key in map(str, frame.columns)
    )
    rows = frame.head(SHOWN_ROWS).to_dict("records")
    return Table(name=name, title=title, columns=tuple(columns), data=rows)  # type: ignore[arg-type]


def csv_link(frame: pd.DataFrame) -> str:
    """A frame as the address of a file that stands in the page itself."""
    return data_uri("text/csv;charset=utf-8", csv_of(frame))


def data_uri(media_type: str, content: bytes) -> str:
    """Content as an address that holds it."""
    return f"data:{media_type};base64,{b64encode(content).decode()}"


def read_skills_found(folder: Path, broken: Broken | None = None) -> SkillsFound | None:
    """Tests of sub-skills below a folder; None where there are none, whole or broken.

    Args:
        folder: where the journals lie, at any depth.
        broken: told of each journal that is broken, which is then left out; raised when None.

    Raises:
        JournalError: there is no such folder.
    """
    told: list[str] = []

    def note(error: JournalError) -> None:
        told.append(str(error).replace(f"{folder.as_posix()}/", ""))
        if broken is not None:
            broken(error)

    studies = read_skills(folder, broken=None if broken is None else note)
    return SkillsFound(studies=studies, broken=tuple(told)) if studies or told else None


def skills_parts(found: SkillsFound, runs: Sequence[RunMeasures]) -> tuple[Part, ...]:
    """What a page says of sub-skills; nothing where no test could be read.

    Args:
        found: the tests.
        runs: the runs that they are set against.
    """
    studies = found.studies
    if not studies:
        return ()
    accuracies = accuracies_table(studies)
    drawn = tuple(picture(one) for one in draw_accuracies(studies))
    title = "Against what became of societies"
    if (against := _against(studies, runs)) is None:
        return Part(notes=accuracies.notes, pictures=drawn, table=accuracies), Part(title=title, notes=_TOO_FEW)
    table = correlations_table(against)
    scatter = picture(draw_correlations(against))
    return (
        Part(notes=accuracies.notes, pictures=drawn, table=accuracies),
        Part(title=title, notes=table.notes, pictures=(scatter,), table=table),
    )


_TOO_FEW = (
    f"Fewer than {FEWEST} models were both tested to the end and run, in the condition default or in the only one "
    "there is: what becomes of societies is not set against skills.",
)


def dialogue_parts(evidence: Evidence) -> tuple[Part, ...]:
    """What a page says of dialogues; nothing where no judge has read them."""
    dialogue = evidence.dialogue
    if not dialogue.is_judged and not dialogue.stale:
        return ()
    tables = tables_of(dialogue, np.random.default_rng(SEED))
    notes = (note for table in tables.values() for note in table.notes if not any(map(note.count, dialogue.stale)))
    return (
        Part(warnings=dialogue.stale, pictures=tuple(_pictures(evidence))),
        *(Part(title=table.title, table=replace(table, name=f"dialogue-{name}")) for name, table in tables.items()),
        Part(title="How this was made", notes=tuple(dict.fromkeys(notes))),
    )


def _in_full(key: str, row: Row) -> str:
    return in_full(row[key])


def _against(studies: Sequence[SkillStudy], runs: Sequence[RunMeasures]) -> Correlations | None:
    try:
        found = correlations_of(studies, runs)
    except AnalysisError:  # the conditions are several, and none of them is the usual one
        return None
    return found if len(found.points) >= FEWEST else None


def _pictures(evidence: Evidence) -> Iterator[Picture]:
    kinds = [figure.name for figure in figures_with_data(evidence) if figure.is_of_dialogue]
    for by in ("condition", "model"):
        if not kinds or (by == "model" and evidence.frames.runs["model"].nunique() < 2):
            continue
        yield from (picture(drawn, f"dialogue-{by}-{drawn.name}") for drawn in draw(evidence, kinds, by=by))
