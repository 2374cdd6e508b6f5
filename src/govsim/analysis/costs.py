"""What was spent on asking models, and on what."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from govsim.analysis.plain_text import with_total
from govsim.analysis.requests import price_notes
from govsim.analysis.runs import is_imported, model_of
from govsim.characters import shortened, visible
from govsim.errors import AnalysisError
from govsim.journal import Broken, Call, Journal, RequestLine, StudyJournal, read_any, read_each

KEYS = ("scenario", "condition", "society", "model", "month", "phase", "member", "purpose")
"""What spending can be told apart by."""

AMOUNTS = ("calls", "refused", "input_tokens", "output_tokens", "cached_tokens", "cost", "seconds")
"""What is added up. An amount that is unknown for one call is unknown (NaN) for all that it is part of."""

UNTOLD = "unknown"
"""Stands for month, phase, member and purpose in the one row of an imported run, whose amounts are all unknown."""

STUDY = "study"
"""Stands for the condition of a study, whose society is what is studied, and for the member where it is about none."""

PRICES = "prices"
"""Attribute of a frame of spending: which price lists its dollars come from, a sentence each."""

_WIDEST = 60


def spending(
    folder: Path, by: Sequence[str] = ("member", "phase", "purpose"), *, broken: Broken | None = None
) -> pd.DataFrame:
    """What all runs and studies below a folder have spent, one row for each combination of `by`.

    Rows are in the order in which they first occur. Columns are `by` and `AMOUNTS`: calls made; replies that could not
    be read; tokens of prompts, of replies, and of prompts from the provider's cache; dollars; and seconds waited for
    the model, those of questions asked at the same time added up. An imported run has one row, in which month, phase,
    member and purpose are `UNTOLD`. Studies have the condition `STUDY`.

    Args:
        folder: where the journals lie, at any depth.
        by: some of `KEYS`.
        broken: told of each journal that is broken, which is then left out; raised when None.

    Raises:
        AnalysisError: `by` names something else, or nothing.
        JournalError: there is no journal there, or none that can be read.
    """
    if not by or (unknown := [key for key in by if key not in KEYS]):
        named = ", ".join(unknown) if by else "nothing"
        raise AnalysisError(f"by = {named}: must be some of {', '.join(KEYS)}")
    requests: list[RequestLine] = []

    def read(path: Path) -> list[tuple[object, ...]]:
        journal = read_any(path, kinds=["call", "request"])
        requests.extend(journal.of(RequestLine))
        return _rows(journal)

    rows = [row for rows in read_each(folder, read, broken, with_studies=True) for row in rows]
    if not rows:
        return pd.DataFrame(columns=[*by, *AMOUNTS])
    calls = pd.DataFrame(rows, columns=[*KEYS, *AMOUNTS])
    amounts = calls.groupby(list(by), sort=False, as_index=False)[list(AMOUNTS)].agg(_total)[[*by, *AMOUNTS]]
    amounts.attrs[PRICES] = list(price_notes(requests))
    return amounts


def _total(part: pd.Series[float]) -> float:
    return float(part.sum(skipna=False))


def _rows(journal: Journal | StudyJournal) -> list[tuple[object, ...]]:
    if isinstance(journal, StudyJournal):
        return [_of_study(journal, call) for call in journal.of(Call)]
    header = journal.header
    where = (header.scenario.name, header.experiment.condition, header.society)
    if is_imported(journal):
        model = model_of(header)
        return [(*where, model, *[UNTOLD] * (len(KEYS) - len(where) - 1), *[math.nan] * len(AMOUNTS))]
    return [(*where, *_of_call(call)) for call in journal.of(Call)]


def _of_study(journal: StudyJournal, call: Call) -> tuple[object, ...]:
    where = (journal.header.scenario.name, STUDY, journal.header.subject.study)
    return (*where, *_of_call(call if call.member else call.model_copy(update={"member": STUDY})))


def _of_call(call: Call) -> tuple[object, ...]:
    which = (call.model, call.month, call.phase, call.member, call.purpose)
    tokens = (call.input_tokens, call.output_tokens, call.cached_tokens or 0)
    return (*which, 1, int(call.refused is not None), *map(_amount, (*tokens, call.cost)), call.seconds)


def _amount(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def format_spending(frame: pd.DataFrame) -> str:
    """Spending as plain text, with a last row for all of it; – stands for what is unknown."""
    if frame.empty:
        return "No model was asked."
    keys = [column for column in frame.columns if column not in AMOUNTS]
    total = frame[list(AMOUNTS)].sum(skipna=False)
    rows = [[visible(shortened(str(row[key]), _WIDEST)) for key in keys] + _shown(row) for _, row in frame.iterrows()]
    last = ["all", *[""] * (len(keys) - 1), *_shown(total)]
    table = with_total([[*keys, *(name.replace("_", " ") for name in AMOUNTS)], *rows, last], keys=len(keys))
    return "\n".join([table, *(["", *notes] if (notes := frame.attrs.get(PRICES, [])) else [])])


def _shown(amounts: pd.Series[float]) -> list[str]:
    def text(name: str) -> str:
        value = float(amounts[name])
        if math.isnan(value):
            return "–"
        if name == "cost":
            return f"${value:,.4f}"
        return f"{value:,.1f}" if name == "seconds" else f"{value:,.0f}"

    return [text(name) for name in AMOUNTS]
