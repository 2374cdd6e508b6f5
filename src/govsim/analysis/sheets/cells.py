"""The measures of cells as a sheet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from govsim.analysis.measures import SURVIVAL_RATE, SURVIVAL_TIME, Measure, all_measures
from govsim.analysis.requests import notes_on_runs
from govsim.analysis.runs import RunMeasures, toys_among
from govsim.analysis.sheets.entries import counts, dollars, estimate_entry
from govsim.analysis.sheets.plain import WIDTH, as_text
from govsim.analysis.sheets.sheet import Column, Entry, Sheet, text_entry
from govsim.analysis.table import PROMPTS, Cell, differing
from govsim.characters import counted as number_of
from govsim.characters import shortened
from govsim.journal import UNREADABLE

_LABELS = (
    Column(heading=("", "scenario, condition"), place="label"),
    Column(heading=("", "society"), place="label", prefix="society: "),
    Column(heading=("", "model"), place="label", prefix="model: "),
    Column(heading=("", "agent"), place="label", prefix="agent: "),
    Column(heading=("", "settings"), place="label"),
    Column(heading=("", "runs"), width=6),
)
_REMARKS = (
    Column(heading=("", "outcome"), place="remark", in_markup=False),
    Column(heading=("", "left out"), place="remark", prefix="left out: "),
    Column(heading=("", "origin"), place="remark"),
    Column(heading=("", "unreadable answers"), place="remark", prefix="unreadable answers: ", in_markup=False),
    Column(heading=("", "forfeited harvests"), place="remark", prefix="forfeited harvests: ", in_markup=False),
    Column(heading=("", "tokens"), place="remark", prefix="tokens: ", in_markup=False),
    Column(heading=("", "cost"), place="remark", prefix="cost: ", in_markup=False),
)

UNREADABLE_RUNS = (
    "Unreadable: runs that failed because more of their answers could not be read than society.max_invalid allows. A "
    "forfeited harvest spares the stock, so that no statistic counts them, survival analysis included."
)
SURVIVAL = (
    "Survival rate: the share of runs whose stock never fell below the collapse level. The paper counts a run that "
    "collapses in its last month as survived; here it counts as collapsed."
)
_INTERVALS = (
    "Below each value: its 95 % interval, Wilson's for {rates}, Student's t (±) for means over runs; a single run has "
    "no interval of a mean. – stands for what does not exist."
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
    return as_text(cells_sheet(cells, broken=broken))


def cells_sheet(cells: Sequence[Cell], *, broken: int = 0) -> Sheet:
    """Cells as a sheet, a row for each.

    Args:
        cells: as `cells_of` gives them.
        broken: journals that could not be read and are in none of them.
    """
    shown = [measure for measure in all_measures() if measure.is_tabulated]
    figures = (Column(heading=measure.heading, width=11) for measure in shown)
    return Sheet(
        columns=(*_LABELS, *figures, *_REMARKS),
        rows=tuple(_row(cell, settings, shown) for cell, settings in zip(cells, _telling_apart(cells), strict=True)),
        notes=tuple(_notes(cells, broken)),
        is_folded=True,
        records=tuple(cell.to_json() for cell in cells),
    )


def _row(cell: Cell, settings: Sequence[str], shown: Sequence[Measure]) -> tuple[Entry, ...]:
    counted, estimates = len(cell.counted), cell.estimates
    return (
        *map(text_entry, (*_labels(cell), "; ".join(settings), str(counted))),
        *(estimate_entry(estimates[measure.name], is_rate=measure.is_rate, runs=counted) for measure in shown),
        *map(text_entry, ("; ".join(_outcome(cell)), *_expense(cell))),
    )


def _telling_apart(cells: Sequence[Cell]) -> Iterator[list[str]]:
    """For each cell the settings without which it would read like another one, and prompts of the user's."""
    for cell in cells:
        alike = [other.settings for other in cells if _labels(other) == _labels(cell)]
        told = {key: f"{_short(cell.settings[key])}{_sent(cell, key)}" for key in differing(alike)}
        told |= {} if cell.own_prompts is None else {PROMPTS: _short(cell.own_prompts)}
        yield [f"{key} = {value}" for key, value in sorted(told.items())]


def _sent(cell: Cell, key: str) -> str:
    """That a setting was not sent in any run of a cell."""
    return " (not sent)" if cell.runs and all(key in run.unsent for run in cell.runs) else ""


def _labels(cell: Cell) -> list[str]:
    names = (shortened(name, WIDTH) for name in (cell.society, cell.model, cell.agent))
    return [f"{cell.scenario}, {shortened(cell.condition, WIDTH)}", *names]


def _outcome(cell: Cell) -> list[str]:
    counted = cell.counted
    if not counted:
        return ["no run has completed or collapsed"]
    collapses = Counter(_lifetime(run) for run in counted if not run.values[SURVIVAL_RATE])
    months, survived = counted[0].experiment.world.months, len(counted) - collapses.total()
    if len(counted) == 1:
        return [f"survived {_all_of(months)}" if survived else f"collapsed in month {_lifetime(counted[0])}"]
    if len(collapses) == 1 and not survived:
        return [f"all {len(counted)} collapsed in month {_lifetime(counted[0])}"]
    lines = [f"{survived} of {len(counted)} survived {_all_of(months)}"]
    return lines + [f"{runs} collapsed in month {month}" for month, runs in sorted(collapses.items())]


def _lifetime(run: RunMeasures) -> int:
    """The survival time of a counted run."""
    return int(run.values[SURVIVAL_TIME] or 0)


def _all_of(months: int) -> str:
    return number_of(months, "month") if months == 1 else f"all {months} months"


def _expense(cell: Cell) -> Iterator[str]:
    yield counts(cell.left_out.to_json())
    yield "imported" if any(run.is_imported for run in cell.runs) else ""
    yield "unknown" if cell.invalid is None else f"{cell.invalid:,}" if cell.invalid else ""
    yield f"{cell.forfeited:,}" if cell.forfeited else ""
    yield "unknown" if cell.tokens is None else f"{cell.tokens:,}"
    yield "unknown" if cell.cost is None else dollars(cell.cost)


def _notes(cells: Sequence[Cell], broken: int) -> Iterator[str]:
    yield SURVIVAL
    rates = (f"the {measure.title}" for measure in all_measures() if measure.is_tabulated and measure.is_rate)
    yield _INTERVALS.format(rates=" and ".join(rates))
    yield _OVER_USAGE
    left_out = Counter[str]()
    for cell in cells:
        left_out.update(cell.left_out.to_json())
    if left_out.total():
        yield (
            f"Left out of every measure, as neither survived nor collapsed: {counts(left_out)}. "
            "Their tokens, cost and unreadable answers are counted."
        )
        if left_out[UNREADABLE]:
            yield UNREADABLE_RUNS
    else:
        yield "No run was left out."
    if broken:
        yield broken_note(broken)
    if repeated := sum(cell.copies for cell in cells):
        yield f"{repeated} counted {_runs(repeated)} the seed of another in the same row: copies of a run count twice."
    if any(run.is_imported for cell in cells for run in cell.runs):
        yield _IMPORTED
    yield from notes_on_runs(run for cell in cells for run in cell.runs)
    if toys := toys_among(name for cell in cells for run in cell.runs for name in run.models.values()):
        yield f"{', '.join(toys)} is a toy that proves the pipeline; its figures say nothing about language models."


def broken_note(broken: int) -> str:
    """That journals are missing since they could not be read."""
    return f"Not in this table: {broken} {'journal that is' if broken == 1 else 'journals that are'} broken."


def _runs(count: int) -> str:
    return "run has" if count == 1 else "runs have"


def _short(value: object) -> str:
    return shortened("none" if value is None else str(value), 60)
