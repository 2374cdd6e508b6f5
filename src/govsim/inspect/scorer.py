"""The scorer: all measures of a run as in its journal, and their statistics over runs."""

from __future__ import annotations

from math import isnan, nan
from pathlib import Path
from typing import TYPE_CHECKING

from inspect_ai.scorer import (
    Metric,
    SampleScore,
    Score,
    Scorer,
    Target,
    Value,
    metric,
    scorer,
)
from inspect_ai.solver import TaskState

from govsim.inspect.solver import JOURNAL

if TYPE_CHECKING:
    from govsim.analysis.intervals import Estimate
    from govsim.analysis.measures import Measure
    from govsim.analysis.runs import RunMeasures
    from govsim.journal import Journal

SCORER = "measures"
"""Name of the scorer."""


@metric
def interval(measure: str) -> Metric:
    """The 95 % interval of a measure over runs, as in the tables of govsim; exact for the survival rate.

    Args:
        measure: name of the measure.
    """

    def compute(scores: list[SampleScore]) -> Value:
        from govsim.analysis.measures import measure_named

        return _ends(_estimated(measure_named(measure), [score.score.as_float() for score in scores]))

    return compute


@metric
def restricted_mean() -> Metric:
    """The mean number of months survived of those planned, with its 95 % interval, as in the tables of govsim."""

    def compute(scores: list[SampleScore]) -> Value:
        from govsim.analysis.statistics.survival import Lifetimes
        from govsim.analysis.statistics.survival import restricted_mean as restricted

        if not scores:
            return {"value": nan, "low": nan, "high": nan}
        about = [score.score.metadata or {} for score in scores]
        lifetimes = Lifetimes(
            months=tuple(int(score.score.as_float()) for score in scores),
            has_collapsed=tuple(bool(one["has_collapsed"]) for one in about),
            horizon=min(int(one["months_planned"]) for one in about),
        )
        found = restricted(lifetimes)
        return {"value": _number(found.value), **_ends(found)}

    return compute


def is_always_shown(measure: Measure) -> bool:
    """Whether a measure has metrics of its own; others are part of `means` if they are defined."""
    return measure.is_compared and not measure.is_optional


@metric
def means(*, are_always_shown: bool | None = None) -> Metric:
    """The mean of every measure that is defined in a run, with its 95 % interval.

    Args:
        are_always_shown: restricts it to the measures that have metrics of their own, or to the others.
    """

    def compute(scores: list[SampleScore]) -> Value:
        from govsim.analysis.measures import all_measures

        found: dict[str, float] = {}
        for measure in all_measures():
            values = [score.score.as_dict().get(measure.name, nan) for score in scores]
            known = [float(value) for value in values if value is not None and not isnan(float(value))]
            if known and are_always_shown in (None, is_always_shown(measure)):
                estimate = _estimated(measure, known)
                ends = {f"{measure.name}_{end}": value for end, value in _ends(estimate).items()}
                found |= {measure.name: _number(estimate.value), **ends}
        return found

    return compute


@scorer(name=SCORER, metrics=[means()])
def measures() -> Scorer:
    """Score a run by all registered measures of its journal.

    Undefined ones are missing, or NaN, which Inspect does not count, if they have metrics of their own.
    A run that did not complete or collapse has no measures: it is an error of its sample.
    """

    async def score(state: TaskState, target: Target) -> Score:
        from govsim.analysis.runs import measures_of, run_kinds
        from govsim.characters import status_text
        from govsim.errors import GovSimError
        from govsim.journal import read_journal

        path = state.store.get(JOURNAL)
        if path is None:
            raise GovSimError("the sample has no journal: the run was not started")
        journal = read_journal(Path(path), kinds=[*run_kinds(), "agreement", "session", "end"])
        run = measures_of(journal)
        if not run.is_counted:
            reason = journal.end.reason if journal.end else None
            raise GovSimError(f"the run is {status_text(run.status)}: {reason}; a retry resumes {path}")
        return _score(run, journal)

    return score


def _score(run: RunMeasures, journal: Journal) -> Score:
    ending = "collapsed in" if run.status == "collapsed" else "survived to"
    return Score(
        value=_values(run),
        answer=f"{ending} month {run.months}",
        explanation=_table(run, journal),
        metadata={
            "journal": str(run.path),
            "status": run.status,
            "has_collapsed": run.status == "collapsed",
            "months_planned": run.months_planned,
        },
    )


def _values(run: RunMeasures) -> dict[str, str | int | float | bool | None]:
    from govsim.analysis.measures import all_measures

    found = ((measure, run.values[measure.name]) for measure in all_measures())
    return {
        measure.name: nan if value is None else value
        for measure, value in found
        if value is not None or is_always_shown(measure)
    }


def _table(run: RunMeasures, journal: Journal) -> str:
    """The months of a run as a Markdown table."""
    from govsim.analysis.frames import months_in
    from govsim.analysis.tables.markup import as_markdown
    from govsim.analysis.tables.table import Column, Table

    names = ("month", "stock_before", "threshold", "asked", "received", "stock_after_harvest", "limit", "forfeited")
    rows = [month._asdict() for month in months_in(run, journal)]
    table = Table(
        name="months",
        title=f"{run.scenario}, {run.condition}, seed {run.seed}",
        columns=tuple(Column(name=name, kind="count", is_optional=name in ("limit", "forfeited")) for name in names),
        data=rows,
    )
    return as_markdown(table, is_condensed=False)


def _estimated(measure: Measure, values: list[float]) -> Estimate:
    """A measure over runs in the unit of scores, in which rates and shares are from 0 to 1."""
    from govsim.analysis.intervals import estimated
    from govsim.analysis.measures import PER_CENT

    shown = estimated(measure, values)
    return shown.times(0.01 if measure.unit == PER_CENT else 1.0)


def _ends(estimate: Estimate) -> dict[str, float]:
    return {"low": _number(estimate.low), "high": _number(estimate.high)}


def _number(value: float | None) -> float:
    return nan if value is None else value
