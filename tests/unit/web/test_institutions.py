"""The institutions of a month, as read from a journal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from govsim.web.month_state import MonthState
from govsim.web.parts.institutions import member_rows
from govsim.web.run_state import RunState
from tests.unit.web.test_run_state import state_of


def with_events(path: Path, *events: dict[str, Any]) -> RunState:
    """The state of a journal with further events before its end."""
    *lines, end = path.read_text().splitlines()
    path.write_text("\n".join([*lines, *map(json.dumps, events), end]) + "\n")
    return state_of(path)


def charged(member: str, amount: int, paid: int, *, by: str = "tax", reason: str = "income") -> dict[str, Any]:
    return {"by": by, "member": member, "reason": reason, "amount": amount, "paid": paid}


def test_terms_limits_charges_and_accounts_are_shown_in_their_month(journal: Path) -> None:
    state = with_events(
        journal,
        {"kind": "terms", "month": 1, "phase": "", "rule": "quota", "ordinal": 0, "text": "No more.", "values": {}},
        {"kind": "admission", "month": 1, "phase": "harvest", "rule": "quota", "ordinal": 0, "admitted": {"Kate": 9}},
        {"kind": "admission", "month": 1, "phase": "harvest", "rule": "cap", "ordinal": 1, "admitted": {"Kate": 7}},
        {
            "kind": "charges",
            "month": 1,
            "phase": "harvest",
            "ordinal": 0,
            "charges": [
                charged("Kate", 150_000, 100_000),
                charged("Kate", -5_000, -5_000, by="lottery-stage", reason=""),
                charged("John", 2_000, 2_000),
                charged("John", 500, 500, by="quota-stage", reason="cost"),
            ],
        },
        {
            "kind": "accounts",
            "month": 1,
            "members": {"John": {"earned": 800_000, "charged": 2_000, "balance": 798_000}},
        },
    )
    month = state.months[1]
    assert [terms.text for terms in month.terms] == ["No more."]
    assert list(member_rows(month, ("John", "Kate", "Jack"))) == [
        {
            "member": "John",
            "limit": None,
            "earned": 8_000.0,
            "charges_paid": 20.0,
            "balance": 7_980.0,
            "charges": "tax: income, $20.00; quota: cost, $5.00",
        },
        {
            "member": "Kate",
            "limit": 7,
            "earned": None,
            "charges_paid": None,
            "balance": None,
            "charges": "tax: income, $1,500.00, of which $1,000.00 paid; lottery, $50.00 received",
        },
    ]
    assert month.others == []
    assert state.months[2].institution_events == 0
    assert month.institution_events == 5


def test_a_month_without_institutions_has_no_rows() -> None:
    assert list(member_rows(MonthState(number=1), ("John",))) == []
