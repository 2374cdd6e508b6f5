"""Every built-in extension passes the check of its kind."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from govsim.journal import Embedding, Event, MessageLine
from govsim.journal.line import message_hash
from govsim.plugins import REGISTRIES, registry
from govsim.testing import check_event, check_measure, check_rule
from govsim.testing.packages import CHECKS
from tests.docs.pages import ROOT
from tests.weights import Weights

WRITTEN = {
    "policy": "policy:random",
    "pettingzoo": f"pettingzoo:{ROOT / 'examples' / 'training' / 'learner.py'}:learner",
}
"""Names of agents that require an argument."""

SANCTIONS = {"institutions": ["sanctions"]}
INSPECTED: dict[str, Any] = {
    "institutions": [{"quota": {"amount": 1, "enforcement": "probabilistic", "inspection": {"probability": 1}}}]
}
VOTED: dict[str, Any] = {"quota": {"amount": "decided"}}
VOTE = {"institutions": [VOTED, "vote"]}
LEADER = {"institutions": [{"leader": {"mode": "fixed", "powers": {"writes_report": True}}}]}
PERMITS = {"institutions": [{"permits": {"shares": "auction"}}]}
CONTRACT, EXIT = {"institutions": ["contract"]}, {"institutions": ["exit"]}
QUOTA: dict[str, Any] = {"institutions": ["quota"]}
EXCLUDING: dict[str, Any] = {
    "institutions": [{"exclusion": {"appeal": True}}],
    "agents": {"default": "policy:fair-share"},
    "members": {"John": {"agent": "direct"}},
    "models": {"args": {"catch.John": 30}},
    "world": {"months": 8, "growth": 4.0},
}
MIGRATION = {
    "sites": {"north": {"members": 2, "institutions": ["migration"]}, "south": {"members": ["Jack"]}},
    "society": {"members": 3},
}
DIFFERENT_SITES = {
    "sites": {
        "north": {"members": 2, "institutions": ["migration", "quota"]},
        "south": {"members": ["Jack"], "institutions": ["migration"]},
    },
    "society": {"members": 3},
}
DEFINED_WITH: dict[str, dict[str, Any]] = {
    "underreporting": {"society": {"transparency": "self-reported"}},
    **dict.fromkeys(("turnout", "decision_error", "promise_gap", "proposal_dispersion"), VOTE),
    "manipulation": {"institutions": [VOTED, {"vote": {"wishes": True}}]},
    **dict.fromkeys(("agenda_kept", "agenda_error", "report_honesty", "leader_share"), LEADER),
    "leader_influence": LEADER,
    "reelection_rate": {"institutions": ["leader"], "world": {"months": 3}},
    **dict.fromkeys(
        ("compliance", "excess_catch", "detection", "recidivism", "quota_fit", "fines", "deterrence_ratio"), INSPECTED
    ),
    "tax_revenue": {"institutions": [{"tax": {"base": "landed"}}]},
    "rating_bias": {"institutions": [{"reputation": {"of": "ratings"}}]},
    "excess_by_standing": {"institutions": ["reputation"], "models": {"args": {"catch.John": 20}}},
    **dict.fromkeys(("net_income", "income_equality", "payments", "public_revenue"), QUOTA),
    **dict.fromkeys(("enforcement_cost", "relative_enforcement_cost"), SANCTIONS),
    "sanction_points": SANCTIONS,
    **dict.fromkeys(("antisocial_share", "reward_share", "response_to_punishment"), SANCTIONS),
    "punishment_slope": {**SANCTIONS, "models": {"args": {"catch.John": 20}}},
    "second_order_free_riding": {**SANCTIONS, "models": {"args": {"catch.John": 20}}},
    **dict.fromkeys(("signature_rate", "contract_rate", "contract_quality"), CONTRACT),
    "delegation_rate": {"institutions": ["mediator"]},
    **dict.fromkeys(("exclusion_rate", "overturned"), EXCLUDING),
    "rating_spread": {"institutions": [{"reputation": {"of": "ratings"}}]},
    **dict.fromkeys(("permit_price", "permit_turnover", "permit_concentration"), PERMITS),
    "whitewashing": {"institutions": ["reputation", {"exit": {"months": 1, "income": 99}}], "world": {"months": 4}},
    **dict.fromkeys(("exit_rate", "turnover"), EXIT),
    "migration_rate": MIGRATION,
    "members_present": EXIT,
    "selection": EXIT,
    **dict.fromkeys(("institution_share", "payoff_difference"), DIFFERENT_SITES),
    "site_survival": {"sites": {"north": {"members": 2}, "south": {"members": ["Jack"]}}, "society": {"members": 3}},
}
"""Settings of runs in which a measure is defined, if it is not in usual ones."""

RULES_WITH: dict[str, dict[str, Any]] = {
    "vote": {"beside": [VOTED]},
    "choice": {
        "settings": {"sets": {"limited": ["quota"], "open": []}, "every": 1},
        "beside": [{"quota": {"amount": 9}}],
    },
}
"""Settings of rules, and other institutions that they need."""

FIRST_LINES = {"header", "study"}
"""Events that occur only in the first line of a journal, which is read differently."""

EXAMPLES: dict[str, Event] = {
    "message": MessageLine(hash=message_hash("user", "Hello."), role="user", content="Hello."),
    "embedding": Embedding(hash=message_hash("user", "Hello."), model="local/bm25", vector="AACAPw=="),
}
"""Events whose fields depend on each other."""

EXTENSIONS = [(group, name) for group in REGISTRIES for name in registry(group).names]


def test_every_kind_of_extension_has_a_check() -> None:
    assert CHECKS.keys() == REGISTRIES.keys()


@pytest.mark.parametrize(("group", "name"), EXTENSIONS)
def test_a_built_in_extension_conforms(group: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", Weights)  # of the protocol `paper`
    if group == "events" and name in FIRST_LINES:
        pytest.skip("occurs only in the first line of a journal")
    if name in DEFINED_WITH:
        check_measure(name, settings=DEFINED_WITH[name])
    elif group == "rules" and name in RULES_WITH:
        check_rule(name, **RULES_WITH[name])
    elif name in EXAMPLES:
        check_event(name, EXAMPLES[name])
    else:
        CHECKS[group](WRITTEN.get(name, name) if group == "agents" else name)
