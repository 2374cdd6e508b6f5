"""The societies of soak tests, and the checks of their results."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from govsim.journal import (
    Asked,
    Call,
    Embedding,
    End,
    Event,
    Journal,
    MessageLine,
    RequestLine,
    Session,
    find_journals,
    first_difference,
    read_journal,
)
from govsim.models.fake.member import FakeSettings
from tests.faulty_server import MODEL

SETTINGS = FakeSettings(catch=11, catches={"Luke": 9, "Kate": 13})
"""Catches that reduce the stock, so that demands finally have to be rationed."""

COMMANDS: dict[str, tuple[str, ...]] = {
    "talk and thoughts": ("fishery", "--model", MODEL, "--months", "5"),
    "thoughts asked separately": ("fishery", "--model", MODEL, "--months", "3", "--set", "society.cognition=separate"),
    "newcomer": ("fishery", "--model", MODEL, "--condition", "newcomer", "--months", "6"),
    "mixed": (
        *("pasture", "--model", MODEL, "--months", "5", "--member", "Emma.agent=direct"),
        *("--member", "Jack.agent=policy:random", "--member", "Kate.model=fake/society"),
        *("--set", "models.framework=fake/society", "--set", "world.allocation=proportional"),
    ),
    "direct, without talk": (
        *("fishery", "--model", MODEL, "--agent", "direct", "--months", "9"),
        *("--set", "society.communication=false"),
    ),
    "two runs at once": (
        *("pollution", "--model", MODEL, "--condition", "universalization"),
        *("--months", "3", "--runs", "2", "--parallel", "2"),
    ),
}
"""Societies by what distinguishes them: the command that runs each."""

INSTITUTIONS: list[Any] = [
    {
        "quota": {
            "amount": "decided",
            "enforcement": "probabilistic",
            "inspection": {"by": "peers", "cost": 1},
            "fine": {"per_unit": "decided"},
            "revenue": "pool",
        }
    },
    {
        "quota": {
            "as": "guarded",
            "enforcement": "probabilistic",
            "inspection": {"by": "guard", "probability": 0.5, "paid_by": "pool"},
            "fine": {"scale": [0, 1, 3], "suspension": 1},
        }
    },
    {"vote": {"wishes": True}},
    {"tax": {"use": "restock"}},
    {"tax": {"as": "levy", "base": "landed", "rate": 0.05, "use": "fund"}},
    {"permits": {"allotment": 12}},
    {"permits": {"as": "rights", "allotment": 15, "shares": "auction", "permanent_from": 2, "rounds": 2}},
    {"permits": {"as": "leases", "allotment": 20, "market": "offers"}},
    "mediator",
    {"mediator": {"as": "designed", "amount": "designed", "months": 1}},
    {"sanctions": {"counter": True, "reveal": "who", "punish_share": 0.1, "stipend": 2}},
    {"reputation": {"of": "ratings", "minimum": 0.2}},
    {"reputation": {"as": "priority", "allocation": "by-standing"}},
    {"exclusion": {"appeal": True}},
    {"contract": {"months": 1, "unsigned": "signers"}},
    {
        "leader": {
            "recall": True,
            "insincere": True,
            "agenda_fine": True,
            "powers": {"sets_fine": True, "moderates": True, "writes_report": True, "allocates": True},
        }
    },
    {"exit": {"months": 1}},
    {"choice": {"sets": {"all of it": ["tax", "exit"], "less": ["tax"]}, "every": 1}},
]
"""All institutions that one site can have."""

LIVES: dict[str, dict[str, Any]] = {
    "talk and thoughts": {},
    "thoughts asked separately": {"society.cognition": "separate"},
    "newcomer": {"condition": "newcomer", "members.Luke.joins": 2},
    "mixed": {"members.Emma.agent": "direct", "members.Jack.agent": "policy:random", "scenario": "pasture"},
    "direct": {"agents.default": "direct", "scenario": "pollution", "society.hints": ["universalization"]},
    "all institutions": {"institutions": INSTITUTIONS, "members.Jack.agent": "policy:fair-share"},
    "all institutions, policies alone": {"institutions": INSTITUTIONS, "agents.default": "policy:noisy:p=0.5"},
    "all institutions at two sites": {
        **{"institutions": [*INSTITUTIONS, {"migration": {"cost": 1, "notice": 1}}], "members.Jack.agent": "direct"},
        "sites": {"north": {"members": 3}, "south": {"members": 2, "institutions": ["migration", "sanctions"]}},
    },
}
"""Settings of the same societies, for use within one process."""

TOGETHER = len(LIVES)
"""Number of concurrent societies in one process with a failing provider."""

_OF_ASKING = (MessageLine, Asked, RequestLine, Call, Embedding, Session, End)


def happened(journal: Journal) -> list[Event]:
    """The outcome of a run, regardless of retries: harvests, reports, discussions, agreements, memories, retrievals."""
    return [event for event in journal.events if not isinstance(event, _OF_ASKING)]


def command(society: str, folder: Path, address: str) -> list[str]:
    """The command that runs a society."""
    asked = (*COMMANDS[society], "--base-url", address, "--out", str(folder))
    return [sys.executable, "-m", "govsim.cli.main", "run", *asked]


def start(words: Sequence[str]) -> subprocess.Popen[str]:
    """Start a command whose output never blocks it."""
    return subprocess.Popen(
        words,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"FAKE_API_KEY": "none-needed"},
    )


def carry_through(words: Sequence[str]) -> None:
    """Run a command to its end."""
    process = start(words)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors


def journals(folder: Path) -> dict[Path, Path]:
    """The journals in a folder, by relative path."""
    return {path.relative_to(folder): path for path in find_journals(folder)}


def check_same(folder: Path, other: Path) -> None:
    """Check that the journals in two folders are identical."""
    mine, others = journals(folder), journals(other)
    assert mine.keys() == others.keys()
    for place, path in mine.items():
        assert first_difference(read_journal(path), read_journal(others[place])) is None


def bytes_in(folder: Path) -> int:
    """Number of bytes written so far."""
    return sum(path.stat().st_size for path in folder.rglob("*.jsonl"))
