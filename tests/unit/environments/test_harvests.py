"""The environments of all members: PettingZoo's own tests, and equality with societies and with each other."""

from __future__ import annotations

import hashlib
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from govsim.environments import (
    BatchedEnv,
    CommonsEnv,
    aec_env,
    batched_env,
    mean_units,
    parallel_env,
    value_orientation,
)
from govsim.errors import ConfigError
from tests.living import Live

pytest.importorskip("pettingzoo", reason="PettingZoo is not installed: make install-dev")

CHANGING = {
    "society.members": ["John", "Kate", "Jack", "Emma"],
    "members.Emma.joins": 3,
    "members.Jack.leaves": 4,
    "members.Kate.limit": 8,
}
WORLDS: dict[str, dict[str, Any]] = {
    "the paper's": {},
    "members who come and go": CHANGING,
    "random growth and shocks": {
        "world.growth": {"multiply": {"factor": {"uniform": [1.2, 2.6]}}},
        "world.shocks": [{"loss": {"probability": 0.3, "share": 0.4}}],
    },
    "hidden stock, own catches only": {"observation.stock": "hidden", "society.transparency": "own"},
    "noisy stock, late reports": {"observation.stock": {"noise": 0.3, "draw": "own"}, "observation.lag": 1},
    "proportional allocation": {"world.allocation": "proportional"},
}


@pytest.mark.filterwarnings("error")
def test_pettingzoos_own_tests_pass() -> None:
    from pettingzoo.test import max_cycles_test, parallel_api_test, parallel_seed_test

    class Module:
        """What `max_cycles_test` expects of a module. It asks for random amounts, which must not end the run."""

        parallel_env = staticmethod(partial(parallel_env, settings={"world.collapse": 0}))
        env = staticmethod(partial(aec_env, settings={"world.collapse": 0}))

    parallel_api_test(parallel_env(), num_cycles=60)
    parallel_seed_test(parallel_env, num_cycles=20)
    max_cycles_test(Module)


@pytest.mark.parametrize("world", WORLDS)
def test_the_society_and_the_environment_are_the_same(live: Live, world: str) -> None:
    settings = {**WORLDS[world], "agents.default": "policy:random:two-shares", "world.months": 6}
    [run] = live("fishery", settings)
    env = parallel_env("fishery", settings=settings)
    env.reset(run.journal.header.experiment.seed)
    for harvest in run.harvests:
        assert set(env.agents) == set(harvest.asked)
        assert env.run is not None
        assert env.run.state.stock == harvest.stock_before
        env.step(harvest.asked)
        assert env.run.outcome is not None
        assert env.run.outcome.granted == harvest.granted
    assert env.agents == []
    assert env.run is not None
    assert env.run.is_collapsed == (run.journal.status == "collapsed")


@pytest.mark.parametrize("most", [9, 40])
@pytest.mark.parametrize("world", WORLDS)
def test_the_batch_is_the_same_as_single_runs_with_and_without_rationed_months(world: str, most: int) -> None:
    settings = {**WORLDS[world], "world.months": 5}
    env, batch = parallel_env("fishery", settings=settings), batched_env("fishery", settings=settings, worlds=4)
    members = list(batch.members)
    observation, mask = batch.reset(seed=20)
    runs = [CommonsEnv(env.experiment) for _ in range(4)]
    seen = [one.reset(20 + index)[0] for index, one in enumerate(runs)]
    rng, rationed = np.random.default_rng(3), 0
    for _ in range(12):
        for place in range(4):
            for name, known in seen[place].items():
                seat = members.index(name)
                np.testing.assert_array_equal(known["observation"], observation[place, seat])
                np.testing.assert_array_equal(known["action_mask"], mask[place, seat])
        actions = rng.integers(0, most, (4, len(members)))
        step = batch.step(actions)
        observation, mask = step.observation, step.action_mask
        for place, one in enumerate(runs):
            given = {name: int(actions[place, members.index(name)]) for name in one.agents}
            seen[place], rewards, terminated, truncated, infos = one.step(given)
            rationed += any(info["asked"] > info["received"] for info in infos.values() if info)
            for name in given:
                seat = members.index(name)
                assert step.decided[place, seat]
                assert step.reward[place, seat] == rewards[name]
                assert step.terminated[place, seat] == terminated[name]
                assert step.truncated[place, seat] == truncated[name]
            if not one.agents:
                assert one.run is not None
                following = one.run.experiment.seed + 4
                seen[place] = one.reset(following)[0]
    assert (rationed > 3) == (most == 40)


def test_the_mask_allows_what_the_member_can_ask_for_and_nothing_else() -> None:
    env = parallel_env("fishery", settings=CHANGING)
    seen, _ = env.reset(1)
    assert [int(seen[name]["action_mask"].sum()) - 1 for name in env.agents] == [100, 8, 100]
    _, _, _, _, infos = env.step({"John": 30, "Kate": 50, "Jack": 0})
    assert infos["Kate"] == {"asked": 8, "received": 8}
    assert env.run is not None
    assert int(env.run.observed("John")["action_mask"].sum()) - 1 == env.run.state.stock == 100 - 38 + 38


@pytest.mark.parametrize("env_of", [parallel_env, lambda *args, **how: batched_env(*args, worlds=1, **how)])
def test_a_hidden_stock_does_not_leak(env_of: Any) -> None:
    known = []
    for units in (1, 20):
        settings = {
            "observation.stock": "hidden",
            "society.transparency": "own",
            "world.shocks": [{"loss": {"months": [1], "units": units, "told": "nothing"}}],
        }
        env = env_of("fishery", settings=settings)
        env.reset(0)
        if isinstance(env, BatchedEnv):
            step = env.step(np.full((1, 5), 9))
            known.append([step.observation.tobytes(), step.action_mask.tobytes()])
        else:
            seen, *_ = env.step(dict.fromkeys(env.agents, 9))
            known.append([array.tobytes() for one in seen.values() for array in one.values()])
    assert known[0] == known[1]


def test_rewards_are_own_units_means_or_weighted() -> None:
    granted, present = np.array([10, 20, 0]), np.array([True, True, False])
    assert mean_units(granted, present)[:2].tolist() == [15, 15]
    assert value_orientation(0)(granted, present)[:2].tolist() == [10, 20]
    assert value_orientation(90)(granted, present)[:2] == pytest.approx([20, 10])


def test_rewards_have_the_same_names_in_all_environments() -> None:
    for name, units in {"own": [20, 5], "team": [12.5, 12.5]}.items():
        settings = {"society.members": ["John", "Kate"]}
        env, batch = parallel_env(reward=name, settings=settings), batched_env(reward=name, settings=settings, worlds=1)
        env.reset(seed=1)
        batch.reset(1)
        assert list(env.step({"John": 20, "Kate": 5})[1].values()) == units
        assert batch.step(np.array([[20, 5]])).reward.tolist() == [units]
    with pytest.raises(ConfigError, match="reward = most: must be one of own, team, or a function"):
        parallel_env(reward="most")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"institutions": ["tax"]}, "institutions = tax: not simulated by the training environments"),
        ({"society.transparency": "self-reported"}, "society.transparency = self-reported: not simulated"),
    ],
)
def test_what_is_not_simulated_is_refused(settings: dict[str, Any], message: str) -> None:
    for env_of in (parallel_env, batched_env):
        with pytest.raises(ConfigError, match=message):
            env_of("fishery", settings=settings)


@pytest.mark.parametrize(
    ("actions", "message"),
    [
        ({"John": 1}, "that of Kate is missing"),
        ({"Nobody": 1}, "Nobody is not present"),
        ({"John": -1}, "John asks for -1; must be a whole number"),
        ({"John": 0.5}, "John asks for 0.5; must be a whole number"),
    ],
)
def test_wrong_actions_are_refused(actions: dict[str, Any], message: str) -> None:
    env = parallel_env()
    env.reset(0)
    with pytest.raises(ConfigError, match=message):
        env.step(actions)


AGENT = """
class Same:
    def __init__(self, rng):
        self.rng = rng
    def act(self, observation):
        return int(self.rng.integers(8, 11))

def same(rng):
    return Same(rng)

def fails():
    class Fails:
        def act(self, observation):
            raise ValueError("no")
    return Fails()
"""


def test_a_trained_agent_plays_in_a_society_and_its_file_is_recorded(live: Live, tmp_path: Path) -> None:
    file = tmp_path / "agent.py"
    file.write_text(AGENT)
    [run] = live("fishery", {"agents.default": "policy:fair-share", "members.Kate.agent": f"pettingzoo:{file}:same"})
    assert {harvest.asked["Kate"] for harvest in run.harvests} == {8, 9, 10}
    experiment = run.journal.header.experiment
    assert experiment.agent_of("Kate") == "pettingzoo:agent.py:same"
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    assert experiment.agents.settings_of("pettingzoo")["files"] == [f"agent.py {sha256}"]
    assert str(tmp_path) not in run.journal.path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("agent", "message"),
    [
        ("agent.py:none", "agent.py has no function none"),
        ("missing.py:same", "cannot be read"),
        ("agent.py", "pettingzoo:"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_clear_error(live: Live, tmp_path: Path, agent: str, message: str) -> None:
    (tmp_path / "agent.py").write_text(AGENT)
    with pytest.raises(ConfigError, match=message):
        live("fishery", {"agents.default": f"pettingzoo:{tmp_path / agent}", "world.months": 1})


def test_a_run_with_an_agent_that_fails_is_not_data(live: Live, tmp_path: Path) -> None:
    (tmp_path / "agent.py").write_text(AGENT)
    [run] = live("fishery", {"agents.default": f"pettingzoo:{tmp_path / 'agent.py'}:fails", "world.months": 1})
    assert run.journal.status == "failed"
    assert run.journal.end is not None
    assert "act fails in month 1: ValueError: no" in (run.journal.end.reason or "")
