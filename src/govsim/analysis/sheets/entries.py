"""How measures and what is estimated of them look to a reader."""

from __future__ import annotations

from collections.abc import Mapping

from govsim.analysis.intervals import Estimate
from govsim.analysis.sheets.sheet import Entry

NOTHING = "–"


def estimate_entry(estimate: Estimate, *, is_rate: bool, runs: int, marks: tuple[str, ...] = ()) -> Entry:
    """An estimate: its value, its interval, and what it rests on where that is less than all runs.

    Args:
        estimate: of a measure, in its unit.
        is_rate: whether the interval lies unevenly around the value, so that both its ends are shown.
        runs: how many runs are counted.
        marks: the footnotes it needs.
    """
    fewer = "" if estimate.n == runs else f"n = {estimate.n}"
    return Entry(lines=(value_text(estimate.value), interval_text(estimate, is_rate=is_rate), fewer), marks=marks)


def value_text(value: float | None) -> str:
    """A value with two decimals; a dash for none."""
    return NOTHING if value is None else f"{value:.2f}"


def interval_text(estimate: Estimate, *, is_rate: bool) -> str:
    """An interval as its ends, or as half its length; empty for none."""
    if estimate.low is None or estimate.high is None:
        return ""
    return f"{estimate.low:.1f}–{estimate.high:.1f}" if is_rate else f"±{(estimate.high - estimate.low) / 2:.2f}"


def p_text(p: float | None) -> str:
    """A p value with three decimals; a dash for none."""
    if p is None:
        return NOTHING
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def dollars(cost: float) -> str:
    """An amount of dollars, with four decimals below one."""
    return f"${cost:,.4f}" if 0 < cost < 1 else f"${cost:,.2f}"


def counts(by_reason: Mapping[str, int]) -> str:
    """How many for which reason, as in "1 failed, 2 over budget"; empty for none."""
    return ", ".join(f"{count} {reason.replace('_', ' ')}" for reason, count in by_reason.items() if count)
