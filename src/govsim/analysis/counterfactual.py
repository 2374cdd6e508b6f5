"""Bounds of the measures of runs with forfeited decisions.

A forfeited decision takes nothing, which spares the stock. The bounds of a measure show how much depends on this: it is
recomputed from harvests in which every forfeited decision has a demand instead. Members would have reacted to another
stock; the re-simulation keeps all their recorded demands, so that it is not a prediction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from govsim.analysis.measures import (
    PER_CENT,
    CountedRun,
    Floats,
    Harvests,
    Measure,
    MeasureValue,
    measure_values,
    tabulated_measures,
)
from govsim.analysis.tables.formatting import number
from govsim.commons import (
    ALLOCATIONS,
    Demand,
    Outcome,
    State,
    Stream,
    as_known,
    generator,
    group_threshold,
    grow_by_seed,
    growth_law,
    initial_state,
    member_threshold,
    take,
)
from govsim.errors import ConfigError, PluginError
from govsim.journal import Admission

ForfeitReplacement = Callable[[int, int | None], int]
"""Takes the fair share of the month and the member's last catch (None without one), in units; returns a demand."""


BOUNDS = "Bounds if forfeited catches were a fair share or the last catch: {bounds}. The value counts them as 0."
"""A note on bounds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The smallest and the largest value of a measure of one run, as recorded and with replaced forfeits.

    Attributes:
        low: the smallest value.
        high: the largest value.
    """

    low: MeasureValue
    high: MeasureValue


def _fair_share(fair: int, _last: int | None) -> int:
    return fair


def _last_catch(fair: int, last: int | None) -> int:
    return fair if last is None else last


_REPLACEMENTS: tuple[ForfeitReplacement, ...] = (_fair_share, _last_catch)


def bounds_of(run: CountedRun, values: Mapping[str, MeasureValue | None]) -> dict[str, Bounds]:
    """Return the bounds of all measures of a run, by name; none without forfeits.

    They enclose the recorded value and the values with each forfeited demand replaced by 0, by the member's threshold
    of that month, and by the member's last catch after a readable decision (the threshold without one). A measure that
    is undefined in all of these has none, and neither has a run with several sites, or with a growth law or allocation
    rule that is not installed.

    Args:
        run: the run.
        values: its measures as recorded, by name.
    """
    if run.sites or not _forfeits(run.harvests).any():
        return {}
    try:
        variants = [_with_zeros(run.harvests), *(resimulated(run, demand) for demand in _REPLACEMENTS)]
    except (ConfigError, PluginError):
        return {}
    measured = [values, *(measure_values(replace(run, harvests=one)) for one in variants if one is not None)]
    found: dict[str, Bounds] = {}
    for name in values:
        if known := [value for one in measured if (value := one[name]) is not None]:
            found[name] = Bounds(low=min(known), high=max(known))
    return found


def bounds_text(measure: Measure, value: float | None, ends: tuple[float, float]) -> str:
    """Return bounds as in "gain 110.00 to 120.00 units"; empty if they are equal to the value as shown.

    Args:
        measure: the measure.
        value: its value, in the unit in which it is shown; None if it is undefined.
        ends: its bounds in the same unit.
    """
    low, high = map(number, ends)
    if low == high == number(value):
        return ""
    return f"{measure.title} {low} to {high}{' %' if measure.unit == PER_CENT else f' {measure.unit}'}"


def bounds_notes(values: Mapping[str, MeasureValue | None], bounds: Mapping[str, Bounds]) -> Iterator[str]:
    """Return a note with the bounds of the measures of one run, if any differ from their values.

    Args:
        values: its measures as recorded, by name.
        bounds: their bounds, by name.
    """
    texts = [text for one in tabulated_measures([values]) if (text := _text_of_run(one, values, bounds))]
    if texts:
        yield BOUNDS.format(bounds=", ".join(texts))


def _text_of_run(measure: Measure, values: Mapping[str, MeasureValue | None], bounds: Mapping[str, Bounds]) -> str:
    if (found := bounds.get(measure.name)) is None:
        return ""
    scale = 100.0 if measure.is_rate else measure.scale
    value = values[measure.name]
    return bounds_text(measure, None if value is None else scale * value, (scale * found.low, scale * found.high))


def resimulated(run: CountedRun, replacement: ForfeitReplacement) -> Harvests | None:
    """Return the harvests of a run with demands in place of its forfeits, until a collapse or its recorded end.

    Months before the first forfeit are as recorded. From then on, the stock follows from the recorded demands of all
    members present, as limited by the rules in force, and the replaced ones, with the run's random streams of
    allocation, growth and shocks. Replaced demands are not limited by rules, because a journal records only limits of
    demands.

    Args:
        run: the run, with at least one forfeit.
        replacement: the demand in place of a forfeit.

    Returns:
        The harvests; None if they outlast a recorded collapse, after which no demands are recorded. This is possible
        only if a smaller stock can grow more than a larger one.

    Raises:
        ConfigError: the growth law or the allocation rule is not installed.
        PluginError: it cannot be used.
    """
    world, recorded, seed = run.world, run.harvests, run.experiment.seed
    law = growth_law(world)
    rule = ALLOCATIONS.get(world.allocation, key="world.allocation")
    first = int(np.flatnonzero(_forfeits(recorded).any(axis=1))[0])
    state = replace(initial_state(run.experiment), stock=int(recorded.stock_before[first]), month=first + 1)
    limits, last = _limits(run), _last_catches(recorded, first)
    outcomes, informed = list[Outcome](), list[State]()
    for row in range(first, len(recorded.asked)):
        state = state.with_members(_present(recorded, row))
        informed.append(as_known(state, law, seed))
        demands = _demands(recorded, row, informed[-1], last, replacement)
        draws = partial(generator, seed, Stream.ALLOCATION, state.month)
        outcome = take(state, demands, draws, rule, limits.get(state.month))
        outcomes.append(outcome)
        if outcome.is_collapsed:
            return _with_outcomes(recorded, first, outcomes, informed)
        last |= {name: outcome.granted[name] for name in _decided(recorded, row)}
        state = grow_by_seed(outcome, seed).state
    if recorded.stock_after_harvest[-1] < state.collapse:
        return None
    return _with_outcomes(recorded, first, outcomes, informed)


def _forfeits(harvests: Harvests) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Which members that were present forfeited, shape (months, members)."""
    return np.isnan(harvests.asked) & ~np.isnan(harvests.received)


def _with_zeros(harvests: Harvests) -> Harvests:
    """The recorded harvests, with forfeits counted as demands of 0."""
    return replace(harvests, asked=_fixed(np.where(_forfeits(harvests), 0.0, harvests.asked)))


def _present(harvests: Harvests, row: int) -> tuple[str, ...]:
    return tuple(name for name, units in zip(harvests.members, harvests.received[row], strict=True) if units >= 0)


def _decided(harvests: Harvests, row: int) -> dict[str, int]:
    """The recorded demands of a month, by member."""
    pairs = zip(harvests.members, harvests.asked[row], strict=True)
    return {name: int(units) for name, units in pairs if units >= 0}


def _last_catches(harvests: Harvests, months: int) -> dict[str, int]:
    """The catch of each member after its last readable decision in the first months."""
    last: dict[str, int] = {}
    for row in range(months):
        received = dict(zip(harvests.members, harvests.received[row], strict=True))
        last |= {name: int(received[name]) for name in _decided(harvests, row)}
    return last


def _demands(
    harvests: Harvests, row: int, state: State, last: Mapping[str, int], replacement: ForfeitReplacement
) -> list[Demand]:
    decided = _decided(harvests, row)
    return [
        Demand(
            member=name,
            units=decided[name] if name in decided else replacement(member_threshold(state, name), last.get(name)),
        )
        for name in state.members
    ]


def _limits(run: CountedRun) -> dict[int, dict[str, int]]:
    """The recorded limits of demands by rules, by month and member; later rules never raise them."""
    limits: dict[int, dict[str, int]] = {}
    for event in run.events:
        if isinstance(event, Admission):
            limits.setdefault(event.month, {}).update(event.admitted)
    return limits


def _with_outcomes(recorded: Harvests, first: int, outcomes: list[Outcome], states: list[State]) -> Harvests:
    """The recorded months before the first forfeit, followed by re-simulated ones with the states of thresholds."""
    names = recorded.members

    def rows(before: Floats, after: list[list[float]]) -> Floats:
        return _fixed(np.concatenate([before[:first], np.array(after).reshape(len(after), len(names))]))

    def column(before: Floats, after: list[int]) -> Floats:
        return _fixed(np.concatenate([before[:first], np.array(after, dtype=float)]))

    return Harvests(
        members=names,
        asked=rows(recorded.asked, [[one.asked.get(name, np.nan) for name in names] for one in outcomes]),
        received=rows(recorded.received, [[one.granted.get(name, np.nan) for name in names] for one in outcomes]),
        stock_before=column(recorded.stock_before, [state.stock for state in states]),
        stock_after_harvest=column(recorded.stock_after_harvest, [one.stock_after_harvest for one in outcomes]),
        thresholds=column(recorded.thresholds, [group_threshold(state) for state in states]),
        member_thresholds=rows(
            recorded.member_thresholds, [[member_threshold(state, name) for name in names] for state in states]
        ),
    )


def _fixed(array: Floats) -> Floats:
    """An array that no measure can change for the others."""
    array.flags.writeable = False
    return array
