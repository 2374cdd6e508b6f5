"""Conformance checks for authors of plug-ins: each takes an extension or its name, and fails with one clear sentence.

In a test of a plug-in::

    from govsim.testing import check_phase, check_plugin


    def test_the_vote_conforms() -> None:
        check_phase(VotePhase, {"threshold": 0.5})


    def test_everything_in_this_package_conforms() -> None:
        check_plugin("govsim-vote")

No check needs a network, a key or a model: societies run with policies and the fake model. A check cannot detect
dependence on the order of sets of strings, which differs only between processes.
"""

from govsim.testing.conformance import ConformanceError
from govsim.testing.executors import check_executor
from govsim.testing.members import check_agent, check_policy
from govsim.testing.packages import check_condition, check_plugin, check_protocol, check_scenario
from govsim.testing.phases_and_rules import check_phase, check_rule
from govsim.testing.records_and_analysis import (
    check_event,
    check_figure,
    check_judge_question,
    check_measure,
    check_skill_test,
)
from govsim.testing.world import check_allocation, check_growth_law, check_shock

__all__ = [
    "ConformanceError",
    "check_agent",
    "check_allocation",
    "check_condition",
    "check_event",
    "check_executor",
    "check_figure",
    "check_growth_law",
    "check_judge_question",
    "check_measure",
    "check_phase",
    "check_plugin",
    "check_policy",
    "check_protocol",
    "check_rule",
    "check_scenario",
    "check_shock",
    "check_skill_test",
]
