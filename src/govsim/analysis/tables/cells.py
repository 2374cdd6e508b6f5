"""The measures of cells as a table, and the notes of tables of runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from govsim.analysis.cells import SOME_IDENTICAL, Cell, bounds_over, distinct_among, estimate_of, notes_on_runs
from govsim.analysis.counterfactual import BOUNDS, bounds_text
from govsim.analysis.measures import SURVIVAL_RATE, SURVIVAL_TIME, Measure, all_measures, tabulated_measures
from govsim.analysis.runs import RunMeasures, toys_among
from govsim.analysis.settings import PROMPTS, FlatSettings, distinguishing_settings, settings_in_short
from govsim.analysis.tables.formatting import count, partial_dollars, reasons, setting
from govsim.analysis.tables.table import Column, Row, Table, joined
from govsim.analysis.tables.text import as_text
from govsim.characters import counted as number_of
from govsim.characters import enumerated
from govsim.journal import UNREADABLE

UNREADABLE_RUNS = (
    "Unreadable: runs that failed because more of their answers were unreadable than society.max_invalid allows. A "
    "forfeited harvest spares the stock, so these runs are excluded from all statistics, including survival analysis."
)
SURVIVAL = (
    "Survival rate: the share of runs whose stock never fell below the collapse level. The paper counts a run that "
    "collapses in its last month as survived; here it counts as collapsed."
)
_INTERVALS = (
    "Values in brackets, or after ±, are 95 % intervals. For {rates}: Clopper and Pearson's (1934). For means of "
    "shares and survival times: Gaffke's (2005), which assumes only that values lie between their bounds. For "
    "{amounts}: Student's t, truncated at a bound. Warning: intervals of gains can be too short; with five runs of "
    "which few collapse, they contained the mean in as few as 44 % of simulations. A mean of one run has no interval. "
    "–: no value."
)
_OVER_USAGE = (
    "Over-usage: the share of valid harvest decisions above the member's sustainable share, by units asked for and by "
    "units granted (the paper's formula; its printed values imply another denominator and are not comparable)."
)
_OPTIMUM = (
    "Share of the optimum: the catch divided by the maximum that any society could have taken with the growth, shocks "
    "and end of the run. Equilibrium to optimum: 0 is the catch in the equilibrium of members who maximize their own "
    "catch and know the number of months, and 100 the maximum expected catch; no value where the equilibrium is not "
    "known to be unique."
)
_IMPORTED = (
    "Imported: converted from the log of another program. Unreadable answers count as decisions to take nothing, as "
    "they were logged; the first line of each journal lists other assumptions and missing data."
)

_IDENTICAL = (
    "Runs with the same demands and stocks in every month differ at most in how a stock that did not suffice was "
    "allocated. A value that is the same in all of them has no interval."
)
FORFEITED, COPIED = "†", "‡"
"""Marks of values that depend on forfeited decisions, and of intervals that count copies of runs."""

_NAMES = ("scenario", "condition", "setup")
_SHOWN = "distinguishing"


def format_table(cells: Sequence[Cell], *, broken: int = 0) -> str:
    """Return cells as plain text, with notes on the values and on excluded runs.

    Each row contains the name of its runs, the values with their intervals below them, and the outcomes of the runs.

    Args:
        cells: the cells, as returned by `cells_of`.
        broken: the number of unreadable journals, which are in none of them.

    Returns:
        Lines without a newline at the end.
    """
    return as_text(cells_table(cells, broken=broken))


def cells_table(cells: Sequence[Cell], *, broken: int = 0) -> Table:
    """Return cells as a table, one row each.

    Args:
        cells: the cells, as returned by `cells_of`.
        broken: the number of unreadable journals, which are in none of them.
    """
    shown = tabulated_measures(run.values for cell in cells for run in cell.counted)
    measures = (measure_column(measure, n="counted_runs") for measure in shown)
    table = Table(
        name="measures",
        title="Measures of runs that differ only in their seed",
        is_titled=False,
        columns=(*_LABELS, *measures, *_REMARKS),
        data=[_row(cell, shown, settings) for cell, settings in zip(cells, _distinguishing(cells), strict=True)],
        notes=tuple(_notes(cells, shown, broken)),
    )
    return marked(table, [(name, cell.runs) for name, cell in zip(_row_names(table), cells, strict=True)])


def marked(table: Table, rows: Sequence[tuple[str, Sequence[RunMeasures]]]) -> Table:
    """Return a table of measures with marks of values that depend on forfeits, and of intervals that count copies.

    Args:
        table: the table, with a column for some of the measures.
        rows: for each row its name in a footnote, and its runs.
    """
    shown = [measure for measure in all_measures() if any(column.name == measure.name for column in table.columns)]
    marks: dict[tuple[int, str], tuple[str, ...]] = {}
    bounds: list[str] = []
    for index, (name, runs) in enumerate(rows):
        differing = dict(_bounds_texts(shown, runs))
        copied = _names_of_copied(shown, runs)
        for one in (*differing, *copied):
            marks[index, one] = (*((FORFEITED,) if one in differing else ()), *((COPIED,) if one in copied else ()))
        if differing:
            bounds.append(
                f"{name}: {', '.join(differing.values())}" if len(rows) > 1 else ", ".join(differing.values())
            )
    used = {mark for several in marks.values() for mark in several}
    texts = {FORFEITED: BOUNDS.format(bounds="; ".join(bounds)), COPIED: SOME_IDENTICAL}
    return replace(table, marks=marks, footnotes={mark: text for mark, text in texts.items() if mark in used})


def _bounds_texts(measures: Iterable[Measure], runs: Sequence[RunMeasures]) -> Iterator[tuple[str, str]]:
    """The names of measures whose bounds differ from their values, as in "gain 110.00 to 120.00 units"."""
    bounds = bounds_over(runs)
    for one in measures:
        if one.name in bounds and (text := bounds_text(one, estimate_of(one, runs).value, bounds[one.name])):
            yield one.name, text


def _names_of_copied(measures: Iterable[Measure], runs: Iterable[RunMeasures]) -> tuple[str, ...]:
    """The measures whose interval counts copies of runs besides others."""
    counted = [run for run in runs if run.is_counted]
    if not 1 < distinct_among(counted) < len(counted):
        return ()
    return tuple(measure.name for measure in measures if estimate_of(measure, counted).low is not None)


def _row_names(table: Table) -> Iterator[str]:
    """The names of rows: the labels in which they differ."""
    shown = table.condensed()
    labels = shown.at("label")
    for number, row in enumerate(shown.rows, start=1):
        yield joined([shown.columns[one] for one in labels], [row[one] for one in labels]) or f"row {number}"


def measure_column(measure: Measure, *, n: str = "") -> Column:
    """Return the column of a measure, with both ends of its interval.

    Args:
        measure: the measure.
        n: as in `Column`.
    """
    line = measure.heading_line
    heading = line.removesuffix(f", {measure.unit}")
    return Column(
        name=measure.name,
        heading=heading,
        unit="" if heading == line else measure.unit,
        kind="estimate",
        n=n,
        repeats=measure.repeats,
    )


def excluded_column(heading: str = "excluded", of: Callable[[Row], Any] | None = None) -> Column:
    """Return the column that counts excluded runs or values, by reason.

    Args:
        heading: its heading.
        of: as in `Column`.
    """
    return Column(name="excluded", heading=heading, kind="reasons", place="remark", of=of, is_named=True)


def copies_column() -> Column:
    """Return the column that states how many runs of a row are distinct; see `copies_text`."""
    return Column(name="copies", heading="distinct runs", place="remark", for_programs=False)


def _unreadable(row: Row) -> str | None:
    return None if row["invalid"] == 0 else count(row["invalid"])


def _cost(row: Row) -> str:
    return partial_dollars(row["cost"], row["unpriced"])


_LABELS = (
    Column(name="scenario", place="label"),
    Column(name="condition", place="label"),
    Column(name="setup", place="label"),
    Column(name=_SHOWN, heading="settings", kind="settings", place="label", for_programs=False),
    Column(name="counted_runs", heading="runs", kind="count", for_programs=False),
)
_REMARKS = (
    copies_column(),
    Column(name="outcome", place="remark", in_markup=False, for_programs=False),
    excluded_column(),
    Column(name="origin", place="remark", for_programs=False),
    Column(
        name="unreadable", heading="unreadable answers", place="remark", of=_unreadable, is_named=True, in_markup=False
    ),
    Column(
        name="forfeited",
        heading="forfeited harvests",
        place="remark",
        is_named=True,
        in_markup=False,
        for_programs=False,
    ),
    Column(name="tokens", kind="count", place="remark", is_named=True, in_markup=False),
    Column(name="cost", place="remark", of=_cost, is_named=True, in_markup=False),
)


def _row(cell: Cell, measures: Iterable[Measure], settings: Row) -> Row:
    return {
        **cell.to_json(measures),
        _SHOWN: settings,
        "counted_runs": len(cell.counted),
        "copies": copies_text(len(cell.counted), cell.distinct),
        "outcome": "; ".join(_outcome(cell)),
        "origin": "imported" if any(run.is_imported for run in cell.runs) else None,
        "forfeited": count(cell.forfeited) if cell.forfeited else None,
    }


def copies_text(counted: int, distinct: int) -> str | None:
    """Return how many counted runs are distinct, as in "5 runs, 3 distinct"; None if all of them are."""
    if distinct == counted:
        return None
    return (
        f"{counted} runs with the same demands and stocks" if distinct == 1 else f"{counted} runs, {distinct} distinct"
    )


def _distinguishing(cells: Sequence[Cell]) -> list[FlatSettings]:
    """For each cell the settings that distinguish it from cells with the same name, and custom prompts, in words."""
    named = ((tuple(getattr(cell, name) for name in _NAMES), cell.settings) for cell in cells)
    found = []
    for cell, settings in zip(cells, distinguishing_settings(named), strict=True):
        unsent = {key: value for key, value in cell.settings.items() if _sent(cell, key)}
        shown = {key: f"{setting(value)}{_sent(cell, key)}" for key, value in {**settings, **unsent}.items()}
        found.append(dict(sorted((shown | ({} if cell.own_prompts is None else {PROMPTS: cell.own_prompts})).items())))
    return settings_in_short(found)


def _sent(cell: Cell, key: str) -> str:
    """A remark if a setting was sent in no run of a cell."""
    return " (not sent)" if cell.runs and all(key in run.unsent for run in cell.runs) else ""


def _outcome(cell: Cell) -> list[str]:
    counted = cell.counted
    if not counted:
        return ["no run has completed or collapsed"]
    collapses = Counter(_lifetime(run) for run in counted if not run.values[SURVIVAL_RATE])
    lengths, survived = {run.months_planned for run in counted}, len(counted) - collapses.total()
    whole = _all_of(lengths.pop()) if len(lengths) == 1 else "to their last month"
    if len(counted) == 1:
        return [f"survived {whole}" if survived else f"collapsed in month {_lifetime(counted[0])}"]
    if len(collapses) == 1 and not survived:
        runs_together = "both" if len(counted) == 2 else f"all {len(counted)}"
        return [f"{runs_together} collapsed in month {_lifetime(counted[0])}"]
    lines = [f"{survived} of {len(counted)} survived {whole}"]
    return lines + [f"{runs} collapsed in month {month}" for month, runs in sorted(collapses.items())]


def _lifetime(run: RunMeasures) -> int:
    """The survival time of a counted run."""
    return int(run.values[SURVIVAL_TIME] or 0)


def _all_of(months: int) -> str:
    return number_of(months, "month") if months == 1 else f"all {months} months"


def _notes(cells: Sequence[Cell], shown: Sequence[Measure], broken: int) -> Iterator[str]:
    if any(cell.counted for cell in cells):
        yield from _notes_on_values(shown)
    excluded = Counter[str]()
    for cell in cells:
        excluded.update(cell.excluded)
    if excluded.total():
        yield (
            f"Excluded from all measures, as neither survived nor collapsed: {reasons(excluded)}. "
            "Their tokens, cost and unreadable answers are counted."
        )
        if excluded[UNREADABLE]:
            yield UNREADABLE_RUNS
    elif not broken:
        yield "No run was excluded."
    yield from _unreached(cells)
    if broken:
        yield broken_note(broken)
    if any(run.is_imported for cell in cells for run in cell.runs):
        yield _IMPORTED
    yield from run_notes(cells)


def _notes_on_values(shown: Sequence[Measure]) -> Iterator[str]:
    yield SURVIVAL
    rates = enumerated(f"the {measure.title}" for measure in shown if measure.is_rate)
    amounts = enumerated(f"the {measure.title}" for measure in shown if measure.kind == "amount")
    yield _INTERVALS.format(rates=rates, amounts=amounts)
    yield _OVER_USAGE
    yield _OPTIMUM


def _unreached(cells: Sequence[Cell]) -> Iterator[str]:
    """A sentence if counted runs ended before the first month that measures count."""
    counted = [run for cell in cells for run in cell.counted]
    ended = [run for run in counted if run.months < run.from_month]
    if ended:
        months = enumerated(f"month {month}" for month in sorted({run.from_month for run in ended}))
        which = "no run has" if len(ended) == len(counted) else f"{len(ended)} of {len(counted)} runs have not"
        yield f"Gain, efficiency and equality are counted from {months} on, which {which} reached: they have no value."


def run_notes(cells: Sequence[Cell]) -> Iterator[str]:
    """Return notes on the runs of cells, one sentence each."""
    runs = [run for cell in cells for run in cell.runs]
    if any(cell.distinct == 1 < len(cell.counted) for cell in cells):
        yield _IDENTICAL
    if repeated := sum(cell.copies for cell in cells):
        have = "run has" if repeated == 1 else "runs have"
        yield f"{repeated} counted {have} the same seed as another in its row: copies of a run count twice."
    yield from notes_on_runs(runs)
    yield from toy_notes(name for run in runs for name in run.models.values())


def toy_notes(models: Iterable[str]) -> Iterator[str]:
    """Return a note on models that are only for demonstration."""
    if toys := toys_among(models):
        yield f"{', '.join(toys)} is only for demonstration; its results do not represent language models."


def broken_note(broken: int) -> str:
    """Return a note on unreadable journals."""
    return f"Not in this table: {number_of(broken, 'unreadable journal')}."
