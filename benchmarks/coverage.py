"""Simulated coverage of the 95 % intervals that tables show: ``python -m benchmarks.coverage`` updates its table.

For few runs, the table in docs/explanation/statistics.md shows how often each interval contains the true value, and
its mean width. The seed is fixed, so that only a change of a method changes the table.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import Pool
from pathlib import Path

import numpy as np
from scipy.special import ndtr

from benchmarks.page import put
from govsim.analysis.dialogue.agreement import Rater, agreement
from govsim.analysis.intervals import Estimate, mean_interval, rate_interval, row_interval
from govsim.analysis.measures import Floats
from govsim.analysis.statistics.comparison_results import Result
from govsim.analysis.statistics.effects import (
    bounded_paired_interval,
    cliffs_delta,
    common_delta,
    hedges_g,
    paired_interval,
    squared_and_added,
    welch_interval,
)
from govsim.analysis.statistics.stratified import weighted_estimate, weights_of
from govsim.analysis.statistics.survival import Lifetimes, restricted_mean, restricted_mean_difference

PAGE = Path(__file__).resolve().parents[1] / "docs" / "explanation" / "statistics.md"
SIZES = (3, 5, 10, 20)
TARGET = 0.93
MONTHS = 12
_LARGE = 400_000
"""Draws for a true value that has no formula."""

Draw = Callable[[np.random.Generator, int], Floats]
"""Draws the values of a number of runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One row of the table.

    Attributes:
        interval: what is estimated, and the method.
        values: the distribution of the runs.
        unit: the unit of the width.
        of: draws a number of runs in each group and returns their interval.
        truth: the true value.
    """

    interval: str
    values: str
    unit: str
    of: Callable[[np.random.Generator, int], Estimate | Result]
    truth: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How often an interval contains the true value, and how wide it is.

    Attributes:
        share: the share of simulations with the true value in the interval, 0..1; those without an interval count as
            without it.
        width: mean width of the intervals; NaN without any.
    """

    share: float
    width: float


def covered(case: Case, runs: int, simulations: int) -> Coverage:
    """Simulate one cell of the table.

    Args:
        case: the row.
        runs: the number of runs in each group.
        simulations: the number of simulations.
    """
    rng = np.random.default_rng([1, runs])
    holds, widths = 0, []
    for _ in range(simulations):
        found = case.of(rng, runs)
        if found.low is not None and found.high is not None:
            holds += found.low - 1e-9 <= case.truth <= found.high + 1e-9
            widths.append(found.high - found.low)
    return Coverage(share=holds / simulations, width=float(np.mean(widths)) if widths else float("nan"))


def _months(low: int, high: int) -> Draw:
    return lambda rng, n: rng.integers(low, high + 1, n).astype(float)


def _mixture(survive: float, low: int, high: int) -> Draw:
    """Runs that survive with a probability, or else collapse in a month between two."""
    return lambda rng, n: np.where(rng.random(n) < survive, MONTHS, rng.integers(low, high + 1, n)).astype(float)


LIVES: dict[str, Draw] = {
    "all collapse in months 2–4": _months(2, 4),
    "spread evenly over 1–12": _months(1, MONTHS),
    "half survive, half collapse in month 2": _mixture(0.5, 2, 2),
    "90 % survive, others collapse any time": _mixture(0.9, 1, 11),
    "97 % survive, others collapse any time": _mixture(0.97, 1, 11),
    "collapse in month 4, one in ten survives": _mixture(0.1, 4, 4),
}
SHARES: dict[str, Draw] = {
    "Beta(2, 2)": lambda rng, n: rng.beta(2, 2, n),
    "Beta(19, 1), near the bound": lambda rng, n: rng.beta(19, 1, n),
    "Beta(0.5, 0.5), bimodal": lambda rng, n: rng.beta(0.5, 0.5, n),
    "0 in 9 of 10 runs, else 0.5": lambda rng, n: np.where(rng.random(n) < 0.9, 0.0, 0.5),
}
GAINS: dict[str, Draw] = {
    "normal, mean 60, sd 10": lambda rng, n: rng.normal(60, 10, n),
    "half 20, half 120, sd 5 each": lambda rng, n: rng.normal(np.where(rng.random(n) < 0.5, 20, 120), 5),
    "one in ten 20, others 120, sd 5 each": lambda rng, n: rng.normal(np.where(rng.random(n) < 0.1, 20, 120), 5),
    "one in ten 20, others exactly 120": lambda rng, n: np.where(rng.random(n) < 0.1, 20.0, 120.0),
}

BIMODAL, RARE = GAINS["half 20, half 120, sd 5 each"], GAINS["one in ten 20, others 120, sd 5 each"]
PAIRS_OF_GAINS: dict[str, tuple[Draw, Draw, float]] = {
    "normal, means 60 and 50, sd 10 and 30": (
        lambda rng, n: rng.normal(60, 10, n),
        lambda rng, n: rng.normal(50, 30, n),
        10.0,
    ),
    "both: half 20, half 120": (BIMODAL, BIMODAL, 0.0),
    "both: one in ten 20, others 120": (RARE, RARE, 0.0),
    "one in ten 20, others 120; normal, mean 110, sd 5": (RARE, lambda rng, n: rng.normal(110, 5, n), 0.0),
}
"""Both groups, and the true difference."""


def _mean(draw: Draw) -> float:
    return float(draw(np.random.default_rng(0), _LARGE).mean())


def _lifetimes(months: Floats) -> Lifetimes:
    """Runs that survive all months, or collapse before."""
    return Lifetimes(
        months=tuple(int(month) for month in months),
        has_collapsed=tuple(bool(month < MONTHS) for month in months),
        horizon=MONTHS,
    )


def cases() -> Iterator[Case]:
    """Return all rows: of single groups, of differences, of effect sizes, of pooled scenarios, of rows within runs."""
    yield from _of_groups()
    yield from _of_differences()
    yield from _of_effects()
    yield from _of_scenarios()
    yield from _of_rows()


def _of_groups() -> Iterator[Case]:
    for rate in (0.5, 0.8, 0.98):
        yield Case(
            interval="survival rate (Clopper and Pearson)",
            values=f"{100 * rate:.0f} % survive",
            unit="%",
            of=lambda rng, n, rate=rate: rate_interval((rng.random(n) < rate).tolist()),  # type: ignore[misc]
            truth=100 * rate,
        )
    for name, draw in LIVES.items():
        yield Case(
            interval="survival months (Gaffke)",
            values=name,
            unit="months",
            of=lambda rng, n, draw=draw: restricted_mean(_lifetimes(draw(rng, n))),  # type: ignore[misc]
            truth=_mean(draw),
        )
    for name, draw in SHARES.items():
        yield Case(
            interval="mean share (Gaffke)",
            values=name,
            unit="%",
            of=lambda rng, n, draw=draw: mean_interval(draw(rng, n), 0.0, 1.0).times(100),  # type: ignore[misc]
            truth=100 * _mean(draw),
        )
    for name, draw in GAINS.items():
        yield Case(
            interval="gain (Student)",
            values=name,
            unit="units",
            of=lambda rng, n, draw=draw: mean_interval(draw(rng, n), 0.0),  # type: ignore[misc]
            truth=_mean(draw),
        )


def _of_differences() -> Iterator[Case]:
    for rates in ((0.5, 0.5), (0.98, 0.98), (0.5, 0.98)):
        yield Case(
            interval="difference of rates (Gaffke and Newcombe)",
            values=f"{100 * rates[0]:.0f} and {100 * rates[1]:.0f} % survive",
            unit="points",
            of=lambda rng, n, rates=rates: squared_and_added(  # type: ignore[misc]
                *(rate_interval((rng.random(n) < rate).tolist()) for rate in rates)
            ),
            truth=100 * (rates[0] - rates[1]),
        )
    names = list(LIVES)
    for one, other in ((0, 3), (2, 2), (3, 4), (0, 5)):
        first, second = LIVES[names[one]], LIVES[names[other]]
        yield Case(
            interval="difference of survival months (Gaffke and Newcombe)",
            values=f"{names[one]}; {names[other]}" if one != other else f"both: {names[one]}",
            unit="months",
            of=lambda rng, n, first=first, second=second: restricted_mean_difference(  # type: ignore[misc]
                _lifetimes(first(rng, n)), _lifetimes(second(rng, n)), MONTHS
            ),
            truth=_mean(first) - _mean(second),
        )
    yield Case(
        interval="paired difference of shares (Gaffke)",
        values="Beta(2, 2), and the same plus Beta(2, 8), cut at 1",
        unit="points",
        of=_paired_shares,
        truth=100 * float(np.subtract(*_pairs_of_shares(np.random.default_rng(0), _LARGE)).mean()),
    )
    for name, (one_gain, other_gain, truth) in PAIRS_OF_GAINS.items():
        for method, interval in (("Welch", welch_interval), ("paired t", paired_interval)):
            yield Case(
                interval=f"difference of gains ({method})",
                values=name,
                unit="units",
                of=lambda rng, n, one=one_gain, other=other_gain, interval=interval: interval(  # type: ignore[misc]
                    one(rng, n), other(rng, n)
                ),
                truth=truth,
            )


def _pairs_of_shares(rng: np.random.Generator, n: int) -> tuple[Floats, Floats]:
    shares = rng.beta(2, 2, n)
    return np.minimum(1.0, shares + rng.beta(2, 8, n)), shares


def _paired_shares(rng: np.random.Generator, n: int) -> Result:
    level, baseline = _pairs_of_shares(rng, n)
    return bounded_paired_interval(100 * level, 100 * baseline, 100.0)


def _of_effects() -> Iterator[Case]:
    both = ((1.0, 1.0), (1.0, 3.0))
    for spreads in both:
        shift = 1.0
        area = float(np.mean(np.random.default_rng(0).normal(shift, np.hypot(*spreads), _LARGE * 10) > 0))
        pooled = float(np.sqrt(np.mean(np.square(spreads))))
        for name, effect, truth in (
            ("Cliff's delta (Newcombe, Student)", cliffs_delta, 2 * area - 1),
            ("Hedges' g (noncentral t)", hedges_g, shift / pooled),
        ):
            yield Case(
                interval=name,
                values=f"normal, means 1 apart, sd {spreads[0]:.0f} and {spreads[1]:.0f}",
                unit="",
                of=lambda rng, n, effect=effect, spreads=spreads: effect(  # type: ignore[misc]
                    rng.normal(1.0, spreads[0], n), rng.normal(0.0, spreads[1], n)
                ),
                truth=truth,
            )
    one, other = (draw(np.random.default_rng(seed), _LARGE) for seed, draw in enumerate((BIMODAL, RARE)))
    for name, effect, truth in (
        ("Cliff's delta (Newcombe, Student)", cliffs_delta, float(np.sign(one - other).mean())),
        (
            "Hedges' g (noncentral t)",
            hedges_g,
            float((one.mean() - other.mean()) / np.sqrt((one.var() + other.var()) / 2)),
        ),
    ):
        yield Case(
            interval=name,
            values="gains of half 20, half 120; of one in ten 20, others 120",
            unit="",
            of=lambda rng, n, effect=effect: effect(BIMODAL(rng, n), RARE(rng, n)),  # type: ignore[misc]
            truth=truth,
        )


def _of_scenarios() -> Iterator[Case]:
    """Runs of three scenarios, with n in each group of each of them."""
    collapse, even, half, most, nearly, few = LIVES.values()
    yield Case(
        interval="stratified survival months (Gaffke)",
        values="collapse in months 2–4; evenly over 1–12; 90 % survive",
        unit="months",
        of=_pooled([(collapse, collapse), (even, even), (most, most)], lambda one, _: restricted_mean(_lifetimes(one))),
        truth=float(np.mean([_mean(draw) for draw in (collapse, even, most)])),
    )
    mixed = [(collapse, most), (half, half), (even, few)]
    yield Case(
        interval="stratified difference of survival months (Gaffke and Newcombe)",
        values="collapse in months 2–4 and 90 % survive; half survive in both; over 1–12 and one in ten survives",
        unit="months",
        of=_pooled(mixed, _difference_of_months),
        truth=float(np.mean([_mean(one) - _mean(other) for one, other in mixed])),
    )
    yield Case(
        interval="stratified difference of survival months (Gaffke and Newcombe)",
        values="90 and 97 % survive; n, n/2 and 2n runs in one group",
        unit="months",
        of=_pooled([(most, nearly)] * 3, _difference_of_months, factors=(1, 0.5, 2)),
        truth=_mean(most) - _mean(nearly),
    )
    for values, lives in (("half survive", [half] * 3), ("50, 90 and 97 % survive", [half, most, nearly])):
        yield Case(
            interval="stratified difference of rates (Gaffke and Newcombe)",
            values=f"both: {values}",
            unit="points",
            of=_pooled([(one, one) for one in lives], _difference_of_rates),
            truth=0.0,
        )
    for name, (one_gain, other_gain, truth) in PAIRS_OF_GAINS.items():
        yield Case(
            interval="stratified difference of gains (Welch)",
            values=name,
            unit="units",
            of=_pooled([(one_gain, other_gain)] * 3, _difference_of_gains),
            truth=truth,
        )
    for values, first, second in (
        ("normal, means 1 apart, sd 1 and 1", 1.0, 1.0),
        ("normal, means 1 apart, sd 1 and 3", 1.0, 3.0),
    ):
        yield Case(
            interval="stratified Cliff's delta (Newcombe, Student)",
            values=values,
            unit="",
            of=_pooled_deltas(
                lambda rng, n, spread=first: rng.normal(1.0, spread, n),  # type: ignore[misc]
                lambda rng, n, spread=second: rng.normal(0.0, spread, n),  # type: ignore[misc]
            ),
            truth=2 * float(ndtr(1 / np.hypot(first, second))) - 1,
        )
    yield Case(
        interval="stratified Cliff's delta (Newcombe, Student)",
        values="gains of half 20, half 120; of one in ten 20, others 120",
        unit="",
        of=_pooled_deltas(BIMODAL, RARE),
        truth=0.5 * 0.1 - 0.5 * 0.9,
    )


def _pooled(
    draws: Sequence[tuple[Draw, Draw]],
    difference: Callable[[Floats, Floats], Estimate],
    factors: Sequence[float] = (1, 1, 1),
) -> Callable[[np.random.Generator, int], Estimate]:
    """Draws runs of both groups in several scenarios, and returns the stratified estimate.

    Args:
        draws: of the compared group and the baseline in each scenario.
        difference: the estimate of one scenario.
        factors: the size of the compared group, as a multiple of that of the baseline.
    """

    def of(rng: np.random.Generator, n: int) -> Estimate:
        groups = [
            (one(rng, max(2, int(factor * n))), other(rng, n))
            for (one, other), factor in zip(draws, factors, strict=True)
        ]
        weights = weights_of([(one.size, other.size) for one, other in groups])
        return weighted_estimate([difference(one, other) for one, other in groups], weights)

    return of


def _pooled_deltas(one: Draw, other: Draw) -> Callable[[np.random.Generator, int], Result]:
    def of(rng: np.random.Generator, n: int) -> Result:
        sizes = [(n, n)] * 3
        deltas = [cliffs_delta(one(rng, n), other(rng, n)).value or 0.0 for _ in sizes]
        return common_delta(deltas, sizes, weights_of(sizes))

    return of


def _difference_of_months(one: Floats, other: Floats) -> Estimate:
    interval = restricted_mean_difference(_lifetimes(one), _lifetimes(other), MONTHS)
    return _with_value(float(one.mean() - other.mean()), interval)


def _difference_of_rates(one: Floats, other: Floats) -> Estimate:
    survive = [(side == MONTHS) for side in (one, other)]
    value = 100 * float(survive[0].mean() - survive[1].mean())
    return _with_value(value, squared_and_added(*(rate_interval(side.tolist()) for side in survive)))


def _difference_of_gains(one: Floats, other: Floats) -> Estimate:
    return _with_value(float(one.mean() - other.mean()), welch_interval(one, other))


def _with_value(value: float, interval: Result) -> Estimate:
    return Estimate(value=value, low=interval.low, high=interval.high, n=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Talk:
    """Utterances of runs: 30 to 180 each, with a label that has its own probability in each run.

    Attributes:
        share: the mean probability.
        alike: the correlation of two utterances of one run.
    """

    share: float
    alike: float

    def draw(self, rng: np.random.Generator, n: int) -> tuple[list[float], list[int]]:
        sizes = rng.integers(2, 13, n) * 15
        spread = 1 / self.alike - 1
        chances = rng.beta(self.share * spread, (1 - self.share) * spread, n)
        labels = [rng.random(size) < chance for size, chance in zip(sizes, chances, strict=True)]
        return np.concatenate(labels).astype(float).tolist(), np.repeat(np.arange(n), sizes).tolist()

    def interval(self, rng: np.random.Generator, n: int) -> Estimate:
        return row_interval(*self.draw(rng, n)).times(100)


def _of_rows() -> Iterator[Case]:
    for talk in (_Talk(share=0.3, alike=0.1), _Talk(share=0.02, alike=0.3), _Talk(share=0.5, alike=0.5)):
        yield Case(
            interval="share of utterances (Gaffke, whole runs)",
            values=f"{100 * talk.share:.0f} %, correlation {talk.alike} within runs",
            unit="%",
            of=talk.interval,
            truth=100 * talk.share,
        )
    for name, chance in (("Cohen's kappa (jackknife)", "kappa"), ("Krippendorff's alpha (jackknife)", "alpha")):
        for kept in (0.9, 0.6):
            yield Case(
                interval=name,
                values=f"two raters, three labels, kappa about {kept}",
                unit="",
                of=lambda rng, n, chance=chance, kept=kept: _agreement(rng, n, chance, kept),  # type: ignore[misc]
                truth=kept,
            )


def _agreement(rng: np.random.Generator, n: int, name: str, kept: float) -> Estimate:
    """The agreement of a rater with another one that keeps a share of its labels, which differs between runs."""
    size = 60
    first = rng.integers(0, 3, (n, size))
    chances = rng.beta(kept * 20, (1 - kept) * 20, n)[:, np.newaxis]
    second = np.where(rng.random((n, size)) < chances, first, rng.integers(0, 3, (n, size)))
    raters = [
        Rater(name=str(number), kind="judge", labels=dict(enumerate(map(str, labels.ravel().tolist()))))
        for number, labels in enumerate((first, second))
    ]
    found = agreement(raters, runs={place: place // size for place in range(n * size)})
    return getattr(found, name)  # type: ignore[no-any-return]


_FACTORS = {"jackknife": 0.25, "Cliff": 4}
"""Multiples of the number of simulations: agreement is slow to compute, and Cliff's delta close to the target."""


def _row(job: tuple[int, int]) -> list[Coverage]:
    place, simulations = job
    case = list(cases())[place]
    factor = next((factor for part, factor in _FACTORS.items() if part in case.interval), 1)
    return [covered(case, runs, max(1, round(factor * simulations))) for runs in SIZES]


def table(rows: Sequence[tuple[Case, Sequence[Coverage]]]) -> str:
    """Return the table as Markdown: coverage in per cent, and the mean width; a warning below the target."""
    lines = [
        "| interval | runs | " + " | ".join(f"n = {runs}" for runs in SIZES) + " |",
        "| --- | --- |" + " ---: |" * len(SIZES),
    ]
    for case, found in rows:
        unit = f" {case.unit}" if case.unit else ""
        shown = (f"{_per_cent(one)}, {one.width:.{2 if not case.unit else 1}f}{unit}" for one in found)
        lines.append(f"| {case.interval} | {case.values} | {' | '.join(shown)} |")
    return "\n".join(lines)


def _per_cent(found: Coverage) -> str:
    text = f"{100 * found.share:.0f} %"
    return text if found.share >= TARGET else f"**{text}**"


def main() -> int:
    """Simulate all rows and update the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.coverage", description="Simulate coverage.")
    parser.add_argument("--simulations", type=int, default=500, help="number of simulations of each cell")
    parser.add_argument("--processes", type=int, default=2, help="number of processes")
    parser.add_argument("--try", dest="is_trial", action="store_true", help="print the table without writing it")
    chosen = parser.parse_args()
    rows = list(cases())
    with Pool(chosen.processes) as pool:
        found = pool.map(_row, [(place, chosen.simulations) for place in range(len(rows))], chunksize=1)
    text = table(list(zip(rows, found, strict=True)))
    if chosen.is_trial:
        print(text)
    else:
        put({"coverage": text}, PAGE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
