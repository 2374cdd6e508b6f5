"""What was spent on asking models, and on what; and what has to be known of the requests and their prices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from govsim.errors import AnalysisError
from govsim.journal import PLAIN_PRICES, RequestLine

if TYPE_CHECKING:
    import pandas as pd

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
    import pandas as pd

    if not by or (unknown := [key for key in by if key not in KEYS]):
        named = ", ".join(unknown) if by else "nothing"
        raise AnalysisError(f"by = {named}: must be some of {', '.join(KEYS)}")
    if calls.empty:
        return pd.DataFrame(columns=[*by, *AMOUNTS])
    named_calls = _keys(calls).join(_amounts(calls))
    amounts = named_calls.groupby(list(by), sort=False, as_index=False)[list(AMOUNTS)].agg(_total)[[*by, *AMOUNTS]]
    amounts.attrs[PRICES] = list(price_notes(zip(calls["price"], calls["model"], strict=True)))
    return amounts


def _keys(calls: pd.DataFrame) -> pd.DataFrame:
    """What calls can be told apart by, with a word for what does not exist or is not known."""
    is_told, is_of_study = calls["phase"].notna(), calls["study"].notna()
    keys = calls[list(KEYS)].astype(object)
    keys.loc[is_of_study, "condition"] = STUDY
    keys.loc[is_of_study, "society"] = calls["study"]
    keys.loc[is_of_study & keys["member"].isna(), "member"] = STUDY
    keys.loc[~is_told, ["month", "phase", "member", "purpose"]] = UNTOLD
    return keys


def _amounts(calls: pd.DataFrame) -> pd.DataFrame:
    """The amounts of each call; unknown (NaN) in an imported run."""
    is_told = calls["phase"].notna()
    counts = calls[["refused"]].notna().astype(int).assign(calls=1)
    tokens = calls[["input_tokens", "output_tokens", "cached_tokens"]].astype("float64").fillna({"cached_tokens": 0.0})
    return counts.join(tokens).join(calls[["cost", "seconds"]])[list(AMOUNTS)].where(is_told)


def _total(part: pd.Series[float]) -> float:
    return float(part.sum(skipna=False))


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
