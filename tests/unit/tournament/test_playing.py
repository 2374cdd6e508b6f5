"""The societies of a tournament, and their simulation in one or several processes."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from govsim.config import experiment_from
from govsim.errors import ConfigError
from govsim.tournament import Mixture, default_policies, mixtures_of, play


def test_every_pair_is_mixed_in_every_proportion() -> None:
    found = mixtures_of(["a", "b", "c"], 4)
    assert len(found) == 3 + 3 * 3
    assert len({(one.policy, one.other, one.count) for one in found}) == len(found)
    assert Mixture(policy="a", other="c", count=1).agents(4) == ("policy:a", "policy:c", "policy:c", "policy:c")


def test_by_default_every_policy_plays_and_fixed_takes_the_threshold_of_a_full_stock() -> None:
    policies = default_policies(experiment_from({"world": {"initial": 30, "growth": 3}, "society": {"members": 3}}))
    assert "fixed:22" in policies, "a stock of 100 regrows from 34 units: 66 for three members"
    assert len(policies) > 25
    assert len(set(policies)) == len(policies)


def test_the_result_does_not_depend_on_the_number_of_processes() -> None:
    experiment, policies = experiment_from({"society": {"members": 2}, "seed": 5}), ["noisy", "greedy", "tit-for-tat"]
    done: list[tuple[int, int]] = []
    alone = play(experiment, policies, runs=3, listener=lambda *counts: done.append(counts))
    pd.testing.assert_frame_equal(alone, play(experiment, policies, runs=3, processes=2))
    assert done == [(count, 6) for count in range(1, 7)]
    assert alone["seed"].unique().tolist() == [5, 6, 7]


def test_gains_are_means_over_the_members_with_each_policy() -> None:
    rows = play(experiment_from({}), ["fixed:3", "fixed:5"], runs=1)
    found = {(row["policy"], row["other"], row["count"]): row for row in rows.to_dict("records")}
    mixed = found["fixed:3", "fixed:5", 2]
    assert (mixed["gain"], mixed["gain_other"], mixed["total"]) == (36, 60, 2 * 36 + 3 * 60)
    assert found["fixed:3", "fixed:3", 5]["gain"] == 36


@pytest.mark.parametrize(
    ("settings", "policies", "message"),
    [
        ({"society": {"members": 1}}, ["greedy"], "society.members = 1: a tournament needs at least 2 members"),
        ({}, ["greedy", "greedy"], "policy = greedy: is given twice; name each policy once"),
        ({}, ["greedi"], "agent = policy:greedi: there is no such policy; did you mean policy:greedy"),
    ],
)
def test_tournaments_that_cannot_be_played_are_rejected(
    settings: dict[str, Any], policies: list[str], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        play(experiment_from(settings), policies, runs=1)
