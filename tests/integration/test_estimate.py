"""Estimates of runs are made without calling a model, and are accurate."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from govsim.config import Budget, Execution, Price, merge, nested
from govsim.errors import ConfigError
from govsim.jobs import Amount, CostEstimate, estimate, plan_runs
from govsim.journal import Call
from govsim.models.fake.member import tokens
from govsim.models.rehearsal import Prefixes
from tests.commands import Done, govsim
from tests.living import Live

MODEL = "openai/gpt-4o-mini"
PRICE = Price(input=1.0, output=10.0)


def estimated(
    out: Path, settings: dict[str, Any], condition: str | None = None, **execution: Any
) -> list[CostEstimate]:
    layers = merge({"scenario": "fishery"}, *(nested(key, value) for key, value in settings.items()))
    how = Execution(out=out, **execution)
    return asyncio.run(estimate(plan_runs(layers, how, condition=condition), how))


def test_starting_over_costs_the_full_amount_again(live: Live, tmp_path: Path) -> None:
    live("fishery", {"models.default": "fake/society", "world.months": 1}, runs=2)
    options = ("run", "fishery", "--model", "fake/society", "--months", "1", "--runs", "3", "--estimate")
    assert "fake/society     1     21 " in govsim(tmp_path, *options).stdout
    assert "fake/society     3     63 " in govsim(tmp_path, *options, "--fresh").stdout


@pytest.mark.parametrize(
    ("settings", "condition", "calls"),
    [
        ({}, None, 12 * (5 + 9 + 2 + 5 + 5)),
        ({"society.cognition": "separate"}, None, 12 * (5 + 9 + 2 + 5 * 2 * 2 + 5 + 5 + 5 * 3)),
        ({"agents.default": "direct"}, None, 12 * (5 + 9 + 2)),
        ({}, "no-communication-no-transparency", 12 * (5 + 5)),
        ({}, "newcomer", 3 * (4 + 9 + 2 + 4 + 4) + 12 * (5 + 9 + 2 + 5 + 5)),
        ({"members.Kate.agent": "policy:greedy", "world.months": 1}, None, 4 + 9 + 2 + 4 + 4),
    ],
    ids=["default", "separate", "direct", "no communication", "newcomer", "with a policy"],
)
def test_an_estimate_includes_all_questions_of_a_run_of_maximum_length(
    out: Path, settings: dict[str, Any], condition: str | None, calls: int
) -> None:
    [cell] = estimated(out, settings | {"models.default": MODEL}, condition)
    assert cell.models[MODEL].calls == calls
    assert (cell.left, cell.done, cell.basis) == (1, 0, 0)
    assert not out.exists()


def test_estimates_match_runs_to_the_token(live: Live, out: Path, tmp_path: Path) -> None:
    settings = {"models.default": "fake/society", "world.months": 4}
    [cell] = estimated(tmp_path / "elsewhere", settings, runs=3)
    runs = live("fishery", settings | {"models.args": {"words": 60, "lines": 10, "catch": 10}}, runs=3)
    calls = [call for run in runs for call in run.journal.of(Call)]
    amount = cell.models["fake/society"]
    assert amount.calls == pytest.approx(len(calls))
    assert amount.input_tokens == pytest.approx(sum(call.input_tokens or 0 for call in calls))
    assert amount.output_tokens == pytest.approx(sum(call.output_tokens or 0 for call in calls))


def test_finished_runs_predict_the_cost_of_the_others_and_cost_nothing(live: Live, out: Path) -> None:
    settings = {"models.default": "fake/society", "world.months": 2}
    prices = {"fake/society": PRICE}
    runs = live("fishery", settings, runs=2, prices=prices)
    [cell] = estimated(out, settings, runs=5, prices=prices)
    assert (cell.left, cell.done, cell.basis) == (3, 2, 2)
    spent = sum(call.cost or 0 for run in runs for call in run.calls())
    assert spent > 0
    assert cell.models["fake/society"].cost == pytest.approx(spent * 3 / 2)
    assert cell.models["fake/society"].calls == 3 * 42


def test_a_run_that_has_just_started_shows_no_months(live: Live, out: Path) -> None:
    settings = {"models.default": "fake/society", "world.months": 2}
    live("fishery", settings, budget=Budget(calls=10))
    [cell] = estimated(out, settings)
    assert (cell.left, cell.done, cell.basis) == (1, 0, 0)


def test_each_model_of_a_mixed_society_has_its_own_price(out: Path) -> None:
    settings = {
        "models.default": MODEL,
        "members.Kate.model": "anthropic/claude",
        "members.Luke.agent": "policy:greedy",
        "world.months": 1,
    }
    [cell] = estimated(out, settings, prices={MODEL: PRICE})
    known, unknown = cell.models[MODEL], cell.models["anthropic/claude"]
    assert known.input_tokens is not None
    assert known.output_tokens is not None
    assert known.cost == pytest.approx((known.input_tokens + 10 * known.output_tokens) / 1_000_000)
    assert unknown.calls >= 3
    assert unknown.cost is None
    assert (known + unknown).cost is None


def test_runs_of_policies_cost_nothing(out: Path) -> None:
    [cell] = estimated(out, {"agents.default": "policy:greedy"})
    assert cell.models == {}


def test_an_estimate_that_cannot_finish_is_reported(out: Path) -> None:
    [plan] = plan_runs({"models": {"default": MODEL}}, Execution(out=out))
    templates = {**plan.header.scenario.templates, "harvest": "{{ nothing }}"}
    scenario = plan.header.scenario.model_copy(update={"templates": templates})
    plan = replace(plan, header=plan.header.model_copy(update={"scenario": scenario}))
    with pytest.raises(ConfigError, match=r"the dry run of seed-0.jsonl ended with status failed: .*nothing"):
        asyncio.run(estimate([plan], Execution(out=out)))


def test_prices_add_up() -> None:
    assert PRICE.cost(input_tokens=1_000_000, output_tokens=100_000) == pytest.approx(2.0)
    cached = Price(input=1.0, output=10.0, cached=0.1)
    assert cached.cost(input_tokens=1_000_000, output_tokens=0, cached_tokens=500_000) == pytest.approx(0.55)
    assert PRICE.cost(input_tokens=10, output_tokens=0, cached_tokens=5) == pytest.approx(1e-5)
    assert Amount(calls=2, cost=3.0).times(2) == Amount(calls=4, cost=6.0)


def run(folder: Path, *options: str) -> Done:
    return govsim(folder, "run", "fishery", *options)


def test_the_command_prints_the_estimate_without_calling_a_model(tmp_path: Path) -> None:
    done = run(tmp_path, "--model", MODEL, "--runs", "5", "--price", f"{MODEL}=0.15/0.60", "--estimate")
    assert (done.returncode, done.stderr) == (0, "")
    [row] = [line.split() for line in done.stdout.splitlines() if line.startswith("fishery")]
    assert row[:6] == ["fishery", "default", MODEL, MODEL, "5", "1,560"]
    assert float(row[-1].removeprefix("$")) > 0.1
    assert "No model was called." in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_the_command_names_a_society_by_its_members_and_changed_settings(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        "--agent",
        "policy:fair-share",
        "--member",
        "Luke.agent=policy:greedy",
        "--set",
        "world.growth=1.8",
        "--estimate",
    )
    assert "mixed-" not in done.stdout
    for part in ("4 × policy:fair-share", "policy:greedy", "growth 1.8"):
        assert part in done.stdout


@pytest.mark.parametrize("price", ["0.15/0.60", "m=1", "m=1/2/3/4", "m=a/b", "=1/2"])
def test_an_invalid_price_is_rejected(tmp_path: Path, price: str) -> None:
    done = run(tmp_path, "--price", price, "--estimate")
    assert done.returncode == 2
    assert f"--price {price}: must have the form MODEL=INPUT/OUTPUT" in done.stderr


def test_a_negative_price_is_rejected(tmp_path: Path) -> None:
    done = run(tmp_path, "--price", "m=-1/2", "--estimate")
    assert done.returncode == 2
    assert "prices.m.input = -1" in done.stderr


def test_with_a_price_the_cost_can_be_limited(tmp_path: Path) -> None:
    options = ("--model", "fake/society", "--months", "3", "--price", "fake/society=1/10")
    done = run(tmp_path, *options, "--max-cost", "0.01")
    assert done.returncode == 3
    assert "budget.cost: limit of 0.01" in done.stdout
    again = run(tmp_path, *options, "--max-cost-per-run", "0.015")
    assert again.returncode == 3
    assert "run_budget.cost: limit of 0.015" in again.stdout
    assert run(tmp_path, *options, "--max-calls-per-run", "70", "--max-tokens-per-run", "900000").returncode == 0


@pytest.mark.parametrize(
    ("option", "key"),
    [("--max-calls-per-run", "calls"), ("--max-tokens-per-run", "tokens"), ("--max-time-per-run", "seconds")],
)
def test_each_limit_of_a_run_is_kept(tmp_path: Path, option: str, key: str) -> None:
    done = run(tmp_path, "--model", "fake/society", "--months", "2", "--runs", "2", option, "0")
    assert done.returncode == 3
    assert done.stdout.count(f"run_budget.{key}: limit of 0") == 2


def test_the_longest_prefix_shared_with_an_earlier_prompt_is_cached() -> None:
    read = Prefixes()
    rules = "r" * 400
    assert read.cached([("system", rules), ("user", "Kate, 100 tons")]) == 0
    assert read.cached([("system", rules), ("user", "zebra")]) == 100
    assert read.cached([("system", "other rules")]) == 0
    assert read.cached([("system", rules), ("user", "Kate, 100 tons and more")]) == tokens(rules + "Kate, 100 tons")
    assert read.cached([("system", rules), ("user", "zebra")]) == tokens(rules) + tokens("zebra")


def test_only_local_models_are_estimated_with_a_cache(live: Live, out: Path) -> None:
    [cell] = estimated(out, {"models.default": MODEL, "world.months": 1})
    assert cell.models[MODEL].cached_tokens == 0
    assert cell.months == 1
    [local] = estimated(out, {"models.default": "embedded/local", "world.months": 2})
    assert 0 < local.models["embedded/local"].cached_tokens < (local.models["embedded/local"].input_tokens or 0)
    assert local.months == 2
