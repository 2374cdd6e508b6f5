"""Results of statistics: frozen values with the data they are based on, or the reason why they are undefined."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from govsim.analysis.intervals import Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The result of one method: a 95 % interval, a two-sided test of no difference, or the size of an effect.

    Attributes:
        method: its name, such as `Welch's t`, `permutation` or `Hedges' g`.
        value: the size of an effect, on a scale without a unit, or the statistic of a test; None without one.
        low: lower end of the interval; None without one.
        high: its upper end.
        p: the p value of a test, 0..1; None without one.
        degrees: degrees of freedom of a test that has some.
        smallest_p: the smallest p value that data of this size can give in an exact test: if it exceeds 0.05, no data
            of this size can be significant.
        draws: number of random permutations, if not all of them were enumerated.
        reason: why the result, or its interval, is undefined; None when it is not.
    """

    method: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    degrees: int | None = None
    smallest_p: float | None = None
    draws: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Omission:
    """Runs that a comparison excludes.

    Attributes:
        reason: the reason, such as `failed` or `with an undefined measure`.
        runs: the number of runs.
    """

    reason: str
    runs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One group of a comparison.

    Attributes:
        name: its value of the compared column, such as the name of a condition or model.
        runs: all its runs, including excluded ones.
        n: runs that the comparison is based on.
        excluded: the others, by reason.
        estimate: the measure in this group, over its `n` runs.
        collapses: the number of these that collapsed, in survival analysis; the others are censored. None elsewhere.
    """

    name: str
    runs: int
    n: int
    excluded: tuple[Omission, ...]
    estimate: Estimate
    collapses: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A measure in two groups, and whether they differ.

    Attributes:
        measure: the measure's name.
        by: the column in which the groups differ.
        within: columns and values that both groups share, in order.
        design: whether runs of the same seed were compared with each other, or all with all.
        baseline: the group compared with.
        level: the compared group.
        pairs: complete pairs; None in an unpaired design.
        difference: level minus baseline, in the measure's unit; None if it is undefined.
        intervals: of the difference; the first is the one to report.
        tests: of no difference; the first is the one to report.
        effects: the size of the difference on scales without a unit; the first is the one to report.
        p_adjusted: the p value of the first test, adjusted for all comparisons made together; None without one.
        comparisons: the number of p values it was adjusted for.
        families: the number of sets of them that were permuted together: the measures of the same two groups.
        adjusted_draws: number of random permutations of its set, if not all of them were enumerated.
        remarks: remarks on the interpretation, one sentence each.
    """

    measure: str
    by: str
    within: tuple[tuple[str, str], ...]
    design: Literal["paired", "unpaired"]
    baseline: Side
    level: Side
    pairs: int | None
    difference: float | None
    intervals: tuple[Result, ...]
    tests: tuple[Result, ...]
    effects: tuple[Result, ...] = ()
    p_adjusted: float | None = None
    comparisons: int = 0
    families: int = 0
    adjusted_draws: int | None = None
    remarks: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return nested objects with the attributes as keys; `within` as a separate object."""
        return {**asdict(self), "within": dict(self.within)}


def omissions(reasons: Mapping[str, int]) -> tuple[Omission, ...]:
    """Counted reasons, in their order, without those of no runs."""
    return tuple(Omission(reason=reason, runs=runs) for reason, runs in reasons.items() if runs)


def omitted_in(comparisons: Iterable[Comparison]) -> dict[tuple[object, str, str], int]:
    """Runs that comparisons exclude, by the shared columns, the name of the group and the reason.

    A group of several comparisons counts once: in the one that excludes most.
    """
    found: dict[tuple[object, str, str], int] = {}
    for one in comparisons:
        for side in (one.level, one.baseline):
            for omission in side.excluded:
                key = (one.within, side.name, omission.reason)
                found[key] = max(omission.runs, found.get(key, 0))
    return found


def comparison_record(one: Comparison) -> dict[str, Any]:
    """A comparison as one flat record: the row that `comparisons_frame` has for it."""
    row: dict[str, Any] = {**dict(one.within), "measure": one.measure, "by": one.by, "design": one.design}
    for name, side in (("baseline", one.baseline), ("level", one.level)):
        omitted = ", ".join(f"{omission.runs} {omission.reason}" for omission in side.excluded)
        row |= {name: side.name, f"{name}_runs": side.runs, f"{name}_n": side.n, f"{name}_excluded": omitted}
        row |= {f"{name}_collapses": side.collapses}
        row |= {f"{name}_{key}": value for key, value in side.estimate.to_json().items() if key != "n"}
    interval, test = one.intervals[0], one.tests[0]
    effect = one.effects[0] if one.effects else Result(method="none")
    row |= {"pairs": one.pairs, "difference": one.difference}
    row |= {"interval": interval.method, "low": interval.low, "high": interval.high}
    row |= {"test": test.method, "p": test.p, "p_adjusted": one.p_adjusted, "comparisons": one.comparisons}
    row |= {"families": one.families, "adjusted_draws": one.adjusted_draws}
    row |= {"effect_size": effect.method, "effect": effect.value, "effect_low": effect.low, "effect_high": effect.high}
    return {**row, **_all_of(one), "remarks": " ".join(one.remarks)}


def _all_of(one: Comparison) -> dict[str, object]:
    """Every interval, test and effect, under its name."""
    row: dict[str, object] = {}
    for interval in one.intervals:
        row |= _ends(interval)
    for test in one.tests:
        name = _slug(test)
        row |= {f"{name}_p": test.p, f"{name}_smallest_p": test.smallest_p}
    for effect in one.effects:
        row |= {_slug(effect): effect.value, **_ends(effect)}
    return row


def _ends(result: Result) -> dict[str, object]:
    return {f"{_slug(result)}_low": result.low, f"{_slug(result)}_high": result.high}


def _slug(result: Result) -> str:
    return re.sub(r"\W+", "_", result.method.replace("'", "").lower())
