"""What was spent on asking models, and on what; and what has to be known of the requests and their prices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from govsim.errors import AnalysisError
from govsim.journal import PLAIN_PRICES, RequestLine
from govsim.lazy import pandas as pd

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What was spent, told apart by some keys.

    Attributes:
        by: the keys.
        rows: for each of their combinations its values and `AMOUNTS`; None for an amount that is unknown.
        prices: which price lists the dollars come from, a sentence each.
    """

    by: tuple[str, ...]
    rows: tuple[Mapping[str, Any], ...]
    prices: tuple[str, ...]

    @property
    def total(self) -> Mapping[str, float | None]:
        """All of it."""
        return {name: _sum([row[name] for row in self.rows]) for name in AMOUNTS}


def spending(calls: pd.DataFrame, by: Sequence[str] = ("member", "phase", "purpose")) -> pd.DataFrame:
    """What runs and studies have spent, one row for each combination of `by`.

    Rows are in the order in which they first occur. Columns are `by` and `AMOUNTS`: calls made; replies that could not
    be read; tokens of prompts, of replies, and of prompts from the provider's cache; dollars; and seconds waited for
    the model, those of questions asked at the same time added up. An imported run has one row, in which month, phase,
    member and purpose are `UNTOLD`. Studies have the condition `STUDY`.

    Args:
        calls: a frame of calls (`govsim.analysis.records.CALLS`).
        by: some of `KEYS`.

    Raises:
        AnalysisError: `by` names something else, or nothing.
    """
    known = calls.astype(object).where(calls.notna(), None)
    found = spent(known.to_dict("records"), by)  # type: ignore[arg-type] # columns have names
    frame = pd.DataFrame(list(found.rows), columns=[*by, *AMOUNTS])
    frame = frame.astype(dict.fromkeys(AMOUNTS, "float64")) if found.rows else frame
    frame.attrs[PRICES] = list(found.prices)
    return frame


def check_keys(by: Sequence[str]) -> None:
    """Refuse what spending cannot be told by.

    Raises:
        AnalysisError: `by` names something else, or nothing.
    """
    if not by or (unknown := [key for key in by if key not in KEYS]):
        named = ", ".join(unknown) if by else "nothing"
        raise AnalysisError(f"by = {named}: must be some of {', '.join(KEYS)}")


def spent(calls: Iterable[Mapping[str, Any]], by: Sequence[str] = ("member", "phase", "purpose")) -> Spent:
    """The same without a frame, from calls as objects with the columns of the frame; None stands for what is missing.

    Raises:
        AnalysisError: `by` names something else, or nothing.
    """
    check_keys(by)
    amounts: dict[tuple[Any, ...], list[tuple[float | None, ...]]] = {}
    prices: dict[tuple[Any, Any], None] = {}
    for call in calls:
        keys = _keys(call)
        prices[call["price"], call["model"]] = None
        amounts.setdefault(tuple(keys[name] for name in by), []).append(_amounts(call))
    rows = (
        {**dict(zip(by, keys, strict=True)), **dict(zip(AMOUNTS, map(_sum, zip(*found, strict=True)), strict=True))}
        for keys, found in amounts.items()
        if None not in keys
    )
    return Spent(by=tuple(by), rows=tuple(rows), prices=tuple(price_notes(prices)))


def request_notes(requests: Iterable[RequestLine]) -> Iterator[str]:
    """What a reader of figures has to know of the requests behind them, a sentence each.

    Args:
        requests: of all calls that the figures come from.
    """
    found = list(requests)
    if notes := sorted({note for request in found if (note := request.note)}):
        yield f"Not every setting was sent as it is set. {'; '.join(notes)}."
    yield from price_notes((request.price, request.model) for request in found)


def price_notes(prices: Iterable[tuple[object, str]]) -> Iterator[str]:
    """Which price lists dollars come from, a sentence each.

    Args:
        prices: where the cost of calls comes from, with the model; what is missing counts for nothing.
    """
    by_source: dict[str, set[str]] = {}
    for source, model in prices:
        if isinstance(source, str) and source not in PLAIN_PRICES:
            by_source.setdefault(source, set()).add(model)
    for source, models in sorted(by_source.items()):
        yield f"Prices of {', '.join(sorted(models))}: {source}."


def _keys(call: Mapping[str, Any]) -> dict[str, Any]:
    """What a call can be told apart by, with a word for what does not exist or is not known."""
    keys = {name: call[name] for name in KEYS}
    if call["study"] is not None:
        keys |= {"condition": STUDY, "society": call["study"], "member": keys["member"] or STUDY}
    if call["phase"] is None:
        keys |= dict.fromkeys(("month", "phase", "member", "purpose"), UNTOLD)
    return keys


def _amounts(call: Mapping[str, Any]) -> tuple[float | None, ...]:
    """The amounts of a call; all are unknown in an imported run."""
    if call["phase"] is None:
        return (None,) * len(AMOUNTS)
    tokens = (call["input_tokens"], call["output_tokens"], call["cached_tokens"] or 0)
    return (1.0, float(call["refused"] is not None), *tokens, call["cost"], call["seconds"])


def _sum(amounts: Sequence[float | None]) -> float | None:
    """The sum, which is unknown where one of the amounts is."""
    return None if None in amounts else float(np.sum(np.array(amounts, dtype=float)))
