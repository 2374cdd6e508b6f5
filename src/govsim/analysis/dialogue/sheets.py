"""What was said, promised and known, as tables."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from govsim.analysis.dialogue import notes
from govsim.analysis.dialogue.agreement import RaterAgreement, agreements
from govsim.analysis.dialogue.raters import judges_of, people_of, runs_of
from govsim.analysis.dialogue.reading import Dialogue, read_dialogue
from govsim.analysis.dialogue.settling import self_consistency
from govsim.analysis.dialogue.shares import CELL, knowledge_shares, label_shares, limit_rates, promise_rates
from govsim.analysis.intervals import Estimate
from govsim.analysis.sheets.entries import NOTHING, counts, value_text
from govsim.analysis.sheets.formats import FORMATS, render
from govsim.analysis.sheets.sheet import Column, Entry, Sheet, text_entry
from govsim.analysis.table import Settings, differing
from govsim.characters import shortened
from govsim.errors import AnalysisError
from govsim.journal import Broken

if TYPE_CHECKING:
    import pandas as pd
    from pydantic import JsonValue

_LONGEST = 60

SHEETS = ("shares", "agreement", "promises", "members", "agreements", "knowledge")
"""The tables there can be, in the order in which they are shown."""

_LABELS = tuple(Column(heading=("", name), place="label") for name in (*CELL[:-1], "settings"))


def dialogue_sheets(
    folder: Path,
    rng: np.random.Generator,
    *,
    labels: Sequence[Path] = (),
    broken: Broken | None = None,
) -> dict[str, Sheet]:
    """Everything that judges made of the dialogues below a folder, as tables by name.

    Args:
        folder: where the journals lie, at any depth, or one journal.
        rng: where resamples are drawn from.
        labels: sheets that people filled in, to compare with judges and each other.
        broken: told of each journal that cannot be read, which is then left out; raised when None.

    Returns:
        Those of `SHEETS` that there is anything for: `shares` of labels, `agreement` of raters, kept `promises` and the
        same for `members` by name, `agreements` on limits, and `knowledge`.

    Raises:
        JournalError: as `read_dialogue`.
        AnalysisError: as `read_annotations`.
    """
    return sheets_of(read_dialogue(folder, broken=broken), rng, labels=labels)


def sheets_of(dialogue: Dialogue, rng: np.random.Generator, *, labels: Sequence[Path] = ()) -> dict[str, Sheet]:
    """The tables of `dialogue_sheets` from what was read already.

    Raises:
        AnalysisError: as `read_annotations`.
    """
    made: dict[str, Callable[[], Sheet]] = {
        "shares": lambda: shares_sheet(dialogue, rng),
        "agreement": lambda: agreement_sheet(dialogue, rng, labels=labels),
        "promises": lambda: promises_sheet(dialogue, rng),
        "members": lambda: promises_sheet(dialogue, rng, by=(*CELL, "member")),
        "agreements": lambda: agreements_sheet(dialogue, rng),
        "knowledge": lambda: knowledge_sheet(dialogue, rng),
    }
    sheets = {name: made[name]() for name in SHEETS}
    return {name: sheet for name, sheet in sheets.items() if sheet.rows}


def render_sheets(sheets: Mapping[str, Sheet], format: str = "text") -> str:  # noqa: A002  the option's name
    """Several tables in one of the formats of a table, without a newline at the end.

    For readers they stand one after the other, with each note below the first table that it is about; as JSON they
    are one object with a list of rows for each name.

    Raises:
        AnalysisError: there is no such format; or several tables are to be one CSV file.
    """
    if format not in FORMATS:
        raise AnalysisError(f"format = {format}: must be one of {', '.join(FORMATS)}")
    if format == "json":
        rows = {name: json.loads(render(sheet, "json")) for name, sheet in sheets.items()}
        return json.dumps(rows, ensure_ascii=False, indent=2)
    if format == "csv" and len(sheets) > 1:
        raise AnalysisError(f"format = csv: holds one table; choose one of {', '.join(sheets)}")
    return "\n\n".join(render(sheet, format) for sheet in _noted_once(sheets.values()))


def _noted_once(sheets: Iterable[Sheet]) -> Iterator[Sheet]:
    told: set[str] = set()
    for sheet in sheets:
        yield replace(sheet, notes=tuple(note for note in sheet.notes if note not in told))
        told.update(sheet.notes)


def shares_sheet(dialogue: Dialogue, rng: np.random.Generator) -> Sheet:
    """Shares of groups and labels by model, scenario and condition, beside the paper's."""
    rows = _records(label_shares(dialogue, rng))
    apart = _telling_apart(dialogue, rows)
    left_out = ("tied", "invalid", "not_asked", "stopped")
    return Sheet(
        caption="What utterances do",
        columns=(
            *_LABELS,
            Column(heading=("", "label"), place="stub"),
            *_figures(("share", "%"), ("paper's", "%"), ("", "utterances"), ("", "runs")),
            Column(heading=("", "left out"), place="remark", prefix="left out: "),
        ),
        rows=tuple(
            (
                *_place(row, apart),
                text_entry(row["name"] if row["kind"] == "group" else f"· {row['name']}"),
                _estimated(_estimate(row, "share", "low", "high", factor=100)),
                text_entry(value_text(_times(row["published"], 100))),
                *map(text_entry, (str(row["utterances"]), str(row["runs"]))),
                text_entry(counts({name: row[name] for name in left_out}) if row["name"] == "information" else ""),
            )
            for row in rows
        ),
        notes=tuple(notes.on_shares(dialogue)),
        records=tuple(
            {
                **_within(row, apart),
                "kind": row["kind"],
                "name": row["name"],
                "share": _json(_estimate(row, "share", "low", "high", factor=100)),
                "paper": _times(row["published"], 100),
                "utterances": row["utterances"],
                "left_out": {name: row[name] for name in left_out},
            }
            for row in rows
        ),
    )


def agreement_sheet(dialogue: Dialogue, rng: np.random.Generator, *, labels: Sequence[Path] = ()) -> Sheet:
    """How far judges, people, and the samples of one judge agree.

    Raises:
        AnalysisError: as `read_annotations`.
    """
    people, told = people_of(dialogue, labels) if labels else ([], None)
    found = [
        *agreements([*judges_of(dialogue), *people], rng, runs=runs_of(dialogue)),
        *(
            RaterAgreement(
                raters=(judge,),
                between="samples of one judge",
                utterances=utterances,
                percent=_scaled(share, 100),
                kappa=None,
                alpha=Estimate(value=None, low=None, high=None, n=share.n),
            )
            for judge, (share, utterances) in self_consistency(dialogue.utterances, rng).items()
        ),
    ]
    return Sheet(
        caption="How far raters agree",
        columns=(
            Column(heading=("", "between"), place="label"),
            Column(heading=("", "raters"), place="stub"),
            *_figures(("agree", "%"), ("Cohen's", "kappa"), ("Krippendorff's", "alpha"), ("", "utterances")),
            *_figures(("", "runs")),
            Column(heading=("", "reason"), place="remark"),
        ),
        rows=tuple(_agreement_row(one) for one in found),
        notes=tuple(notes.on_agreement(dialogue, told)),
        records=tuple(_agreement_record(one) for one in found),
    )


def promises_sheet(dialogue: Dialogue, rng: np.random.Generator, *, by: Sequence[str] = CELL) -> Sheet:
    """How often members did what they had promised, by model, scenario and condition, or by name too."""
    rows = _records(promise_rates(dialogue, rng, by=by))
    apart = _telling_apart(dialogue, rows)
    left_out = ("unknown", "no_harvest", "tied", "invalid", "stopped")
    members = (Column(heading=("", "member"), place="stub"),) if "member" in by else ()
    return Sheet(
        caption="Promises and deeds" + (", by member" if members else ""),
        columns=(
            *_LABELS,
            *members,
            *_figures(("", "promises"), ("", "broken"), ("kept", "%"), ("excess", "units"), ("", "runs")),
            Column(heading=("", "left out"), place="remark", prefix="in no share: "),
        ),
        rows=tuple(
            (
                *_place(row, apart),
                *((text_entry(shortened(row["member"], _LONGEST)),) if members else ()),
                *map(text_entry, (f"{row['promises']} of {row['talks']}", str(row["broken"]))),
                _estimated(_estimate(row, "kept_share", "kept_low", "kept_high", factor=100)),
                _estimated(_estimate(row, "excess", "excess_low", "excess_high", runs="excess_runs")),
                text_entry(str(row["runs"])),
                text_entry(counts({name: row[name] for name in left_out})),
            )
            for row in rows
        ),
        notes=tuple(notes.on_promises(dialogue)),
        records=tuple(
            {
                **_within(row, apart),
                **({"member": row["member"]} if members else {}),
                **{name: row[name] for name in ("talks", "promises", "kept", "broken")},
                "kept_share": _json(_estimate(row, "kept_share", "kept_low", "kept_high", factor=100)),
                "excess": _json(_estimate(row, "excess", "excess_low", "excess_high", runs="excess_runs")),
                "left_out": {name: row[name] for name in left_out},
            }
            for row in rows
        ),
    )


def agreements_sheet(dialogue: Dialogue, rng: np.random.Generator) -> Sheet:
    """How often agreed limits were kept, and how long they held, by model, scenario and condition."""
    rows = _records(limit_rates(dialogue, rng))
    apart = _telling_apart(dialogue, rows)
    return Sheet(
        caption="Agreed limits",
        columns=(
            *_LABELS,
            *_figures(("", "agreements"), ("kept next", "month %"), ("limits", "broken"), ("months held", "if broken")),
            *_figures(("months held", "if not"), ("", "runs")),
            Column(heading=("", "left out"), place="remark", prefix="left out: "),
        ),
        rows=tuple(
            (
                *_place(row, apart),
                text_entry(str(row["agreements"])),
                _estimated(_estimate(row, "kept_share", "kept_low", "kept_high", factor=100)),
                text_entry(f"{row['limits_broken']} of {row['limits']}"),
                text_entry(value_text(row["months_held"])),
                text_entry(_at_least(row["months_held_censored"])),
                text_entry(str(row["runs"])),
                text_entry(counts({"stopped": row["stopped"]})),
            )
            for row in rows
        ),
        notes=tuple(notes.on_limits(dialogue)),
        records=tuple(
            {
                **_within(row, apart),
                "agreements": row["agreements"],
                "followed": row["followed"],
                "kept_share": _json(_estimate(row, "kept_share", "kept_low", "kept_high", factor=100)),
                **{name: row[name] for name in ("limits", "limits_broken", "months_held", "months_held_censored")},
                "left_out": {"stopped": row["stopped"]},
            }
            for row in rows
        ),
    )


def knowledge_sheet(dialogue: Dialogue, rng: np.random.Generator) -> Sheet:
    """What decisions were based on, and whether knowing the threshold helped, by model, scenario and condition."""
    rows, first = _records(knowledge_shares(dialogue, rng)), next(iter(notes.KNOWN))
    apart = _telling_apart(dialogue, rows)
    return Sheet(
        caption="What decisions were based on",
        columns=(
            *_LABELS,
            Column(heading=("", "share of decisions"), place="stub"),
            *_figures(("share", "%"), ("", "decisions"), ("", "runs")),
            Column(heading=("", "left out"), place="remark", prefix="left out: "),
        ),
        rows=tuple(
            (
                *_place(row, apart),
                text_entry(notes.KNOWN[row["of"]]),
                _estimated(_estimate(row, "share", "low", "high", factor=100)),
                *map(text_entry, (str(row["decisions"]), str(row["runs"]))),
                text_entry(counts({"unsettled": row["unsettled"], "stopped": row["stopped"] * (row["of"] == first)})),
            )
            for row in rows
        ),
        notes=tuple(notes.on_knowledge(dialogue)),
        records=tuple(
            {
                **_within(row, apart),
                "of": row["of"],
                "share": _json(_estimate(row, "share", "low", "high", factor=100)),
                "decisions": row["decisions"],
                "left_out": {name: row[name] for name in ("unsettled", "stopped")},
            }
            for row in rows
        ),
    )


def _agreement_row(one: RaterAgreement) -> tuple[Entry, ...]:
    return (
        text_entry(one.between),
        text_entry(" and ".join(shortened(name, _LONGEST) for name in one.raters)),
        *(text_entry(NOTHING) if part is None else _estimated(part) for part in (one.percent, one.kappa, one.alpha)),
        *map(text_entry, (str(one.utterances), str(one.alpha.n))),
        text_entry(one.reason),
    )


def _agreement_record(one: RaterAgreement) -> Mapping[str, JsonValue]:
    parts = {"percent": one.percent, "kappa": one.kappa, "alpha": one.alpha}
    nothing = Estimate(value=None, low=None, high=None, n=one.alpha.n)
    return {
        "between": one.between,
        "raters": ", ".join(one.raters),
        "utterances": one.utterances,
        **{name: _json(part or nothing) for name, part in parts.items()},
        "reason": one.reason or None,
    }


def _figures(*headings: tuple[str, str]) -> Iterator[Column]:
    return (Column(heading=heading, width=10) for heading in headings)


def _place(row: Mapping[str, Any], apart: Mapping[str, Settings]) -> Iterator[Entry]:
    for name in CELL[:-1]:
        yield text_entry(shortened(row[name], _LONGEST))
    told = (f"{key} = {shortened(_plain(value), _LONGEST)}" for key, value in apart[row["cell"]].items())
    yield text_entry("; ".join(told))


def _plain(value: JsonValue) -> str:
    if value is None:
        return "none"
    return ", ".join(map(_plain, value)) if isinstance(value, list) else str(value)


def _within(row: Mapping[str, Any], apart: Mapping[str, Settings]) -> dict[str, JsonValue]:
    return {**{name: row[name] for name in CELL}, "settings": apart[row["cell"]]}


def _telling_apart(dialogue: Dialogue, rows: Iterable[Mapping[str, Any]]) -> dict[str, Settings]:
    """By cell, the settings in which it differs from others that have the same model, scenario and condition."""
    alike: dict[tuple[str, ...], set[str]] = {}
    for row in rows:
        alike.setdefault(tuple(row[name] for name in CELL[:-1]), set()).add(row["cell"])
    shown: dict[str, set[str]] = {}
    for cells in alike.values():
        keys = differing(dialogue.settings[cell] for cell in cells)
        for cell in cells:
            shown.setdefault(cell, set()).update(keys)
    return {cell: {key: dialogue.settings[cell].get(key) for key in sorted(keys)} for cell, keys in shown.items()}


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame with plain values; what is missing is None."""
    return [
        {str(name): None if value != value else value for name, value in row.items()}  # noqa: PLR0124 - NaN is not itself
        for row in frame.to_dict("records")
    ]


def _estimate(
    row: Mapping[str, Any], value: str, low: str, high: str, *, runs: str = "runs", factor: float = 1
) -> Estimate:
    ends = (_times(row[name], factor) for name in (value, low, high))
    return Estimate(**dict(zip(("value", "low", "high"), ends, strict=True)), n=row[runs])


def _estimated(estimate: Estimate) -> Entry:
    ends = "" if estimate.low is None or estimate.high is None else f"{estimate.low:.2f} to {estimate.high:.2f}"
    return Entry(lines=(value_text(estimate.value), ends))


def _at_least(value: float | None) -> str:
    return NOTHING if value is None else f"≥ {value_text(value)}"


def _json(estimate: Estimate) -> dict[str, JsonValue]:
    return {**estimate.to_json()}


def _scaled(estimate: Estimate, factor: float) -> Estimate:
    low, high = _times(estimate.low, factor), _times(estimate.high, factor)
    return Estimate(value=_times(estimate.value, factor), low=low, high=high, n=estimate.n)


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else factor * value
