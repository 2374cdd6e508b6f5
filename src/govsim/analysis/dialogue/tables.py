"""Labels, agreement of raters, promises, limits and grounds of decisions as tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from govsim.analysis.dialogue import notes
from govsim.analysis.dialogue.agreement import RaterAgreement, agreements, judges_of, people_of
from govsim.analysis.dialogue.annotations import utterance_ids
from govsim.analysis.dialogue.majority import self_consistency
from govsim.analysis.dialogue.reading import Dialogue
from govsim.analysis.dialogue.shares import CELL, knowledge_shares, label_shares, limit_rates, promise_rates
from govsim.analysis.intervals import Estimate
from govsim.analysis.settings import distinguishing_settings, settings_in_short
from govsim.analysis.tables.cells import excluded_column
from govsim.analysis.tables.formatting import DASH, count, number
from govsim.analysis.tables.table import Column, Row, Table
from govsim.lazy import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class _Estimate:
    """The columns of a frame that form an estimate of a table.

    Attributes:
        name: its name in the table, and the column of its value.
        ends: the columns of the ends of its interval.
        runs: the column of the number of runs that it is based on.
        factor: the factor from the frame to the table.
    """

    name: str
    ends: tuple[str, str]
    runs: str = "runs"
    factor: float = 100.0

    def of(self, row: Row) -> Row:
        """Return the estimate in a row."""
        low, high = (_times(row[end], self.factor) for end in self.ends)
        return {"value": _times(row[self.name], self.factor), "low": low, "high": high, "n": row[self.runs]}


_SHARE = _Estimate(name="share", ends=("low", "high"))
_KEPT = _Estimate(name="kept_share", ends=("kept_low", "kept_high"))
_EXCESS = _Estimate(name="excess", ends=("excess_low", "excess_high"), runs="excess_runs", factor=1.0)

DIALOGUE_TABLES = ("shares", "agreement", "promises", "members", "agreements", "knowledge")
"""The names of all tables, in the order in which they are shown."""

_LABELS = (
    Column(name="scenario", place="label"),
    Column(name="condition", place="label"),
    Column(name="setup", place="label"),
    Column(name="distinguishing", heading="settings", kind="settings", place="label", for_programs=False),
)


def tables_of(dialogue: Dialogue, *, labels: Sequence[Path] = ()) -> dict[str, Table]:
    """Return all results of judges as tables by name.

    Args:
        dialogue: the dialogue.
        labels: sheets of annotators, to compare with judges and each other.

    Returns:
        Those of `DIALOGUE_TABLES` that have data: `shares` of labels, `agreement` of raters, kept `promises` and the
        same for `members` by name, `agreements` on limits, and `knowledge`.

    Raises:
        AnalysisError: as `read_annotations`.
    """
    tables = (
        shares_table(dialogue),
        agreement_table(dialogue, labels=labels),
        promises_table(dialogue),
        promises_table(dialogue, by=(*CELL, "member")),
        agreements_table(dialogue),
        knowledge_table(dialogue),
    )
    return {table.name: table for table in tables if table.data}


def shares_table(dialogue: Dialogue) -> Table:
    """Return shares of groups and labels by society, scenario and condition, with the paper's shares."""
    shares = label_shares(dialogue)
    data = _data(
        dialogue,
        shares.assign(paper=100 * shares["published"]),
        ("kind", "name", _SHARE, "paper", "utterances"),
        excluded=("tied", "invalid", "not_asked", "stopped"),
    )
    return Table(
        name="shares",
        title="Functions of utterances",
        columns=(
            *_LABELS,
            Column(name="name", heading="label", place="stub", of=_indented),
            Column(name="share", unit="%", kind="estimate"),
            Column(name="paper", heading="paper's", unit="%", kind="number", is_optional=True),
            Column(name="utterances", kind="count"),
            _runs_of("share"),
            excluded_column(of=lambda row: row["excluded"] if row["name"] == "information" else None),
        ),
        data=data,
        notes=tuple(notes.on_judged(dialogue, "labels")),
    )


def agreement_table(dialogue: Dialogue, *, labels: Sequence[Path] = ()) -> Table:
    """Return the agreement of judges, annotators, and the samples of each judge.

    Raises:
        AnalysisError: as `read_annotations`.
    """
    people, sheets = people_of(dialogue, labels) if labels else ([], None)
    runs = {place: place[0] for place in utterance_ids(dialogue).values()}
    found = [
        *agreements([*judges_of(dialogue), *people], runs=runs),
        *(
            RaterAgreement(
                raters=(judge,),
                between="samples of one judge",
                utterances=utterances,
                percent=share.times(100),
                kappa=None,
                alpha=Estimate(value=None, low=None, high=None, n=share.n),
            )
            for judge, (share, utterances) in self_consistency(dialogue.utterances).items()
        ),
    ]
    return Table(
        name="agreement",
        title="Agreement of raters",
        columns=(
            Column(name="between", place="label"),
            Column(name="raters", place="stub", of=lambda row: row["raters"].replace(", ", " and ")),
            Column(name="percent", heading="agreement", unit="%", kind="estimate"),
            Column(name="kappa", heading="Cohen's kappa", kind="estimate"),
            Column(name="alpha", heading="Krippendorff's alpha", kind="estimate"),
            Column(name="utterances", kind="count"),
            _runs_of("alpha"),
            Column(name="reason", place="remark"),
        ),
        data=[_agreement(one) for one in found],
        notes=tuple(notes.on_agreement(dialogue, sheets)),
    )


def promises_table(dialogue: Dialogue, *, by: Sequence[str] = CELL) -> Table:
    """Return how often members kept their promises, by society, scenario and condition, and optionally by member."""
    members = ("member",) if "member" in by else ()
    data = _data(
        dialogue,
        promise_rates(dialogue, by=by),
        (*members, "judged", "promises", "kept", "broken", _KEPT, _EXCESS),
        excluded=("unknown", "no_harvest", "tied", "invalid", "stopped"),
    )
    return Table(
        name="members" if members else "promises",
        title="Promises and compliance" + (", by member" if members else ""),
        columns=(
            *_LABELS,
            *(Column(name=name, place="stub") for name in members),
            Column(name="promises", of=partial(_parts, "promises", "judged")),
            Column(name="broken", kind="count"),
            Column(name="kept_share", heading="kept", unit="%", kind="estimate"),
            Column(name="excess", unit="units", kind="estimate"),
            _runs_of("kept_share"),
            excluded_column("excluded from shares"),
        ),
        data=data,
        notes=tuple(notes.on_judged(dialogue, "promises")),
    )


def agreements_table(dialogue: Dialogue) -> Table:
    """Return how often and for how long agreed limits were kept, by society, scenario and condition."""
    counts = ("limits", "limits_broken", "months_held", "months_held_censored")
    data = _data(dialogue, limit_rates(dialogue), ("agreements", "followed", _KEPT, *counts), excluded=("stopped",))
    return Table(
        name="agreements",
        title="Agreed limits",
        columns=(
            *_LABELS,
            Column(name="agreements", kind="count"),
            Column(name="kept_share", heading="kept next month", unit="%", kind="estimate"),
            Column(name="limits_broken", of=partial(_parts, "limits_broken", "limits")),
            Column(name="months_held", heading="months kept, if broken", kind="number"),
            Column(name="months_held_censored", heading="months kept, if not broken", of=_at_least),
            _runs_of("kept_share"),
            excluded_column(),
        ),
        data=data,
        notes=(notes.LIMITS, notes.INTERVALS),
    )


def knowledge_table(dialogue: Dialogue) -> Table:
    """Return the grounds of decisions, and over-usage by whether the threshold was named, by society."""
    shares = knowledge_shares(dialogue)
    return Table(
        name="knowledge",
        title="Basis of decisions",
        columns=(
            *_LABELS,
            Column(name="of", heading="share of decisions", place="stub", of=lambda row: notes.KNOWN[row["of"]]),
            Column(name="share", unit="%", kind="estimate"),
            Column(name="decisions", kind="count"),
            _runs_of("share"),
            excluded_column(of=_unsettled),
        ),
        data=_data(dialogue, shares, ("of", _SHARE, "decisions"), excluded=("unsettled", "stopped")),
        notes=tuple(notes.on_judged(dialogue, "knowledge")),
    )


def _agreement(one: RaterAgreement) -> Row:
    nothing = Estimate(value=None, low=None, high=None, n=one.alpha.n)
    return {
        "between": one.between,
        "raters": ", ".join(one.raters),
        "utterances": one.utterances,
        "percent": (one.percent or nothing).to_json(),
        "kappa": (one.kappa or nothing).to_json(),
        "alpha": one.alpha.to_json(),
        "reason": one.reason or None,
    }


def _runs_of(estimate: str) -> Column:
    """The number of runs that an estimate is based on: its n in JSON."""
    return Column(name="runs", kind="count", of=lambda row: row[estimate]["n"])


def _indented(row: Row) -> str:
    return str(row["name"]) if row["kind"] == "group" else f"· {row['name']}"


def _unsettled(row: Row) -> Row:
    """The decisions excluded from a share; those of runs that stopped are shown in the first row only."""
    is_first = row["of"] == next(iter(notes.KNOWN))
    return row["excluded"] if is_first else {"unsettled": row["excluded"]["unsettled"]}


def _data(
    dialogue: Dialogue, frame: pd.DataFrame, names: Sequence[str | _Estimate], *, excluded: Sequence[str]
) -> list[Row]:
    """The rows of a frame, each with its cell and the settings that distinguish it from cells with the same name."""
    rows = _records(frame)
    by_model = [tuple(row[name] for name in CELL[:-1]) for row in rows]
    settings_of = [dialogue.settings[row["cell"]] for row in rows]
    setups = [dialogue.setups.get(row["cell"]) or row["model"] for row in rows]
    shown = [(setup, row["scenario"], row["condition"]) for setup, row in zip(setups, rows, strict=True)]
    all_settings, shown_settings = (
        distinguishing_settings(zip(some, settings_of, strict=True)) for some in (by_model, shown)
    )
    return [
        {
            **{name: row[name] for name in CELL},
            "setup": setup,
            "settings": settings,
            "distinguishing": distinguishing,
            **dict((name, row[name]) if isinstance(name, str) else (name.name, name.of(row)) for name in names),
            "excluded": {name: row[name] for name in excluded},
        }
        for row, setup, settings, distinguishing in zip(
            rows, setups, all_settings, settings_in_short(shown_settings), strict=True
        )
    ]


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame with plain values; None for missing ones."""
    return [
        {str(name): None if value != value else value for name, value in row.items()}  # noqa: PLR0124 - NaN is not itself
        for row in frame.to_dict("records")
    ]


def _parts(part: str, whole: str, row: Row) -> str:
    return f"{count(row[part])} of {count(row[whole])}"


def _at_least(row: Row) -> str:
    value = row["months_held_censored"]
    return DASH if value is None else f"≥ {number(value)}"


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else factor * value
