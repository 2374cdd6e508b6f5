"""Budgets: only requests in flight exceed a limit, no paid answer is lost, and a higher limit resumes the run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from govsim.config import Budget, Price
from govsim.errors import ModelUnavailable, OverBudget
from govsim.journal import Asked, Call, first_difference
from govsim.models.budget import BudgetAccount
from govsim.models.prices import Prices
from tests.living import Live, answer

SETTINGS: dict[str, Any] = {
    "models.default": "fake/society",
    "models.args": {"latency_ms": 2},
    "world.months": 3,
}


def test_calls_of_all_runs_together_stay_within_the_limit_exactly(live: Live) -> None:
    runs = live("fishery", SETTINGS, runs=3, budget=Budget(calls=40))
    assert {run.journal.status for run in runs} == {"over-budget"}
    assert sum(len(run.calls()) for run in runs) == 40
    assert "budget.calls: limit of 40 reached (used 40)" in (runs[0].journal.end.reason or "")  # type: ignore[union-attr]


def test_tokens_exceed_the_limit_only_by_requests_in_flight(live: Live) -> None:
    [run] = live("fishery", SETTINGS, budget=Budget(tokens=9_000))
    spent = [(call.input_tokens or 0) + (call.output_tokens or 0) for call in run.calls()]
    in_flight = 7
    assert 9_000 <= sum(spent) <= 9_000 + in_flight * max(spent)


def test_requests_in_flight_are_recorded_and_not_repeated(live: Live) -> None:
    [stopped] = live("fishery", SETTINGS, budget=Budget(tokens=2_000))
    asked = [event for event in stopped.journal.events if isinstance(event, Asked)]
    assert len(asked) == len(stopped.calls()) > 0
    [continued] = live("fishery", SETTINGS)
    asked = [event for event in continued.journal.events if isinstance(event, Asked)]
    assert len(asked) == len(continued.calls())


def test_a_higher_limit_resumes_to_the_same_end(live: Live, tmp_path: Path) -> None:
    for calls in (7, 30, 31, 50):
        [run] = live("fishery", SETTINGS, run_budget=Budget(calls=calls))
        assert run.journal.status == "over-budget"
        assert len(run.calls()) == calls
    [run] = live("fishery", SETTINGS, run_budget=Budget(calls=1000))
    [unbroken] = live("fishery", SETTINGS, folder=tmp_path / "unbroken")
    assert first_difference(run.journal, unbroken.journal) is None


def test_a_command_budget_ignores_earlier_costs(live: Live) -> None:
    for _ in range(2):
        [run] = live("fishery", SETTINGS, budget=Budget(calls=25))
    assert len(run.calls()) == 50


def test_the_time_limit_is_enforced(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("govsim.models.budget.time.monotonic", lambda: now[0])
    account = BudgetAccount(Budget(seconds=30), "run_budget")
    now[0] = 129.9
    account.reserve()
    now[0] = 130.0
    with pytest.raises(OverBudget, match=r"run_budget\.seconds: limit of 30 reached \(used 30\)"):
        account.reserve()


def test_a_zero_time_limit_sends_no_request(live: Live) -> None:
    [run] = live("fishery", SETTINGS, budget=Budget(seconds=0))
    assert run.journal.status == "over-budget"
    assert run.calls() == []


def test_an_unknown_cost_does_not_count_as_zero(live: Live) -> None:
    [run] = live("fishery", SETTINGS, budget=Budget(cost=1.0))
    assert run.journal.status == "failed"
    assert "the price of fake/society is unknown" in (run.journal.end.reason or "")  # type: ignore[union-attr]


def test_calls_recorded_without_a_price_count_at_the_current_price(live: Live, tmp_path: Path) -> None:
    [stopped] = live("fishery", SETTINGS, budget=Budget(calls=12))
    assert {call.cost for call in stopped.calls()} == {None}
    price = {"fake/society": Price(input=1.0, output=2.0)}
    spent = sum(price["fake/society"].cost(**_tokens(call)) for call in stopped.calls())
    limit = spent * (1 - 1e-9)  # from Python 3.12 on, sum rounds differently from adding call by call
    [held] = live("fishery", SETTINGS, run_budget=Budget(cost=limit), prices=price)
    assert held.journal.status == "over-budget"
    assert len(held.calls()) == 12
    [continued] = live("fishery", SETTINGS, run_budget=Budget(cost=9.0), prices=price)
    assert continued.journal.status == "completed"


def _tokens(call: Call) -> dict[str, int]:
    return {"input_tokens": call.input_tokens or 0, "output_tokens": call.output_tokens or 0}


@pytest.mark.parametrize("lines", range(-7, 0))
def test_recorded_calls_count_before_any_request(live: Live, lines: int) -> None:
    """Some of the members that answer concurrently were first; those asked again must not be confused with them."""
    [whole] = live("fishery", SETTINGS | {"world.months": 2})
    content = whole.journal.path.read_bytes().splitlines(keepends=True)
    answers = [at for at, line in enumerate(content) if line.startswith(b'{"kind":"call"') and b'"harvest"' in line]
    kept = [line for at, line in enumerate(content[: answers[-1] + 1]) if at != answers[lines]]
    whole.journal.path.write_bytes(b"".join(kept))
    calls = sum(line.startswith(b'{"kind":"call"') for line in kept)
    [held] = live("fishery", SETTINGS | {"world.months": 2}, run_budget=Budget(calls=calls))
    assert held.journal.status == "over-budget"
    assert len(held.calls()) == calls


def test_unreported_tokens_do_not_count_as_zero() -> None:
    untold = answer()
    with pytest.raises(
        ModelUnavailable, match=r"budget\.tokens = 9: some/model does not report token counts; limit calls"
    ):
        BudgetAccount(Budget(tokens=9), "budget").settle(untold)
    priced = BudgetAccount(Budget(cost=9.0), "budget", Prices({"some/model": Price(input=1.0, output=1.0)}))
    with pytest.raises(
        ModelUnavailable, match=r"budget\.cost = 9.0: some/model does not report token counts; limit calls"
    ):
        priced.settle(untold)


@pytest.mark.parametrize("budget", [Budget(tokens=9), Budget(cost=9.0)])
def test_a_filtered_request_does_not_end_a_run_with_a_limit(budget: Budget) -> None:
    """Some providers reject it with an error without token counts; the question is retried."""
    account = BudgetAccount(budget, "budget", Prices({"some/model": Price(input=1.0, output=1.0)}))
    account.settle(answer(stop_reason="content_filter"))
    account.reserve()


def test_costs_add_up_to_the_limit() -> None:
    account = BudgetAccount(Budget(cost=1.0), "budget")
    for _ in range(4):
        account.reserve()
        account.settle(answer(cost=0.25))
    with pytest.raises(OverBudget, match=r"budget\.cost: limit of 1 reached \(used 1\)"):
        account.reserve()
    with pytest.raises(ModelUnavailable, match="limit tokens or calls instead"):
        account.settle(answer())


@pytest.mark.parametrize(
    ("options", "code", "expected"),
    [
        (("--max-calls", "10"), 3, "over budget after 0 months: budget.calls: limit of 10 reached (used 10)"),
        (("--max-calls", "500"), 0, "completed after 2 months"),
        (("--max-calls", "-1"), 2, "budget.calls = -1"),
        (("--max-time", "soon"), 2, "--max-time"),
    ],
)
def test_the_command_reports_what_stopped_it(
    tmp_path: Path, options: tuple[str, ...], code: int, expected: str
) -> None:
    command = [sys.executable, "-m", "govsim.cli.main", "run", "fishery", "--model", "fake/society", "--months", "2"]
    done = subprocess.run(
        [*command, *options],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=dict(os.environ),
    )
    assert done.returncode == code
    assert expected in done.stdout + done.stderr


@pytest.mark.parametrize("calls", range(1, 22, 2))
def test_all_requests_are_recorded_when_a_budget_stops_a_month(live: Live, calls: int) -> None:
    [run] = live("fishery", SETTINGS, budget=Budget(calls=calls))
    asked = [event for event in run.journal.events if isinstance(event, Asked)]
    assert len(asked) == len(list(run.journal.of(Call))) == calls
    assert run.journal.events[-1] == run.journal.end
    assert len(run.harvests) == (calls >= 5)
