"""Policies: scripted agents, with one pure function for each purpose of a request that they answer.

Each module named in the first import registers the policies of one family.
"""

# Policies are listed in the order in which these modules register them.
# isort: off
from govsim.agents.policies import (  # noqa: F401
    sharing,
    constant,
    escapement,
    reciprocal,
    learning,
    best_replies,
    chance,
    defecting,
)

# isort: on
from govsim.agents.policies.agent import PolicyAgent, decision
from govsim.agents.policies.notation import PREFIX, policies_in, policy_named, written_form
from govsim.agents.policies.observed import expected_stock, known_excess, last_catch, last_reported
from govsim.agents.policies.policy import POLICIES, PUNISH, REWARD, Facts, Policy, points_for

__all__ = [
    "POLICIES",
    "PREFIX",
    "PUNISH",
    "REWARD",
    "Facts",
    "Policy",
    "PolicyAgent",
    "decision",
    "expected_stock",
    "known_excess",
    "last_catch",
    "last_reported",
    "points_for",
    "policies_in",
    "policy_named",
    "written_form",
]
