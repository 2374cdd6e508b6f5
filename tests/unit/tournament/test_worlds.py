"""Worlds simulated together give the same months as societies simulated one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from govsim.config import Experiment, experiment_from
from govsim.errors import ConfigError, PluginError
from govsim.journal import Harvest
from govsim.tournament import StepwiseWorlds, Worlds, worlds_of
from tests.living import Live

FIVE = ("John", "Kate", "Jack", "Emma", "Luke")
SEEDS = range(3, 7)


UNCERTAIN = {
    "world.growth": {"multiply": {"factor": {"uniform": [1.5, 2.5]}, "told": "realised"}},
    "world.shocks": [{"loss": {"probability": 0.3, "share": 0.5}}],
    "world.collapse": {"uniform": [0, 20]},
    "world.horizon": {"continuation": 0.9},
}


def experiment(**settings: Any) -> Experiment:
    return experiment_from(settings)


def months_of(simulated: Any, run: int) -> list[tuple[int, list[int], list[int]]]:
    """Stock, demands and catches of each month of a run."""
    return [
        (int(simulated.stock[run, month]), simulated.asked[run, month].tolist(), simulated.granted[run, month].tolist())
        for month in range(simulated.months[run])
    ]


def harvested(harvests: list[Harvest]) -> list[tuple[int, list[int], list[int]]]:
    return [
        (one.stock_before, [one.asked.get(name, 0) for name in FIVE], [one.granted.get(name, 0) for name in FIVE])
        for one in harvests
    ]


@pytest.mark.parametrize(
    ("agents", "settings"),
    [
        (["noisy:.3", "tremble", "generous:.5", "quantal:.05", "random:two-shares"], {}),
        (["conditional:1.2", "tit-for-tat", "aspiration", "win-stay-lose-shift", "steward"], {}),
        (["far-best-reply", "endgame", "optimal-survive", "grim", "tit-for-two-tats"], {}),
        (["promise-breaker", "punisher", "creeping", "proportional", "cautious"], {"society.communication": False}),
        (["noisy", "conditional", "grim", "fixed:9", "fair-share"], {"society.transparency": False}),
        (["noisy", "conditional", "grim", "tremble", "fair-share"], {"society.transparency": "total"}),
        (["greedy", "split-all", "tremble", "random", "noisy"], {"world.allocation": "proportional"}),
        (["greedy", "split-all", "tremble", "random", "noisy"], {"world.allocation": "sequential", "world.growth": 3}),
        (["fixed:20", "conditional", "tremble", "random", "noisy"], {"world.allocation": "all-or-nothing"}),
        (["noisy", "conditional", "tit-for-tat", "tremble", "aspiration"], {"world.growth": 1.5, "world.months": 20}),
        (
            ["tit-for-tat", "noisy", "conditional", "steward", "grim"],
            {"members.Emma.joins": 4, "members.Luke.joins": 2},
        ),
        (["conditional", "noisy", "optimal", "steward", "grim"], {"members.Emma.leaves": 4, "members.Luke.limit": 7}),
        (["conditional", "noisy", "far-best-reply", "greedy", "grim"], {"members.Kate.joins": {"hazard": 0.3}}),
        (
            ["conditional", "noisy", "far-best-reply", "tremble", "grim"],
            {"members.Kate.leaves": {"hazard": 0.3}, "members.Luke.joins": {"replaces": "Kate"}},
        ),
        (["conditional", "fair-share", "optimal", "tremble", "fair-share"], {"members.Kate.weight": 3}),
        (["conditional", "fair-share", "optimal", "tremble", "escapement"], UNCERTAIN),
        (["conditional", "fair-share", "far-best-reply", "fixed:9", "steward"], UNCERTAIN | {"world.horizon": "known"}),
    ],
)
def test_every_run_is_the_same_as_in_a_society(live: Live, agents: list[str], settings: dict[str, Any]) -> None:
    members = {f"members.{name}.agent": f"policy:{agent}" for name, agent in zip(FIVE, agents, strict=True)}
    runs = live("fishery", {**settings, **members, "seed": SEEDS[0]}, runs=len(SEEDS))
    assert [run.journal.header.experiment.seed for run in runs] == list(SEEDS)
    simulated = Worlds(runs[0].journal.header.experiment, SEEDS).simulate([f"policy:{agent}" for agent in agents])
    for index, run in enumerate(runs):
        assert months_of(simulated, index) == harvested(run.harvests)
        assert simulated.is_collapsed[index] == (run.journal.status == "collapsed")


@pytest.mark.parametrize(
    "settings",
    [
        {"observation.stock": "hidden"},
        {"observation.stock": {"interval": 25}},
        {"observation.stock": {"noise": 0.2}},
        {"observation.lag": 1},
        {"society.transparency": "neighbours"},
        {"society.transparency": "total", "observation.lag": 2, "members.Luke.joins": 3},
        {"observation.stock": {"noise": 0.1, "draw": "common"}, **UNCERTAIN},
    ],
    ids=str,
)
def test_members_who_know_less_are_simulated_one_by_one_as_in_a_society(live: Live, settings: dict[str, Any]) -> None:
    agents = ["conditional:1.2", "noisy", "steward", "tit-for-tat", "tremble"]
    members = {f"members.{name}.agent": f"policy:{agent}" for name, agent in zip(FIVE, agents, strict=True)}
    runs = live("fishery", {**settings, **members, "seed": SEEDS[0]}, runs=len(SEEDS))
    worlds = worlds_of(runs[0].journal.header.experiment, SEEDS)
    assert isinstance(worlds, StepwiseWorlds)
    simulated = worlds.simulate([f"policy:{agent}" for agent in agents])
    for index, run in enumerate(runs):
        assert months_of(simulated, index) == harvested(run.harvests)
        assert simulated.is_collapsed[index] == (run.journal.status == "collapsed")


def test_worlds_simulated_one_by_one_are_those_simulated_together() -> None:
    agents = ["policy:conditional", "policy:noisy", "policy:steward", "policy:tit-for-tat", "policy:tremble"]
    together, single = (
        Worlds(experiment(), SEEDS).simulate(agents),
        StepwiseWorlds(experiment(), SEEDS).simulate(agents),
    )
    for name in ("months", "is_collapsed", "stock", "asked", "granted"):
        assert np.array_equal(getattr(together, name), getattr(single, name))


def test_self_reports_are_not_simulated() -> None:
    with pytest.raises(ConfigError, match=r"society\.transparency = self-reported: not simulated by a tournament"):
        worlds_of(experiment(society={"transparency": "self-reported"}), SEEDS)


def test_one_member_changes_no_draw_of_another() -> None:
    worlds = Worlds(experiment(), range(20))
    among_fixed = worlds.simulate(["policy:random", *["policy:fixed:0"] * 4])
    among_random = worlds.simulate(["policy:random"] * 5)
    assert np.array_equal(among_fixed.asked[:, 0, 0], among_random.asked[:, 0, 0])


def test_the_result_does_not_depend_on_what_was_simulated_before() -> None:
    worlds = Worlds(experiment(), range(5))
    agents = ["policy:noisy", "policy:greedy", "policy:tremble", "policy:fair-share", "policy:fair-share"]
    first = worlds.simulate(agents)
    worlds.simulate(["policy:random"] * 5)
    assert np.array_equal(first.granted, worlds.simulate(agents).granted)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"institutions": [{"quota": {"amount": 8}}]},
            "institutions = quota: not simulated by a tournament, for which it must be empty",
        ),
        (
            {"observation": {"stock": "hidden"}},
            "observation.stock = hidden: .* for which it must be exact; remove it, or",
        ),
        ({"observation": {"lag": 1}}, "observation.lag = 1: not simulated by a tournament"),
        ({"society": {"transparency": "neighbours"}}, "society.transparency = neighbours: not simulated"),
    ],
)
def test_experiments_that_are_not_simulated_are_rejected(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Worlds(experiment(**settings), range(2))


def test_a_policy_that_demands_too_much_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("govsim.agents.policies.sharing.SplitAll.harvest", lambda self, request, rng: 1000)
    with pytest.raises(PluginError, match=r"policy split-all: demands 1000 of 100 units; must be a whole number"):
        Worlds(experiment(), range(2)).simulate(["policy:split-all"] * 5)
