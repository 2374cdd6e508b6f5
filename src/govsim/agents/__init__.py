"""Agents that answer the requests of a society: language models and policies."""

from govsim.agents.direct import DirectAgent
from govsim.agents.encoding import ENTRIES, Encoded, encoded, labels, mask_of
from govsim.agents.generative import GenerativeAgent
from govsim.agents.member_model import ANNOUNCEMENTS, MemberModel
from govsim.agents.policies import POLICIES, Policy, PolicyAgent, policy_named
from govsim.agents.prompting import make_question
from govsim.agents.protocol import (
    AGENTS,
    Agent,
    AgentContext,
    Answer,
    Conversation,
    DiscussionOutcome,
    Line,
    Notice,
    Request,
    kind_of,
    settings_of,
    with_identified_agents,
)
from govsim.agents.view import ObservedMonth, View

__all__ = [
    "AGENTS",
    "ANNOUNCEMENTS",
    "ENTRIES",
    "POLICIES",
    "Agent",
    "AgentContext",
    "Answer",
    "Conversation",
    "DirectAgent",
    "DiscussionOutcome",
    "Encoded",
    "GenerativeAgent",
    "Line",
    "MemberModel",
    "Notice",
    "ObservedMonth",
    "Policy",
    "PolicyAgent",
    "Request",
    "View",
    "encoded",
    "kind_of",
    "labels",
    "make_question",
    "mask_of",
    "policy_named",
    "settings_of",
    "with_identified_agents",
]
