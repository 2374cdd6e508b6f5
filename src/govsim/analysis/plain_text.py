"""A table of cells for a terminal."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields

from govsim.analysis.intervals import Estimate
from govsim.analysis.runs import models_of
from govsim.analysis.table import Cell, Estimates, differing
from govsim.characters import shortened, visible

WIDTH = 100

_HEADINGS = {
    "survival_rate": ("survival", "rate %"),
    "survival_time": ("survival", "months"),
    "gain": ("gain", "units"),
    "efficiency": ("efficiency", "%"),
    "equality": ("equality", "%"),
    "over_usage": ("over-usage", "asked %"),
    "over_usage_granted": ("over-usage", "granted %"),
}

_SURVIVAL = (
    "Survival rate: the share of runs whose stock never fell below the collapse level. The paper counts a run that "
    "collapses in its last month as survived; here it counts as collapsed."
)
_INTERVALS = (
    "Below each value: its 95 % interval, Wilson's for the survival rate, Student's t (±) for means over runs; a "
    "single run has no interval of a mean. – stands for what does not exist."
)
_OVER_USAGE = (
    "Over-usage: the share of valid harvest decisions above the member's sustainable share, by units asked for and by "
    "units granted (the paper's formula; its printed values fit another denominator and do not compare)."
)

_IMPORTED = (
    "Imported: made from the log of another program. Its answers that could not be read count as decisions to take "
    "nothing, as they were logged; the first line of each journal says what else is assumed and what is missing."
)


def format_table(cells: Sequence[Cell], *, broken: int = 0) -> str:
    """Cells as plain text of at most 100 columns, with notes on what the figures mean and what they leave out.

    Each row names its runs, gives the figures with their intervals below them, and tells what came of the runs.

    Args:
        cells: as `cells_of` gives them.
        broken: journals that could not be read and are in none of them.

    Returns:
        Lines without a newline at the end.
    """
    lines = [*_heading(), "─" * WIDTH]
    for cell, settings in zip(cells, _telling_apart(cells), strict=True):
        lines += _wrapped("; ".join([*_labels(cell), *settings]))
        lines += _figures(cell)
        lines += _wrapped("; ".join([*_outcome(cell), *_expense(cell)]), indent=2)
        lines.append("")
    for note in _notes(cells, broken):
        lines += _wrapped(note)
    return visible("\n".join(lines))


def _heading() -> Iterator[str]:
    upper, lower = zip(("", "runs"), *(_HEADINGS[field.name] for field in fields(Estimates)), strict=True)
    yield _line(upper)
    yield _line(lower)


def _figures(cell: Cell) -> Iterator[str]:
    """The values; below them their intervals; below these the number of runs, where some do not have the measure."""
    counted, estimates = len(cell.counted), dict(cell.estimates.items())
    yield _line([str(counted), *(_value(estimate) for estimate in estimates.values())])
    for below in (
        ["", *(_interval(name, estimate) for name, estimate in estimates.items())],
        ["", *("" if estimate.n == counted else f"n = {estimate.n}" for estimate in estimates.values())],
    ):
        if any(below):
            yield _line(below)


def _line(entries: Iterable[str]) -> str:
    first, *others = entries
    return f"{first:>6}" + "".join(f"{entry:>13}" for entry in others).rstrip()


def _wrapped(text: str, indent: int = 0) -> list[str]:
    first, following = " " * indent, " " * (indent + 2 if indent else 0)
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=following, break_on_hyphens=False)


def _telling_apart(cells: Sequence[Cell]) -> Iterator[list[str]]:
    """For each cell the settings without which it would read like another one."""
    for cell in cells:
        alike = [other.settings for other in cells if _labels(other) == _labels(cell)]
        yield [f"{key} = {_short(cell.settings[key])}" for key in sorted(differing(alike))]


def _labels(cell: Cell) -> list[str]:
    society, model, agent = (shortened(name, WIDTH) for name in (cell.society, cell.model, cell.agent))
    names = [f"{cell.scenario}, {shortened(cell.condition, WIDTH)}", f"society: {society}"]
    return [*names, f"model: {model}", f"agent: {agent}"]


def _outcome(cell: Cell) -> list[str]:
    counted = cell.counted
    if not counted:
        return ["no run has ended on its own"]
    collapses = Counter(run.survival_time for run in counted if not run.is_survivor)
    months, survived = counted[0].experiment.world.months, len(counted) - collapses.total()
    if len(counted) == 1:
        return [f"survived all {months} months" if survived else f"collapsed in month {counted[0].survival_time}"]
    if len(collapses) == 1 and not survived:
        return [f"all {len(counted)} collapsed in month {counted[0].survival_time}"]
    lines = [f"{survived} of {len(counted)} survived all {months} months"]
    by_month = sorted((month or 0, runs) for month, runs in collapses.items())
    return lines + [f"{runs} collapsed in month {month}" for month, runs in by_month]


def _expense(cell: Cell) -> Iterator[str]:
    if cell.left_out.total:
        yield f"left out: {_counts(cell.left_out.to_json())}"
    if any(run.is_imported for run in cell.runs):
        yield "imported"
    if cell.invalid != 0:
        yield "unreadable answers: " + ("unknown" if cell.invalid is None else f"{cell.invalid:,}")
    if cell.forfeited:
        yield f"forfeited harvests: {cell.forfeited:,}"
    yield "tokens: unknown" if cell.tokens is None else f"tokens: {cell.tokens:,}"
    yield "cost: unknown" if cell.cost is None else f"cost: {_dollars(cell.cost)}"


def _dollars(cost: float) -> str:
    return f"${cost:,.4f}" if 0 < cost < 1 else f"${cost:,.2f}"


def _value(estimate: Estimate) -> str:
    return "–" if estimate.value is None else f"{estimate.value:.2f}"


def _interval(name: str, estimate: Estimate) -> str:
    if estimate.low is None or estimate.high is None:
        return ""
    if name == "survival_rate":
        return f"{estimate.low:.1f}–{estimate.high:.1f}"
    return f"±{(estimate.high - estimate.low) / 2:.2f}"


def _notes(cells: Sequence[Cell], broken: int) -> Iterator[str]:
    yield _SURVIVAL
    yield _INTERVALS
    yield _OVER_USAGE
    left_out = Counter[str]()
    for cell in cells:
        left_out.update(cell.left_out.to_json())
    if left_out.total():
        yield (
            f"Left out of every measure, as neither survived nor collapsed: {_counts(left_out)}. "
            "Their tokens, cost and unreadable answers are counted."
        )
    else:
        yield "No run was left out."
    if broken:
        yield f"Not in this table: {broken} {'journal that is' if broken == 1 else 'journals that are'} broken."
    if repeated := sum(_repeated_seeds(cell) for cell in cells):
        yield f"{repeated} counted {_runs(repeated)} the seed of another in the same row: copies of a run count twice."
    if any(run.is_imported for cell in cells for run in cell.runs):
        yield _IMPORTED
    if toys := sorted(_toy_models(cells)):
        yield f"{', '.join(toys)} is a toy that proves the pipeline; its figures say nothing about language models."


def _repeated_seeds(cell: Cell) -> int:
    return len(cell.counted) - len({run.seed for run in cell.counted})


def _toy_models(cells: Iterable[Cell]) -> set[str]:
    names = (name for cell in cells for run in cell.runs for name in models_of(run.experiment))
    return {name for name in names if name.startswith("embedded/")}


def _runs(count: int) -> str:
    return "run has" if count == 1 else "runs have"


def _counts(by_reason: dict[str, int]) -> str:
    return ", ".join(f"{count} {reason.replace('_', ' ')}" for reason, count in by_reason.items() if count)


def _short(value: object) -> str:
    return shortened("none" if value is None else str(value), 60)


def with_total(table: Sequence[Sequence[str]], *, keys: int) -> str:
    """A table of amounts as plain text: its first row is the head, its last one the total, each set off by a rule.

    Args:
        table: rows of equal length.
        keys: how many columns say what a row is about; they are set flush left, the others flush right.
    """
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    lines = ["  ".join(_aligned(row, widths, keys)).rstrip() for row in table]
    rule = "─" * max(map(len, lines))
    return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1]])


def _aligned(row: Sequence[str], widths: Sequence[int], keys: int) -> list[str]:
    return [
        text.ljust(width) if column < keys else text.rjust(width)
        for column, (text, width) in enumerate(zip(row, widths, strict=True))
    ]
