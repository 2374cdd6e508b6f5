"""Accuracies of models in sub-skill tests, and the effect of the universalization hint."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from govsim.analysis.intervals import Estimate, rate_interval
from govsim.analysis.published import paper_label, published_subskills
from govsim.analysis.settings import differing
from govsim.analysis.skills.reading import SkillStudy
from govsim.analysis.statistics.comparison_results import Result
from govsim.analysis.statistics.effects import bounded_paired_interval
from govsim.analysis.statistics.rates import mcnemar
from govsim.lazy import pandas as pd
from govsim.skills import HINTED, PLAIN, in_order


@dataclass(frozen=True, slots=True, kw_only=True)
class HintEffect:
    """The effect of the universalization hint, on the problems answered both with and without it.

    Attributes:
        pairs: the number of these problems.
        difference: accuracy with the hint minus accuracy without it, in percentage points.
        interval: the interval of the difference.
        test: the test of no difference.
    """

    pairs: int
    difference: float
    interval: Result
    test: Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """The accuracy of one model in one test and scenario.

    Attributes:
        scenario: the scenario's name.
        model: the model.
        settings: the settings in which studies differ, with their values; None for a missing one.
        cell: a hash of everything that determines the answers except the seed.
        test: the test.
        seeds: the seeds of the problems.
        accuracy: the share of correct answers among readable ones, in per cent, with its exact interval.
        unreadable: unreadable answers, which are neither correct nor wrong.
        unfinished: unfinished studies that are included.
        paper: the printed accuracy of the same model, in per cent; None without one.
        hint: the effect of the hint; None except for the sustainable action with the hint.
    """

    scenario: str
    model: str
    settings: Mapping[str, JsonValue]
    cell: str
    test: str
    seeds: tuple[int, ...]
    accuracy: Estimate
    unreadable: int
    unfinished: int
    paper: float | None
    hint: HintEffect | None


def accuracies_of(studies: Sequence[SkillStudy], tests: Collection[str] = ()) -> tuple[Accuracy, ...]:
    """Return the accuracy of each model in each scenario and test; studies that differ only in their seed are pooled.

    Args:
        studies: the studies.
        tests: names of tests; all when empty.

    Returns:
        Accuracies in the order of studies and tests; none for a test without answers.
    """
    cells: dict[str, list[SkillStudy]] = {}
    for study in studies:
        cells.setdefault(study.cell, []).append(study)
    shown = _telling_apart(studies)
    printed = _printed()
    names = in_order({solution.purpose for study in studies for solution in study.solutions})
    return tuple(
        one
        for of_cell in cells.values()
        for test in names
        if (not tests or test in tests) and (one := _accuracy(of_cell, test, shown, printed)) is not None
    )


def _telling_apart(studies: Sequence[SkillStudy]) -> Sequence[str]:
    """The settings in which studies of one scenario differ; wordings always differ between scenarios."""
    by_scenario: dict[str, list[Mapping[str, JsonValue]]] = {}
    for study in studies:
        by_scenario.setdefault(study.scenario, []).append(study.settings)
    return sorted({key for settings in by_scenario.values() for key in differing(settings)})


def _accuracy(
    studies: Sequence[SkillStudy], test: str, shown: Sequence[str], printed: Mapping[tuple[str, ...], float]
) -> Accuracy | None:
    first = studies[0]
    solutions = [solution for study in studies for solution in study.of(test)]
    if not solutions:
        return None
    label = paper_label(first.model) if first.is_papers_world else None
    return Accuracy(
        scenario=first.scenario,
        model=first.model,
        settings={key: first.settings.get(key) for key in shown},
        cell=first.cell,
        test=test,
        seeds=tuple(sorted({study.subject.seed for study in studies})),
        accuracy=rate_interval(solution.is_right for solution in solutions),
        unreadable=sum(solution.is_right is None for solution in solutions),
        unfinished=sum(not study.is_finished for study in studies),
        paper=printed.get((first.scenario, label or "", test)),
        hint=hint_effect(studies) if test == HINTED else None,
    )


def hint_effect(studies: Sequence[SkillStudy]) -> HintEffect | None:
    """The effect of the hint, paired by problem; None if no problem was answered both with and without it.

    Gaffke's interval of the mean difference within pairs, and McNemar's exact test.
    """
    pairs = [pair for study in studies for pair in _pairs(study)]
    if not pairs:
        return None
    hinted, plain = [one for one, _ in pairs], [other for _, other in pairs]
    return HintEffect(
        pairs=len(pairs),
        difference=100 * (sum(hinted) - sum(plain)) / len(pairs),
        interval=bounded_paired_interval([100.0 * one for one in hinted], [100.0 * one for one in plain], 100.0),
        test=mcnemar(hinted, plain),
    )


def _pairs(study: SkillStudy) -> Iterator[tuple[bool, bool]]:
    plain = {solution.ordinal: solution.is_right for solution in study.of(PLAIN)}
    for solution in study.of(HINTED):
        other = plain.get(solution.ordinal)
        if solution.is_right is not None and other is not None:
            yield solution.is_right, other


def _printed() -> Mapping[tuple[str, ...], float]:
    """Printed accuracies in per cent by scenario, model and skill."""
    frame: pd.DataFrame = published_subskills()
    rows = zip(frame["scenario"], frame["model"], frame["skill"], frame["accuracy"], strict=True)
    return {(scenario, model, skill): round(100 * float(share), 6) for scenario, model, skill, share in rows}
