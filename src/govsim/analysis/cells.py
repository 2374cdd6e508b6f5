"""Cells (runs that differ only in their seed), and notes on runs that are compared."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from pydantic import JsonValue

from govsim.analysis.costs import known_part, request_notes
from govsim.analysis.intervals import Estimate, estimated, is_constant, known_values
from govsim.analysis.measures import Measure, MeasureValue, all_measures, tabulated_measures
from govsim.analysis.naming import named_alike
from govsim.analysis.runs import LONGEST_SETUP, RunMeasures
from govsim.analysis.serving import served_notes
from govsim.analysis.settings import (
    PROMPTS,
    VERSION,
    FlatSettings,
    all_settings,
    asked_hash,
    differing,
    flat_settings,
    informed_notes,
    natural,
    prompts_name,
)
from govsim.characters import counted, shortened
from govsim.journal import UNREADABLE, known_sum, note_on_unknown
from govsim.lazy import pandas as pd

UNRECORDED = "The journals of some of these runs do not record what was sent to their models."


SOME_IDENTICAL = (
    "Some of these runs are identical: they have the same demands and the same stock in every month. The interval "
    "counts each of them and is too short."
)
"""A remark on an interval that counts copies of runs besides others."""

_ALWAYS_LISTED = ("failed", "cancelled", "over-budget", "running")
"""Reasons for excluding runs that are listed even where there are no such runs."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Cell:
    """All runs in a folder that differ only in their seed.

    Attributes:
        scenario: the scenario's name.
        condition: the condition's name.
        society: the society's label.
        model: the members' language model, `none` or `mixed`.
        agent: how the members decide, or `mixed`.
        settings: every key of the experiment in which runs in the folder differ, with its value in this cell; None if
            it has none.
        runs: the runs, including excluded ones.
    """

    scenario: str
    condition: str
    society: str
    model: str
    agent: str
    settings: FlatSettings
    runs: tuple[RunMeasures, ...]

    def __repr__(self) -> str:
        setup = shortened(self.runs[0].setup, LONGEST_SETUP)
        return f"<Cell: {self.scenario}, {self.condition}, {setup}, {counted(len(self.runs), 'run')}>"

    @property
    def own_prompts(self) -> str | None:
        """The name of the user's prompts, with their hash; None for built-in prompts and where it is unknown."""
        first = self.runs[0]
        return (
            None if first.prompts_folder is None else prompts_name(first.scenario, first.prompts, first.prompts_folder)
        )

    @property
    def counted(self) -> tuple[RunMeasures, ...]:
        """The runs that completed or collapsed."""
        return tuple(run for run in self.runs if run.is_counted)

    @property
    def copies(self) -> int:
        """Counted runs that repeat another one; imported runs of one seed differ unless they have the same name."""
        return len(self.counted) - len({(run.seed, run.path.name if run.is_imported else "") for run in self.counted})

    @property
    def distinct(self) -> int:
        """Counted runs without copies of others, which have the same demands and stocks."""
        return distinct_among(self.counted)

    @property
    def bounds(self) -> dict[str, tuple[float, float]]:
        """The bounds of measures in the unit in which they are shown, by name; empty without forfeits."""
        return bounds_over(self.runs)

    @property
    def excluded(self) -> dict[str, int]:
        """How many runs are excluded from all measures, by the reason why they stopped."""
        return exclusions_of(self.runs)

    @property
    def estimates(self) -> dict[str, Estimate]:
        """Every measure over the counted runs, by name, in the unit in which it is shown."""
        return {measure.name: estimate_of(measure, self.runs) for measure in all_measures()}

    @property
    def invalid(self) -> int | None:
        """Questions of all runs, including excluded ones, without a readable answer; None if a run was imported."""
        return known_sum([run.invalid for run in self.runs])

    @property
    def forfeited(self) -> int | None:
        """Harvest decisions of all runs that were forfeited for this reason; None if a run was imported."""
        return known_sum([run.forfeited for run in self.runs])

    @property
    def tokens(self) -> int | None:
        """Tokens of all runs, including excluded ones; None if those of one run are unknown."""
        return known_sum([run.tokens for run in self.runs])

    @property
    def cost(self) -> float | None:
        """Dollars for all runs with a known price, including excluded ones; None if no price is known."""
        return known_part(run.cost for run in self.runs)

    @property
    def unpriced(self) -> int:
        """Runs whose price is unknown."""
        return sum(run.cost is None for run in self.runs)

    @property
    def setup(self) -> str:
        """How the members decide, and changed settings, such as `policy:random, growth 1.5`."""
        return self.runs[0].setup if self.runs else ""

    def to_json(self, measures: Iterable[Measure] | None = None) -> dict[str, JsonValue]:
        """Return the object that `govsim table --format json` writes.

        Args:
            measures: the measures that it contains; those of a table of this cell alone if None.
        """
        chosen = tabulated_measures(run.values for run in self.counted) if measures is None else measures
        return {
            "scenario": self.scenario,
            "condition": self.condition,
            "society": self.society,
            "model": self.model,
            "agent": self.agent,
            "setup": self.setup,
            "settings": self.settings,
            "runs": len(self.runs),
            "distinct": self.distinct,
            "excluded": {**self.excluded},
            "invalid": self.invalid,
            "tokens": self.tokens,
            "cost": self.cost,
            "unpriced": self.unpriced,
            **{one.name: {**estimate_of(one, self.runs).to_json()} for one in chosen},
            "bounds": {
                f"{name}_{end}": value
                for name, ends in self.bounds.items()
                for end, value in zip(("low", "high"), ends, strict=True)
            },
        }


def exclusions_of(runs: Iterable[RunMeasures]) -> dict[str, int]:
    """Return how many runs are excluded from all measures, by the reason why they stopped.

    `killed` and `unreadable` are listed only if there are such runs; survival analysis excludes the latter too.
    """
    by = Counter(run.reason for run in runs)
    listed = (*_ALWAYS_LISTED, *(reason for reason in ("killed", UNREADABLE) if by[reason]))
    return {reason.replace("-", "_"): by[reason] for reason in listed}


def estimate_of(measure: Measure, runs: Iterable[RunMeasures]) -> Estimate:
    """Return a measure over the counted runs, in the unit in which it is shown.

    It has no interval if all runs are copies of each other. Catches of copies can differ if units were allocated at
    random; a measure that differs for this reason keeps its interval.
    """
    counted = [run for run in runs if run.is_counted]
    values = [run.values.get(measure.name) for run in counted]
    return without_copies(_over(measure, counted, values), values, distinct_among(counted))


def without_copies(estimate: Estimate, values: Iterable[float | None], distinct: int) -> Estimate:
    """Return an estimate without its interval if it is based on equal values of several copies of one run.

    Args:
        estimate: the estimate.
        values: the values of all runs.
        distinct: the number of runs without copies.
    """
    return replace(estimate, low=None, high=None) if are_copies(values, distinct) else estimate


def are_copies(values: Iterable[float | None], distinct: int) -> bool:
    """Whether several equal values come from copies of one run, so that they have no interval.

    Args:
        values: the values of all runs.
        distinct: the number of runs without copies.
    """
    known = known_values(values)
    return distinct == 1 and known.size > 1 and is_constant(known)


def distinct_among(runs: Iterable[RunMeasures]) -> int:
    """Return the number of runs without their copies: runs of the same cell with the same demands and stocks."""
    return len({run.trajectory for run in runs})


def bounds_over(runs: Iterable[RunMeasures]) -> dict[str, tuple[float, float]]:
    """Return the bounds of measures over the counted runs, by name, in the unit in which they are shown.

    The lower one is the mean or rate with each run at its own lower bound, and the upper one likewise; runs without
    forfeits have their recorded values.

    Args:
        runs: the runs.

    Returns:
        The bounds of tabulated measures; empty without forfeits.
    """
    counted = [run for run in runs if run.is_counted]
    found: dict[str, tuple[float, float]] = {}
    for measure in all_measures():
        if measure.is_tabulated and any(measure.name in run.bounds for run in counted):
            lows, highs = zip(*(_ends(measure, run) for run in counted), strict=True)
            low, high = _over(measure, counted, lows).value, _over(measure, counted, highs).value
            if low is not None and high is not None:  # for mypy: a run with bounds has both
                found[measure.name] = (low, high)
    return found


def _over(measure: Measure, counted: Sequence[RunMeasures], values: Iterable[MeasureValue | None]) -> Estimate:
    months = max((run.months_planned for run in counted), default=None)
    return estimated(measure, values, months=months)


def _ends(measure: Measure, run: RunMeasures) -> tuple[MeasureValue | None, MeasureValue | None]:
    value, bounds = run.values.get(measure.name), run.bounds.get(measure.name)
    return (value, value) if bounds is None else (bounds.low, bounds.high)


def cells_of(runs: Sequence[RunMeasures]) -> tuple[Cell, ...]:
    """Group runs into cells by everything that determines a result except the seed, and name them alike.

    Args:
        runs: the runs.

    Returns:
        Cells in the order of their first runs, those of the same scenario, condition and members in the order of
        their settings.
    """
    runs = named_alike(runs)
    configured = frozenset(name for run in runs for name in run.experiment.members)
    groups: dict[str, list[RunMeasures]] = defaultdict(list)
    settings: dict[str, FlatSettings] = {}
    for run in runs:
        version = {VERSION: run.changes[VERSION]} if VERSION in run.changes else {}
        flat = {**flat_settings(run.experiment, configured), **version, PROMPTS: run.prompts}
        key = json.dumps([flat, run.scenario, run.society], sort_keys=True)
        groups[key].append(run)
        settings[key] = flat
    shown = differing(settings.values())
    if not _has_scenario_with_two_prompts(runs):
        shown.discard(PROMPTS)
    cells = []
    for key, group in groups.items():
        first = group[0]
        cells.append(
            Cell(
                scenario=first.scenario,
                condition=first.condition,
                society=first.society,
                model=first.model,
                agent=first.agent,
                settings={name: _shown(first, settings[key], name) for name in sorted(shown)},
                runs=tuple(group),
            )
        )
    places = {outer: index for index, outer in enumerate(dict.fromkeys(map(_outer, cells)))}
    return tuple(sorted(cells, key=lambda cell: (places[_outer(cell)], natural(cell.setup))))


def _outer(cell: Cell) -> tuple[str, str, str]:
    return cell.scenario, cell.condition, cell.runs[0].composition


def _shown(run: RunMeasures, settings: FlatSettings, name: str) -> JsonValue:
    """The value of a setting as shown in a row: prompts by their name."""
    return prompts_name(run.scenario, run.prompts, run.prompts_folder) if name == PROMPTS else settings.get(name)


def table_frame(cells: Iterable[Cell]) -> pd.DataFrame:
    """Return cells as a data frame, one row each: columns `settings.<key>` and `<measure>`, `_low`, `_high`, `_n`."""
    from govsim.analysis.tables.table import flat

    several = list(cells)
    measures = tabulated_measures(run.values for cell in several for run in cell.counted)
    return pd.DataFrame([flat(cell.to_json(measures)) for cell in several])


def _has_scenario_with_two_prompts(runs: Iterable[RunMeasures]) -> bool:
    pairs = {(run.scenario, run.prompts) for run in runs}
    return len(pairs) > len({scenario for scenario, _ in pairs})


def notes_on_runs(runs: Iterable[RunMeasures]) -> list[str]:
    """Return notes on requests, on settings without effect, and on events that were not validated."""
    measured = list(runs)
    notes = list(request_notes(request for run in measured for request in run.requests))
    notes += served_notes(one for run in measured for one in run.served)
    notes += informed_notes(run.informed for run in measured)
    groups: dict[str, list[RunMeasures]] = {}
    for run in measured:
        groups.setdefault(asked_hash(run.experiment, run.prompts, run.unsent), []).append(run)
    if empty := sorted({key for group in groups.values() for key in _idle(group)}):
        notes.append(
            f"Rows that differ only in {', '.join(empty)} are the same condition, because it was sent to none of their "
            "models."
        )
    return notes + unknown_notes(measured)


def unknown_notes(runs: Iterable[RunMeasures]) -> list[str]:
    """Return a note on events that were read without their definition; none if all were validated."""
    note = note_on_unknown(run.unknown for run in runs)
    return [] if note is None else [note]


def _idle(runs: Iterable[RunMeasures]) -> set[str]:
    """Settings in which runs with identical requests differ."""
    asked_alike = list(runs)
    unsent = {key for run in asked_alike for key in run.unsent}
    return unsent & differing(all_settings(run.experiment) for run in asked_alike)
