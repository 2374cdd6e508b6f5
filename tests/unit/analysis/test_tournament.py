"""Payoffs, invasions and dynamics of a tournament, on games whose solution is known."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, ttest_rel

from govsim.analysis.tables.formats import render
from govsim.analysis.tournament import (
    invasions,
    pair_dynamics,
    payoffs,
    replicator,
    societies,
    standings_of,
    standings_table,
)
from govsim.config import experiment_from
from govsim.game import Yardstick

FISHERY = experiment_from({"scenario": "fishery"})
MEMBERS = 5

Gain = Callable[[str, int], float]
"""The gain of a member with a policy, by the policy and the number of members with the policy a."""


def rows_of(gain: Gain, names: tuple[str, str] = ("a", "b"), noise: float = 0.0, runs: int = 3) -> pd.DataFrame:
    """The runs of a tournament of two policies."""
    rng, rows = np.random.default_rng(0), []
    a, b = names

    def add(policy: str, other: str, count: int, mine: float, others: float) -> None:
        for seed in range(runs):
            drawn = float(rng.normal(0, noise)) if noise else 0.0
            rows.append((policy, other, count, seed, 12, False, 0.0, mine + drawn, others + drawn))

    add(a, a, MEMBERS, gain(a, MEMBERS), np.nan)
    add(b, b, MEMBERS, gain(b, 0), np.nan)
    for count in range(1, MEMBERS):
        add(a, b, count, gain(a, count), gain(b, count))
    columns = ["policy", "other", "count", "seed", "months", "is_collapsed", "total", "gain", "gain_other"]
    return pd.DataFrame(rows, columns=columns)


def public_good(policy: str, count: int) -> float:
    """Members with a contribute 1, which is multiplied by 3 and shared among all five; b contributes nothing."""
    return 10 + 3 * count / MEMBERS - (policy == "a")


def snowdrift(policy: str, count: int) -> float:
    """A benefit of 4 for everyone if at least one member does the work, which costs 2 divided among the workers."""
    return 10 + (4 if count else 0) - (2 / count if policy == "a" else 0)


def stag_hunt(policy: str, count: int) -> float:
    """Members with a gain 5 if at least four of them are in the group, else nothing; b gains 2."""
    return (5.0 if count >= 4 else 0.0) if policy == "a" else 2.0


def test_contributions_to_a_public_good_are_dominated() -> None:
    [found] = pair_dynamics(rows_of(public_good))
    assert (found.outcome, found.rest_points, found.stable) == ("is dominated", (), ())
    matrix = payoffs(rows_of(public_good))
    assert matrix.loc["a", "a"] == pytest.approx(12)
    assert matrix.loc["a", "b"] == pytest.approx(9.6)
    assert matrix.loc["b", "a"] == pytest.approx(12.4)
    assert matrix.loc["b", "b"] == 10
    assert [(one.invader, one.resident, one.verdict) for one in invasions(rows_of(public_good))] == [
        ("a", "b", "repelled"),
        ("b", "a", "invades"),
    ]


@pytest.mark.parametrize(("gain", "outcome"), [(snowdrift, "coexist"), (stag_hunt, "bistable")])
def test_rest_points_are_where_both_gain_the_same_in_random_groups(gain: Gain, outcome: str) -> None:
    [found] = pair_dynamics(rows_of(gain))
    assert found.outcome == outcome
    (rest,) = found.rest_points
    assert found.stable == ((rest,) if outcome == "coexist" else ())

    def advantage(share: float) -> float:
        chances = [float(binom.pmf(j, MEMBERS - 1, share)) for j in range(MEMBERS)]
        return sum(chance * (gain("a", j + 1) - gain("b", j)) for j, chance in enumerate(chances))

    assert advantage(rest) == pytest.approx(0, abs=1e-6)
    signs = {share: np.sign(advantage(share)) for share in np.linspace(0.01, 0.99, 99)}
    direction = 1 if outcome == "coexist" else -1
    assert all(sign == (direction if share < rest else -direction) for share, sign in signs.items())


def test_policies_with_equal_gains_are_neutral() -> None:
    found = rows_of(lambda policy, count: 7.0)
    assert [one.outcome for one in pair_dynamics(found)] == ["neutral"]
    assert {one.verdict for one in invasions(found)} == {"neutral"}


def test_the_interval_of_an_advantage_is_that_of_a_paired_t_test() -> None:
    found = rows_of(public_good, noise=1.0, runs=12)
    [_, of_b] = invasions(found)
    alone = found[(found["policy"] == "a") & (found["count"] == 4)]["gain_other"].to_numpy()
    residents = found[(found["policy"] == "a") & (found["other"] == "a")]["gain"].to_numpy()
    expected = ttest_rel(alone, residents).confidence_interval()
    assert (of_b.low, of_b.high) == pytest.approx((expected.low, expected.high))
    assert of_b.verdict == ("invades" if expected.low > 0 else "undetermined")


def test_a_single_run_determines_nothing() -> None:
    assert {one.verdict for one in invasions(rows_of(public_good, runs=1))} == {"undetermined"}


def test_shares_converge_to_the_mixed_equilibrium_of_hawk_and_dove() -> None:
    matrix = pd.DataFrame([[1.0, 6.0], [2.0, 4.0]], index=["hawk", "dove"], columns=["hawk", "dove"])
    path = replicator(matrix)
    assert path.iloc[0].tolist() == [0.5, 0.5]
    assert path.sum(axis=1).to_numpy() == pytest.approx(1)
    assert path["hawk"].iloc[-1] == pytest.approx(2 / 3, abs=1e-3), "1 h + 6 (1 − h) = 2 h + 4 (1 − h)"
    assert replicator(matrix, mutation=0)["hawk"].iloc[-1] == pytest.approx(2 / 3, abs=1e-9)


def test_the_dynamics_of_rock_paper_scissors_do_not_end_at_an_unstable_state() -> None:
    names = ["rock", "paper", "scissors"]
    matrix = pd.DataFrame([[2.0, 0.5, 3.0], [3.0, 2.0, 0.5], [0.5, 3.0, 2.0]], index=names, columns=names)
    start = matrix.copy()
    start.loc["rock"] += 0.2  # leaves the symmetric rest point
    late = replicator(start, generations=4000).iloc[-1000:]
    assert (late.max() > 0.5).all(), "each policy is common in some generations"


def test_one_step_of_the_replicator_is_computed_by_hand() -> None:
    matrix = pd.DataFrame([[2.0, 0.0], [4.0, 1.0]], index=["a", "b"], columns=["a", "b"])
    step = replicator(matrix, generations=1, mutation=0)
    assert step.iloc[1].tolist() == pytest.approx([2 / 7, 5 / 7]), "fitness 1 and 2.5, mean 1.75"
    mixed = replicator(matrix, generations=1, mutation=0.1)
    assert mixed.iloc[1].tolist() == pytest.approx([0.9 * 2 / 7 + 0.05, 0.9 * 5 / 7 + 0.05])


def test_without_gains_the_shares_stay() -> None:
    matrix = pd.DataFrame(np.zeros((2, 2)), index=["a", "b"], columns=["a", "b"])
    assert replicator(matrix).iloc[-1].tolist() == [0.5, 0.5]


def three_policies() -> pd.DataFrame:
    pairs = [rows_of(public_good, names) for names in combinations("abc", 2)]
    return pd.concat(pairs).drop_duplicates(["policy", "other", "count", "seed"])


def test_the_table_orders_policies_by_gain_and_counts_invasions() -> None:
    standings = standings_of(rows_of(public_good))
    table = standings_table(standings, FISHERY)
    first, second = table.records
    assert (first["policy"], first["invades"], first["invaded_by"]) == ("a", 0, 1)
    assert (second["policy"], second["invades"], second["invaded_by"]) == ("b", 1, 0)
    assert first["gain_alone"] == pytest.approx(9.6)
    assert first["share_of_optimum"] == pytest.approx(5 * first["gain"] / 650)
    assert first["place"] == pytest.approx(100 * (5 * first["gain"] - 100) / (650 - 100))
    text = render(table, "text")
    assert max(map(len, text.splitlines())) <= 100
    assert "Tournament of 2 policies, 5 members, 3 runs of each society" in text


def test_json_has_every_society_pair_and_policy_without_gaps() -> None:
    content: dict[str, Any] = standings_of(three_policies()).to_json()
    assert len(content["societies"]) == 3 + 3 * (MEMBERS - 1)
    assert content["societies"][0]["gain_other"] is None
    assert len(content["invasions"]) == 6
    assert len(content["pairs"]) == 3
    assert set(content["payoffs"]) == {"a", "b", "c"}
    assert sum(content["shares"]["long_run"].values()) == pytest.approx(1)


def test_exploitability_is_in_the_rows_of_uniform_societies() -> None:
    found = {
        "a": Yardstick(value=2.5, method="exact", reason="solved"),
        "b": Yardstick(value=0.5, method="bound", reason="searched"),
        "c": Yardstick(method="unavailable", reason="the policy draws its demands"),
    }
    standings = standings_of(three_policies(), found)
    content = standings.to_json()["societies"]
    alike = {one["policy"]: one for one in content if one["policy"] == one["other"]}
    assert {name: one["exploitability"] for name, one in alike.items()} == {"a": 2.5, "b": 0.5, "c": None}
    methods = {name: one["exploitability_method"] for name, one in alike.items()}
    assert methods == {"a": "exact", "b": "bound", "c": "unavailable"}
    assert alike["c"]["exploitability_reason"] == "the policy draws its demands"
    mixed = [one for one in content if one["policy"] != one["other"]]
    assert {one["exploitability"] for one in mixed} == {one["exploitability_method"] for one in mixed} == {None}


def test_the_table_states_which_exploitabilities_are_bounds_or_unavailable() -> None:
    found = {
        "a": Yardstick(value=2.5, method="exact", reason="solved"),
        "b": Yardstick(value=0.5, method="bound", reason="searched"),
        "c": Yardstick(method="unavailable", reason="the policy draws its demands"),
    }
    table = standings_table(standings_of(three_policies(), found), FISHERY)
    assert {row["policy"]: row["exploitability"] for row in table.records} == {"a": 2.5, "b": 0.5, "c": None}
    text = " ".join(render(table, "text").split())
    assert "Exploitability is a lower bound, by a search or simulated runs, for b." in text
    assert "Exploitability is unavailable for c: the policy draws its demands." in text
    assert "xploitability" not in render(standings_table(standings_of(three_policies()), FISHERY), "text")


def test_means_and_standard_errors_are_over_runs() -> None:
    found = rows_of(public_good, noise=2.0, runs=8)
    table = societies(found)
    row = table[(table["policy"] == "a") & (table["other"] == "b") & (table["count"] == 2)].iloc[0]
    gains = found[(found["policy"] == "a") & (found["other"] == "b") & (found["count"] == 2)]["gain"]
    assert row["runs"] == 8
    assert row["gain"] == pytest.approx(gains.mean())
    assert row["gain_se"] == pytest.approx(gains.std(ddof=1) / 8**0.5)
    assert row["survival_rate"] == 1
