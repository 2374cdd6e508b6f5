"""Members that follow a rule: a name, and one pure decision."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

import numpy as np

from govsim.agents.protocol import Conversation, Decision, News, Observation, Spoken, TalkOutcome
from govsim.commons import State, Stream, generator, member_threshold
from govsim.errors import ConfigError

Policy = Callable[[State, np.random.Generator], int]
"""From the commons as it is found, and a generator of the member's own for the month, to the units asked for."""

PREFIX = "policy:"


def fair_share(state: State, rng: np.random.Generator) -> int:
    """Ask for the per-member threshold: the most that lets the stock recover if everyone does."""
    return member_threshold(state)


def greedy(state: State, rng: np.random.Generator) -> int:
    """Ask for the whole stock."""
    return state.stock


def at_random(state: State, rng: np.random.Generator) -> int:
    """Ask for any amount up to the stock, each as likely as the others."""
    return int(rng.integers(0, state.stock + 1))


def fixed(units: int) -> Policy:
    """The policy that asks for the same amount every month, or for the whole stock where there is less."""

    def ask(state: State, rng: np.random.Generator) -> int:
        return min(units, state.stock)

    return ask


POLICIES: dict[str, Policy] = {"fair-share": fair_share, "greedy": greedy, "random": at_random}


def is_policy(agent: str) -> bool:
    """Whether an agent's name is that of a policy."""
    return agent.startswith(PREFIX)


def policy_named(agent: str) -> Policy:
    """The policy of an agent's name, as in `policy:greedy` or `policy:fixed:10`.

    Raises:
        ConfigError: there is no such policy.
    """
    name = agent.removeprefix(PREFIX)
    if match := re.fullmatch(r"fixed:(\d{1,18})", name):
        return fixed(int(match[1]))
    if name not in POLICIES:
        allowed = ", ".join(PREFIX + known for known in [*POLICIES, "fixed:N"])
        raise ConfigError(f"agent = {agent}: there is no such policy; choose from {allowed}")
    return POLICIES[name]


class PolicyAgent:
    """A member that follows a policy. It has no words, memory or ratings."""

    speaks = False

    def __init__(self, name: str, policy: Policy, seed: int) -> None:
        self.name = name
        self._policy = policy
        self._seed = seed

    async def harvest(self, observation: Observation) -> Decision:
        """Decide by the policy."""
        state = observation.state
        return Decision(units=self._policy(state, generator(self._seed, Stream.POLICY, state.month, member=self.name)))

    def learn(self, news: News, observation: Observation) -> None:
        """A policy looks at nothing but the commons."""

    async def speak(self, conversation: Conversation) -> Spoken:
        """A policy is never asked to speak."""
        raise AssertionError(f"{self.name} follows a policy and cannot speak")

    async def after_talk(self, conversation: Conversation, outcome: Awaitable[TalkOutcome]) -> None:
        """A policy is never part of a talk."""

    async def reflect(self, observation: Observation) -> None:
        """A policy does not reflect."""
