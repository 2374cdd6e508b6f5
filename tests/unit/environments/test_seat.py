"""A seat: the caller is asked what the member's model would be, and the run is that of `govsim run`."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from govsim.config import Execution
from govsim.environments import SeatEnv, SeatObservation, value_orientation
from govsim.errors import ConfigError, GovSimError
from govsim.jobs.replay import replay
from govsim.journal import Call, Harvest, MessageLine, read_journal
from govsim.models.fake.member import FakeSettings, reply

POLICIES = {"agents.default": "policy:fair-share", "world.months": 3}
MODELS = {"agents.default": "direct", "models.default": "fake/society", "world.months": 2}


@pytest.fixture(autouse=True)
def _no_thread_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    gc.collect()
    assert set(threading.enumerate()) <= before


def fake_reply(observation: SeatObservation) -> str:
    return reply([(one.role, one.content) for one in observation.messages], FakeSettings(), observation.schema)


def played(env: SeatEnv, seed: int = 0) -> list[tuple[str, float]]:
    """Purposes and rewards of an episode in which the caller answers like the fake model."""
    found: list[tuple[str, float]] = []
    observation: SeatObservation | None = env.reset(seed)
    while observation is not None:
        step = env.act(fake_reply(observation))
        found.append((observation.purpose, step.reward))
        observation = step.observation
    return found


def test_the_prompts_and_the_run_are_those_of_a_member_with_a_model(tmp_path: Path) -> None:
    with SeatEnv("fishery", seat="Kate", settings=MODELS, condition="vote", out=tmp_path) as env:
        steps = played(env)
        journal = read_journal(env.result().path)
    assert {"harvest", "vote"} <= {purpose for purpose, _ in steps}
    assert sum(reward for _, reward in steps) == sum(one.granted["Kate"] for one in journal.of(Harvest))
    models = {call.member: call.model for call in journal.of(Call)}
    assert models["Kate"] == "seat/learner"
    assert set(models.values()) == {"seat/learner", "fake/society"}


def test_a_journal_of_an_episode_can_be_replayed(tmp_path: Path) -> None:
    with SeatEnv("fishery", settings=POLICIES, out=tmp_path) as env:
        played(env)
        path = env.result().path
    replayed = asyncio.run(replay(path))
    assert (replayed.difference, replayed.is_complete) == (None, True)


def test_the_observation_is_the_recorded_prompt_with_its_fields(tmp_path: Path) -> None:
    with SeatEnv("fishery", settings=POLICIES, out=tmp_path) as env:
        observation = env.reset(seed=4)
        assert env.observe() is observation
        env.act(10)
    (path,) = tmp_path.rglob("*.jsonl")
    recorded = {one.hash: one.content for one in read_journal(path).of(MessageLine)}
    assert [recorded[one.hash] for one in observation.messages] == [one.content for one in observation.messages]
    assert (observation.month, observation.purpose, observation.fields[0].tag) == (1, "harvest", "Answer")
    assert path.name == "seed-4.jsonl"
    assert read_journal(path).status == "cancelled"


def test_an_unparsable_reply_is_requested_again_and_has_no_reward() -> None:
    with SeatEnv("fishery", settings=POLICIES) as env:
        env.reset()
        again = env.act("Let me think.")
        assert again.observation is not None
        assert (again.observation.attempt, again.reward, again.done) == (1, 0, False)
        assert env.act("Answer: 7").reward == 7


@pytest.mark.parametrize(
    ("reward", "expected"),
    [("own", 20.0), ("team", 12.0), (value_orientation(90), 10.0), (lambda granted, present: granted - 50, -30.0)],
)
def test_rewards_have_the_expected_values(reward: Any, expected: float) -> None:
    with SeatEnv("fishery", settings=POLICIES, reward=reward) as env:
        env.reset()
        assert env.act(20).reward == pytest.approx(expected)


def test_an_episode_ends_with_the_collapse_of_the_stock() -> None:
    with SeatEnv("fishery", settings=POLICIES) as env:
        env.reset()
        _, reward, done, info = env.act({"Answer": 100})
        assert (done, info["status"]) == (True, "collapsed")
        assert reward == info["harvests"][0].granted["John"]
        with pytest.raises(GovSimError, match="there is no question"):
            env.act(1)


def test_episodes_with_the_same_seed_and_replies_are_the_same_and_others_can_be_open() -> None:
    settings = {**POLICIES, "agents.default": "policy:noisy:0.1"}
    with SeatEnv("fishery", settings=settings) as one, SeatEnv("fishery", settings=settings) as other:
        first = [one.reset(seed=9).text, one.act(5)]
        other.reset(seed=10)
        assert [other.reset(seed=9).text, other.act(5)] == first
        assert one.act(4) == other.act(4) != first[1]


def test_a_forgotten_environment_ends_its_thread() -> None:
    SeatEnv("fishery", settings=POLICIES).reset()  # the fixture checks the threads


def test_an_exhausted_budget_ends_the_episode_and_does_not_block_its_end() -> None:
    budget = Execution.model_validate({"run_budget": {"calls": 2}})
    with SeatEnv("fishery", settings=MODELS, execution=budget) as env:
        env.reset()
        _, _, done, info = env.act(10)
        assert (done, info["status"]) == (True, "over-budget")
        env.reset()  # closed while the question is open


def test_invalid_arguments_are_refused() -> None:
    with pytest.raises(ConfigError, match="seat = Zoe: must be one of John, Kate"):
        SeatEnv("fishery", seat="Zoe", settings=POLICIES)
    with pytest.raises(ConfigError, match="reward = most: must be one of own, team"):
        SeatEnv("fishery", settings=POLICIES, reward="most")
    with pytest.raises(ConfigError, match="grid: has 2 cells"):
        SeatEnv("fishery", settings={**POLICIES, "grid": {"world.growth": [2, 3]}})
    with pytest.raises(ConfigError, match=r"models\.framework is missing"):
        SeatEnv("fishery", settings={"agents.default": "policy:promise-breaker"})
    with SeatEnv("fishery", settings=POLICIES) as env:
        with pytest.raises(ConfigError, match="seed = -1"):
            env.reset(-1)
        with pytest.raises(GovSimError, match="there is no question"):
            env.observe()
        with pytest.raises(GovSimError, match="there is no result"):
            env.result()


def test_a_number_answers_only_a_question_for_a_single_number() -> None:
    with SeatEnv("fishery", settings=MODELS) as env:
        env.reset()
        asked = env.act(10).observation
        assert asked is not None
        assert asked.purpose == "line"
        with pytest.raises(ConfigError, match="the question line needs a text, or values of Say, End, Next"):
            env.act(10)
        assert env.act({"Say": "Ten each.", "End": "yes"}).reward == 0
