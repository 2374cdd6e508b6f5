"""Scripted policies."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from govsim.agents import (
    AGENTS,
    POLICIES,
    Agent,
    AgentContext,
    Answer,
    Policy,
    PolicyAgent,
    Request,
    View,
    kind_of,
    policy_named,
)
from govsim.commons import State, multiply
from govsim.config import World, experiment_from
from govsim.errors import ConfigError
from govsim.journal import Recorder
from govsim.models.fields import NumberField, TextField
from govsim.plugins import Extension
from govsim.scenarios import Prompts, load_scenario

FIVE = ("John", "Kate", "Jack", "Emma", "Luke")


def state(stock: int = 100, month: int = 1, growth: float = 2.0, members: tuple[str, ...] = FIVE) -> State:
    return State(stock=stock, month=month, capacity=100, growth=multiply(growth), collapse=5, members=members)


def request(commons: State, purpose: str = "harvest", phase: str = "harvest", **changes: Any) -> Request:
    content: dict[str, Any] = {
        "purpose": purpose,
        "template": purpose,
        "fields": (NumberField(tag="Answer", low=0, high=commons.stock),),
        "view": View.exact(commons, date="2024-01-01", phase=phase),
    }
    return Request(**{**content, **changes})


def ask(policy: str, commons: State) -> int:
    return harvest(policy, commons, np.random.default_rng(0))


def harvest(policy: str, commons: State, rng: np.random.Generator) -> int:
    named = policy_named(policy)
    decide = named.decides("harvest")
    assert decide is not None
    units = decide(named, request(commons), rng)
    assert type(units) is int
    return units


def agent_for(name: str, agent: str, seed: int = 0) -> Agent:
    experiment = experiment_from({"agents": {"default": agent}, "seed": seed})
    return PolicyAgent(
        AgentContext(
            member=name,
            agent=agent,
            experiment=experiment,
            settings=None,
            prompts=Prompts(load_scenario("fishery"), World()),
            recorder=Recorder(None),
        )
    )


@pytest.mark.parametrize(
    ("policy", "commons", "units"),
    [
        ("policy:fair-share", state(), 10),
        ("policy:fair-share", state(99), 9),
        ("policy:fair-share", state(growth=3), 13),
        ("policy:fair-share", state(growth=1), 0),
        ("policy:fair-share", state(members=("John", "Kate")), 25),
        ("policy:greedy", state(), 100),
        ("policy:greedy", state(37), 37),
        ("policy:greedy", state(0), 0),
        ("policy:random", state(0), 0),
        ("policy:fixed:10", state(), 10),
        ("policy:fixed:units=10", state(), 10),
        ("policy:fixed:10", state(7), 7),
        ("policy:fixed:0", state(), 0),
        ("policy:fixed:1000", state(60), 60),
    ],
)
def test_a_policy_demands_the_units_in_its_name(policy: str, commons: State, units: int) -> None:
    assert ask(policy, commons) == units


def test_the_random_policy_asks_for_every_amount_up_to_the_stock() -> None:
    rng = np.random.default_rng(0)
    drawn = [harvest("policy:random", state(6), rng) for _ in range(2000)]
    assert set(drawn) == set(range(7))
    assert abs(np.mean(drawn) - 3) < 0.2


@pytest.mark.parametrize("policy", ["fixed:10", *(name for name in POLICIES.names if name != "fixed")])
def test_no_policy_demands_more_than_the_stock_or_a_fraction_of_a_unit(policy: str) -> None:
    rng = np.random.default_rng(0)
    for stock in (0, 1, 5, 50, 100):
        units = harvest(f"policy:{policy}", state(stock), rng)
        assert 0 <= units <= stock


@pytest.mark.parametrize("policy", ["policy:nice", "policy:", "policy", "policy:Greedy"])
def test_an_unknown_policy_is_rejected_with_the_command_that_lists_all(policy: str) -> None:
    with pytest.raises(ConfigError, match=f"agent = {policy}: there is no such policy.*; choose from ") as refused:
        kind_of(policy).check(policy)
    named = ", ".join(POLICIES.names[:3])
    others = f"{len(POLICIES.names) - 3} others (listed by govsim plugins policies)"
    assert str(refused.value).endswith(f"choose from {named} and {others}")


def test_an_unknown_policy_is_rejected_with_the_nearest_one() -> None:
    with pytest.raises(ConfigError, match="there is no such policy; did you mean policy:split-all\\?; choose from"):
        kind_of("policy:splitall").check("policy:splitall")


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("policy:fixed", "units: is missing"),
        ("policy:fixed:", "units = '': must be a whole number"),
        ("policy:fixed:1_0", "units = '1_0': must be a number in digits, as in 10"),
        ("policy:fixed: 3", "units = ' 3': must be a number in digits, as in 10"),
        ("policy:fixed:+3", r"units = '\+3': must be a number in digits, as in 10"),
        ("policy:fixed:3.0", "units = '3.0': must be a number in digits, as in 10"),
        ("policy:fixed:3:units=4", "units is given twice"),
        ("policy:fixed:units=3:units=3", "units is given twice"),
        ("policy:fixed:-3", "units = '-3': must be at least 0"),
        ("policy:fixed:1.5", "units = '1.5': must be a whole number"),
        ("policy:fixed:nuits=3", r"nuits: there is no such key; did you mean units\?"),
        ("policy:fixed:3:4", "too many settings, from '4'"),
    ],
)
def test_settings_of_a_policy_that_cannot_be_used_are_rejected(policy: str, message: str) -> None:
    with pytest.raises(ConfigError, match=rf"^agent = {re.escape(policy)}: {message}.*write policy:fixed:UNITS$"):
        kind_of(policy).check(policy)


@pytest.mark.parametrize("agent", ["generative", "direct", "policy:greedy", "policy:fixed:12"])
def test_agents_that_exist_are_allowed(agent: str) -> None:
    kind_of(agent).check(agent)
    assert kind_of(agent).asks_model is not agent.startswith("policy")


@pytest.mark.parametrize(
    ("agent", "nearest"), [("genrative", "generative"), ("polcy:greedy", "policy"), ("Direct", "direct")]
)
def test_an_unknown_agent_is_rejected_with_the_nearest_one(agent: str, nearest: str) -> None:
    with pytest.raises(ConfigError, match=rf"agent = \S+: .* did you mean {nearest}\?; choose from") as refused:
        kind_of(agent)
    assert all(name in str(refused.value) for name in AGENTS.names)


async def test_a_policy_agent_decides_by_its_policy_and_does_not_speak() -> None:
    agent = agent_for("Kate", "policy:fixed:12")
    assert agent.name == "Kate"
    assert not PolicyAgent.answers("policy:fixed:12", "line")
    assert await agent.answer(request(state())) == Answer(values={"Answer": 12})
    with pytest.raises(AssertionError, match="fixed answers no request of purpose line"):
        await agent.answer(request(state(), "line"))


async def test_a_random_policy_draws_by_seed_month_and_name_and_nothing_else() -> None:
    async def drawn(name: str, seed: int, month: int) -> int | None:
        agent = agent_for(name, "policy:random", seed)
        return (await agent.answer(request(state(month=month)))).number("Answer")

    usual = [await drawn("Kate", 1, month) for month in range(1, 13)]
    assert usual == [await drawn("Kate", 1, month) for month in range(1, 13)]
    assert usual != [await drawn("Kate", 2, month) for month in range(1, 13)]
    assert usual != [await drawn("John", 1, month) for month in range(1, 13)]
    assert len(set(usual)) > 6


class Voter(Policy):
    """Votes at random, and says nothing else."""

    name = "voter"

    def quota_vote(self, request: Request, rng: np.random.Generator) -> dict[str, int | str | None]:
        return {"Limit": int(rng.integers(100)), "Reason": "a draw"}

    def wrong(self, request: Request, rng: np.random.Generator) -> str:
        return "maybe"


@pytest.fixture
def voter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(POLICIES._own, "voter", Extension(name="voter", value=Voter, origin="a plug-in"))


VOTE = (NumberField(tag="Limit", low=0, high=100), TextField(tag="Reason", what="why"))


@pytest.mark.usefixtures("voter")
async def test_a_policy_answers_requests_of_other_purposes_with_draws_of_their_own() -> None:
    agent = agent_for("Kate", "policy:voter")
    ballot = request(state(), "quota-vote", "vote", fields=VOTE)
    assert PolicyAgent.answers("policy:voter", "quota-vote")
    assert not PolicyAgent.answers("policy:voter", "harvest")
    first, second = await agent.answer(ballot), await agent.answer(ballot)
    assert first.text("Reason") == "a draw"
    assert first != second, "further requests in a phase draw on"
    assert await agent_for("Kate", "policy:voter").answer(ballot) == first


@pytest.mark.parametrize("purpose", ["settings", "entry", "of", "name", "decides", "registered-as", "registered_as"])
def test_a_purpose_cannot_select_other_attributes_of_a_policy(purpose: str) -> None:
    assert Voter.decides(purpose) is None
