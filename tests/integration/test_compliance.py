"""Measures of compliance, from runs with quotas."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import govsim
from govsim.analysis import read_run
from tests.commands import govsim as command
from tests.living import Live


def values(live: Live, **quota: Any) -> dict[str, Any]:
    base = {"agents.default": "policy:fixed:5", "members.John.agent": "policy:fixed:14", "world.months": 4}
    [run] = live("fishery", {**base, "institutions": [{"quota": {"amount": 10, **quota}}]})
    found = read_run(run.journal.path).values
    return {name: found[name] for name in ("compliance", "excess_catch", "detection", "fines")}


def test_one_of_five_members_exceeds_the_quota_every_month(live: Live) -> None:
    expected = {"compliance": 0.8, "excess_catch": 0.8, "detection": 0.0, "fines": None}
    assert values(live, enforcement="none") == pytest.approx(expected)
    assert values(live, enforcement="announced") == pytest.approx(expected)
    found = values(live, enforcement="probabilistic", inspection={"probability": 1})
    assert found == pytest.approx({**expected, "detection": 1.0, "fines": 4 * 12_000 / 5})
    assert values(live, enforcement="hard") == {
        "compliance": 1.0,
        "excess_catch": 0.0,
        "detection": None,
        "fines": None,
    }


def test_without_a_quota_nothing_is_measured(live: Live) -> None:
    [run] = live("fishery", {"agents.default": "policy:fair-share", "world.months": 2})
    assert {
        read_run(run.journal.path).values[name] for name in ("compliance", "excess_catch", "detection", "fines")
    } == {None}


def test_steps_compare_each_group_with_the_one_before(live: Live, out: Path) -> None:
    for condition in ("default", "quota-announced", "quota-hard"):
        live("fishery", {"agents.default": "policy:noisy:p=0.3", "world.months": 4}, condition=condition, runs=3)
    steps = ["default", "quota-announced", "quota-hard"]
    table = govsim.compare(out, baseline=steps, measures=["survival_time"])
    assert [(row["level"], row["baseline"], row["difference"]) for row in table.records] == [
        ("quota-announced", "default", 0.0),
        ("quota-hard", "quota-announced", pytest.approx(4 - table.records[0]["level_value"])),
    ]
    assert table.records[0]["level_value"] < 4
    done = command(out, "compare", ".", "--steps", "default,default")
    assert (done.returncode, done.stderr) == (
        2,
        "govsim: --steps default,default: must be at least two different values, separated by commas\n",
    )
