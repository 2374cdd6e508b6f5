"""Members that follow a rule."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from govsim.agents import POLICIES, Conversation, Observation, check_agent, is_policy, make_policy_agent
from govsim.agents.policies import fixed, policy_named
from govsim.commons import State
from govsim.config import experiment_from
from govsim.errors import ConfigError

FIVE = ("John", "Kate", "Jack", "Emma", "Luke")


def state(stock: int = 100, month: int = 1, growth: str = "2", members: tuple[str, ...] = FIVE) -> State:
    return State(stock=stock, month=month, capacity=100, growth=Fraction(growth), collapse=5, members=members)


def observed(commons: State) -> Observation:
    return Observation(state=commons, date="2024-01-01", phase="harvest", talks=False, reveals=True)


def ask(policy: str, commons: State) -> int:
    return policy_named(policy)(commons, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("policy", "commons", "units"),
    [
        ("policy:fair-share", state(), 10),
        ("policy:fair-share", state(99), 9),
        ("policy:fair-share", state(growth="3"), 13),
        ("policy:fair-share", state(growth="1"), 0),
        ("policy:fair-share", state(members=("John", "Kate")), 25),
        ("policy:greedy", state(), 100),
        ("policy:greedy", state(37), 37),
        ("policy:greedy", state(0), 0),
        ("policy:random", state(0), 0),
        ("policy:fixed:10", state(), 10),
        ("policy:fixed:10", state(7), 7),
        ("policy:fixed:0", state(), 0),
        ("policy:fixed:1000", state(60), 60),
    ],
)
def test_a_policy_asks_for_what_its_name_says(policy: str, commons: State, units: int) -> None:
    assert ask(policy, commons) == units


def test_the_random_policy_asks_for_every_amount_up_to_the_stock() -> None:
    rng = np.random.default_rng(0)
    drawn = [POLICIES["random"](state(6), rng) for _ in range(2000)]
    assert set(drawn) == set(range(7))
    assert abs(np.mean(drawn) - 3) < 0.2


@pytest.mark.parametrize("policy", [*POLICIES, "fixed:10"])
def test_no_policy_asks_for_more_than_there_is_or_for_part_of_a_unit(policy: str) -> None:
    rng = np.random.default_rng(0)
    for stock in (0, 1, 5, 50, 100):
        units = policy_named(f"policy:{policy}")(state(stock), rng)
        assert type(units) is int
        assert 0 <= units <= stock


def test_a_fixed_policy_is_a_policy_like_any_other() -> None:
    assert fixed(3)(state(), np.random.default_rng(0)) == 3


@pytest.mark.parametrize(
    "policy",
    ["policy:nice", "policy:", "policy:fixed", "policy:fixed:", "policy:fixed:-3", "policy:fixed:1.5", "policy:Greedy"],
)
def test_an_unknown_policy_is_refused_with_those_that_exist(policy: str) -> None:
    told = "policy:fair-share, policy:greedy, policy:random, policy:fixed:N"
    with pytest.raises(ConfigError, match=f"agent = {policy}: there is no such policy; choose from {told}"):
        check_agent(policy)


@pytest.mark.parametrize("agent", ["generative", "direct", "policy:greedy", "policy:fixed:12"])
def test_agents_that_exist_are_allowed(agent: str) -> None:
    check_agent(agent)
    assert is_policy(agent) is agent.startswith("policy")


@pytest.mark.parametrize(
    ("agent", "nearest"), [("genrative", "generative"), ("greedy", "policy:greedy"), ("Direct", "direct")]
)
def test_an_unknown_agent_is_refused_with_the_nearest_one(agent: str, nearest: str) -> None:
    with pytest.raises(
        ConfigError, match=rf"agent = {agent}: .* did you mean {nearest}\?; choose from generative, dire"
    ):
        check_agent(agent)


async def test_a_policy_agent_decides_by_its_policy_and_says_nothing() -> None:
    agent = make_policy_agent("Kate", experiment_from({"agents": {"default": "policy:fixed:12"}}))
    assert (agent.name, agent.speaks) == ("Kate", False)
    decision = await agent.harvest(observed(state()))
    assert (decision.units, decision.invalid) == (12, None)
    with pytest.raises(AssertionError, match="Kate follows a policy and cannot speak"):
        await agent.speak(Conversation(observation=observed(state()), speakers=(), lines=()))


async def test_a_random_policy_draws_by_seed_month_and_name_and_nothing_else() -> None:
    async def drawn(name: str, seed: int, month: int) -> int | None:
        experiment = experiment_from({"agents": {"default": "policy:random"}, "seed": seed})
        return (await make_policy_agent(name, experiment).harvest(observed(state(month=month)))).units

    usual = [await drawn("Kate", 1, month) for month in range(1, 13)]
    assert usual == [await drawn("Kate", 1, month) for month in range(1, 13)]
    assert usual != [await drawn("Kate", 2, month) for month in range(1, 13)]
    assert usual != [await drawn("John", 1, month) for month in range(1, 13)]
    assert len(set(usual)) > 6
