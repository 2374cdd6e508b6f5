"""Comparisons as a sheet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pydantic import JsonValue

from govsim.analysis.measures import SURVIVAL_TIME, Measure, measure_named
from govsim.analysis.sheets.cells import UNREADABLE_RUNS, broken_note
from govsim.analysis.sheets.entries import NOTHING, interval_text, p_text, value_text
from govsim.analysis.sheets.sheet import Column, Entry, Sheet, footnote_mark, text_entry
from govsim.analysis.statistics import Comparison, Result, Side, comparison_record
from govsim.characters import counted, shortened
from govsim.journal import UNREADABLE

_LONGEST = 60

_COLUMNS = (
    Column(heading=("", "runs"), place="label"),
    Column(heading=("", "compared"), place="label"),
    Column(heading=("", "measure"), place="stub"),
    Column(heading=("", "compared")),
    Column(heading=("", "baseline")),
    Column(heading=("", "difference")),
    Column(heading=("", "p")),
    Column(heading=("Holm's", "p")),
    Column(heading=("effect", "size")),
    Column(heading=("", "design"), place="figure"),
    Column(heading=("", "left out"), place="remark", prefix="left out: "),
)

_METHODS = (
    "Below each value: its 95 % interval and the runs it rests on. Shares and rates are in per cent, their differences "
    "in points of per cent. Holm's p: p corrected for all {tested} tests of this table."
)
_SURVIVAL_TIME = (
    "Survival time: restricted means; runs that stopped early count for as long as they were watched, and never as "
    "collapsed or survived. In every other measure they are left out."
)


def comparisons_sheet(
    comparisons: Sequence[Comparison], *, seed: int | None = None, broken: int = 0, notes: Sequence[str] = ()
) -> Sheet:
    """Comparisons as a sheet, those of the same sides below each other.

    Args:
        comparisons: as `compare` gives them, adjusted for each other where several calls gave them.
        seed: what their random draws came from, to be told; None to say nothing of it.
        broken: journals that could not be read and are in none of them.
        notes: on the runs that were compared, a sentence each.
    """
    placed: dict[tuple[object, str], list[Comparison]] = {}
    for one in map(as_shown, comparisons):
        placed.setdefault((one.within, one.level.name), []).append(one)
    ordered = [one for several in placed.values() for one in several]
    remarks = dict.fromkeys(remark for one in ordered for remark in (*one.remarks, *_undefined(one).values()))
    marks = {remark: footnote_mark(place) for place, remark in enumerate(remarks)}
    return Sheet(
        columns=_COLUMNS,
        rows=tuple(_row(one, marks) for one in ordered),
        notes=(*_notes(ordered, seed), *([broken_note(broken)] if broken else []), *notes),
        footnotes={mark: remark for remark, mark in marks.items()},
        records=tuple(_record(one, seed) for one in ordered),
    )


def as_shown(comparison: Comparison) -> Comparison:
    """A comparison in the unit in which its measure is shown."""
    measure = measure_named(comparison.measure)
    shown = measure.shown
    intervals = (replace(one, low=shown(one.low), high=shown(one.high)) for one in comparison.intervals)
    return replace(
        comparison,
        level=_side_as_shown(comparison.level, measure),
        baseline=_side_as_shown(comparison.baseline, measure),
        difference=shown(comparison.difference),
        intervals=tuple(intervals),
    )


def difference_entry(comparison: Comparison, *marks: str) -> Entry:
    """A difference as a reader sees it: with its sign, its interval, and the runs or pairs it rests on.

    Args:
        comparison: as shown.
        marks: the footnotes it needs.
    """
    if comparison.pairs is None:
        rests_on = f"n = {comparison.level.n}, {comparison.baseline.n}"
    else:
        rests_on = counted(comparison.pairs, "pair")
    interval = comparison.intervals[0]
    return Entry(lines=(_signed(comparison.difference), _ends(interval.low, interval.high), rests_on), marks=marks)


def _row(one: Comparison, marks: Mapping[str, str]) -> tuple[Entry, ...]:
    reasons = {part: marks[reason] for part, reason in _undefined(one).items()}
    own = [*(marks[remark] for remark in one.remarks), *([reasons["interval"]] if "interval" in reasons else [])]
    return (
        text_entry(", ".join(shortened(value, _LONGEST) for _, value in one.within) or "all runs"),
        text_entry(f"{shortened(one.level.name, _LONGEST)} against {shortened(one.baseline.name, _LONGEST)}"),
        text_entry(measure_named(one.measure).heading_line),
        _side_entry(one, one.level),
        _side_entry(one, one.baseline),
        difference_entry(one, *sorted(own)),
        text_entry(p_text(one.tests[0].p), *([reasons["test"]] if "test" in reasons else [])),
        text_entry(p_text(one.p_adjusted)),
        _effect_entry(one.effects[0] if one.effects else None, *([reasons["effect"]] if "effect" in reasons else [])),
        text_entry(one.design),
        text_entry("; ".join(_left_out(one))),
    )


def _undefined(one: Comparison) -> dict[str, str]:
    """Why the first interval, test or effect does not exist, where one does not."""
    interval, test = one.intervals[0], one.tests[0]
    found = {}
    if interval.low is None and interval.reason:
        found["interval"] = f"There is no interval: {interval.reason}."
    if test.p is None and test.reason:
        found["test"] = f"There is no p: {test.reason}."
    if one.effects and one.effects[0].reason:
        found["effect"] = f"No effect size, or no interval of it: {one.effects[0].reason}."
    return found


def _record(one: Comparison, seed: int | None) -> dict[str, JsonValue]:
    return {
        **comparison_record(one),
        "unit": measure_named(one.measure).unit,
        **({} if seed is None else {"seed": seed}),
    }


def _notes(comparisons: Sequence[Comparison], seed: int | None) -> Iterator[str]:
    if not comparisons:
        yield "There is nothing to compare: all runs are of the baseline."
        return
    yield _METHODS.format(tested=max(one.comparisons for one in comparisons))
    if any(one.measure == SURVIVAL_TIME for one in comparisons):
        yield _SURVIVAL_TIME
    if any(part.reason == UNREADABLE for one in comparisons for side in _sides(one) for part in side.left_out):
        yield UNREADABLE_RUNS
    methods = dict.fromkeys(method for one in comparisons for method in _methods(one))
    yield f"Methods: {', '.join(methods)}."
    if seed is not None:
        yield f"What is random was drawn with the seed {seed}."


def _sides(one: Comparison) -> tuple[Side, Side]:
    return one.level, one.baseline


def _methods(one: Comparison) -> Iterator[str]:
    yield one.intervals[0].method
    yield one.tests[0].method
    if one.effects:
        yield one.effects[0].method


def _side_entry(one: Comparison, side: Side) -> Entry:
    interval = interval_text(side.estimate, is_rate=measure_named(one.measure).is_rate)
    return Entry(lines=(value_text(side.estimate.value), interval, f"n = {side.n}"))


def _effect_entry(effect: Result | None, *marks: str) -> Entry:
    if effect is None:
        return text_entry(NOTHING)
    return Entry(lines=(_signed(effect.value), _ends(effect.low, effect.high)), marks=marks)


def _left_out(one: Comparison) -> Iterator[str]:
    for side in _sides(one):
        if side.left_out:
            reasons = ", ".join(f"{omission.runs} {omission.reason}" for omission in side.left_out)
            yield f"{reasons} ({shortened(side.name, _LONGEST)})"


def _ends(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{low:.2f} to {high:.2f}"


def _signed(value: float | None) -> str:
    return NOTHING if value is None else f"{value:+.2f}"


def _side_as_shown(side: Side, measure: Measure) -> Side:
    value, low, high = map(measure.shown, (side.estimate.value, side.estimate.low, side.estimate.high))
    return replace(side, estimate=replace(side.estimate, value=value, low=low, high=high))
