"""Pilot runs of planned comparisons."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from govsim.analysis.measures import Measure
from govsim.analysis.power import PilotModel
from govsim.analysis.statistics.strata import Stratum


def pilot_model(pilot: Sequence[Stratum], planned: Stratum, measure: Measure) -> PilotModel | None:
    """Return the pilot runs of a planned comparison, from the pilot runs that are most similar to it.

    The same two groups are looked up among runs that are alike in all columns, then in the scenario, then in none.

    Args:
        pilot: comparisons of pilot runs.
        planned: the planned comparison.
        measure: the primary measure.

    Returns:
        None with fewer than two pilot runs of a group.
    """
    alike = [one for one in pilot if one.names == planned.names]
    for shared in (dict(planned.within).keys(), {"scenario"}, set[str]()):
        wanted = {name: value for name, value in planned.within if name in shared}
        found = [one for one in alike if wanted.items() <= dict(one.within).items()]
        model = _pooled(found, measure)
        if min(len(model.level), len(model.baseline)) > 1:
            return model
    return None


def _pooled(strata: Iterable[Stratum], measure: Measure) -> PilotModel:
    """The finished runs of comparisons, with the pairs of each."""
    groups: tuple[list[float], list[float]] = ([], [])
    ends: tuple[list[bool], list[bool]] = ([], [])
    pairs: list[tuple[int, int]] = []
    for stratum in strata:
        seeds: list[dict[int, int]] = []
        for side, values, collapses in zip(stratum.sides, groups, ends, strict=True):
            runs = side[side["is_counted"] & side[measure.column].notna()]
            seeds.append({int(seed): len(values) + index for index, seed in enumerate(runs["seed"])})
            values.extend(map(float, runs[measure.column]))
            collapses.extend(map(bool, runs["has_collapsed"]))
        pairs += [(place, seeds[1][seed]) for seed, place in seeds[0].items() if seed in seeds[1]]
    return PilotModel(
        level=tuple(groups[0]),
        baseline=tuple(groups[1]),
        ends=(tuple(ends[0]), tuple(ends[1])) if measure.kind == "lifetime" else None,
        pairs=tuple(pairs),
    )
