"""The formatting of numbers, intervals, amounts and settings in all output.

Values are numbers, None for missing ones, and mappings: an estimate has the keys `value`, `low`, `high`, `n`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from math import isnan
from typing import Any, Literal, get_args

from govsim.characters import counted, name_text, shortened, status_text

ValueKind = Literal[
    "text",
    "name",
    "settings",
    "values",
    "reasons",
    "count",
    "number",
    "estimate",
    "difference",
    "p",
    "dollars",
    "duration",
]
"""Kinds of values, which determine their format.

`text`; `name` (of a phase or a purpose, shown in words); `settings` (a mapping of names to values); `values` (the
values of a mapping alone); `reasons` (a mapping of reasons to counts); `count`; `number`; `estimate` (a value and both
ends of its interval); `difference` (with a sign and numbers of runs); `p` (a p value); `dollars`; `duration` (in
seconds)."""

DASH = "–"
"""Shown for values that do not exist."""

UNKNOWN = "unknown"
"""Shown for amounts that exist but are unknown."""

NO_SPREAD = "all equal"
"""Shown instead of an interval where all runs have the same value, so that the interval has no length."""

LONGEST = 60
"""Maximum characters of a name or a setting; longer ones are shortened in the middle with an ellipsis."""

_MINUS = "−"
_SPREADS = {"ci95": "±", "std": "sd "}


def number(value: float | None, digits: int = 2) -> str:
    """Format a number with a fixed number of decimals and a minus sign (U+2212); a dash for none."""
    if value is None or isnan(value):
        return DASH
    text = f"{value:,.{digits}f}"
    return text.removeprefix("-") if float(text.replace(",", "")) == 0 else text.replace("-", _MINUS)


def signed(value: float | None, digits: int = 2) -> str:
    """Format a number with its sign, except for 0; a dash for none."""
    text = number(value, digits)
    return text if value is None or text[:1] in {_MINUS, DASH} or not text.strip("0.") else f"+{text}"


def interval(low: float | None, high: float | None, digits: int = 2) -> str:
    """Format the ends of an interval, as in "[9.45, 90.55]".

    It is empty if one does not exist, and `NO_SPREAD` if both are equal: copies of a value show nothing about others.
    """
    if low is None or high is None or isnan(low) or isnan(high):
        return ""
    return NO_SPREAD if low == high else f"[{number(low, digits)}, {number(high, digits)}]"


def spread(value: float | None, kind: str | None = "ci95", digits: int = 2) -> str:
    """Format half a 95 % interval (`ci95`, ±) or a standard deviation (`std`, sd); empty for none."""
    return "" if value is None else f"{_SPREADS[kind or 'ci95']}{number(value, digits)}"


def p_value(p: float | None) -> str:
    """Format a p value with three decimals; a dash for none."""
    return DASH if p is None or isnan(p) else "< 0.001" if p < 0.001 else number(p, 3)


def dollars(cost: float | None) -> str:
    """Format dollars with two decimals, below ten cents with four, and the minus sign before the dollar sign."""
    if cost is None or isnan(cost):
        return UNKNOWN
    if 0 < cost < 0.0001:
        return "< $0.0001"
    sign = _MINUS if round(cost, 2) < 0 else ""
    return f"{sign}${number(abs(cost), 4 if 0 < cost < 0.1 else 2)}"


def partial_dollars(cost: float | None, unpriced: int) -> str:
    """Format the known part of a cost and the number of runs without a known price, as in "$1.20 (2 runs unknown)"."""
    return f"{dollars(cost)} ({counted(unpriced, 'run')} unknown)" if unpriced and cost is not None else dollars(cost)


def count(amount: float | None) -> str:
    """Format a whole number with commas between thousands."""
    return UNKNOWN if amount is None or isnan(amount) else number(amount, 0)


def rounded_count(amount: float | None) -> str:
    """A number of things with three significant digits and a unit prefix, as in "12.3 k" or "1.2 M"."""
    for size, prefix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if amount is not None and amount >= 0.9995 * size:
            return f"{amount / size:.3g} {prefix}"
    return count(amount)


def duration(seconds: float | None) -> str:
    """Format a duration, as in "340 ms", "1.2 s", "40 s", "12 min" or "3 h 05 min"."""
    if seconds is None or isnan(seconds):
        return UNKNOWN
    if 0 < seconds < 0.9995:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 60:
        return f"{seconds:.{int(0 < seconds < 9.95)}f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60:,} h {minutes % 60:02} min"


def reasons(by_reason: Mapping[str, int]) -> str:
    """Format counts by reason, as in "1 failed, 2 over budget"; empty for none."""
    return ", ".join(f"{number(many, 0)} {status_text(reason)}" for reason, many in by_reason.items() if many)


def settings(values: Mapping[str, Any]) -> str:
    """Format settings by their names, as in "growth 1.5, months 12"; empty for none."""
    return ", ".join(f"{name} {setting(value)}" for name, value in values.items())


def setting(value: Any, longest: int | None = LONGEST) -> str:
    """Format the value of one setting, as in YAML: `none` for None and for an empty list, `2` for 2.0.

    Items of a list or mapping are joined by a plus sign, or by semicolons if one of them contains a plus sign: commas
    separate settings. A list of numbers is in brackets, as in "uniform [1.5, 2.5]".

    Args:
        value: a JSON value.
        longest: maximum number of characters; None for no limit.
    """
    if value is None or value == []:
        return "none"
    if isinstance(value, dict):
        value = [f"{key} {setting(one, None)}" for key, one in value.items()]
    if isinstance(value, list) and all(type(one) in (int, float) for one in value):
        text = f"[{', '.join(map(_scalar, value))}]"
    else:
        text = _joined([setting(one, None) for one in value]) if isinstance(value, list) else _scalar(value)
    return text if longest is None else shortened(text, longest)


def _joined(items: Sequence[str]) -> str:
    return ("; " if any("+" in item for item in items) else " + ").join(items)


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def ranges(numbers: Iterable[int]) -> str:
    """Format whole numbers as in a sentence, with ranges, as in "0 to 4, 7"."""
    ordered = sorted(set(numbers))
    gaps = [number for number, (one, other) in enumerate(pairwise(ordered), start=1) if other > one + 1]
    parts = [ordered[start:end] for start, end in pairwise([0, *gaps, len(ordered)])]
    return ", ".join(str(some[0]) if len(some) == 1 else f"{some[0]} to {some[-1]}" for some in parts)


def in_full(value: Any) -> str:
    """Format a value of a data frame: numbers with six significant digits, an empty text for missing values."""
    if value is None or (isinstance(value, float) and isnan(value)):
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def rests_on(value: Mapping[str, Any]) -> str:
    """Format the sample size of a difference: pairs of runs, or the runs of both groups."""
    if value.get("pairs") is not None:
        return counted(int(value["pairs"]), "pair")
    return f"n = {count(value['n'])}, {count(value['baseline_n'])}" if "baseline_n" in value else ""


def lines_of(value: Any, kind: ValueKind, digits: int = 2) -> tuple[str, ...]:
    """Format a value as lines: the value, then its interval and sample size; no lines if there is nothing to show.

    Args:
        value: a value of the kind; None for none.
        kind: its kind.
        digits: decimals of numbers and estimates.
    """
    return tuple(line for line in _LINES[kind](value, digits) if line)


def _figure(value: Mapping[str, Any] | None, digits: int) -> tuple[str, ...]:
    """An estimate with both ends of its interval, or a printed one with its spread."""
    if value is None:
        return (DASH,)
    if "spread" in value:
        shown = value.get("digits", digits)
        return number(value["value"], shown), spread(value["spread"], value.get("spread_kind"), digits)
    return number(value["value"], digits), interval(value.get("low"), value.get("high"), digits)


def _difference(value: Mapping[str, Any] | None, digits: int) -> tuple[str, ...]:
    if value is None:
        return (DASH,)
    return signed(value["value"], digits), *_figure(value, digits)[1:], rests_on(value)


_LINES: Mapping[ValueKind, Callable[[Any, int], tuple[str, ...]]] = {
    "text": lambda value, _: ("" if value is None else str(value),),
    "name": lambda value, _: ("" if value is None else name_text(str(value)),),
    "settings": lambda value, _: (settings(value or {}),),
    "values": lambda value, _: (", ".join(shortened(str(one), 4 * LONGEST) for one in (value or {}).values()),),
    "reasons": lambda value, _: (reasons(value or {}),),
    "count": lambda value, _: (DASH if value is None else count(value),),
    "number": lambda value, digits: (number(value, digits),),
    "estimate": _figure,
    "difference": _difference,
    "p": lambda value, _: (p_value(value),),
    "dollars": lambda value, _: (DASH if value is None else dollars(value),),
    "duration": lambda value, _: (DASH if value is None else duration(value),),
}
assert set(_LINES) == set(get_args(ValueKind)), "every kind has a format"
