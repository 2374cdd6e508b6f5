"""The part of a page about what was said, promised and known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from govsim.analysis.dialogue.sheets import sheets_of
from govsim.analysis.evidence import Evidence
from govsim.analysis.figures import SEED, draw, figures_with_data
from govsim.analysis.report.parts import Entry, Picture, Table, csv_link, picture
from govsim.analysis.sheets import Sheet, sheet_frame
from govsim.analysis.sheets.sheet import Entry as SheetEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """What judges made of dialogues.

    Attributes:
        pictures: figures with a series for each condition, and where there are several models, for each model.
        tables: each with its title.
        method: how all of it was made, one paragraph each.
        stale: journals of judges that are left out, and why.
    """

    pictures: tuple[Picture, ...]
    tables: tuple[tuple[str, Table], ...]
    method: tuple[str, ...]
    stale: tuple[str, ...]


def talk(evidence: Evidence) -> Talk | None:
    """The part of a page about dialogues; None where no judge has read them."""
    dialogue = evidence.dialogue
    if not dialogue.is_judged and not dialogue.stale:
        return None
    sheets = sheets_of(dialogue, np.random.default_rng(SEED))
    notes = (note for sheet in sheets.values() for note in sheet.notes if not any(map(note.count, dialogue.stale)))
    return Talk(
        pictures=tuple(_pictures(evidence)),
        tables=tuple((sheet.caption, sheet_table(sheet, f"dialogue-{name}")) for name, sheet in sheets.items()),
        method=tuple(dict.fromkeys(notes)),
        stale=dialogue.stale,
    )


def sheet_table(sheet: Sheet, name: str) -> Table:
    """A sheet as a table of a page.

    Args:
        sheet: with at least one row.
        name: the table's name, and that of its file.
    """
    filled = {number for number in range(len(sheet.columns)) if any("".join(row[number].lines) for row in sheet.rows)}
    places = [(number, column.place) for number, column in enumerate(sheet.columns)]
    at = [number for number, place in places if place in ("stub", "figure") or (place == "label" and number in filled)]
    remarks = [number for number, place in places if place == "remark" and number in filled]
    words = len([number for number in at if sheet.columns[number].place in ("label", "stub")])
    return Table(
        name=name,
        heading=tuple(sheet.columns[number].name for number in at),
        rows=tuple(
            tuple(_entry(sheet, row, number, remarks if place == words - 1 else []) for place, number in enumerate(at))
            for row in sheet.rows
        ),
        words=words,
        link=csv_link(sheet_frame(sheet)),
    )


def _entry(sheet: Sheet, row: Sequence[SheetEntry], number: int, remarks: Sequence[int]) -> Entry:
    """An entry; what is remarked on a row stands below the last of its words, where a line can be as long as it is."""
    told = [sheet.columns[one].prefix + row[one].value for one in remarks if row[one].value]
    return Entry(text=row[number].value, below=" ".join([*row[number].lines[1:], *told]))


def _pictures(evidence: Evidence) -> Iterator[Picture]:
    kinds = [figure.name for figure in figures_with_data(evidence) if figure.is_of_dialogue]
    for by in ("condition", "model"):
        if not kinds or (by == "model" and evidence.frames.runs["model"].nunique() < 2):
            continue
        yield from (picture(drawn, f"dialogue-{by}-{drawn.name}") for drawn in draw(evidence, kinds, by=by))
