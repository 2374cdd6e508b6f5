"""What pages show of judges' readings: all of it from `govsim.analysis`, computed in a process beside the server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from govsim import analysis
from govsim.analysis import dialogue as readers
from govsim.analysis.statistics import SEED
from govsim.analysis.tables.table import Table
from govsim.journal import only_below
from govsim.lazy import pandas as pd

MOST_LINES = 2000
"""Promises, and labelled lines, of a folder that a page lists."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judged:
    """What judges made of one run, or of all.

    Attributes:
        labels: the lines with the label that most gave, as `majority_labels` says, and `judges`: who gave it, of how
            many.
        promises: what most read as promised and what came of it, as `settled_promises` says, and `judges`, and the line
            that holds the promise as `quote`.
        has_promises: whether a judge was asked for them.
        tables: those there is anything for, by name.
        is_judged: whether there is anything that a judge said.
        stale: journals of judges that do not fit their run any more.
        broken: journals that could not be read, and why.
    """

    labels: pd.DataFrame
    promises: pd.DataFrame
    has_promises: bool
    tables: Mapping[str, Table] = field(default_factory=dict)
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
    with only_below(root):
        results = analysis.load(folder, frames=("utterances",), broken=lambda _: None)
    dialogue = results.dialogue
    found = _judged(dialogue)
    tables = readers.tables_of(dialogue, np.random.default_rng(SEED))
    return replace(
        found,
        labels=found.labels.head(MOST_LINES),
        promises=found.promises.head(MOST_LINES),
        tables={name: _without(table, dialogue.stale) for name, table in tables.items()},
        broken=results.problems,
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
        return _judged(analysis.load(journal, frames=("utterances",), broken=lambda _: None).dialogue)


def _judged(dialogue: readers.Dialogue) -> Judged:
    labels, promises = readers.majority_labels(dialogue.utterances), readers.settled_promises(dialogue.promises)
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
    pairs = zip(read["setup"], read["sample"], strict=True)
    names = [setup if sample == 1 else f"{setup} #{sample}" for setup, sample in pairs]
    given = read.assign(judge=names).groupby(place, sort=False, observed=True)
    found = settled.join(given["judge"].agg(list), on=place)
    if "quote" in read:
        found = found.join(given["quote"].first(), on=place)
    rows = zip(found["judge"], found["raters"], strict=True)
    return found.assign(judges=[_named(judges, of) for judges, of in rows]).drop(columns="judge")


def _named(judges: Sequence[str], of: int) -> str:
    told = ", ".join(judges)
    return told if of <= len(judges) else f"{told} ({len(judges)} of {of} judges)"


def _without(table: Table, stale: Sequence[str]) -> Table:
    """A table without the notes on judgements that do not fit any more, of which a page tells once."""
    notes = tuple(note for note in table.notes if not any(map(note.count, stale)))
    return replace(table.computed, notes=notes)
