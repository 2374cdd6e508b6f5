"""The columns and rows of the list of runs, and of the list of settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from govsim import analysis
from govsim.analysis.measures import SURVIVAL_RATE, Measure, MeasureValue, compared_measures
from govsim.analysis.runs import RunMeasures
from govsim.analysis.settings import settings_in_words
from govsim.analysis.tables.formatting import DASH, count, dollars, interval, partial_dollars
from govsim.web.index import RunEntry
from govsim.web.parts.listing import ListColumn, ListRow
from govsim.web.theme import ICONS, WORDS, address, figure, short

_RUN = """
<a class="cell-main" :href="props.row.href">{{ props.row.run }}</a>
<span :class="'cell-sub' + (props.row.status === 'broken' ? '' : ' cell-short')" :title="props.row.sub">{{
  props.row.sub
}}</span>
"""
_STATUS = """
<span :class="'badge badge-' + props.row.status">
  <q-icon :name="props.row.icon" aria-hidden="true"></q-icon>{{ props.row.word }}
</span>
"""
_SPARK = """
<svg v-if="props.row.points" :class="'spark ' + (props.row.status === 'collapsed' ? 'has-collapsed' : '')"
     viewBox="0 0 100 24" preserveAspectRatio="none" role="img" :aria-label="props.row.spoken">
  <line x1="0" y1="24" x2="100" y2="24"></line><polyline :points="props.row.points"></polyline>
</svg>
"""
_ESTIMATE = """<template v-if="props.value !== '–'">{{ props.value }}
<div class="cell-range">{{ props.row[props.col.name + '_range'] }}</div></template><span v-else>–</span>"""


def _measures_of_runs() -> tuple[Measure, ...]:
    """The measures of a run in the list, without survival, which the status shows."""
    return tuple(measure for measure in compared_measures() if measure.name != SURVIVAL_RATE)


def _of(entry: RunEntry, name: str) -> Any:
    """An attribute of the measures of a run; None if they are unknown."""
    return getattr(entry.measures, name, None)


def _title(entry: RunEntry) -> str:
    run = entry.measures
    return short(entry.name, 90) if run is None else short(f"{run.scenario} · {run.condition}", 80)


def _agents(entry: RunEntry) -> str | None:
    """How the members decide; None if the run has not been read."""
    return None if entry.measures is None else short(entry.measures.composition, 160)


def _details(run: RunMeasures) -> Iterator[str]:
    """What the list shows below the title of a run: its seed, and its settings that differ from the defaults."""
    yield f"seed {run.seed}"
    yield from (short(text, 80) for text in settings_in_words(run.changes))
    if run.is_imported:
        yield "imported"


def _month(entry: RunEntry) -> str:
    return "" if entry.measures is None else f"{entry.month}/{entry.measures.experiment.world.months}"


def _spark(entry: RunEntry) -> str:
    if entry.measures is None:
        return ""
    experiment = entry.measures.experiment
    capacity = sum(experiment.at(site).world.capacity for site in experiment.site_names)
    return spark(entry.stocks, experiment.world.months, capacity)


def _spent(name: str, shown: Callable[[float | None], str]) -> Callable[[RunEntry], str]:
    """A function that formats an amount that a run has spent: a dash if there is none, as in an imported run."""

    def text(entry: RunEntry) -> str:
        run = entry.measures
        return DASH if run is None or run.is_imported else shown(getattr(run, name))

    return text


def _value_column(measure: Measure) -> ListColumn[RunEntry]:
    def value(entry: RunEntry) -> MeasureValue | None:
        return None if entry.measures is None else entry.measures.values.get(measure.name)

    def text(entry: RunEntry) -> str:
        return "" if entry.measures is None else measure.text(value(entry))

    return ListColumn(name=measure.name, label=measure.list_label, key=value, shown=text, kind="count")


def run_columns() -> tuple[ListColumn[RunEntry], ...]:
    """The columns of the list of runs."""
    hidden = "phone-hidden"
    return (
        ListColumn(name="run", label="Run", key=lambda one: one.name, shown=_title, cell=_RUN, classes="cell-run"),
        ListColumn(name="agents", label="Agents", key=_agents, classes="cell-model words"),
        ListColumn(name="word", label="Status", key=lambda one: WORDS[one.status], cell=_STATUS, classes="mark"),
        ListColumn(name="months", label="Month", key=lambda one: one.month, shown=_month, kind="count", classes=hidden),
        ListColumn(name="points", label="Stock", shown=_spark, cell=_SPARK),
        *map(_value_column, _measures_of_runs()),
        ListColumn(
            name="tokens",
            label="Tokens",
            key=lambda one: _of(one, "tokens"),
            shown=_spent("tokens", count),
            kind="count",
            classes=hidden,
        ),
        ListColumn(
            name="cost",
            label="Cost",
            key=lambda one: _of(one, "cost"),
            shown=_spent("cost", dollars),
            kind="dollars",
            classes=hidden,
        ),
    )


def about_run(entry: RunEntry) -> ListRow:
    """Further values for the cells of a run."""
    status, run = entry.status, entry.measures
    sub = "" if run is None else " · ".join(_details(run))
    return {
        "href": address("run", entry.name),
        "sub": sub if entry.problem is None else short(entry.problem, 240),
        "status": status,
        "icon": ICONS[status],
        "spoken": f"Stock: {', '.join(map(figure, entry.stocks))}",
    }


def measured(run: RunMeasures) -> list[tuple[str, str]]:
    """The labels and formatted values of the measures of a run."""
    return [
        (f"{one.list_label[:1].lower()}{one.list_label[1:]}", one.text(run.values.get(one.name)))
        for one in _measures_of_runs()
    ]


def spark(stocks: tuple[float, ...], months: int, capacity: int) -> str:
    """Return the points of a sparkline in a box of 100 by 24, as in the attribute `points` of an SVG polyline.

    Args:
        stocks: units at the start of each month; months go from left to right.
        months: maximum number of months, which is the right edge.
        capacity: units at the upper edge; 0 units are at the lower one.

    Returns:
        The points; empty without stocks.
    """
    if not stocks or capacity <= 0:
        return ""
    across, up = 100 / max(months, 1), 24 / capacity
    points = [(min(number * across, 100), 24 - stock * up) for number, stock in enumerate(stocks)]
    if len(points) == 1:
        points.append((1.5, points[0][1]))
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Runs that differ only in their seed, with the estimates of their measures."""

    cell: analysis.Cell
    estimates: Mapping[str, analysis.Estimate]


def setting_rows(runs: Sequence[RunMeasures]) -> list[Setting]:
    """The settings of runs, each with its estimates."""
    return [Setting(cell=cell, estimates=cell.estimates) for cell in analysis.cells_of(runs)]


def _estimate_column(measure: Measure) -> ListColumn[Setting]:
    def value(setting: Setting) -> float | None:
        return setting.estimates[measure.name].value

    def text(setting: Setting) -> str:
        return figure(value(setting), "number", 1)

    return ListColumn(name=measure.name, label=measure.list_label, key=value, shown=text, kind="count", cell=_ESTIMATE)


def _runs(setting: Setting) -> str:
    counted, runs = len(setting.cell.counted), len(setting.cell.runs)
    shown = figure(runs) if counted == runs else f"{counted} of {runs}"
    return f"{shown}, identical" if _are_identical(setting) else shown


def _are_identical(setting: Setting) -> bool:
    return setting.cell.distinct == 1 < len(setting.cell.counted)


def _setting_cost(setting: Setting) -> str:
    return partial_dollars(setting.cell.cost, setting.cell.unpriced)


def _setting(setting: Setting) -> str:
    return short(f"{setting.cell.scenario} · {setting.cell.condition}", 80)


def _agents_of(setting: Setting) -> str:
    return short(setting.cell.runs[0].composition, 160)


def column_name(setting: Setting) -> str:
    """A unique name of a setting, which is also its sort key."""
    cell = setting.cell
    return f"{cell.scenario} {cell.condition} {cell.society} {cell.settings}"


def setting_columns() -> tuple[ListColumn[Setting], ...]:
    """The columns of the list of settings."""
    run = _RUN.replace("props.row.run", "props.row.cell")
    return (
        ListColumn(name="cell", label="Setting", key=column_name, shown=_setting, cell=run, classes="cell-run"),
        ListColumn(name="agents", label="Agents", key=_agents_of, classes="cell-model words"),
        ListColumn(name="runs", label="Runs", key=lambda one: len(one.cell.runs), shown=_runs, kind="count"),
        *map(_estimate_column, compared_measures()),
        ListColumn(name="cost", label="Cost", key=lambda one: one.cell.cost, shown=_setting_cost, kind="dollars"),
    )


def about_setting(setting: Setting) -> ListRow:
    """Further values for the cells of a setting, such as the 95 % interval of each measure."""
    cell, are_identical = setting.cell, _are_identical(setting)
    return {
        "href": address("", scenario=cell.scenario, condition=cell.condition, society=cell.society),
        "sub": " · ".join(short(text, 80) for text in settings_in_words(cell.runs[0].changes)),
        **{
            f"{name}_range": interval(one.low, one.high, 1) or ("" if are_identical else f"n = {one.n}")
            for name, one in setting.estimates.items()
        },
    }
