"""All extensions of the package pass govsim's conformance checks."""

from __future__ import annotations

from govsim.testing import check_agent, check_growth_law, check_phase, check_plugin, check_policy, check_rule
from govsim_example.growth import Monsoon
from govsim_example.lawful import LawfulAgent
from govsim_example.levy import Levy
from govsim_example.modest import Modest
from govsim_example.poll import PollPhase


def test_all_extensions_conform() -> None:
    assert len(check_plugin("govsim-example")) == 18


def test_extensions_conform_with_other_settings() -> None:
    check_phase(PollPhase, {"every": 2})
    check_rule(Levy, {"rate": 33})
    check_policy(Modest, {"percent": 80})
    check_agent(LawfulAgent, {"temptation": 0.5})
    check_growth_law(Monsoon, {"drought": 0.5})
