"""What pages show of judges' readings: all of it from `govsim.analysis`, computed in a process beside the server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from govsim.analysis.dialogue import Dialogue, majority_labels, settled_promises, tables_of
from govsim.analysis.figures import SEED
from govsim.analysis.results import load
from govsim.analysis.tables import Place, Table
from govsim.errors import JournalError
from govsim.journal import only_below

if TYPE_CHECKING:
    from pydantic import JsonValue

MOST_LINES = 2000
"""Promises, and labelled lines, of a folder that a page lists."""

_SHARES = ("share", "kept_share")
_NOTHING = "–"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A share in per cent with its interval, and the paper's beside it."""

    value: float | None
    low: float | None
    high: float | None
    paper: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRow:
    """A row of a table.

    Attributes:
        group: what it has in common with the rows around it; empty where rows stand by themselves.
        words: what it is about.
        numbers: the lines of each figure: its value, then what stands below it.
    """

    group: tuple[str, ...]
    words: tuple[str, ...]
    numbers: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A table.

    Attributes:
        name: its name, one of `SHEETS`.
        title: what it shows.
        heading: what stands above the words of its rows, then above each figure.
        rows: its rows.
        marks: for each row the share that is drawn; empty where none is.
        notes: how to read it.
    """

    name: str
    title: str
    heading: tuple[str, ...]
    rows: tuple[ShownRow, ...]
    marks: tuple[Mark, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judged:
    """What judges made of one run, or of all.

    Attributes:
        labels: the lines with the label that most gave, as `majority_labels` says, and `judges`: who gave it, of how
            many.
        promises: what most read as promised and what came of it, as `settled_promises` says, and `judges`, and the line
            that holds the promise as `quote`.
        has_promises: whether a judge was asked for them.
        tables: those there is anything for.
        is_judged: whether there is anything that a judge said.
        stale: journals of judges that do not fit their run any more.
        broken: journals that could not be read, and why.
    """

    labels: pd.DataFrame
    promises: pd.DataFrame
    has_promises: bool
    tables: tuple[Shown, ...] = ()
    is_judged: bool = False
    stale: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()


def readings(folder: Path, root: Path) -> Judged:
    """What judges made of all runs below a folder; of lines and promises the first `MOST_LINES`.

    Args:
        folder: where the journals lie, or one journal.
        root: the folder that nothing outside of is read.

    Raises:
        JournalError: no journal of a run can be read.
    """
    broken: list[str] = []

    def note(error: JournalError) -> None:
        broken.append(str(error).replace(f"{folder.as_posix()}/", ""))

    with only_below(root):
        dialogue = load(folder, frames=("utterances",), broken=note).dialogue
    found = _judged(dialogue)
    tables = tables_of(dialogue, np.random.default_rng(SEED))
    return replace(
        found,
        labels=found.labels.head(MOST_LINES),
        promises=found.promises.head(MOST_LINES),
        tables=tuple(_shown(name, table, dialogue.stale) for name, table in tables.items()),
        broken=tuple(broken),
    )


def judged(journal: Path, root: Path) -> Judged:
    """What judges made of one run; what does not fit the run as it is now is left out.

    Args:
        journal: the run's journal.
        root: the folder that nothing outside of is read.

    Raises:
        JournalError: it cannot be read.
    """
    with only_below(root):
        return _judged(load(journal, frames=("utterances",), broken=lambda _: None).dialogue)


def _judged(dialogue: Dialogue) -> Judged:
    labels, promises = majority_labels(dialogue.utterances), settled_promises(dialogue.promises)
    return Judged(
        labels=_with_judges(labels[labels["settled"] == "settled"], dialogue.utterances, "ordinal", "label"),
        promises=_with_judges(promises[promises["promised"].notna()], dialogue.promises, "member", "promised"),
        has_promises=len(dialogue.promises) > 0,
        is_judged=dialogue.is_judged,
        stale=dialogue.stale,
    )


def _with_judges(settled: pd.DataFrame, read: pd.DataFrame, *answer: str) -> pd.DataFrame:
    """Settled answers with the judges who gave each, and the line that the first of them quotes, if any."""
    place = ["path", "month", *answer]
    samples = read["sample"].map(lambda sample: "" if sample == 1 else f" #{sample}")
    given = read.assign(judge=read["setup"] + samples).groupby(place, sort=False, observed=True)
    found = settled.join(given["judge"].agg(list), on=place)
    if "quote" in read:
        found = found.join(given["quote"].first(), on=place)
    rows = zip(found["judge"], found["raters"], strict=True)
    return found.assign(judges=[_named(judges, of) for judges, of in rows]).drop(columns="judge")


def _named(judges: Sequence[str], of: int) -> str:
    told = ", ".join(judges)
    return told if of <= len(judges) else f"{told} ({len(judges)} of {of} judges)"


def _shown(name: str, table: Table, stale: Sequence[str]) -> Shown:
    labels, stubs, figures = _told(table, "label"), _told(table, "stub"), _told(table, "figure", "remark")
    words = stubs or labels
    return Shown(
        name=name,
        title=table.title,
        heading=(
            table.columns[stubs[0]].title if stubs else "Setting",
            *(table.columns[number].title for number in figures),
        ),
        rows=tuple(
            ShownRow(
                group=tuple(row[number].value for number in labels) if stubs else (),
                words=tuple(row[number].value for number in words),
                numbers=tuple(row[number].lines for number in figures),
            )
            for row in table.rows
        ),
        marks=tuple(_marks(table)),
        notes=tuple(note for note in table.notes if not any(map(note.count, stale))),
    )


def _told(table: Table, *places: Place) -> tuple[int, ...]:
    """Columns of some places, but for those in which no row has anything."""
    return tuple(
        number for number in table.at(*places) if any(row[number].value not in ("", _NOTHING) for row in table.rows)
    )


def _marks(table: Table) -> Iterator[Mark]:
    for record in table.records:
        for key in _SHARES:
            share = record.get(key)
            if isinstance(share, dict):
                ends = (_number(share.get(end)) for end in ("value", "low", "high"))
                yield Mark(**dict(zip(("value", "low", "high"), ends, strict=True)), paper=_number(record.get("paper")))


def _number(value: JsonValue) -> float | None:
    return float(value) if isinstance(value, int | float) else None
