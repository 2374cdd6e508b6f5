"""What is drawn in a run whatever its members do: collapse level, last month, and who is present."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from govsim.commons import GrowthLaw, State, as_known, initial_state, last_month
from govsim.config import Experiment
from govsim.society.membership import Membership


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Runs that start alike.

    Attributes:
        runs: the runs.
        experiment: the experiment with the seed of the first of them.
        state: the commons at the start of the first month, without members.
        growth: the growth law that members know of this month.
        months: the last month.
        rosters: members present in each month, in roster order.
    """

    runs: tuple[int, ...]
    experiment: Experiment
    state: State
    growth: GrowthLaw
    months: int
    rosters: tuple[tuple[str, ...], ...]


def starts_of(experiment: Experiment, law: GrowthLaw, seeds: Sequence[int]) -> Iterator[Start]:
    """Yield runs that start alike together.

    Args:
        experiment: the experiment.
        law: its growth law.
        seeds: the seed of each run.
    """
    found: dict[Any, Start] = {}
    runs: dict[Any, list[int]] = defaultdict(list)
    for run, seed in enumerate(seeds):
        one = experiment.model_copy(update={"seed": seed})
        state, months = initial_state(one), last_month(one.world, seed)
        growth = as_known(state, law, seed).growth
        rosters = _rosters(one, months)
        key = (state.collapse, growth, months, rosters)
        runs[key].append(run)
        if key not in found:
            found[key] = Start(runs=(), experiment=one, state=state, growth=growth, months=months, rosters=rosters)
    for key, start in found.items():
        yield replace(start, runs=tuple(runs[key]))


def _rosters(experiment: Experiment, months: int) -> tuple[tuple[str, ...], ...]:
    membership = Membership(experiment)
    return tuple(membership.begin_month(month).present for month in range(1, months + 1))
