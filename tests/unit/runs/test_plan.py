"""What can be refused is refused before anything is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from govsim.config import MOST_RUNS, MOST_SEED, Execution, merge, nested, validate
from govsim.errors import ConfigError
from govsim.runs import plan_runs


def settings(**keys: Any) -> dict[str, Any]:
    greedy = {"scenario": "fishery", "agents.default": "policy:greedy"}
    return merge(*(nested(key, value) for key, value in {**greedy, **keys}.items()))


def test_the_last_seed_may_be_the_largest(out: Path) -> None:
    plans = plan_runs(settings(seed=MOST_SEED - 4), Execution(out=out, runs=5))
    assert [plan.experiment.seed for plan in plans] == [MOST_SEED - 4 + i for i in range(5)]


def test_seeds_that_would_count_beyond_the_largest_are_refused(out: Path) -> None:
    with pytest.raises(
        ConfigError, match=rf"seed = {MOST_SEED - 1}, execution\.runs = 5: .* {MOST_SEED + 3}, above .* smaller"
    ):
        plan_runs(settings(seed=MOST_SEED - 1), Execution(out=out, runs=5))
    assert not out.exists()


def test_the_seeds_of_every_cell_of_a_campaign_are_checked(out: Path) -> None:
    grid = {"world.growth": [1.5, 2.0]}
    with pytest.raises(ConfigError, match="above the largest one"):
        plan_runs(settings(seed=MOST_SEED, grid=grid), Execution(out=out, runs=2))


def test_more_runs_than_can_be_planned_are_refused(out: Path) -> None:
    with pytest.raises(ConfigError, match=r"runs = 100000000: .* less than or equal to 100000"):
        validate(Execution, [{"runs": 100_000_000}])
    grid = {"world.growth": [1.5, 2.0]}
    with pytest.raises(ConfigError, match=r"execution\.runs = 60000: makes 120,000 runs in 2 cells; at most 100,000"):
        plan_runs(settings(grid=grid), Execution(out=out, runs=60_000))


def test_a_grid_is_counted_before_it_is_multiplied_out(out: Path) -> None:
    grid = {f"members.John.persona.{key}": list(map(str, range(60))) for key in ("goals", "traits", "customs")}
    with pytest.raises(ConfigError, match=rf"grid: has 216,000 combinations; at most {MOST_RUNS:,}"):
        plan_runs(settings(grid=grid), Execution(out=out))
