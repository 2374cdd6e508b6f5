"""Harvests that are impossible are rejected, so that no value is computed from them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from govsim.analysis import read_run
from govsim.errors import JournalError

WriteRun = Callable[..., Path]


def changed(path: Path, kind: str, **changes: Any) -> Path:
    """The journal with other values in its line of a kind."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    lines = [{**line, **changes} if line["kind"] == kind else line for line in lines]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


GRANTED = {"John": 20, "Kate": 20, "Jack": 20, "Emma": 20, "Luke": 20}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"stock_before": 101}, "100 units granted, but the stock fell by 101"),
        ({"stock_after_harvest": 4}, "100 units granted, but the stock fell by 96"),
        ({"granted": GRANTED | {"John": 21}}, "101 units granted, but the stock fell by 100"),
        ({"granted": {"John": 100}}, "it grants units to John, but present are Emma, Jack, John, Kate, Luke"),
        ({"granted": {}}, "it grants units to no members, but present are"),
        ({"asked": dict.fromkeys(GRANTED, 19)}, "John was granted 20 of 19 units asked for"),
        ({"asked": {}}, "each member present must have either a decision or the reason"),
        ({"invalid": {"John": "no number"}}, "each member present must have either a decision or the reason"),
        ({"asked": {"John": 100}, "invalid": dict.fromkeys(("Kate", "Jack", "Emma", "Luke"), "")}, "Kate was granted"),
    ],
)
def test_a_harvest_whose_amounts_do_not_add_up_is_rejected(
    write_run: WriteRun, changes: dict[str, Any], told: str
) -> None:
    path = write_run("a.jsonl")
    assert read_run(path).values["gain"] == 20
    with pytest.raises(JournalError, match=rf"a\.jsonl: the harvest of month 1 is inconsistent: {told}"):
        read_run(changed(path, "harvest", **changes))


def test_a_harvest_of_a_month_that_never_began_is_rejected(write_run: WriteRun) -> None:
    path = changed(write_run("a.jsonl"), "month", month=2)
    with pytest.raises(JournalError, match="has no event month for month 1"):
        read_run(path)


def test_a_month_that_the_run_cannot_have_is_rejected(write_run: WriteRun) -> None:
    path = write_run("a.jsonl")
    month = next(line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith('{"kind":"month"'))
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps({**json.loads(month), "month": 9_000_000}) + "\n")
    with pytest.raises(JournalError, match="has month 9,000,000; the run has at most 12"):
        read_run(path)


def test_an_unreadable_decision_of_an_unknown_member_is_rejected(write_run: WriteRun) -> None:
    path = changed(write_run("a.jsonl"), "harvest", invalid={"Bob": "no number"})
    with pytest.raises(JournalError, match="Bob harvests in month 1, but the members are John, Kate"):
        read_run(path)


def test_a_long_list_of_months_is_cut(write_run: WriteRun) -> None:
    asked = dict.fromkeys(GRANTED, 0)
    path = write_run("a.jsonl", asked=[asked] * 30, settings={"world": {"months": 30}}, status="completed")
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    first = next(at for at, line in enumerate(lines) if line.startswith('{"kind":"harvest"'))
    path.write_text("".join(lines[:first] + lines[first + 1 :]), encoding="utf-8")
    with pytest.raises(JournalError, match=r"harvests of months 2, 3, 4, .*, 25 …; must be consecutive from 1"):
        read_run(path)
