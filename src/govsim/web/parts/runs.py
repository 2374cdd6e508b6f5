"""The rows of the list of runs, and of the list of settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from govsim import analysis
from govsim.analysis.measures import SURVIVAL_RATE, Measure, Value, compared_measures
from govsim.analysis.runs import RunMeasures
from govsim.analysis.tables.formatting import interval, partial_dollars
from govsim.web.index import Entry
from govsim.web.parts.listing import Column, Row
from govsim.web.theme import ICONS, WORDS, address, figure, short

_RUN = """
<a class="cell-main" :href="props.row.href">{{ props.row.run }}</a>
<span :class="'cell-sub' + (props.row.standing === 'broken' ? '' : ' cell-short')" :title="props.row.sub">{{
  props.row.sub
}}</span>
"""
_STANDING = """
<span :class="'badge badge-' + props.row.standing">
  <q-icon :name="props.row.icon" aria-hidden="true"></q-icon>{{ props.row.word }}
</span>
"""
_SPARK = """
<svg v-if="props.row.points" :class="'spark ' + (props.row.standing === 'collapsed' ? 'has-collapsed' : '')"
     viewBox="0 0 100 24" preserveAspectRatio="none" role="img" :aria-label="props.row.spoken">
  <line x1="0" y1="24" x2="100" y2="24"></line><polyline :points="props.row.points"></polyline>
</svg>
"""
_ESTIMATE = """<template v-if="props.value !== '–'">{{ props.value }}
<div class="cell-range">{{ props.row[props.col.name + '_range'] }}</div></template><span v-else>–</span>"""


def _measures_of_runs() -> tuple[Measure, ...]:
    """The measures of a run in the list; whether it survived is its status."""
    return tuple(measure for measure in compared_measures() if measure.name != SURVIVAL_RATE)


def _of(entry: Entry, name: str) -> Any:
    """What is known of a run; None where nothing is."""
    return getattr(entry.measures, name, None)


def _title(entry: Entry) -> str:
    run = entry.measures
    return short(entry.name, 90) if run is None else short(f"{run.scenario} · {run.condition}", 80)


def _month(entry: Entry) -> str:
    return "" if entry.measures is None else f"{entry.month}/{entry.measures.experiment.world.months}"


def _spark(entry: Entry) -> str:
    if entry.measures is None:
        return ""
    world = entry.measures.experiment.world
    return spark(entry.stocks, world.months, world.capacity)


def _value_column(measure: Measure) -> Column[Entry]:
    def value(entry: Entry) -> Value | None:
        return None if entry.measures is None else entry.measures.values.get(measure.name)

    def text(entry: Entry) -> str:
        return "" if entry.measures is None else measure.text(value(entry))

    return Column(name=measure.name, label=measure.list_label, key=value, shown=text, kind="count")


def run_columns() -> tuple[Column[Entry], ...]:
    """The columns of the list of runs."""
    seldom = "phone-hidden"
    return (
        Column(name="run", label="Run", key=lambda one: one.name, shown=_title, cell=_RUN, classes="cell-run"),
        Column(name="model", label="Model", key=lambda one: _of(one, "model"), classes=f"cell-model {seldom}"),
        Column(name="word", label="Status", key=lambda one: WORDS[one.standing], cell=_STANDING, classes="mark"),
        Column(name="months", label="Month", key=lambda one: one.month, shown=_month, kind="count", classes=seldom),
        Column(name="points", label="Stock", shown=_spark, cell=_SPARK),
        *map(_value_column, _measures_of_runs()),
        Column(name="tokens", label="Tokens", key=lambda one: _of(one, "tokens"), kind="count", classes=seldom),
        Column(name="cost", label="Cost", key=lambda one: _of(one, "cost"), kind="dollars", classes=seldom),
    )


def about_run(entry: Entry) -> Row:
    """What the cells of a run show beside their values."""
    standing, run = entry.standing, entry.measures
    sub = "" if run is None else f"seed {run.seed} · {short(run.society, 50)}{' · imported' * run.is_imported}"
    return {
        "href": address("run", entry.name),
        "sub": sub if entry.problem is None else short(entry.problem, 240),
        "standing": standing,
        "icon": ICONS[standing],
        "spoken": f"Stock: {', '.join(map(figure, entry.stocks))}",
    }


def measured(run: RunMeasures) -> list[tuple[str, str]]:
    """The measures of a run: what each is called, and its value."""
    return [
        (f"{one.list_label[:1].lower()}{one.list_label[1:]}", one.text(run.values.get(one.name)))
        for one in _measures_of_runs()
    ]


def spark(stocks: tuple[float, ...], months: int, capacity: int) -> str:
    """The points of a small line: months from left to right, stock from 0 at the bottom, in a box of 100 by 24."""
    if not stocks or capacity <= 0:
        return ""
    across, up = 100 / max(months, 1), 24 / capacity
    points = [(min(number * across, 100), 24 - stock * up) for number, stock in enumerate(stocks)]
    if len(points) == 1:
        points.append((1.5, points[0][1]))
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Runs that differ in nothing but the seed, and the measures over them, computed once."""

    cell: analysis.Cell
    estimates: Mapping[str, analysis.Estimate]


def settings_of(runs: Sequence[RunMeasures]) -> list[Setting]:
    """The settings of runs, each with its estimates."""
    return [Setting(cell=cell, estimates=cell.estimates) for cell in analysis.cells_of(runs)]


def _estimate_column(measure: Measure) -> Column[Setting]:
    def value(setting: Setting) -> float | None:
        return setting.estimates[measure.name].value

    def text(setting: Setting) -> str:
        return figure(value(setting), "number", 1)

    return Column(name=measure.name, label=measure.list_label, key=value, shown=text, kind="count", cell=_ESTIMATE)


def _runs(setting: Setting) -> str:
    counted, runs = len(setting.cell.counted), len(setting.cell.runs)
    return figure(runs) if counted == runs else f"{counted} of {runs}"


def _setting_cost(setting: Setting) -> str:
    return partial_dollars(setting.cell.cost, setting.cell.unpriced)


def _setting(setting: Setting) -> str:
    return short(f"{setting.cell.scenario} · {setting.cell.condition}", 80)


def name_of(setting: Setting) -> str:
    """What names a setting, and sorts it."""
    cell = setting.cell
    return f"{cell.scenario} {cell.condition} {cell.society} {cell.settings}"


def setting_columns() -> tuple[Column[Setting], ...]:
    """The columns of the list of settings."""
    run = _RUN.replace("props.row.run", "props.row.cell")
    return (
        Column(name="cell", label="Setting", key=name_of, shown=_setting, cell=run, classes="cell-run"),
        Column(name="model", label="Model", key=lambda one: one.cell.model, classes="cell-model phone-hidden"),
        Column(name="runs", label="Runs", key=lambda one: len(one.cell.runs), shown=_runs, kind="count"),
        *map(_estimate_column, compared_measures()),
        Column(name="cost", label="Cost", key=lambda one: one.cell.cost, shown=_setting_cost, kind="dollars"),
    )


def about_setting(setting: Setting) -> Row:
    """What the cells of a setting show beside their values: the 95 % interval of each measure among it."""
    cell = setting.cell
    return {
        "href": address("", scenario=cell.scenario, condition=cell.condition, society=cell.society),
        "sub": short(cell.society, 60),
        **{
            f"{name}_range": interval(one.low, one.high, 1) or f"n = {one.n}" for name, one in setting.estimates.items()
        },
    }
