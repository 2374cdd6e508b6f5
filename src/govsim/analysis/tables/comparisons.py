"""Comparisons as a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from govsim.analysis.measures import SURVIVAL_TIME, Measure, measure_named
from govsim.analysis.statistics.comparison_results import Comparison, Side, comparison_record
from govsim.analysis.statistics.sides import shared_by
from govsim.analysis.statistics.strata import SETUP
from govsim.analysis.tables.cells import UNREADABLE_RUNS, broken_note
from govsim.analysis.tables.formatting import LONGEST, count
from govsim.analysis.tables.table import Column, Row, Table, footnote_mark
from govsim.characters import counted, shortened, status_text
from govsim.journal import UNREADABLE

_METHODS = (
    "With each value: its 95 % interval and the runs it is based on. Shares and rates are in per cent, their "
    "differences in percentage points. Intervals of shares, rates and survival times are Gaffke's (2005), "
    "those of differences combined as by Newcombe (1998); they assume only that values lie between their bounds. Those "
    "of amounts are Student's, which can be much too short for gains "
    "of few runs (with five runs, they contained the mean in as few as 44 % of simulations). Adjusted p: adjusted for "
    "{tested} of this table, by max-T (Westfall and Young 1993) for measures of the same two groups{drawn}{families}."
)
_PAIRED = "Pairs: runs of the same seed were compared; otherwise all runs of both groups."
_UNPAIRED = "All runs of both groups were compared, whatever their seeds."
_FAMILIES = ", and for {families} sets of these tests by Holm's method (1979)"
_DRAWN = " (from {draws} random permutations where there are too many to enumerate)"
_IN_SETUP = ("society", "model", "agent")
_SURVIVAL_TIME = (
    "Survival time: restricted means; runs that stopped early are right-censored at their last month. They are "
    "excluded from all other measures."
)


def comparisons_table(
    comparisons: Sequence[Comparison],
    *,
    name: str = "comparisons",
    seed: int | None = None,
    primary: str | None = None,
    broken: int = 0,
    notes: Sequence[str] = (),
) -> Table:
    """Return comparisons as a table, those of the same groups below each other.

    Args:
        comparisons: the comparisons, as returned by one call of `compare` or `compare_measures`.
        name: the table's name.
        seed: the seed of their random draws, which is shown; None to omit it.
        primary: the primary measure, which a note names; None to omit it.
        broken: the number of unreadable journals, which are in none of them.
        notes: notes on the compared runs, one sentence each.
    """
    placed: dict[tuple[object, str], list[Comparison]] = {}
    for one in map(as_shown, comparisons):
        placed.setdefault((one.within, one.level.name), []).append(one)
    ordered = [one for several in placed.values() for one in several]
    compared = _defined([one for one in ordered if one.baseline.runs])
    remarks = dict.fromkeys(remark for one in compared for remark in (*one.remarks, *_undefined(one).values()))
    footnotes = {remark: footnote_mark(index) for index, remark in enumerate(remarks)}
    return Table(
        name=name,
        title="Comparisons of runs",
        is_titled=False,
        columns=_columns(_shown_keys(compared)),
        data=[_row(one, seed) for one in ordered],
        shown=[_row(one, seed) for one in compared],
        notes=(
            *_primary(compared, primary),
            *_notes(compared, seed),
            *_not_compared(ordered),
            *([broken_note(broken)] if broken else []),
            *notes,
        ),
        footnotes={mark: remark for remark, mark in footnotes.items()},
        marks={
            (index, column): marks
            for index, one in enumerate(compared)
            for column, marks in _marks(one, footnotes).items()
        },
    )


def _defined(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """Return comparisons without optional measures that one group has no value of, unless these are all of a pair."""

    def is_defined(one: Comparison) -> bool:
        has_values = one.level.estimate.n and one.baseline.estimate.n
        return bool(has_values) or not measure_named(one.measure).is_optional

    pairs = {(one.within, one.level.name) for one in comparisons if is_defined(one)}
    return [one for one in comparisons if is_defined(one) or (one.within, one.level.name) not in pairs]


def as_shown(comparison: Comparison) -> Comparison:
    """Return a comparison in the unit in which its measure is shown."""
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


def difference_of(record: Row) -> dict[str, Any]:
    """Return a difference with its interval, and the runs or pairs that it is based on.

    Args:
        record: a comparison, as returned by `comparison_record`.
    """
    names = ("difference", "low", "high", "level_n", "baseline_n", "pairs")
    return dict(zip(("value", "low", "high", "n", "baseline_n", "pairs"), map(record.get, names), strict=True))


def _shown_keys(comparisons: Sequence[Comparison]) -> tuple[str, ...]:
    """The columns that name what the runs of a comparison share; the setup replaces the society's label.

    Columns that are the same in all comparisons are hidden where there is another one.
    """
    values: dict[str, set[str]] = {}
    for one in comparisons:
        for key, value in one.within:
            values.setdefault(key, set()).add(value)
    has_setup = any(values.get(SETUP, ()))
    named = [key for key, found in values.items() if any(found) and not (has_setup and key in _IN_SETUP)]
    return tuple(key for key in named if len(values[key]) > 1) or tuple(named)


def _not_compared(comparisons: Sequence[Comparison]) -> Iterator[str]:
    """The runs that have no counterpart of the baseline, in a sentence; none where all have one."""
    alone = {(one.within, one.level.name): one.level.runs for one in comparisons if not one.baseline.runs}
    if alone:
        named = "; ".join(
            f"{shortened(f'{shared_by(within)} · {name}', 3 * LONGEST)} ({counted(runs, 'run')})"
            for (within, name), runs in alone.items()
        )
        yield (
            f"Not compared, as no run of the baseline is the same in everything else: {named}. To pool runs that "
            "differ in other settings, name the columns that should be the same with --within."
        )


def _columns(within: Sequence[str]) -> tuple[Column, ...]:
    return (
        Column(name="within", heading="runs", kind="values", place="label", of=partial(_within, tuple(within))),
        Column(name="sides", heading="compared", place="label", of=_sides),
        Column(name="measure", place="stub", of=lambda row: measure_named(row["measure"]).heading_line),
        Column(name="level", heading="compared", kind="estimate", of=partial(_side, "level"), n="always"),
        Column(name="baseline", kind="estimate", of=partial(_side, "baseline"), n="always"),
        Column(name="difference", kind="difference", of=difference_of),
        Column(name="p", kind="p"),
        Column(name="p_adjusted", heading="adjusted p", kind="p", repeats="p"),
        Column(name="effect", heading="effect size", kind="difference", of=_effect),
        Column(name="excluded", heading="excluded", place="remark", of=_excluded, is_named=True),
    )


def _row(one: Comparison, seed: int | None) -> Row:
    return {
        **comparison_record(one),
        "unit": measure_named(one.measure).unit,
        **({} if seed is None else {"seed": seed}),
    }


def _within(keys: Sequence[str], row: Row) -> dict[str, Any]:
    return {key: row[key] for key in keys if row.get(key)} or {"": "all runs"}


def _sides(row: Row) -> str:
    return " against ".join(shortened(row[side], LONGEST) for side in ("level", "baseline"))


def _side(side: str, row: Row) -> dict[str, Any]:
    """The value of a group with its interval."""
    value, low, high = (row[f"{side}_{part}"] for part in ("value", "low", "high"))
    return {"value": value, "low": low, "high": high, "n": row[f"{side}_n"]}


def _effect(row: Row) -> dict[str, Any]:
    return {"value": row["effect"], "low": row["effect_low"], "high": row["effect_high"]}


def _excluded(row: Row) -> str | None:
    excluded = [
        f"{status_text(row[f'{side}_excluded'])} ({shortened(row[side], LONGEST)})"
        for side in ("level", "baseline")
        if row[f"{side}_excluded"]
    ]
    return "; ".join(excluded) or None


def _undefined(one: Comparison) -> dict[str, str]:
    """Why the first interval, test or effect does not exist, by column."""
    interval, test = one.intervals[0], one.tests[0]
    found = {}
    if interval.low is None and interval.reason:
        found["difference"] = f"No interval: {interval.reason}."
    if test.p is None and test.reason:
        found["p"] = f"No p value: {test.reason}."
    if one.effects and one.effects[0].reason:
        found["effect"] = f"No effect size, or no interval of it: {one.effects[0].reason}."
    return found


def _marks(one: Comparison, footnotes: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """The marks of a row, by column."""
    found: dict[str, list[str]] = {"difference": [footnotes[remark] for remark in one.remarks]}
    for column, reason in _undefined(one).items():
        found.setdefault(column, []).append(footnotes[reason])
    return {column: tuple(sorted(marks)) for column, marks in found.items() if marks}


def _primary(comparisons: Sequence[Comparison], primary: str | None) -> Iterator[str]:
    """A sentence on the primary measure, if it and others are compared."""
    measures = {one.measure for one in comparisons}
    if primary in measures and len(measures) > 1:
        yield f"Primary measure: {measure_named(primary).title}; the others are secondary."


def _notes(comparisons: Sequence[Comparison], seed: int | None) -> Iterator[str]:
    if not comparisons:
        yield "There is nothing to compare: no two groups of runs differ only in the compared column."
        return
    families, draws = (max(getattr(one, name) or 0 for one in comparisons) for name in ("families", "adjusted_draws"))
    tests = max(one.comparisons for one in comparisons)
    yield _METHODS.format(
        tested={1: "the only test", 2: "both tests"}.get(tests, f"all {tests} tests"),
        families=_FAMILIES.format(families=families) if families > 1 else "",
        drawn=_DRAWN.format(draws=count(draws)) if draws else "",
    )
    yield _PAIRED if any(one.design == "paired" for one in comparisons) else _UNPAIRED
    if any(one.measure == SURVIVAL_TIME for one in comparisons):
        yield _SURVIVAL_TIME
    sides = (side for one in comparisons for side in (one.level, one.baseline))
    if any(part.reason == UNREADABLE for side in sides for part in side.excluded):
        yield UNREADABLE_RUNS
    methods = dict.fromkeys(method for one in comparisons for method in _methods(one))
    yield f"Methods: {', '.join(methods)}."
    if seed is not None:
        yield f"Seed of random draws: {seed}."


def _methods(one: Comparison) -> Iterator[str]:
    yield one.intervals[0].method
    yield one.tests[0].method
    if one.effects:
        yield one.effects[0].method


def _side_as_shown(side: Side, measure: Measure) -> Side:
    value, low, high = map(measure.shown, (side.estimate.value, side.estimate.low, side.estimate.high))
    return replace(side, estimate=replace(side.estimate, value=value, low=low, high=high))
