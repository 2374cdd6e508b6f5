"""Events of every kind, and journals made from them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from govsim import plugins
from govsim.config import experiment_from
from govsim.journal import EVENTS, Event
from govsim.journal.kinds import class_of
from govsim.journal.line import line_of, message_hash
from govsim.scenarios import load_scenario

_QUESTION: dict[str, Any] = {
    **{"month": 1, "phase": "harvest", "member": "John", "purpose": "harvest", "ordinal": 0, "attempt": 0},
    **{"model": "fake/society", "messages": ["aa", "bb"]},
}

CONTENT: Mapping[str, dict[str, Any]] = {
    "header": {
        "experiment": experiment_from({"world": {"growth": 1.1}, "members": {"Kate": {"persona": {"age": 40}}}}),
        "scenario": load_scenario("fishery"),
        **{"reading_rule": 2, "society": "generative", "versions": {"govsim": "0.1.0"}, "git_revision": "abc-dirty"},
    },
    "session": {"at": "2026-01-01T00:00:00.000+00:00", "execution": {"parallel": 8, "out": "runs"}},
    "month": {"month": 1, "date": "2024-01-01", "stock": 100, "members": ["John", "Kate"], "joined": ["Kate"]},
    "message": {"hash": "aa", "role": "system", "content": "You are John.\nÄ “quote” \u2028 end"},
    "asked": {**_QUESTION, "at": "2026-01-01T00:00:00.000+00:00"},
    "call": {
        **_QUESTION,
        **{"reply": "Answer: 10", "reasoning": "Ten is fair.", "stop_reason": "stop", "seconds": 0.25, "retries": 1},
        **{
            "refused": "why",
            "values": {"Say": "Ten.", "Limit": None, "Rating": 3},
            "input_tokens": 10,
            "output_tokens": 3,
            "cached_tokens": 0,
            "cost": 0.01,
        },
    },
    "request": {
        **{"hash": "ee", "model": "mock/one", "served": "mock/one-2026", "price": "set"},
        **{"sent": {"temperature": 0.0, "max_tokens": 10}, "differing": {"seed": None}},
    },
    "embedding": {"hash": "cc", "model": "small", "vector": "AACAPw=="},
    "harvest": {
        **{"month": 1, "stock_before": 100, "threshold": 50, "member_threshold": 25, "asked": {"John": 10}},
        **{"granted": {"John": 10, "Kate": 0}, "invalid": {"Kate": "The reply was empty."}, "is_collapsed": False},
        **{"stock_after_harvest": 90, "stock_after_growth": 100},
    },
    "report": {"month": 1, "by": "moderator", "catches": {"John": 10, "Kate": 0}},
    "utterance": {"month": 1, "member": "John", "ordinal": 1, "text": None, "ends": True, "next_speaker": "Kate"},
    "agreement": {"month": 1, "summary": "They agreed.", "importance": 8, "limit": 10},
    "move": {"site": "north", "month": 1, "member": "John", "to": "south", "invalid": None},
    "memory": {
        **{"month": 1, "phase": "harvest", "member": "John", "ordinal": 0, "type": "event", "importance": None},
        **{"description": "The lake holds 100 tons.", "created": "2024-01-01", "expires": "2024-01-31"},
        **{"is_always_retrieved": True},
    },
    "retrieval": {
        **{"month": 1, "phase": "harvest", "member": "John", "purpose": "harvest", "ordinal": 0, "query": "the lake"},
        "memories": [{"memory": 0, "recency": 0.99, "importance": 1.0, "relevance": 0.5, "score": 4.495}],
    },
    "growth": {
        **{"month": 1, "left": 50, "growth": 1.8, "stock": 45},
        "shocks": [{"shock": "loss", "probability": 0.1, "draw": 0.05, "is_realised": True, "lost": 45}],
    },
    "terms": {"month": 1, "rule": "quota", "ordinal": 0, "text": "Nobody takes more than 8.", "values": {"amount": 8}},
    "admission": {"month": 1, "phase": "harvest", "rule": "quota", "ordinal": 0, "admitted": {"John": 8}},
    "charges": {
        **{"month": 1, "phase": "harvest"},
        "charges": [{"by": "tax", "member": "John", "reason": "tax", "amount": 1200, "paid": 1000}],
    },
    "inspection": {
        **{"month": 1, "rule": "quota", "ordinal": 0, "probability": 0.25},
        "inspected": [{"member": "John", "draw": 0.1, "excess": 4, "offence": 1, "fine": 1200000}],
    },
    "sanctions": {
        **{"month": 1, "phase": "sanctions-stage", "rule": "sanctions", "invalid": ["Kate"]},
        "points": [{"by": "Jack", "member": "John", "punish": 3, "reward": 0}],
    },
    "ratings": {"month": 1, "phase": "reputation-ratings", "rule": "reputation", "ratings": {"Kate": {"John": 3}}},
    "contract": {
        **{"month": 1, "phase": "contract-conclusion", "rule": "contract", "approvals": {"Kate": ["John"]}},
        "designs": [{"by": "John", "limit": 10, "transfer": 100000, "bonus": 0, "escrow": 0}],
        **{"winner": "John", "signed": ["John", "Kate"], "parties": []},
    },
    "delegation": {
        **{"month": 1, "phase": "mediator-delegation", "rule": "mediator", "delegating": ["John"], "amount": 10},
    },
    "mediator": {
        **{"month": 1, "phase": "mediator-design", "rule": "mediator", "approvals": {"Kate": ["John"]}},
        **{"designs": [{"by": "John", "amounts": {"1": None, "2": 10}}], "winner": "John"},
    },
    "auction": {
        **{"month": 1, "phase": "permits-auction", "rule": "permits", "price": 95000, "held": {"John": 8, "Kate": 12}},
        "orders": [
            {"member": "John", "buy": 0, "bid": 0, "sell": 2, "ask": 90000},
            {"member": "Kate", "buy": 2, "bid": 100000, "sell": 0, "ask": 0},
        ],
        "trades": [{"buyer": "Kate", "seller": "John", "units": 2}],
    },
    "sale": {
        **{"month": 1, "phase": "permits-sale", "rule": "permits", "offered": 10, "price": 95000},
        **{"bids": [{"member": "Kate", "units": 4, "price": 100000}], "sold": {"Kate": 4}, "held": {"Kate": 4}},
    },
    "offers": {
        **{"month": 1, "phase": "permits-offers", "rule": "permits", "ordinal": 0, "held": {"John": 8, "Kate": 12}},
        "offers": [
            {"by": "John", "to": "Kate", "side": "sell", "units": 2, "price": 90000, "is_accepted": True, "traded": 2},
        ],
    },
    "exclusion": {
        **{"month": 1, "phase": "exclusion-vote", "rule": "exclusion", "votes": {"Kate": "John"}, "accused": "John"},
        **{"appealed": False, "acquittals": [], "excluded": "John", "until": 2},
    },
    "exit": {
        **{"month": 1, "phase": "exit-decision", "rule": "exit"},
        **{"decisions": {"John": False, "Kate": True}, "leaving": ["Kate"]},
    },
    "agenda": {"month": 1, "phase": "leader-agendas", "member": "John", "is_candidate": True, "limit": 8, "text": None},
    "wishes": {
        **{"month": 1, "phase": "vote-wishes", "rule": "vote", "subject": "quota.amount", "wishes": {"John": 12}},
    },
    "ballot": {
        "month": 1,
        "phase": "vote",
        "rule": "vote",
        "ordinal": 1,
        "subject": "quota.amount",
        "counted_by": "irv",
        "ballots": {"John": (8, 10)},
        "abstained": ("Kate",),
        "outcome": "adopted",
        "value": 8,
    },
    "decree": {"month": 1, "phase": "leader-decree", "member": "John", "values": {"quota.amount": 8}},
    "accounts": {"month": 1, "members": {"John": {"earned": 1000, "charged": 1000, "balance": 0}}},
    "end": {"status": "completed", "months": 1, "at": "2026-01-01T00:01:00.000+00:00"},
}


STUDY_CONTENT: dict[str, dict[str, Any]] = {
    "study": {
        "subject": {"study": "skills", "world": {"growth": 3.0}, "members": ["Ann", "Bob"], "seed": 4},
        "models": {"default": "mock/one", "args": {"lines": 2}},
        "scenario": CONTENT["header"]["scenario"],
        "versions": {"govsim": "0.1.0"},
    },
    "solution": {
        **{"purpose": "dynamics", "ordinal": 3, "stock": 43, "taken": 7, "least": 16, "most": 16},
        **{"answer": None, "is_right": None, "invalid": "The reply was empty."},
    },
    "recognition": {
        **{"purpose": "capacity", "ordinal": 1, "expected": ("100",), "answer": "100", "is_recognized": True},
    },
    "label": {
        **{"month": 1, "member": "John", "ordinal": 2, "text": "Let us take ten.", "label": "solution proposing"},
        "expected": "persuasion",
    },
    "promise": {"month": 1, "member": "John", "units": 10, "line": 2, "quote": "Let us take ten."},
    "knowledge": {"month": 1, "member": "John", "threshold": True, "others": False, "future": True},
}
"""An event of every kind that only studies have."""


@pytest.fixture
def make() -> Callable[..., Event]:
    """Makes an event of a kind; keywords change its content."""

    def making(kind: str, **changes: Any) -> Event:
        content = {"kind": kind, **{**CONTENT, **STUDY_CONTENT}[kind], **changes}
        if kind == "message" and "hash" not in changes:
            content["hash"] = message_hash(content["role"], content["content"])
        return class_of(kind).model_validate(content)

    return making


@pytest.fixture
def kinds() -> list[str]:
    """Every kind of line."""
    return list(CONTENT)


@pytest.fixture
def study(make: Callable[..., Event]) -> list[Event]:
    """The lines of a study with an event of every kind, the first line first and the end last."""
    kinds = ["study", "session", "message", "asked", "request", "call", *list(STUDY_CONTENT)[1:], "end"]
    return [make(kind) for kind in kinds]


@pytest.fixture
def run(make: Callable[..., Event], kinds: list[str]) -> list[Event]:
    """The lines of a run with an event of every kind, the header first and the end last."""
    return [make(kind) for kind in kinds]


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Installs a plug-in that defines these events, each a class or where it is, in the place of the one before."""

    def installing(**events: Any) -> None:
        module = ModuleType("plugin_of_events")
        monkeypatch.setitem(sys.modules, module.__name__, module)
        points = []
        for name, event in events.items():
            setattr(module, name, event)
            value = event if isinstance(event, str) else f"{module.__name__}:{name}"
            points.append(EntryPoint(name=name, value=value, group=EVENTS.group))
        monkeypatch.setattr(plugins, "installed", lambda group: tuple(points) if group == EVENTS.group else ())
        EVENTS.forget()

    yield installing
    EVENTS.forget()


@pytest.fixture
def write_journal(tmp_path: Path) -> Callable[..., Path]:
    """Write events as the lines of a journal, those that no run would record too, and return its path."""

    def writing(events: Sequence[Event], name: str = "seed-0.jsonl") -> Path:
        path = tmp_path / name
        path.write_bytes(b"".join(map(line_of, events)))
        return path

    return writing
