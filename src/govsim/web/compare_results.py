"""The results on the page of comparisons, computed by `govsim.analysis` in a worker process."""

from __future__ import annotations

import gc
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd

from govsim.analysis.cells import distinct_among, estimate_of, exclusions_of
from govsim.analysis.columns import RowValues
from govsim.analysis.declared import with_primary_first
from govsim.analysis.export import csv_of
from govsim.analysis.figures.comparisons import effects_frame
from govsim.analysis.figures.harvests import equality, gain
from govsim.analysis.figures.months import remark_on_ends, stock, stock_frame, survival, survival_frame
from govsim.analysis.figures.panels import levels_of, panels_of
from govsim.analysis.figures.sheet import FileFormat
from govsim.analysis.measures import Measure, compared_measures, measure_named, tabulated_measures
from govsim.analysis.results import Results
from govsim.analysis.runs import RunMeasures
from govsim.analysis.settings import informed_notes
from govsim.analysis.statistics import SEED
from govsim.analysis.statistics.baselines import baseline_of
from govsim.analysis.statistics.comparison import compare_measures
from govsim.analysis.statistics.comparison_results import Comparison
from govsim.analysis.statistics.sides import shared_by, with_setups
from govsim.analysis.tables.cells import copies_column, copies_text, excluded_column, marked, measure_column
from govsim.analysis.tables.comparisons import comparisons_table
from govsim.analysis.tables.table import Column, Table
from govsim.config import DeclaredAnalysis
from govsim.errors import AnalysisError
from govsim.web.choices import FILTERS, Choice, declared_in
from govsim.web.index import RunEntry
from govsim.web.parts.charts import SYMBOLS, Curve
from govsim.web.summary import unpacked_rows
from govsim.web.theme import COLOURS

PAGE_FIGURES = {
    "stock": stock,
    "survival": survival,
    "gain": gain,
    "equality": equality,
}
"""The figures that can be downloaded."""

ALL = "all"
_POOLED = ("scenario", "condition", "society", "model", "agent", "composition", "setup")
_NAMING = {"society": "setup", "model": "composition", "agent": "composition"}
"""Columns that name groups of other columns: societies, and groups of several models or agents."""

_MOST_COLUMNS = 8
"""The maximum number of columns of a table of the measures of institutions: those that fit beside each other."""

_DASHES = ("solid", "dashed", "dotted")


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedPanel:
    """Runs that differ only in the grouping column and the seed.

    Attributes:
        title: the values that they share.
        months: the maximum number of months.
        stock: the mean stock of each group, in units.
        remark: a sentence on the ends of the means; empty without one.
        survival: the survival of each group, in per cent.
        measures: the measures that every run has, of each group.
        more: the measures of institutions that some runs have, in tables of a few columns.
    """

    title: str
    months: int
    stock: tuple[Curve, ...]
    remark: str
    survival: tuple[Curve, ...]
    measures: Table
    more: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """The results of a comparison.

    Attributes:
        panels: the panels.
        differences: the differences of the groups from the baseline; None if no group can be compared with it.
        baseline: the group that the others are compared with.
        remark: how the differences were declared before the runs; empty if they were not.
    """

    panels: tuple[ComparedPanel, ...] = ()
    differences: Table | None = None
    baseline: str = ""
    remark: str = ""


def compared(summaries: Sequence[RunEntry], choice: Choice) -> Compared:
    """Compare the selected runs.

    Args:
        summaries: all readable runs.
        choice: the selection.

    Raises:
        AnalysisError: the selection is invalid.
    """
    _freeze_imports()
    results = _chosen(summaries, choice)
    if not results.measures:
        return Compared()
    choice, declared = _with_name(choice, results), declared_in(_selected(summaries, choice))
    found = _comparisons(results.runs, choice, declared)
    table = comparisons_table(
        found, primary=declared.primary, notes=informed_notes(run.informed for run in results.measures)
    )
    return Compared(
        panels=tuple(_panels(_shown(results, choice), choice.by)),
        differences=table.computed if any(one.baseline.runs for one in found) else None,
        baseline=_baseline(results.runs, choice, declared),
        remark=_remark(_selected(summaries, choice)),
    )


def _remark(selected: Sequence[RunEntry]) -> str:
    """A sentence on the declared analysis; empty if no run declares one."""
    declared = {one.analysis for one in selected if one.analysis is not None}
    if len(declared) > 1:
        return "The runs declare different analyses, so that the default one is shown: use filters."
    for one in declared:
        return f"Declared before the runs: primary measure {measure_named(one.primary).title}, {one.design} design."
    return ""


@cache
def _freeze_imports() -> None:
    """Exclude loaded modules from garbage collection, which takes half of the time of the correction for many tests."""
    gc.collect()
    gc.freeze()


def figure_file(summaries: Sequence[RunEntry], choice: Choice, kind: str, file_format: FileFormat) -> tuple[str, bytes]:
    """Create a figure as a file, or several figures as a zip file.

    Args:
        summaries: all readable runs.
        choice: the selection.
        kind: one of `FIGURES`.
        file_format: png, svg or pdf.

    Returns:
        The name and the content of the file.

    Raises:
        AnalysisError: no runs match.
    """
    results = _to_export(summaries, choice)
    drawn = PAGE_FIGURES[kind](_shown(results, choice), choice.by)
    if len(drawn) == 1:
        return f"{drawn[0].name}.{file_format}", drawn[0].content(file_format)
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for one in drawn:
            archive.writestr(f"{one.name}.{file_format}", one.content(file_format))
    return f"{kind}.zip", content.getvalue()


def frame_file(summaries: Sequence[RunEntry], choice: Choice, kind: str) -> tuple[str, bytes]:
    """Create the data of the page as CSV.

    Args:
        summaries: all readable runs.
        choice: the selection.
        kind: runs, stock, survival or effects.

    Returns:
        The name and the content of the file.

    Raises:
        AnalysisError: no runs match, or effects are requested for fewer than two groups.
    """
    results = _to_export(summaries, choice)
    choice = _with_name(choice, results)
    match kind:
        case "stock":
            frame = stock_frame(_shown(results, choice), choice.by)
        case "survival":
            frame = survival_frame(_shown(results, choice), choice.by)
        case "effects":
            found = _comparisons(results.runs, choice, declared_in(_selected(summaries, choice)))
            if not found:
                raise AnalysisError(f"{choice.by}: a comparison needs at least two groups")
            frame = effects_frame(found)
        case _:
            frame = results.runs
    return f"{kind}.csv", csv_of(frame)


def _to_export(summaries: Sequence[RunEntry], choice: Choice) -> Results:
    results = _chosen(summaries, choice)
    if not results.measures:
        raise AnalysisError("no runs match the filters; remove some of them")
    return results


def _chosen(summaries: Sequence[RunEntry], choice: Choice) -> Results:
    """The selected runs."""
    selected = _selected(summaries, choice)
    rows: dict[str, list[RowValues]] = {}
    for one in selected:
        for name, some in unpacked_rows(one).items():
            rows.setdefault(name, []).extend(some)
    return Results(root=Path(), measures=tuple(one.measures for one in selected if one.measures), rows=rows)


def _selected(summaries: Sequence[RunEntry], choice: Choice) -> list[RunEntry]:
    """The entries of the selected runs."""
    wanted = {name: value for name in FILTERS if name != choice.by and (value := getattr(choice, name))}
    return [
        one
        for one in summaries
        if one.measures is not None
        and all(getattr(one.measures, name) == value for name, value in wanted.items())
        and (not choice.levels or str(getattr(one.measures, choice.by, "")) in choice.levels)
    ]


def _with_name(choice: Choice, results: Results) -> Choice:
    """The choice with the name of a society as its baseline, instead of the society's label."""
    if choice.by != "society":
        return choice
    names = dict(zip(results.runs["society"], with_setups(results.runs, "society")["society"], strict=True))
    return replace(choice, baseline=names.get(choice.baseline, ""))


def _shown(results: Results, choice: Choice) -> Results:
    """The runs as shown; if pooled, with the same values in all columns except the grouping column."""
    if not choice.is_together:
        return results
    kept = (choice.by, _NAMING.get(choice.by))
    return results.with_values(**{name: ALL for name in _POOLED if name not in kept}, changes="{}")


def _baseline(runs: pd.DataFrame, choice: Choice, declared: DeclaredAnalysis) -> str:
    """The chosen baseline, or else the declared one of these groups, or else the default one; empty without any."""
    found, named = levels_of(runs, choice.by), declared.baseline if declared.by == choice.by else None
    chosen = next((one for one in (choice.baseline, named) if one in found), None)
    return chosen or baseline_of(runs, choice.by) or ""


def _comparisons(runs: pd.DataFrame, choice: Choice, declared: DeclaredAnalysis) -> tuple[Comparison, ...]:
    if not len(runs) or runs[choice.by].nunique() < 2 or not _baseline(runs, choice, declared):
        return ()
    return compare_measures(
        runs,
        by=choice.by,
        baseline=_baseline(runs, choice, declared),
        measures=with_primary_first(declared.primary, runs=runs, by=choice.by),
        design=declared.design,
        rng=np.random.default_rng(SEED),
        within=() if choice.is_together else None,
    )


def _panels(results: Results, by: str) -> Iterator[ComparedPanel]:
    measures = {run.name: run for run in results.measures}
    levels = levels_of(results.runs, by)
    stocks, alive = stock_frame(results, by), survival_frame(results, by)
    alive = alive.assign(**(100 * alive[["survival", "low", "high"]]).round(4), series="mean")
    for panel in panels_of(results.runs, by):
        within, months = dict(panel.within), int(panel.runs["months_planned"].max())
        groups = {level: [measures[str(path)] for path in runs["path"]] for level, runs in panel.series.items()}
        places = [{**within, by: level} for level in groups]
        yield ComparedPanel(
            title=shared_by([one for one in panel.within if one[1] != ALL]) or "all runs",
            months=months,
            stock=tuple(_curve(_rows(stocks, one), "stock", range(1, months + 1), one[by], levels) for one in places),
            remark=remark_on_ends(_rows(stocks, within)),
            survival=tuple(_curve(_rows(alive, one), "survival", range(months + 1), one[by], levels) for one in places),
            measures=_measures(by, groups, levels),
            more=tuple(_more_measures(by, groups, levels)),
        )


def _rows(frame: pd.DataFrame, values: Mapping[str, str]) -> pd.DataFrame:
    """The rows of a frame with these values."""
    for name, value in values.items():
        frame = frame[frame[name].astype(str) == value]
    return frame


def _curve(rows: pd.DataFrame, value: str, months: range, level: str, levels: Sequence[str]) -> Curve:
    """The mean of a group with its confidence band, clipped to possible values; survival is a step function."""
    means = rows[rows["series"] == "mean"].set_index("month")[[value, "low", "high"]]
    found = means.astype("float64").reindex(months).clip(0, float(rows[value].max()))
    shown = found.round(6).astype(object).where(found.notna(), None)
    has_band = bool(found["low"].notna().any())
    number = levels.index(level)
    turn = number + number // len(COLOURS)  # a colour that is used again gets another dash and mark
    return Curve(
        name=level,
        values=shown[value].tolist(),
        low=shown["low"].tolist() if has_band else (),
        high=shown["high"].tolist() if has_band else (),
        colour=COLOURS[number % len(COLOURS)],
        dash=_DASHES[turn % len(_DASHES)],
        symbol=SYMBOLS[turn % len(SYMBOLS)],
        is_step=value == "survival",
    )


def _measures(by: str, groups: Mapping[str, Sequence[RunMeasures]], levels: Sequence[str]) -> Table:
    """A row for each group, a column for each measure that every run has."""
    notes = informed_notes(run.informed for runs in groups.values() for run in runs)
    excluded = (copies_column(), excluded_column())
    return replace(_table_of(by, groups, levels, compared_measures(), excluded), notes=tuple(notes))


def _more_measures(by: str, groups: Mapping[str, Sequence[RunMeasures]], levels: Sequence[str]) -> Iterator[Table]:
    """The other measures, in tables of at most `_MOST_COLUMNS`, with the groups that have one of them."""
    defined = tabulated_measures(run.values for runs in groups.values() for run in runs if run.is_counted)
    more = [one for one in compared_measures([one.name for one in defined]) if one.is_optional]
    for start in range(0, len(more), _MOST_COLUMNS):
        some = more[start : start + _MOST_COLUMNS]
        having = {
            level: runs
            for level, runs in groups.items()
            if any(run.is_counted and run.values.get(one.name) is not None for run in runs for one in some)
        }
        if having:
            yield _table_of(by, having, levels, some)


def _table_of(
    by: str,
    groups: Mapping[str, Sequence[RunMeasures]],
    levels: Sequence[str],
    measures: Sequence[Measure],
    excluded: Sequence[Column] = (),
) -> Table:
    """A row for each group, a column for each measure.

    Args:
        by: the column of the groups.
        groups: the runs of each group.
        levels: all groups, whose colours are those of the charts.
        measures: the measures.
        excluded: columns of runs that are excluded, or counted twice.
    """
    columns = (
        Column(name=by, place="stub"),
        Column(name="counted", heading="runs", kind="count"),
        *(replace(measure_column(one), heading=one.list_label, unit="") for one in measures),
        *excluded,
    )
    data = [
        {
            by: level,
            "colour": COLOURS[levels.index(level) % len(COLOURS)],
            "runs": len(runs),
            "counted": sum(run.is_counted for run in runs),
            "copies": _copies(runs),
            "excluded": exclusions_of(runs),
            **{one.name: estimate_of(one, runs).to_json() for one in measures},
        }
        for level, runs in groups.items()
    ]
    table = Table(name="measures", title="Measures", columns=columns, data=data)
    return marked(table, list(groups.items()))


def _copies(runs: Sequence[RunMeasures]) -> str | None:
    counted = [run for run in runs if run.is_counted]
    return copies_text(len(counted), distinct_among(counted))
