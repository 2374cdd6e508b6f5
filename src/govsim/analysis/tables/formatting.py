"""How numbers, intervals, amounts and settings are written: the only place that decides it, for every output.

Values are plain numbers, None where there is none, and mappings: an estimate is one with `value`, `low`, `high`, `n`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isnan
from typing import Any, Literal, get_args

from govsim.characters import counted, shortened

Kind = Literal[
    "text",
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
"""What a value is, which decides how it is written.

`text`; `settings` (a mapping of keys to values); `values` (the values of a mapping alone); `reasons` (a mapping of
reasons to counts); `count`; `number`; `estimate` (a value and both ends of its interval); `difference` (with a
sign, and what it rests on); `p` (a p value); `dollars`; `duration` (in seconds)."""

NOTHING = "–"
"""Stands for what does not exist."""

UNKNOWN = "unknown"
"""Stands for an amount that exists and is not known."""

LONGEST = 60
"""Characters of a name or a setting; what is left out of its middle is marked by an ellipsis."""

_MINUS = "−"
_SPREADS = {"ci95": "±", "std": "sd "}


def number(value: float | None, digits: int = 2) -> str:
    """A number with a fixed number of decimals and a true minus sign; a dash for none."""
    if value is None or isnan(value):
        return NOTHING
    text = f"{value:,.{digits}f}"
    return text.removeprefix("-") if float(text.replace(",", "")) == 0 else text.replace("-", _MINUS)


def signed(value: float | None, digits: int = 2) -> str:
    """A number with its sign, which 0 does not have; a dash for none."""
    text = number(value, digits)
    return text if value is None or text[:1] in {_MINUS, NOTHING} or not text.strip("0.") else f"+{text}"


def interval(low: float | None, high: float | None, digits: int = 2) -> str:
    """The ends of an interval, as in "[9.45, 90.55]"; empty where one does not exist."""
    if low is None or high is None or isnan(low) or isnan(high):
        return ""
    return f"[{number(low, digits)}, {number(high, digits)}]"


def spread(value: float | None, kind: str | None = "ci95", digits: int = 2) -> str:
    """What stands around a mean: half a 95 % interval (`ci95`, ±), a standard deviation (`std`, sd), or nothing."""
    return "" if value is None else f"{_SPREADS[kind or 'ci95']}{number(value, digits)}"


def p_value(p: float | None) -> str:
    """A p value with three decimals; a dash for none."""
    return NOTHING if p is None or isnan(p) else "< 0.001" if p < 0.001 else number(p, 3)


def dollars(cost: float | None) -> str:
    """An amount of dollars: with two decimals, below ten cents with four."""
    if cost is None or isnan(cost):
        return UNKNOWN
    if 0 < cost < 0.0001:
        return "< $0.0001"
    return f"${number(cost, 4 if 0 < cost < 0.1 else 2)}"


def partial_dollars(cost: float | None, unpriced: int) -> str:
    """The known part of an amount of dollars, and how many runs have no known price, as in "$1.20 (2 runs unknown)"."""
    return f"{dollars(cost)} ({counted(unpriced, 'run')} unknown)" if unpriced and cost is not None else dollars(cost)


def count(amount: float | None) -> str:
    """A whole number of things, with commas between thousands."""
    return UNKNOWN if amount is None or isnan(amount) else number(amount, 0)


def rounded_count(amount: float | None) -> str:
    """A number of things with three significant digits and a unit prefix, as in "12.3 k" or "1.2 M"."""
    for size, prefix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if amount is not None and amount >= 0.9995 * size:
            return f"{amount / size:.3g} {prefix}"
    return count(amount)


def duration(seconds: float | None) -> str:
    """A length of time, as in "340 ms", "1.2 s", "40 s", "12 min" or "3 h 05 min"."""
    if seconds is None or isnan(seconds):
        return UNKNOWN
    if 0 < seconds < 0.9995:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 60:
        return f"{seconds:.{int(0 < seconds < 9.95)}f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60:,} h {minutes % 60:02} min"


def reasons(by_reason: Mapping[str, int]) -> str:
    """How many for which reason, as in "1 failed, 2 over budget"; empty for none."""
    return ", ".join(f"{number(many, 0)} {reason.replace('_', ' ')}" for reason, many in by_reason.items() if many)


def settings(values: Mapping[str, Any]) -> str:
    """Settings, as in "world.growth = 1.5; world.months = 12"; empty for none."""
    return "; ".join(f"{key} = {setting(value)}" for key, value in values.items())


def setting(value: Any, longest: int | None = LONGEST) -> str:
    """The value of one setting: `none` for None, items of a list one after the other.

    Args:
        value: as JSON has it.
        longest: characters of a value that is shortened; None for all of it.
    """
    if value is None:
        return "none"
    text = ", ".join(setting(one, None) for one in value) if isinstance(value, list) else str(value)
    return text if longest is None else shortened(text, longest)


def in_full(value: Any) -> str:
    """A value of a data frame: numbers with six significant digits, nothing for what is missing."""
    if value is None or (isinstance(value, float) and isnan(value)):
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def rests_on(value: Mapping[str, Any]) -> str:
    """What a difference rests on: pairs of runs, or the runs of both sides."""
    if value.get("pairs") is not None:
        return counted(int(value["pairs"]), "pair")
    return f"n = {count(value['n'])}, {count(value['baseline_n'])}" if "baseline_n" in value else ""


def lines_of(value: Any, kind: Kind, digits: int = 2) -> tuple[str, ...]:
    """A value as it is written: its first line, and what stands below that; none where there is nothing to write.

    Args:
        value: as its kind says; None where there is none.
        kind: what it is.
        digits: decimals of numbers and estimates.
    """
    return tuple(line for line in _LINES[kind](value, digits) if line)


def _figure(value: Mapping[str, Any] | None, digits: int) -> tuple[str, ...]:
    """An estimate with both ends of its interval; one that was printed with what stands around it there."""
    if value is None:
        return (NOTHING,)
    if "spread" in value:
        shown = value.get("digits", digits)
        return number(value["value"], shown), spread(value["spread"], value.get("spread_kind"), digits)
    return number(value["value"], digits), interval(value.get("low"), value.get("high"), digits)


def _difference(value: Mapping[str, Any] | None, digits: int) -> tuple[str, ...]:
    if value is None:
        return (NOTHING,)
    return signed(value["value"], digits), *_figure(value, digits)[1:], rests_on(value)


_LINES: Mapping[Kind, Callable[[Any, int], tuple[str, ...]]] = {
    "text": lambda value, _: ("" if value is None else str(value),),
    "settings": lambda value, _: (settings(value or {}),),
    "values": lambda value, _: (", ".join(shortened(str(one), LONGEST) for one in (value or {}).values()),),
    "reasons": lambda value, _: (reasons(value or {}),),
    "count": lambda value, _: (NOTHING if value is None else count(value),),
    "number": lambda value, digits: (number(value, digits),),
    "estimate": _figure,
    "difference": _difference,
    "p": lambda value, _: (p_value(value),),
    "dollars": lambda value, _: (NOTHING if value is None else dollars(value),),
    "duration": lambda value, _: (NOTHING if value is None else duration(value),),
}
assert set(_LINES) == set(get_args(Kind)), "every kind is written"
