"""Calls, tokens, dollars and seconds of model calls, and notes on requests and prices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from typing import Any

from govsim.errors import AnalysisError
from govsim.journal import PLAIN_PRICES, RequestLine
from govsim.lazy import pandas as pd

KEYS = ("scenario", "condition", "society", "model", "month", "phase", "member", "purpose")
"""Keys by which spending can be grouped."""

AMOUNTS = ("calls", "refused", "input_tokens", "output_tokens", "cached_tokens", "cost", "seconds")
"""Amounts that are summed. A sum is unknown (NaN) if one amount is, except the cost; see `UNPRICED`."""

UNKNOWN_KEY = "unknown"
"""The month, phase, member and purpose in the single row of an imported run, whose amounts are all unknown."""

STUDY = "study"
"""The condition of a study, whose society is its subject, and its member if it is about none."""

UNPRICED = "unpriced"
"""How many runs and studies have a call without a known price. The cost contains only the calls with a known one."""

PRICES = "prices"
"""Attribute of a frame of spending: the sources of its prices, one sentence each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Spending, grouped by some keys.

    Attributes:
        by: the keys.
        rows: for each combination of keys its values, `AMOUNTS` and `UNPRICED`; None for an unknown amount.
        prices: the sources of prices, one sentence each.
        unpriced: runs and studies with a call without a known price.
    """

    by: tuple[str, ...]
    rows: tuple[Mapping[str, Any], ...]
    prices: tuple[str, ...]
    unpriced: int = 0

    @property
    def total(self) -> Mapping[str, float | None]:
        """The sums over all rows."""
        return {**_summed([[row[name] for name in AMOUNTS] for row in self.rows]), UNPRICED: self.unpriced}


def spending(calls: pd.DataFrame, by: Sequence[str] = ("member", "phase", "purpose")) -> pd.DataFrame:
    """Return the spending of runs and studies, one row for each combination of `by`.

    Rows are in order of first occurrence. Columns are `by` and `AMOUNTS`: calls; unreadable replies; tokens of prompts,
    of replies, and of cached prompts; dollars; seconds of waiting for the model, summed over concurrent requests; and
    `UNPRICED`. An imported run has one row, in which month, phase, member and purpose are `UNKNOWN_KEY`. Studies have
    the condition `STUDY`.

    Args:
        calls: a frame of calls (`govsim.analysis.records.CALLS`).
        by: some of `KEYS`.

    Raises:
        AnalysisError: `by` is empty or contains another key.
    """
    known = calls.astype(object).where(calls.notna(), None)
    found = spent(known.to_dict("records"), by)  # type: ignore[arg-type] # columns have names
    frame = pd.DataFrame(list(found.rows), columns=[*by, *AMOUNTS, UNPRICED])
    frame = frame.astype(dict.fromkeys(AMOUNTS, "float64")) if found.rows else frame
    frame.attrs |= {PRICES: list(found.prices), UNPRICED: found.unpriced}
    return frame


def check_keys(by: Sequence[str]) -> None:
    """Reject keys by which spending cannot be grouped.

    Raises:
        AnalysisError: `by` is empty or contains another key.
    """
    if not by or (unknown := [key for key in by if key not in KEYS]):
        named = ", ".join(unknown) if by else "nothing"
        raise AnalysisError(f"by = {named}: must be one or more of {', '.join(KEYS)}")


def spent(calls: Iterable[Mapping[str, Any]], by: Sequence[str] = ("member", "phase", "purpose")) -> Spent:
    """Return spending without a frame, from calls as mappings with the columns of the frame; None for missing values.

    Raises:
        AnalysisError: `by` is empty or contains another key.
    """
    check_keys(by)
    groups: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    prices: dict[tuple[Any, Any], None] = {}
    for call in calls:
        keys = _keys(call)
        prices[call["price"], call["model"]] = None
        groups.setdefault(tuple(keys[name] for name in by), []).append(call)
    known = {keys: found for keys, found in groups.items() if None not in keys}
    return Spent(
        by=tuple(by),
        rows=tuple(_row(by, keys, found) for keys, found in known.items()),
        prices=tuple(price_notes(prices)),
        unpriced=len({path for found in known.values() for path in _without_price(found)}),
    )


def _row(by: Sequence[str], keys: Sequence[Any], calls: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The row of some calls; one of a society contains its setup too."""
    row = (
        dict(zip(by, keys, strict=True)) | _summed(list(map(_amounts, calls))) | {UNPRICED: len(_without_price(calls))}
    )
    return row | ({"setup": calls[0].get("setup")} if "society" in by else {})


def _without_price(calls: Iterable[Mapping[str, Any]]) -> set[str]:
    """The journals of calls without a known price."""
    return {call["path"] for call in calls if call["cost"] is None}


def known_part(costs: Iterable[float | None]) -> float | None:
    """Return the sum of the known costs; None if there are costs and none of them is known."""
    given = list(costs)
    known = [cost for cost in given if cost is not None]
    return fsum(known) if known or not given else None


def request_notes(requests: Iterable[RequestLine]) -> Iterator[str]:
    """Return notes on requests, one sentence each.

    Args:
        requests: the requests of all calls.
    """
    found = list(requests)
    if notes := sorted({note for request in found if (note := request.note)}):
        yield f"Not every setting was sent as it is set. {'; '.join(notes)}."
    yield from price_notes((request.price, request.model) for request in found)


def price_notes(prices: Iterable[tuple[object, str]]) -> Iterator[str]:
    """Return the sources of prices, one sentence each.

    Args:
        prices: the source of the cost of each call, with its model; missing sources are ignored.
    """
    by_source: dict[str, set[str]] = {}
    for source, model in prices:
        if isinstance(source, str) and source not in PLAIN_PRICES:
            by_source.setdefault(source, set()).add(model)
    for source, models in sorted(by_source.items()):
        yield f"Prices of {', '.join(sorted(models))}: {source}."


def _keys(call: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of a call, with a word for missing and unknown values."""
    keys = {name: call[name] for name in KEYS}
    if call["study"] is not None:
        keys |= {"condition": STUDY, "society": call["study"], "member": keys["member"] or STUDY}
    if call["phase"] is None:
        keys |= dict.fromkeys(("month", "phase", "member", "purpose"), UNKNOWN_KEY)
    return keys


def _amounts(call: Mapping[str, Any]) -> tuple[float | None, ...]:
    """The amounts of a call; all are unknown in an imported run."""
    if call["phase"] is None:
        return (None,) * len(AMOUNTS)
    tokens = (call["input_tokens"], call["output_tokens"], call["cached_tokens"] or 0)
    return (1.0, float(call["refused"] is not None), *tokens, call["cost"], call["seconds"])


def _summed(amounts: Sequence[Sequence[float | None]]) -> dict[str, float | None]:
    """Sums of `AMOUNTS`, which are unknown where one amount is; of the cost the known part."""
    columns = dict(zip(AMOUNTS, zip(*amounts, strict=True), strict=True)) if amounts else dict.fromkeys(AMOUNTS, ())
    return {name: None if None in found and name != "cost" else known_part(found) for name, found in columns.items()}
