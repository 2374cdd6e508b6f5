"""The table of policies: five alike, or one among four others, over 12 months.

Rows with the basis `exact` are computed by hand or by dynamic programming, and their months, survival and total must be
exact; random allocation of the last units affects only their gains, equality and over-usage. In `enumerated` rows,
months, survival and totals are expectations over all draws. The other values come from simulations of 200 runs of
another implementation, and must agree within the errors of both.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from govsim.analysis.measures.catch import efficiency, equality
from govsim.analysis.measures.usage import over_usage_granted
from govsim.commons import group_threshold, state_at_start
from govsim.config import experiment_from
from govsim.tournament import SimulatedRuns, Worlds
from tests.living import Live

ROWS = list(csv.DictReader(Path(__file__).with_name("policies.csv").read_text(encoding="utf-8").splitlines()))
RUNS = 200
FIVE = ("John", "Kate", "Jack", "Emma", "Luke")
WORLDS = Worlds(experiment_from({}), range(RUNS))
ERRORS = 4
"""Standard errors that a mean may differ from its expectation."""

RARE = {"months": 0.03, "survival_rate": 0.03, "total": 0.6, "gain": 0.12}
"""What an event changes in the means that has a probability of 3 % and never happens in 200 runs, such as a second
month in a society of `random`."""

rows = pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['count']} {row['policy']} {row['other']}")


def agents_of(row: dict[str, str]) -> list[str]:
    count = int(row["count"])
    return [f"policy:{name}" for name in [row["policy"]] * count + [row["other"]] * (5 - count)]


def values_of(lives: SimulatedRuns, count: int) -> dict[str, np.ndarray]:
    """The values of each run."""
    granted = [lives.granted[run, : lives.months[run]].astype(float) for run in range(RUNS)]
    state = state_at_start(WORLDS.experiment.world, FIVE)
    start = group_threshold(state)
    shares = [(lives.stock[run, : lives.months[run]] // 2 // 5).astype(float) for run in range(RUNS)]
    thresholds = [np.repeat(months[:, np.newaxis], len(FIVE), axis=1) for months in shares]
    units = lives.granted.sum(axis=1)
    values: dict[str, Any] = {
        "months": lives.months,
        "survival_rate": ~lives.is_collapsed,
        "total": units.sum(axis=1),
        "efficiency": [efficiency(run, start, 12) for run in granted],
        "equality": [equality(run) for run in granted],
        "over_usage_granted": [over_usage_granted(run, run, f) for run, f in zip(granted, thresholds, strict=True)],
        "gain": units[:, :count].mean(axis=1),
        "gain_other": units[:, count:].mean(axis=1) if count < 5 else np.full(RUNS, np.nan),
    }
    return {name: np.asarray(value, dtype=float) for name, value in values.items()}


@rows
def test_the_means_of_200_runs_are_those_of_the_table(row: dict[str, str]) -> None:
    found = values_of(WORLDS.simulate(agents_of(row)), int(row["count"]))
    for name, values in found.items():
        if text := row[name]:
            rounding = 0.5 * 10.0 ** -len(text.partition(".")[2])
            is_expected = row["basis"] == "enumerated" and name in ("months", "survival_rate", "total", "gain")
            error = values.std(ddof=1) / RUNS**0.5 * (1 if is_expected else 2**0.5)
            slack = 1e-9 if row["basis"] == "exact" else RARE.get(name, 0.0)
            assert abs(values.mean() - float(text)) <= rounding + ERRORS * error + slack, name


@pytest.mark.parametrize("row", [row for row in ROWS if row["basis"] == "exact"])
def test_exact_rows_are_those_of_a_society(live: Live, row: dict[str, str]) -> None:
    members = {f"members.{name}.agent": agent for name, agent in zip(FIVE, agents_of(row), strict=True)}
    [run] = live("fishery", {**members, "society.communication": False})
    assert len(run.harvests) == int(row["months"])
    assert sum(sum(harvest.granted.values()) for harvest in run.harvests) == int(row["total"])
    assert (run.journal.status == "completed") == (row["survival_rate"] == "1")


def distribution(policy: str, stock: int) -> np.ndarray:
    """The probability of each demand."""
    uniform = np.full(stock + 1, 1 / (stock + 1))
    if policy == "random":
        return uniform
    if policy == "noisy":
        demands = 0.1 * uniform
        demands[stock // 2 // 5] += 0.9
        return demands
    assert policy == "random:two-shares"
    most = 2 * (stock // 5)
    return np.full(most + 1, 1 / (most + 1))


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row["basis"] == "enumerated"], ids=lambda row: str(row["policy"])
)
def test_enumerated_rows_are_expectations_over_all_demands(row: dict[str, str]) -> None:
    chances, months, total = np.zeros(101), 0.0, 0.0
    chances[100] = 1
    for _ in range(12):
        later = np.zeros(101)
        for stock in np.flatnonzero(chances).tolist():
            demands = distribution(row["policy"], stock)
            together = demands
            for _ in range(4):
                together = np.convolve(together, demands)
            taken = np.minimum(np.arange(len(together)), stock)
            months += chances[stock]
            total += chances[stock] * float(together @ taken)
            for units, chance in zip(taken.tolist(), together.tolist(), strict=True):
                if stock - units >= 5:
                    later[min(100, 2 * (stock - units))] += chances[stock] * chance
        chances = later
    assert months == pytest.approx(float(row["months"]), abs=5e-4)
    assert total == pytest.approx(float(row["total"]), abs=5e-3)
    assert chances.sum() == pytest.approx(float(row["survival_rate"]), abs=5e-5)
