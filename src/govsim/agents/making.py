"""From a member's configuration to its agent."""

from __future__ import annotations

from difflib import get_close_matches

from govsim.agents.direct import DirectAgent
from govsim.agents.generative import (
    GenerativeAgent,
    LexicalRelevance,
    MergedThinking,
    Relevance,
    SeparateThinking,
    VectorRelevance,
)
from govsim.agents.mind import Mind
from govsim.agents.policies import PREFIX, PolicyAgent, is_policy, policy_named
from govsim.agents.protocol import Agent
from govsim.config import Experiment
from govsim.errors import ConfigError
from govsim.models.embedding import RecordedEmbedder

MINDED = ("generative", "direct")
"""Kinds of agent that have a language model."""


def check_agent(agent: str) -> None:
    """Refuse an agent that does not exist.

    Raises:
        ConfigError: names the nearest one.
    """
    if is_policy(agent):
        policy_named(agent)
    elif agent not in MINDED:
        close = get_close_matches(agent, [*MINDED, "policy:greedy", "policy:fair-share"], n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        allowed = f"{', '.join(MINDED)}, {PREFIX}NAME"
        raise ConfigError(f"agent = {agent}: there is no such agent{hint}; choose from {allowed}")


def make_policy_agent(name: str, experiment: Experiment) -> Agent:
    """A member that follows a policy.

    Raises:
        ConfigError: there is no such policy.
    """
    return PolicyAgent(name, policy_named(experiment.agent_of(name)), experiment.seed)


def make_minded_agent(mind: Mind, experiment: Experiment, embedder: RecordedEmbedder | None) -> Agent:
    """A member with a language model; `embedder` measures relevance where that is not lexical."""
    if experiment.agent_of(mind.name) == "direct":
        return DirectAgent(mind, experiment.agents.direct)
    merged = experiment.society.cognition == "merged"
    relevance: Relevance = LexicalRelevance() if embedder is None else VectorRelevance(embedder)
    thinking = MergedThinking(mind) if merged else SeparateThinking(mind)
    return GenerativeAgent(mind, thinking, relevance, experiment.agents.generative)
