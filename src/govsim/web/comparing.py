"""What the page of comparisons shows: all of it from `govsim.analysis`, computed in a process beside the server."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from govsim.analysis.figures import (
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
from govsim.analysis.figures.panels import levels_of, panels_of
from govsim.analysis.frames import KEYS, FrameBuilder, Frames, csv_of
from govsim.analysis.measures import compared_measures, measure_named
from govsim.analysis.runs import RunMeasures
from govsim.analysis.statistics import Comparison, compare_measures
from govsim.analysis.table import Cell
from govsim.characters import counted
from govsim.errors import AnalysisError
from govsim.web.choosing import FILTERS, Choice, Compared, Difference, Measured, Panel, Side
from govsim.web.parts.charts import SYMBOLS, Curve
from govsim.web.summary import rows_of
from govsim.web.theme import COLOURS

if TYPE_CHECKING:
    from govsim.analysis.figures import FileFormat
    from govsim.web.summary import Summary

FIGURES = {"stock": stock, "survival": survival, "gain": gain, "equality": equality}
"""What is drawn as a file, one figure for each panel or several on one."""

ALL = "all"
_DASHES = ("solid", "dashed", "dotted")
_PATH = [column.name for column in KEYS].index("path")


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

    Raises:
        AnalysisError: no run is chosen.
    """
    frames = _to_export(summaries, choice)
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

    Raises:
        AnalysisError: no run is chosen, or nothing differs where differences are wanted.
    """
    frames = _to_export(summaries, choice)
    shown = _together(frames, choice.by) if choice.is_together else frames
    match kind:
        case "stock":
            frame = stock_frame(shown, choice.by)
        case "survival":
            frame = survival_frame(shown, choice.by)
        case "effects":
            found = _comparisons(frames.runs, choice)
            if not found:
                raise AnalysisError(f"{choice.by}: one kind of run alone differs from nothing; choose two or more")
            frame = effects_frame(found)
        case _:
            frame = frames.runs
    return f"{kind}.csv", csv_of(frame)


def _to_export(summaries: Sequence[Summary], choice: Choice) -> Frames:
    frames, _ = _chosen(summaries, choice)
    if not len(frames.runs):
        raise AnalysisError("no run is like this any more: choose fewer filters")
    return frames


def _chosen(summaries: Sequence[Summary], choice: Choice) -> tuple[Frames, dict[str, RunMeasures]]:
    """The frames of the runs that are chosen, and their measures by path."""
    wanted = {name: getattr(choice, name) for name in FILTERS if name != choice.by}
    builder = FrameBuilder(Path())
    measures: dict[str, RunMeasures] = {}
    for one in summaries:
        run = one.measures
        if run is None or any(value and getattr(run, name) != value for name, value in wanted.items()):
            continue
        if not choice.levels or str(getattr(run, choice.by, "")) in choice.levels:
            rows = rows_of(one)
            builder.add_rows(rows)
            measures[str(rows["runs"][0][_PATH])] = run
    return builder.frames(), measures


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
    estimates = cell.estimates
    measured = (
        Measured(name=one.name, label=one.list_label, estimate=estimates[one.name]) for one in compared_measures()
    )
    return Side(level=level, colour=colour, runs=len(of_level), counted=len(cell.counted), measures=tuple(measured))


def _difference(one: Comparison) -> Difference:
    measure, interval = measure_named(one.measure), one.intervals[0]
    rests_on = counted(one.pairs or 0, "pair") if one.design == "paired" else f"{one.level.n} and {one.baseline.n} runs"
    return Difference(
        panel=" · ".join(value for _, value in one.within) or "all runs",
        measure=measure.title,
        unit=measure.unit_of_difference,
        level=one.level.name,
        baseline=one.baseline.name,
        difference=measure.shown(one.difference),
        low=measure.shown(interval.low),
        high=measure.shown(interval.high),
        p_adjusted=one.p_adjusted,
        rests_on=rests_on,
        remarks=" ".join(map(_sentence, [*([interval.reason] if interval.reason else []), *one.remarks])),
    )


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].removesuffix('.')}."


def _known(value: object, least: float, most: float) -> float | None:
    """A number of a frame within its bounds; None where it is missing."""
    if value is None or pd.isna(value):  # type: ignore[call-overload]
        return None
    return round(min(max(float(value), least), most), 6)  # type: ignore[arg-type]
