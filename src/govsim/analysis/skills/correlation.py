"""Regressions of the outcomes of societies on the sub-skills of their models."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import betainc
from scipy.stats import linregress

from govsim.analysis.intervals import estimated, is_constant, rate_interval, student
from govsim.analysis.measures import SURVIVAL_TIME, Floats, Measure, all_measures
from govsim.analysis.runs import MIXED, NO_MODEL, RunMeasures
from govsim.analysis.skills.reading import SkillStudy
from govsim.analysis.statistics.multiplicity import holm
from govsim.characters import counted, status_text
from govsim.errors import AnalysisError
from govsim.plugins import GOVSIM
from govsim.skills import SKILL_TESTS, in_order

FEWEST = 3
"""Minimum number of models of a regression; a line fits any two."""

ENOUGH = 5
"""Tables warn of regressions of fewer models."""

PRINTED: Mapping[str, float] = {
    "dynamics": 0.69,
    "sustainable_action": 0.92,
    "threshold_assumption": 0.76,
    "threshold_belief": 0.82,
}
"""R² of the survival time as printed in the paper, by skill."""

PER = 10.0
"""Slopes are for this difference of accuracies, in percentage points."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One model: its accuracies and the outcomes of its societies, with equal weights of scenarios.

    Attributes:
        model: its name.
        scenarios: the scenarios in which it was both tested and run.
        runs: counted runs in these scenarios.
        skills: mean accuracy over the scenarios, in per cent, by test.
        measures: mean over the scenarios of the means over runs, by measure: shares and rates in per cent.
    """

    model: str
    scenarios: tuple[str, ...]
    runs: int
    skills: Mapping[str, float]
    measures: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Regression:
    """A measure regressed on the accuracy in one skill, by least squares over models.

    Attributes:
        skill: the test.
        measure: the measure.
        n: the number of models with both.
        r_squared: the share of the variance that the line explains, 0..1; None if undefined.
        slope: units of the measure for 10 percentage points of accuracy.
        low: lower end of the slope's 95 % interval, from Student's t with n - 2 degrees of freedom.
        high: its upper end.
        intercept: units of the measure at an accuracy of 0.
        p: the p value of the test that the slope is 0.
        p_adjusted: p, adjusted by Holm's method for the regressions of the same measure on all skills.
        paper: the printed R²; None without one.
        reason: why it is undefined; None if it is defined.
    """

    skill: str
    measure: str
    n: int
    r_squared: float | None = None
    slope: float | None = None
    low: float | None = None
    high: float | None = None
    intercept: float | None = None
    p: float | None = None
    p_adjusted: float | None = None
    paper: float | None = None
    reason: str | None = None

    def at(self, accuracy: float) -> float:
        """Return the predicted value for an accuracy in per cent; NaN if the regression is undefined."""
        if self.intercept is None or self.slope is None:
            return float("nan")
        return self.intercept + self.slope / PER * accuracy


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlations:
    """The regressions of outcomes of societies on sub-skills.

    Attributes:
        condition: the condition of the runs.
        points: the models that were both tested and run, by name.
        regressions: measure by measure, skill by skill.
        excluded: excluded runs, by reason.
        unfinished: unfinished studies, which are excluded.
        only_tested: models that were tested but not run.
        only_run: models that were run but not tested.
        pooled: models whose tests or runs of one scenario have several settings, which are pooled.
    """

    condition: str
    points: tuple[Point, ...]
    regressions: tuple[Regression, ...]
    excluded: Mapping[str, int]
    unfinished: int
    only_tested: tuple[str, ...]
    only_run: tuple[str, ...]
    pooled: tuple[str, ...] = ()

    @property
    def is_uneven(self) -> bool:
        """Whether models were tested and run in different scenarios."""
        return len({point.scenarios for point in self.points}) > 1


def skills_against(
    studies: Sequence[SkillStudy], runs: Sequence[RunMeasures], *, condition: str | None = None
) -> Correlations:
    """Regress outcomes of societies on sub-skills, over the models that were both tested and run.

    Args:
        studies: the tests.
        runs: the runs.
        condition: the condition of the included runs; `default`, or the only one, when None.

    Raises:
        AnalysisError: fewer than three models were both tested and run, no run has the condition, or none is
            named and there are several without `default`.
    """
    name = _condition(runs, condition)
    finished = [study for study in studies if study.is_finished]
    counted, excluded = _counted([run for run in runs if run.condition == name])
    tested, run = {study.model for study in finished}, {one.model for one in counted}
    points = [_point(model, finished, counted) for model in sorted(tested & run)]
    found = tuple(point for point in points if point is not None)
    tests = _tests_of(finished)
    in_both = {point.model for point in found}
    correlations = Correlations(
        condition=name,
        points=found,
        regressions=tuple(
            one
            # The paper regresses the survival time: it comes first.
            for measure in sorted(all_measures(), key=lambda one: one.name != SURVIVAL_TIME)
            for one in _adjusted(regress(found, skill, measure.name) for skill in tests)
        ),
        excluded=excluded,
        unfinished=len(studies) - len(finished),
        only_tested=tuple(sorted(tested - in_both)),
        only_run=tuple(sorted(run - in_both)),
        pooled=tuple(sorted(in_both & _pooled(finished, counted))),
    )
    if len(found) < FEWEST:
        raise AnalysisError(_too_few(correlations))
    return correlations


def correlations_where_possible(studies: Sequence[SkillStudy], runs: Sequence[RunMeasures]) -> Correlations | None:
    """Return the result of `skills_against`, or None with too few models, or without runs in a default condition."""
    try:
        return skills_against(studies, runs)
    except AnalysisError:
        return None


def regress(points: Sequence[Point], skill: str, measure: str) -> Regression:
    """Return the regression of one measure on one skill, over the models with both.

    Args:
        points: the models.
        skill: the test.
        measure: the measure.
    """
    both = [
        (point.skills[skill], point.measures[measure])
        for point in points
        if skill in point.skills and measure in point.measures
    ]
    paper = PRINTED.get(skill) if measure == SURVIVAL_TIME else None
    empty = Regression(skill=skill, measure=measure, n=len(both), paper=paper)
    if len(both) < FEWEST:
        return replace(empty, reason=f"fewer than {FEWEST} models have both")
    x, y = np.array(both, dtype=float).T
    if is_constant(x):
        return replace(empty, reason="all models have the same accuracy")
    if is_constant(y):
        return replace(empty, reason="the measure is the same for all models")
    return _fitted(empty, x, y)


def chance_of_r_squared(above: float, models: int) -> float:
    """Return the probability that unrelated values have a greater R², for normal values: a beta distribution.

    Args:
        above: the R², 0..1.
        models: the number of models, at least three.
    """
    return 1 - float(betainc(1 / 2, (models - 2) / 2, above))


def _fitted(empty: Regression, x: Floats, y: Floats) -> Regression:
    line = linregress(x, y)
    half = student(len(x) - 2) * float(line.stderr)
    slope = float(line.slope)
    return replace(
        empty,
        r_squared=min(1.0, float(line.rvalue) ** 2),
        slope=PER * slope,
        low=PER * (slope - half),
        high=PER * (slope + half),
        intercept=float(line.intercept),
        p=float(line.pvalue),
    )


def _adjusted(regressions: Iterable[Regression]) -> tuple[Regression, ...]:
    found = tuple(regressions)
    by_holm = holm([one.p for one in found])
    return tuple(replace(one, p_adjusted=p) for one, p in zip(found, by_holm, strict=True))


def _condition(runs: Sequence[RunMeasures], wanted: str | None) -> str:
    there = sorted({run.condition for run in runs})
    if wanted is None:
        if "default" in there or len(there) == 1:
            return "default" if "default" in there else there[0]
        raise AnalysisError(f"condition: no runs have the condition default; choose one of {', '.join(there)}")
    if wanted not in there:
        raise AnalysisError(f"condition = {wanted}: no runs have this condition; choose from {', '.join(there)}")
    return wanted


def _counted(runs: Iterable[RunMeasures]) -> tuple[list[RunMeasures], Mapping[str, int]]:
    """The counted runs of societies with a single model and agent type, and the reasons for excluding the others."""
    counted, excluded = list[RunMeasures](), Counter[str]()
    for run in runs:
        if run.model == NO_MODEL:
            excluded["without a model"] += 1
        elif MIXED in (run.model, run.agent):
            excluded["of mixed societies"] += 1
        elif not run.is_counted:
            excluded[run.reason or ""] += 1
        else:
            counted.append(run)
    return counted, dict(excluded)


def _pooled(studies: Iterable[SkillStudy], runs: Iterable[RunMeasures]) -> set[str]:
    """Models with several settings in the tests or the runs of one scenario."""
    settings = {("tests", study.model, study.scenario, study.cell) for study in studies}
    settings |= {("runs", run.model, run.scenario, run.society) for run in runs}
    several = Counter((what, model, scenario) for what, model, scenario, _ in settings)
    return {model for (_, model, _), count in several.items() if count > 1}


def _point(model: str, studies: Sequence[SkillStudy], runs: Sequence[RunMeasures]) -> Point | None:
    """The means of a model; None if it was not tested and run in the same scenario."""
    tested = [study for study in studies if study.model == model]
    lived = [run for run in runs if run.model == model]
    scenarios = sorted({study.scenario for study in tested} & {run.scenario for run in lived})
    if not scenarios:
        return None
    skills = {test: _mean([_accuracy(tested, scenario, test) for scenario in scenarios]) for test in _tests_of(tested)}
    measures = {one.name: _mean([_measure(lived, scenario, one) for scenario in scenarios]) for one in all_measures()}
    return Point(
        model=model,
        scenarios=tuple(scenarios),
        runs=sum(run.scenario in scenarios for run in lived),
        skills={test: value for test, value in skills.items() if value is not None},
        measures={name: value for name, value in measures.items() if value is not None},
    )


def _tests_of(studies: Iterable[SkillStudy]) -> tuple[str, ...]:
    """The tests of govsim, and those of plug-ins with answers."""
    given = {solution.purpose for study in studies for solution in study.solutions}
    return in_order(given | {extension.name for extension in SKILL_TESTS if extension.origin == GOVSIM})


def _accuracy(studies: Iterable[SkillStudy], scenario: str, test: str) -> float | None:
    """The share of correct answers among readable ones, in per cent; None without any."""
    return rate_interval(
        one.is_right for study in studies if study.scenario == scenario for one in study.of(test)
    ).value


def _measure(runs: Iterable[RunMeasures], scenario: str, measure: Measure) -> float | None:
    """The mean of a measure over the runs of a scenario, in the shown unit; None without values."""
    return estimated(measure, (run.values.get(measure.name) for run in runs if run.scenario == scenario)).value


def _mean(values: Sequence[float | None]) -> float | None:
    """The mean over scenarios; None if one has no value, because the mean of the others would not be comparable."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if len(known) == len(values) else None


def _too_few(found: Correlations) -> str:
    excluded = [f"{counted(count, 'run')} {status_text(reason)}" for reason, count in found.excluded.items()]
    excluded += [counted(found.unfinished, "unfinished study", "unfinished studies")] if found.unfinished else []
    return (
        f"{counted(len(found.points), 'model')} with both tests and runs "
        f"({_named(point.model for point in found.points)}), but at least {FEWEST} are needed; tested only: "
        f"{_named(found.only_tested)}; run only: {_named(found.only_run)}"
        + (f"; excluded: {', '.join(excluded)}" if excluded else "")
        + "; run govsim skills test and govsim run with more models"
    )


def _named(models: Iterable[str]) -> str:
    return ", ".join(models) or "none"
