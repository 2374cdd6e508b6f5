"""What a planned campaign can show: its comparisons, their smallest p values, their power, and the runs needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from govsim.analysis.frames import runs_frame, runs_layout
from govsim.analysis.measures import SURVIVAL_RATE, SURVIVAL_TIME, Measure, compared_measures, measure_named
from govsim.analysis.pilots import pilot_model
from govsim.analysis.power import (
    ALPHA,
    MOST_RUNS,
    SIMULATIONS,
    TARGET,
    HazardModel,
    OutcomeModel,
    PilotModel,
    PlannedDesign,
    adjusted_p,
    differences_for_significance,
    hazard_of,
    power,
    runs_for_significance,
    runs_needed,
    smallest_p,
)
from govsim.analysis.runs import measures_of
from govsim.analysis.statistics.sides import shared_by, strata_of
from govsim.analysis.statistics.strata import Stratum
from govsim.analysis.tables.formatting import count, dollars, number, p_value
from govsim.analysis.tables.table import Column, Row, Table
from govsim.characters import counted
from govsim.errors import AnalysisError
from govsim.journal import Header, Journal
from govsim.lazy import pandas as pd

DESIGNS: tuple[PlannedDesign, ...] = ("unpaired", "paired")

_TARGET = f"{100 * TARGET:.0f} %"

_LIFETIMES = (SURVIVAL_TIME, SURVIVAL_RATE)
"""Measures that can be simulated without pilot runs."""

_COLUMNS = (
    Column(name="comparison", place="stub"),
    Column(name="design", place="stub"),
    Column(name="runs", heading="runs per cell", kind="count"),
    Column(name="smallest_p", heading="smallest p", kind="p"),
    Column(name="smallest_adjusted_p", heading="smallest adjusted p", kind="p", repeats="smallest_p"),
    Column(name="baseline_mean", heading="expected baseline", kind="number", digits=1),
    Column(name="level_mean", heading="expected", kind="number", digits=1),
    Column(name="power", unit="%", kind="number", digits=0, of=lambda row: _per_cent(row["power"])),
    Column(name="adjusted_power", unit="%", kind="number", digits=0, of=lambda row: _per_cent(row["adjusted_power"])),
    Column(name="runs_needed", heading="runs needed", kind="count"),
    Column(name="cost", kind="dollars"),
    Column(name="cost_needed", heading="cost of runs needed", kind="dollars"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """What is expected of the primary measure.

    Attributes:
        primary: the measure whose power is simulated.
        effect: the difference from the baseline in months of survival that should be detected; a quarter of the
            planned months if None and there are no pilot runs.
        expected: the expected survival time of the baseline in months; that of the pilot runs if None, otherwise half
            of the planned months.
        pilot: a frame of pilot runs; None without any.
        seed: seed of the generator of the simulation.
    """

    primary: str = SURVIVAL_TIME
    effect: float | None = None
    expected: float | None = None
    pilot: pd.DataFrame | None = None
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Planned:
    """Planned comparisons with the same expectation."""

    strata: tuple[Stratum, ...]
    model: OutcomeModel | None

    @property
    def title(self) -> str:
        """The name of the comparison, or those of the first groups and the number of comparisons."""
        if len(self.strata) == 1:
            shared = shared_by(self.strata[0].within)
            return _names_of(self.strata[0]) + (f" ({shared})" if shared else "")
        names = list(dict.fromkeys(map(_names_of, self.strata)))
        more = [counted(len(names) - 2, "other")] if len(names) > 2 else []
        return f"{', '.join([*names[:2], *more])} ({len(self.strata)} comparisons)"


@dataclass(frozen=True, kw_only=True, repr=False)
class CampaignPlan:
    """A planned campaign. `print` and notebooks show its table.

    Attributes:
        runs: runs per cell.
        strata: the comparisons of groups of runs, each with one run of each group.
        pilot: the same comparisons of pilot runs; empty without any.
        measures: the compared measures.
        assumptions: what is expected of the primary measure.
        cost: the estimated dollars of one run of every cell; None if a price is unknown.
    """

    runs: int
    strata: tuple[Stratum, ...]
    pilot: tuple[Stratum, ...] = ()
    measures: tuple[Measure, ...]
    assumptions: Assumptions = field(default_factory=Assumptions)
    cost: float | None = 0.0

    @property
    def comparisons(self) -> int:
        """Comparisons that p values are adjusted for: every comparison of groups, in every measure."""
        return len(self.strata) * len(self.measures)

    def families(self, design: PlannedDesign) -> int:
        """Return the number of sets of measures that are permuted together, as in `compare_measures`.

        Args:
            design: whether runs are compared in pairs; survival time, which is never paired, is then a set of its own.
        """
        kinds = {measure.kind == "lifetime" for measure in self.measures}
        return len(self.strata) * (len(kinds) if design == "paired" else 1)

    @property
    def table(self) -> Table:
        """The plan as a table, with warnings as its first notes."""
        return Table(
            name="plan",
            title="What the campaign can show",
            is_titled=False,
            columns=_COLUMNS,
            data=self.rows,
            notes=(*self.warnings, *self.notes),
        )

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """One row for each expectation and design."""
        return tuple(self._row(planned, design) for planned in self._planned for design in DESIGNS)

    def __repr__(self) -> str:
        compared = f"{counted(len(self.strata), 'comparison')} of {counted(len(self.measures), 'measure')}"
        return f"<CampaignPlan: {compared}, {counted(self.runs, 'run')} per cell; print() shows the plan>"

    def __str__(self) -> str:
        return str(self.table)

    def _repr_html_(self) -> str:
        return self.table._repr_html_()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What should be changed before the campaign is run, one sentence each."""
        return tuple(self._warnings())

    @property
    def notes(self) -> tuple[str, ...]:
        """How the numbers were computed."""
        return tuple(self._notes())

    @cached_property
    def _planned(self) -> tuple[_Planned, ...]:
        """The comparisons of groups, those with the same expectation together."""
        by_model: dict[OutcomeModel | None, list[Stratum]] = {}
        for stratum in self.strata:
            by_model.setdefault(self._model(stratum), []).append(stratum)
        return tuple(_Planned(strata=tuple(alike), model=model) for model, alike in by_model.items())

    def _model(self, stratum: Stratum) -> OutcomeModel | None:
        """Simulates the runs of a comparison; None if nothing is known of them."""
        given, measure = self.assumptions, measure_named(self.assumptions.primary)
        known = pilot_model(self.pilot, stratum, measure)
        if given.effect is None and given.expected is None and given.pilot is not None:
            return known
        if measure.name not in _LIFETIMES:
            raise AnalysisError(
                f"primary = {measure.name}: its power can only be simulated from pilot runs, without --effect and "
                f"--expected; name a folder with --pilot, or choose one of {', '.join(_LIFETIMES)}"
            )
        months = int(min(side["months_planned"].min() for side in stratum.sides))
        if given.expected is not None and not 1 <= given.expected <= months:
            raise AnalysisError(f"expected = {given.expected:g}: must be from 1 to {months}, the planned months")
        if given.effect == 0:
            raise AnalysisError("effect = 0: must be a difference to detect, such as 2 or -2 months")
        baseline = given.expected
        if baseline is None and known is not None and measure.name == SURVIVAL_TIME:
            baseline = known.means()[1]
        if baseline is None:
            baseline = max(1.0, months / 2)
        level = min(baseline + months / 4, months) if given.effect is None else baseline + given.effect
        if not 1 <= level <= months:
            raise AnalysisError(
                f"effect = {given.effect:g}: gives an expected survival time of {level:g} months; with {baseline:g} "
                f"months in the baseline and {months} planned months, it must be from {1 - baseline:g} to "
                f"{months - baseline:g}"
            )
        hazards = (hazard_of(level, months), hazard_of(baseline, months))
        return HazardModel(hazards=hazards, months=months, is_rate=measure.is_rate)

    def _row(self, planned: _Planned, design: PlannedDesign) -> Row:
        least, seed = smallest_p(self.runs, design), self.assumptions.seed
        means: tuple[float, float] | tuple[None, None] = (None, None)
        alone = adjusted = needed = None
        if planned.model is not None and _has_pairs(planned.model, design):
            level, baseline = planned.model.means()
            scale = measure_named(self.assumptions.primary).scale
            means = (scale * level, scale * baseline)
            of = partial(power, planned.model, self.runs, design)
            alone = of(np.random.default_rng(seed))
            adjusted = of(np.random.default_rng(seed), alpha=ALPHA / self.comparisons)
            needed = runs_needed(planned.model, design, seed, alpha=ALPHA / self.comparisons)
        row = {
            "comparison": planned.title,
            "design": design,
            "runs": self.runs,
            "comparisons": self.comparisons,
            "smallest_p": least,
            "smallest_adjusted_p": adjusted_p(least, self.families(design)),
            "baseline_mean": means[1],
            "level_mean": means[0],
            "power": alone,
            "adjusted_power": adjusted,
            "runs_needed": needed,
            "cost": self._cost_of(self.runs),
            "cost_needed": self._cost_of(needed),
        }
        return {name: _without_noise(value) for name, value in row.items()}

    def _cost_of(self, runs: int | None) -> float | None:
        return None if runs is None or self.cost is None else self.cost * runs

    def _warnings(self) -> Iterator[str]:
        for design in DESIGNS:
            least = adjusted_p(smallest_p(self.runs, design), self.families(design))
            if least > ALPHA:
                yield (
                    f"Warning: with {counted(self.runs, 'run')} per cell and "
                    f"{counted(len(self.strata), 'difference')} between groups, no {design} one can become significant "
                    f"(smallest adjusted p: {p_value(least)}); use {self._remedies(design)}."
                )
        weak = [row for row in self._rows_of("unpaired") if row["adjusted_power"] < TARGET]
        if weak:
            least, needed = min(row["adjusted_power"] for row in weak), [row["runs_needed"] for row in weak]
            yield (
                f"Warning: the adjusted power is {number(100 * least, 0)} % in an unpaired design; {_TARGET} needs "
                + (f"more than {MOST_RUNS} runs per cell." if None in needed else f"{self._priced(max(needed))}.")
            )

    def _rows_of(self, design: PlannedDesign) -> list[Row]:
        """The rows of a design whose power is known."""
        return [row for row in self.rows if row["design"] == design and row["adjusted_power"] is not None]

    def _priced(self, runs: int) -> str:
        cost = self._cost_of(runs)
        return f"{count(runs)} runs per cell" + (f" (about {dollars(cost)})" if cost else "")

    def _remedies(self, design: PlannedDesign) -> str:
        """What would make a significant difference possible, as in "at least 8 runs per cell, or …"."""
        remedies = []
        if (runs := runs_for_significance(self.families(design), design)) is not None:
            remedies.append(f"at least {self._priced(runs)}")
        if most := differences_for_significance(self.runs, design) * len(self.strata) // self.families(design):
            remedies.append(f"at most {counted(most, 'difference')}")
        return ", or ".join(remedies)

    def _notes(self) -> Iterator[str]:
        strata, measures = len(self.strata), len(self.measures)
        primary = measure_named(self.assumptions.primary)
        yield (
            f"{counted(self.comparisons, 'comparison')}: {counted(strata, 'difference')} between groups × "
            f"{counted(measures, 'measure')}. Smallest p: of an exact two-sided permutation test. Smallest adjusted p: "
            "adjusted for all comparisons; measures of the same two groups are permuted together (max-T), so that only "
            "the number of differences counts. Adjusted power is a lower bound and runs needed (for "
            f"{_TARGET}) an upper bound: p is multiplied by the number of comparisons, as if measures were independent."
        )
        yield (
            f"Power: share of {count(SIMULATIONS)} simulated comparisons in {primary.title} with p at most "
            f"{ALPHA:g}. {self._source}"
        )
        yield from self._advice()
        yield "Cost: as estimated for all runs by govsim run --estimate, without calling a model." + (
            " It is unknown, because the price of a model is; set it with --price." if self.cost is None else ""
        )

    @property
    def _source(self) -> str:
        """What the simulation is based on."""
        models = [planned.model for planned in self._planned]
        if any(isinstance(model, HazardModel) for model in models):
            is_assumed = self.assumptions.effect is None and self.assumptions.expected is None
            hint = (
                " These are examples: set --expected and --effect, or use pilot runs (--pilot)." if is_assumed else ""
            )
            return f"Runs collapse with a constant hazard that gives the expected survival times.{hint}"
        missing = sum(len(planned.strata) for planned in self._planned if planned.model is None)
        without = f" {counted(missing, 'comparison')} without two pilot runs of each group." if missing else ""
        same = sum(len(one.strata) for one in self._planned if _is_constant(one.model))
        equal = f" In {counted(same, 'comparison')}, the pilot runs of a group are all equal." if same else ""
        return (
            "Pilot runs are drawn with replacement; with few of them, or equal ones, the computed power is itself "
            f"uncertain.{equal}{without}"
        )

    def _advice(self) -> Iterator[str]:
        """Which design to use."""
        known = [planned for planned in self._planned if isinstance(planned.model, PilotModel) and planned.model.pairs]
        if not known:
            yield (
                "Design: unpaired. Without pilot runs of the same seeds in both groups, runs of a seed are assumed to "
                "be independent, so that pairs only increase the smallest p."
            )
            return
        pairs = zip(self._planned, self.rows[::2], self.rows[1::2], strict=True)
        better = [one for one, unpaired, paired in pairs if one in known and _needed(paired) < _needed(unpaired)]
        fewer, total = (sum(len(one.strata) for one in several) for several in (better, known))
        advice = "paired" if 2 * fewer > total else "unpaired"
        yield (
            f"Design: {advice}. The paired design needs fewer runs in {fewer} of "
            f"{counted(total, 'comparison')} with pairs of pilot runs{_correlations(known)}."
        )


def _correlations(planned: Iterable[_Planned]) -> str:
    """The mean correlation within pairs of pilot runs, in parentheses; empty if it is unknown."""
    models = (one.model for one in planned if isinstance(one.model, PilotModel))
    known = [found for model in models if (found := model.correlation) is not None]
    return f" (mean correlation within pairs: {number(sum(known) / len(known))})" if known else ""


def _names_of(stratum: Stratum) -> str:
    level, baseline = stratum.names
    return f"{level} – {baseline}"


def _has_pairs(model: OutcomeModel, design: PlannedDesign) -> bool:
    return design == "unpaired" or not isinstance(model, PilotModel) or len(model.pairs) > 1


def _is_constant(model: OutcomeModel | None) -> bool:
    return isinstance(model, PilotModel) and 1 in (len(set(model.level)), len(set(model.baseline)))


def _needed(row: Row) -> int:
    return MOST_RUNS + 1 if row["runs_needed"] is None else int(row["runs_needed"])


def _without_noise(value: object) -> object:
    """A value without rounding errors of binary arithmetic, as in 0.30000000000000004."""
    return float(f"{value:.12g}") if isinstance(value, float) else value


def _per_cent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def planned_frame(headers: Iterable[Header], by: str) -> pd.DataFrame:
    """Return planned runs as a frame of runs without measures.

    Args:
        headers: the headers that their journals will have.
        by: the compared column, or a key such as `world.growth`.

    Raises:
        AnalysisError: no run has the setting `by`.
    """
    journals = (Journal(path=Path(), header=header, events=(), complete_bytes=0) for header in headers)
    return runs_frame(map(measures_of, journals), settings=[] if by in runs_layout().names else [by])


def plan_of(
    cells: pd.DataFrame,
    *,
    runs: int,
    by: str,
    baseline: str,
    measures: Sequence[str] | None = None,
    assumptions: Assumptions | None = None,
    cost: float | None = 0.0,
) -> CampaignPlan:
    """Plan the comparisons of a campaign.

    Args:
        cells: a frame with one planned run of each cell, as of `planned_frame`.
        runs: runs per cell.
        by: the column in which the groups differ.
        baseline: its value that all others are compared with.
        measures: names of the compared measures; those that are compared by default when None.
        assumptions: what is expected of the primary measure.
        cost: the estimated dollars of one run of every cell; None if a price is unknown.

    Raises:
        AnalysisError: nothing is compared, or a name does not exist.
    """
    given = assumptions or Assumptions()
    measure_named(given.primary)
    strata = tuple(stratum for stratum in strata_of(cells, by, baseline) if len(stratum.baseline))
    if not strata:
        cells_differ = "there is only one cell" if len(cells) == 1 else f"no cells differ only in {by}"
        raise AnalysisError(
            f"by = {by}: {cells_differ}, so there is nothing to compare; choose another key with --by, or add a grid "
            "of several values to the experiment file"
        )
    chosen = [measure_named(name) for name in dict.fromkeys(measures)] if measures else compared_measures()
    return CampaignPlan(
        runs=runs,
        strata=strata,
        pilot=() if given.pilot is None else tuple(strata_of(given.pilot, by, baseline)),
        measures=tuple(chosen),
        assumptions=given,
        cost=cost,
    )
