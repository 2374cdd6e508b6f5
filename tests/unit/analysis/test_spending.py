"""Spending is summed, and unknown amounts stay unknown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

import govsim
from govsim import analysis
from govsim.analysis import format_spending, load, spending
from govsim.analysis.costs import spent as spent_of
from govsim.analysis.records import CALLS
from govsim.cli.main import app
from govsim.errors import AnalysisError
from govsim.journal import Call, read_journal
from tests.living import Live


@pytest.fixture
def folder(live: Live, out: Path) -> Path:
    settings = {"models.default": "fake/society", "world.months": 2, "members.Luke.agent": "policy:fair-share"}
    live("fishery", settings, runs=2)
    return out


def spent(folder: Path, by: Sequence[str] = ("member", "phase", "purpose")) -> pd.DataFrame:
    return spending(load(folder, frames=("calls",)).calls, by)


def test_spending_adds_up_to_what_the_journals_say(folder: Path) -> None:
    calls = [call for path in folder.rglob("*.jsonl") for call in read_journal(path).of(Call)]
    frame = spent(folder)
    assert frame["calls"].sum() == len(calls)
    assert frame["input_tokens"].sum() == sum(call.input_tokens or 0 for call in calls)
    assert frame["output_tokens"].sum() == sum(call.output_tokens or 0 for call in calls)
    assert frame["seconds"].sum() == pytest.approx(sum(call.seconds for call in calls))
    assert list(frame.columns[:3]) == ["member", "phase", "purpose"]


def test_spending_is_grouped_by_the_requested_keys(folder: Path) -> None:
    by_member = spent(folder, ["member"]).set_index("member")
    assert set(by_member.index) == {"John", "Kate", "Jack", "Emma", "framework"}
    assert by_member.loc["framework", "calls"] == 8
    by_month = spent(folder, ["month", "purpose"]).set_index(["month", "purpose"])
    assert by_month.loc[(2, "harvest"), "calls"] == 8


def test_an_unknown_price_is_not_a_cost_of_0(folder: Path) -> None:
    frame = spent(folder, ["model"])
    assert frame["cost"].isna().all()
    assert "$0" not in format_spending(frame)
    assert "Columns without values: cost." in format_spending(frame)


def test_other_keys_are_rejected_with_those_there_are(folder: Path) -> None:
    with pytest.raises(AnalysisError, match="by = weather: must be one or more of scenario, condition"):
        spent(folder, ["member", "weather"])


def test_runs_without_models_have_spent_nothing(live: Live, out: Path) -> None:
    live("fishery", {"agents.default": "policy:greedy"})
    assert format_spending(spent(out)) == "No model was called."


def test_phases_that_institutions_add_are_named_in_words(out: Path) -> None:
    govsim.run("fishery", condition="sanctions", model="fake/society", months=1, out=out)
    table = analysis.spending_table(analysis.spent(load(out, frames=("calls",)).call_records, ["phase"]))
    assert "\nsanctions " in str(table)
    assert "sanctions-stage" in {row["phase"] for row in table.data}, "programs read the name in the journal"


def test_the_command_shows_it_as_text_and_as_json(folder: Path) -> None:
    runner = CliRunner()
    text = runner.invoke(app, ["cost", str(folder), "--by", "purpose"])
    assert text.exit_code == 0
    heading = next(line for line in text.output.splitlines() if line.startswith("purpose"))
    assert heading.split()[:2] == ["purpose", "calls"]
    (last,) = [line for line in text.output.splitlines() if line.startswith("all")]
    assert last.split()[:2] == ["all", str(2 * 2 * (4 + 4 + 2 + 4 + 4))]
    rows = json.loads(runner.invoke(app, ["cost", str(folder), "--format", "json"]).output)
    assert {"member", "phase", "purpose", "calls", "cost"} <= set(rows[0])
    assert rows[0]["cost"] is None
    assert rows[0]["unpriced"] > 0


def test_sums_of_cost_are_the_known_part_and_count_the_runs_without_a_price() -> None:
    calls = [
        {**dict.fromkeys(CALLS.names), "path": path, "model": "m", "phase": "harvest", "purpose": purpose, "cost": cost}
        | {"input_tokens": 1, "output_tokens": 1, "seconds": 1.0, "month": 1, "member": "John"}
        for path, purpose, cost in (
            ("a", "harvest", 1.5),
            ("b", "harvest", None),
            ("b", "line", None),
            ("c", "line", 2.0),
        )
    ]
    found = spent_of(calls, ["purpose"])
    assert [(row["cost"], row["unpriced"]) for row in found.rows] == [(1.5, 1), (2.0, 1)]
    assert (found.total["cost"], found.total["unpriced"]) == (3.5, 1), "run b counts once"
    tenths = spent_of([{**calls[0], "cost": 0.1}] * 10, ["purpose"])
    assert [tenths.rows[0]["cost"], tenths.total["cost"]] == [1.0, 1.0], "dollars are summed without rounding errors"
    text = format_spending(found)
    assert "unpriced" in text
    assert "$3.50" in text
    assert "unpriced" not in format_spending(spent_of(calls[:1], ["purpose"]))
