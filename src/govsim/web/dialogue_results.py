"""The judgements of discussions on pages, computed by `govsim.analysis` in a worker process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from govsim import analysis
from govsim.analysis import dialogue as readers
from govsim.analysis.naming import named_alike, with_prompts
from govsim.analysis.tables.table import Table
from govsim.journal import only_below
from govsim.lazy import pandas as pd
from govsim.web.titles import run_name

MOST_LINES = 2000
"""The maximum number of promises, and of labelled utterances, that a page lists."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class JudgedRuns:
    """The judgements of one run, or of all runs.

    Attributes:
        labels: the utterances with their majority label, as in `majority_labels`, and `judges`: the judges who gave it.
        promises: the majority promises and their outcomes, as in `settled_promises`, with `judges`, and the utterance
            that contains the promise as `quote`.
        has_promises: whether a judge extracted promises.
        names: the runs of the labels and promises in one line each, by the path of the journal.
        tables: the tables that have data, by name.
        is_judged: whether there are any judgements.
        stale: journals of judges whose run has changed since.
        broken: unreadable journals, and why.
    """

    labels: pd.DataFrame
    promises: pd.DataFrame
    has_promises: bool
    names: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, Table] = field(default_factory=dict)
    is_judged: bool = False
    stale: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()


def readings(folder: Path, root: Path) -> JudgedRuns:
    """Read the judgements of all runs in a folder, with the first `MOST_LINES` utterances and promises.

    Args:
        folder: the folder of the journals, or one journal.
        root: the folder outside which nothing is read.

    Raises:
        JournalError: there is no readable journal of a run.
    """
    with only_below(root):
        results = analysis.load(folder, frames=("utterances",), broken=lambda _: None)
    dialogue = results.dialogue
    found = _judged(dialogue)
    tables = readers.tables_of(dialogue)
    labels, promises = found.labels.head(MOST_LINES), found.promises.head(MOST_LINES)
    shown = {*labels["path"], *promises["path"]}
    runs = with_prompts(named_alike(results.measures))
    return replace(
        found,
        labels=labels,
        promises=promises,
        names={run.name: run_name(run, run.name) for run in runs if run.name in shown},
        tables={name: _without(table, dialogue.stale) for name, table in tables.items()},
        broken=results.problems,
    )


def judged(journal: Path, root: Path) -> JudgedRuns:
    """Read the judgements of one run, without those of an earlier version of its journal.

    Args:
        journal: the journal of the run.
        root: the folder outside which nothing is read.

    Raises:
        JournalError: the journal is unreadable.
    """
    with only_below(root):
        return _judged(analysis.load(journal, frames=("utterances",), broken=lambda _: None).dialogue)


def _judged(dialogue: readers.Dialogue) -> JudgedRuns:
    labels, promises = readers.majority_labels(dialogue.utterances), readers.settled_promises(dialogue.promises)
    return JudgedRuns(
        labels=_with_judges(labels[labels["settled"] == "settled"], dialogue.utterances, "ordinal", "label"),
        promises=_with_judges(promises[promises["promised"].notna()], dialogue.promises, "member", "promised"),
        has_promises=len(dialogue.promises) > 0,
        is_judged=dialogue.is_judged,
        stale=dialogue.stale,
    )


def _with_judges(settled: pd.DataFrame, read: pd.DataFrame, *answer: str) -> pd.DataFrame:
    """Add to majority judgements the judges who gave them, and the quote of the first of them, if any."""
    place = ["path", "month", *answer]
    pairs = zip(read["judge_setup"], read["sample"], strict=True)
    names = [setup if sample == 1 else f"{setup} #{sample}" for setup, sample in pairs]
    given = read.assign(judge=names).groupby(place, sort=False, observed=True)
    found = settled.join(given["judge"].agg(list), on=place)
    if "quote" in read:
        found = found.join(given["quote"].first(), on=place)
    rows = zip(found["judge"], found["raters"], strict=True)
    return found.assign(judges=[_named(judges, of) for judges, of in rows]).drop(columns="judge")


def _named(judges: Sequence[str], of: int) -> str:
    names = ", ".join(judges)
    return names if of <= len(judges) else f"{names} ({len(judges)} of {of} judges)"


def _without(table: Table, stale: Sequence[str]) -> Table:
    """A table without the notes on stale judgements, which a page shows once."""
    notes = tuple(note for note in table.notes if not any(map(note.count, stale)))
    return replace(table.computed, notes=notes)
