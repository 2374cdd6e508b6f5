"""What the page of comparisons shows: all of it from `govsim.analysis`, computed in a process beside the server."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from govsim.analysis.figures import (
    GROUPINGS,
    SEED,
    baseline_of,
    effects_frame,
    equality,
    gain,
    stock,
    stock_frame,
    survival,
    survival_frame,
)
from govsim.analysis.figures.effects import UNITS
from govsim.analysis.figures.groups import levels_of, panels_of
from govsim.analysis.frames import Frames, csv_of
from govsim.analysis.runs import RunMeasures
from govsim.analysis.statistics import Comparison, compare_measures
from govsim.analysis.table import Cell, Estimates
from govsim.web.parts.charts import SYMBOLS, Curve
from govsim.web.summary import frames_of
from govsim.web.theme import COLOURS

if TYPE_CHECKING:
    from govsim.analysis.figures import FileFormat
    from govsim.web.summary import Summary

FIGURES = {"stock": stock, "survival": survival, "gain": gain, "equality": equality}
"""What is drawn as a file, one figure for each panel or several on one."""

FILTERS = ("scenario", "condition", "model")
"""Columns by which runs are chosen."""

ALL = "all"
_DASHES = ("solid", "dashed", "dotted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What is compared with what; it stands in the address.

    Attributes:
        by: the column that sides differ in.
        levels: its values that are shown; all when empty.
        baseline: the one that others are compared with; `default` or the first when empty.
        scenario: the scenario; all when empty.
        condition: the condition; all when empty.
        model: the model; all when empty.
        is_together: whether runs of one level are put together, whatever else they differ in.
    """

    by: str = "condition"
    levels: tuple[str, ...] = ()
    baseline: str = ""
    scenario: str = ""
    condition: str = ""
    model: str = ""
    is_together: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """The measures of one level in one panel."""

    level: str
    colour: str
    runs: int
    counted: int
    estimates: Estimates


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """What is compared: runs that are alike in all but the column of the levels, and the seed."""

    title: str
    months: int
    stock: tuple[Curve, ...]
    survival: tuple[Curve, ...]
    sides: tuple[Side, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What a level changes in a measure, in the unit that is shown."""

    panel: str
    measure: str
    unit: str
    level: str
    baseline: str
    difference: float | None
    low: float | None
    high: float | None
    p_adjusted: float | None
    rests_on: str
    remarks: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """All that the page shows for a choice."""

    panels: tuple[Panel, ...]
    differences: tuple[Difference, ...]
    baseline: str
    comparisons: int


def offered(summaries: Sequence[Summary]) -> dict[str, list[str]]:
    """What can be chosen: the values that occur of each column, `default` first.

    Args:
        summaries: all runs that could be read.
    """
    runs = [one.measures for one in summaries if one.measures is not None]
    return {
        column: sorted({str(getattr(run, column)) for run in runs}, key=lambda name: (name != "default", name))
        for column in GROUPINGS
    }


def compared(summaries: Sequence[Summary], choice: Choice) -> Compared:
    """Compare runs as chosen.

    Args:
        summaries: all runs that could be read.
        choice: which of them, and how.

    Raises:
        AnalysisError: the choice is none that can be.
    """
    frames, measures = _chosen(summaries, choice)
    if not len(frames.runs):
        return Compared(panels=(), differences=(), baseline="", comparisons=0)
    shown = _together(frames, choice.by) if choice.is_together else frames
    found = _comparisons(frames.runs, choice)
    return Compared(
        panels=tuple(_panels(shown, measures, choice.by)),
        differences=tuple(_difference(one) for one in found),
        baseline=_baseline(frames.runs, choice),
        comparisons=found[0].comparisons if found else 0,
    )


def figure_file(summaries: Sequence[Summary], choice: Choice, kind: str, file_format: FileFormat) -> tuple[str, bytes]:
    """A figure as a file, or several in a zip file.

    Args:
        summaries: all runs that could be read.
        choice: which of them.
        kind: one of `FIGURES`.
        file_format: png, svg or pdf.

    Returns:
        The file's name and content.
    """
    frames, _ = _chosen(summaries, choice)
    shown = _together(frames, choice.by) if choice.is_together else frames
    drawn = FIGURES[kind](shown, choice.by)
    if len(drawn) == 1:
        return f"{drawn[0].name}.{file_format}", drawn[0].content(file_format)
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for one in drawn:
            archive.writestr(f"{one.name}.{file_format}", one.content(file_format))
    return f"{kind}.zip", content.getvalue()


def frame_file(summaries: Sequence[Summary], choice: Choice, kind: str) -> tuple[str, bytes]:
    """The numbers behind what is shown, as CSV.

    Args:
        summaries: all runs that could be read.
        choice: which of them.
        kind: runs, stock, survival or effects.

    Returns:
        The file's name and content.
    """
    frames, _ = _chosen(summaries, choice)
    shown = _together(frames, choice.by) if choice.is_together else frames
    match kind:
        case "stock":
            frame = stock_frame(shown, choice.by)
        case "survival":
            frame = survival_frame(shown, choice.by)
        case "effects":
            frame = effects_frame(_comparisons(frames.runs, choice))
        case _:
            frame = frames.runs
    return f"{kind}.csv", csv_of(frame)


def _chosen(summaries: Sequence[Summary], choice: Choice) -> tuple[Frames, dict[str, RunMeasures]]:
    """The frames of the runs that are chosen, and their measures by path."""
    wanted = {name: getattr(choice, name) for name in FILTERS if name != choice.by}
    kept: list[Frames] = []
    measures: dict[str, RunMeasures] = {}
    for one in summaries:
        run, frames = one.measures, frames_of(one)
        if (
            run is None
            or frames is None
            or any(value and getattr(run, name) != value for name, value in wanted.items())
        ):
            continue
        if not choice.levels or str(getattr(run, choice.by, "")) in choice.levels:
            kept.append(frames)
            measures[str(frames.runs["path"].iloc[0])] = run
    return _joined(kept), measures


def _joined(frames: Sequence[Frames]) -> Frames:
    def all_of(name: str) -> pd.DataFrame:
        tables = [getattr(one, name) for one in frames]
        return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()

    return Frames(runs=all_of("runs"), members=all_of("members"), months=all_of("months"), decisions=pd.DataFrame())


def _together(frames: Frames, by: str) -> Frames:
    """The same runs as if they were alike in all but the column of the levels."""
    alike = {name: ALL for name in ("scenario", "condition", "society") if name != by}
    return Frames(
        runs=frames.runs.assign(**alike),
        members=frames.members.assign(**alike),
        months=frames.months.assign(**alike),
        decisions=frames.decisions,
    )


def _baseline(runs: pd.DataFrame, choice: Choice) -> str:
    found = levels_of(runs, choice.by)
    return choice.baseline if choice.baseline in found else baseline_of(runs, choice.by)


def _comparisons(runs: pd.DataFrame, choice: Choice) -> tuple[Comparison, ...]:
    if not len(runs) or runs[choice.by].nunique() < 2:
        return ()
    return compare_measures(
        runs,
        by=choice.by,
        baseline=_baseline(runs, choice),
        rng=np.random.default_rng(SEED),
        within=() if choice.is_together else None,
    )


def _panels(frames: Frames, measures: dict[str, RunMeasures], by: str) -> Iterator[Panel]:
    levels = levels_of(frames.runs, by)
    stocks, curves = stock_frame(frames, by), survival_frame(frames, by)
    for panel in panels_of(frames.runs, by):
        within = dict(panel.within)
        months = int(panel.runs["months_planned"].max())
        here = [level for level in levels if (panel.runs[by].astype(str) == level).any()]
        yield Panel(
            title=" · ".join(value for value in within.values() if value != ALL) or "all runs",
            months=months,
            stock=tuple(_stock_curve(_rows(stocks, within, by, level), level, levels, months) for level in here),
            survival=tuple(_survival_curve(_rows(curves, within, by, level), level, levels, months) for level in here),
            sides=tuple(
                _side(panel.runs[panel.runs[by].astype(str) == level], measures, level, levels) for level in here
            ),
        )


def _rows(frame: pd.DataFrame, within: dict[str, str], by: str, level: str) -> pd.DataFrame:
    rows = frame[frame[by].astype(str) == level]
    for name, value in within.items():
        rows = rows[rows[name].astype(str) == value]
    return rows


def _stock_curve(rows: pd.DataFrame, level: str, levels: Sequence[str], months: int) -> Curve:
    mean = rows[rows["series"] == "mean"].set_index("month")
    most = float(rows["stock"].max()) if len(rows) else 0.0

    def column(name: str) -> list[float | None]:
        return [_known(mean[name].get(month), 0, most) for month in range(1, months + 1)]

    low, high = column("low"), column("high")
    return _curve(level, levels, column("stock"), (low, high) if any(one is not None for one in low) else ((), ()))


def _survival_curve(rows: pd.DataFrame, level: str, levels: Sequence[str], months: int) -> Curve:
    curve = rows.set_index("month")

    def column(name: str) -> list[float | None]:
        found = [_known(curve[name].get(month), 0, 1) for month in range(months + 1)]
        return [None if one is None else round(100 * one, 4) for one in found]

    low, high = column("low"), column("high")
    bands = (low, high) if any(one is not None for one in low) else ((), ())
    return _curve(level, levels, column("survival"), bands, is_step=True)


def _curve(
    level: str,
    levels: Sequence[str],
    values: Sequence[float | None],
    band: tuple[Sequence[float | None], Sequence[float | None]],
    *,
    is_step: bool = False,
) -> Curve:
    number = levels.index(level)
    turn = number + number // len(COLOURS)  # who has a colour again has another dash and mark
    return Curve(
        name=level,
        values=values,
        low=band[0],
        high=band[1],
        colour=COLOURS[number % len(COLOURS)],
        dash=_DASHES[turn % len(_DASHES)],
        symbol=SYMBOLS[turn % len(SYMBOLS)],
        is_step=is_step,
    )


def _side(runs: pd.DataFrame, measures: dict[str, RunMeasures], level: str, levels: Sequence[str]) -> Side:
    of_level = tuple(measures[str(path)] for path in runs["path"])
    first = of_level[0]
    cell = Cell(
        scenario=first.scenario,
        condition=first.condition,
        society=first.society,
        model=first.model,
        agent=first.agent,
        settings={},
        runs=of_level,
    )
    colour = COLOURS[levels.index(level) % len(COLOURS)]
    return Side(level=level, colour=colour, runs=len(of_level), counted=len(cell.counted), estimates=cell.estimates)


def _difference(one: Comparison) -> Difference:
    words, unit, factor = UNITS[one.measure]
    interval = one.intervals[0]
    rests_on = f"{one.pairs} pairs" if one.design == "paired" else f"{one.level.n} and {one.baseline.n} runs"
    return Difference(
        panel=" · ".join(value for _, value in one.within) or "all runs",
        measure=words,
        unit=unit,
        level=one.level.name,
        baseline=one.baseline.name,
        difference=_scaled(one.difference, factor),
        low=_scaled(interval.low, factor),
        high=_scaled(interval.high, factor),
        p_adjusted=one.p_adjusted,
        rests_on=rests_on,
        remarks=" ".join(map(_sentence, [*([interval.reason] if interval.reason else []), *one.remarks])),
    )


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].removesuffix('.')}."


def _scaled(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor


def _known(value: object, least: float, most: float) -> float | None:
    """A number of a frame within its bounds; None where it is missing."""
    if value is None or pd.isna(value):  # type: ignore[call-overload]
        return None
    return round(min(max(float(value), least), most), 6)  # type: ignore[arg-type]
