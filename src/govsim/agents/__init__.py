"""Who decides: members with a language model, and members that follow a rule."""

from govsim.agents.making import check_agent, make_minded_agent, make_policy_agent
from govsim.agents.mind import Mind
from govsim.agents.policies import POLICIES, is_policy
from govsim.agents.protocol import (
    Agent,
    Catch,
    Conversation,
    Decision,
    Line,
    News,
    Observation,
    OthersCatch,
    Spoken,
    TalkOutcome,
)
from govsim.agents.questions import make_question

__all__ = [
    "POLICIES",
    "Agent",
    "Catch",
    "Conversation",
    "Decision",
    "Line",
    "Mind",
    "News",
    "Observation",
    "OthersCatch",
    "Spoken",
    "TalkOutcome",
    "check_agent",
    "is_policy",
    "make_minded_agent",
    "make_policy_agent",
    "make_question",
]
