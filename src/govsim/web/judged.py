"""What pages show of judges' readings: all of it from `govsim.analysis`, computed in a process beside the server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from govsim.analysis.dialogue import Dialogue, majority_labels, read_dialogue, settled_promises, tables_of
from govsim.analysis.figures import SEED
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
class LabelGiven:
    """What judges say that a line does.

    Attributes:
        run: the run's journal, as addresses name it.
        month: the month of the talk.
        member: who said it.
        ordinal: its place in the talk.
        text: what was said.
        label: the label that most gave.
        group: the label's group.
        judges: who gave it, of how many.
    """

    run: str
    month: int
    member: str
    ordinal: int
    text: str
    label: str
    group: str
    judges: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseGiven:
    """What a member promised, and what it did.

    Attributes:
        run: the run's journal, as addresses name it.
        month: the month of the talk.
        member: who promised.
        promised: units, at most.
        quote: the line in which it did.
        asked: units that it asked for in the next month; None where nothing is known of that.
        granted: units that it was granted; None likewise.
        outcome: `kept`, `broken`, `unknown` or `no harvest`.
        excess: units asked for above the promise; None unless it is broken.
        judges: who read it so, of how many.
    """

    run: str
    month: int
    member: str
    promised: int
    quote: str
    asked: int | None
    granted: int | None
    outcome: str
    excess: int | None
    judges: str


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What judges made of a run.

    Attributes:
        labels: by month and place of the line.
        promises: in the order of months and members.
        has_promises: whether a judge was asked for them.
    """

    labels: Mapping[tuple[int, int], LabelGiven]
    promises: tuple[PromiseGiven, ...]
    has_promises: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """What judges made of all runs.

    Attributes:
        tables: those there is anything for.
        promises: of all runs, the first `MOST_LINES`.
        labels: likewise.
        is_judged: whether there is anything that a judge said.
        stale: journals of judges that do not fit their run any more.
        broken: journals that could not be read, and why.
    """

    tables: tuple[Shown, ...] = ()
    promises: tuple[PromiseGiven, ...] = ()
    labels: tuple[LabelGiven, ...] = ()
    is_judged: bool = False
    stale: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()


def readings(folder: Path, root: Path) -> Readings:
    """What judges made of all runs below a folder.

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
        dialogue = read_dialogue(folder, broken=note)
    tables = tables_of(dialogue, np.random.default_rng(SEED))
    return Readings(
        tables=tuple(_shown(name, table, dialogue.stale) for name, table in tables.items()),
        promises=tuple(_promises(dialogue))[:MOST_LINES],
        labels=tuple(_labels(dialogue))[:MOST_LINES],
        is_judged=dialogue.is_judged,
        stale=dialogue.stale,
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
        dialogue = read_dialogue(journal, broken=lambda _: None)
    return Judged(
        labels={(one.month, one.ordinal): one for one in _labels(dialogue)},
        promises=tuple(_promises(dialogue)),
        has_promises=len(dialogue.promises) > 0,
    )


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


def _labels(dialogue: Dialogue) -> Iterator[LabelGiven]:
    if not len(dialogue.utterances):
        return
    given: dict[tuple[str, int, int, str], list[str]] = {}
    row: Any
    for row in dialogue.utterances.dropna(subset=["label"]).itertuples(index=False):
        given.setdefault((row.path, row.month, row.ordinal, row.label), []).append(_rater(row))
    settled = majority_labels(dialogue.utterances)
    for row in settled[settled["settled"] == "settled"].itertuples(index=False):
        judges = given[row.path, row.month, row.ordinal, row.label]
        yield LabelGiven(
            run=row.path,
            month=int(row.month),
            member=row.member,
            ordinal=int(row.ordinal),
            text=row.text,
            label=row.label,
            group=row.group,
            judges=_named(judges, int(row.raters)),
        )


def _promises(dialogue: Dialogue) -> Iterator[PromiseGiven]:
    if not len(dialogue.promises):
        return
    given: dict[tuple[str, int, str, int], list[Any]] = {}
    row: Any
    for row in dialogue.promises.dropna(subset=["promised"]).itertuples(index=False):
        given.setdefault((row.path, row.month, row.member, int(row.promised)), []).append(row)
    settled = settled_promises(dialogue.promises)
    for row in settled.dropna(subset=["promised"]).itertuples(index=False):
        read_so = given[row.path, row.month, row.member, int(row.promised)]
        yield PromiseGiven(
            run=row.path,
            month=int(row.month),
            member=row.member,
            promised=int(row.promised),
            quote=str(read_so[0].quote),
            asked=_whole(row.asked),
            granted=_whole(row.granted),
            outcome=row.outcome,
            excess=_whole(row.excess),
            judges=_named([_rater(one) for one in read_so], int(row.raters)),
        )


def _rater(row: Any) -> str:
    return str(row.setup) if row.sample == 1 else f"{row.setup} #{row.sample}"


def _named(judges: Sequence[str], of: int) -> str:
    told = ", ".join(judges)
    return told if of <= len(judges) else f"{told} ({len(judges)} of {of} judges)"


def _whole(value: Any) -> int | None:
    import pandas as pd

    return None if pd.isna(value) else int(value)
