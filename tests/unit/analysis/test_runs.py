from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from govsim.analysis import compare, read_run
from govsim.analysis.results import load
from govsim.analysis.runs import harvests_of
from govsim.errors import AnalysisError, JournalError
from govsim.journal import Call, read_journal

WriteRun = Callable[..., Path]
MakeCall = Callable[..., Call]

NAMES = ("John", "Kate", "Jack", "Emma", "Luke")


def everyone(units: int | None) -> dict[str, int | None]:
    return dict.fromkeys(NAMES, units)


def two_members(*amounts: Mapping[str, int | None], **settings: Any) -> dict[str, Any]:
    world = {"months": len(amounts)}
    return {"asked": amounts, "settings": {"world": world, "society": {"members": ["John", "Kate"]}, **settings}}


def test_a_greedy_society_is_measured_exactly(write_run: WriteRun) -> None:
    run = read_run(write_run("seed-0.jsonl"))
    assert (run.scenario, run.condition, run.society, run.seed) == ("fishery", "default", "generative", 0)
    assert (run.status, run.months, run.is_counted) == ("collapsed", 1, True)
    assert (run.values["survival_rate"], run.values["survival_time"], run.values["gain"]) == (False, 1, 20.0)
    assert run.values["efficiency"] == pytest.approx(1 / 6)
    assert (run.values["equality"], run.values["over_usage"], run.values["over_usage_granted"]) == (1.0, 1.0, 1.0)
    assert run.values["share_of_optimum"] == pytest.approx(100 / 650)


def test_a_fair_society_is_measured_exactly(write_run: WriteRun) -> None:
    run = read_run(write_run("seed-0.jsonl", asked=[everyone(10)] * 12, status="completed"))
    assert (run.status, run.months) == ("completed", 12)
    assert (run.values["survival_rate"], run.values["survival_time"], run.values["gain"]) == (True, 12, 120.0)
    assert (
        run.values["efficiency"],
        run.values["equality"],
        run.values["over_usage"],
        run.values["over_usage_granted"],
    ) == (1.0, 1.0, 0.0, 0.0)
    assert run.values["share_of_optimum"] == pytest.approx(600 / 650)


def test_undefined_measures_are_none(write_run: WriteRun) -> None:
    nobody = {"John": None, "Kate": None}
    run = read_run(write_run("seed-0.jsonl", status="completed", **two_members(nobody, nobody)))
    assert (run.values["survival_rate"], run.values["gain"], run.values["efficiency"]) == (True, 0.0, 0.0)
    assert (run.values["equality"], run.values["over_usage"], run.values["over_usage_granted"]) == (None, None, None)
    assert run.forfeited == 4


def test_a_newcomer_counts_from_its_arrival(write_run: WriteRun) -> None:
    months = ({"John": 20}, {"John": 20, "Kate": 25})
    settings = two_members(*months, members={"Kate": {"joins": 2}})
    path = write_run("seed-0.jsonl", status="completed", **settings)
    run, later = read_run(path), read_run(path, from_month=2)
    assert (run.values["gain"], later.values["gain"]) == (32.5, 22.5)
    assert (run.values["efficiency"], later.values["efficiency"]) == (0.65, 0.9)
    assert later.values["equality"] == pytest.approx(1 - 10 / 180)


def test_months_are_counted_from_one(write_run: WriteRun) -> None:
    with pytest.raises(AnalysisError, match="from_month = 0"):
        read_run(write_run("seed-0.jsonl"), from_month=0)


def test_harvests_are_arrays_with_nan_for_whoever_did_not_decide(write_run: WriteRun) -> None:
    months = ({"John": 20}, {"John": None, "Kate": 25})
    path = write_run("seed-0.jsonl", status="completed", **two_members(*months, members={"Kate": {"joins": 2}}))
    harvests = harvests_of(read_journal(path))
    assert harvests.members == ("John", "Kate")
    assert str(harvests.asked.tolist()) == "[[20.0, nan], [nan, 25.0]]"
    assert str(harvests.received.tolist()) == "[[20.0, nan], [0.0, 25.0]]"
    assert harvests.stock_before.tolist() == [100.0, 100.0]
    assert harvests.stock_after_harvest.tolist() == [80.0, 75.0]
    assert harvests.thresholds.tolist() == [50.0, 50.0]
    assert harvests.member_thresholds.tolist() == [[50.0, 50.0], [25.0, 25.0]]


@pytest.mark.parametrize("status", ["failed", "cancelled", "over-budget", "running", None])
def test_a_run_that_did_not_end_on_its_own_has_no_measures(write_run: WriteRun, status: str | None) -> None:
    run = read_run(write_run("seed-0.jsonl", asked=[everyone(10)] * 3, status=status))
    assert run.status == (status or "killed")
    assert not run.is_counted
    assert {
        run.values["survival_rate"],
        run.values["survival_time"],
        run.values["gain"],
        run.values["efficiency"],
        run.values["equality"],
    } == {None}
    assert {run.values["over_usage"], run.values["over_usage_granted"], run.values["share_of_optimum"]} == {None}


def test_the_month_a_running_run_is_in_is_not_completed(write_run: WriteRun) -> None:
    assert read_run(write_run("a.jsonl", asked=[everyone(10)] * 3, status=None)).months == 2
    assert read_run(write_run("b.jsonl", asked=[], status=None)).months == 0
    assert read_run(write_run("c.jsonl", asked=[everyone(10)] * 3, status="cancelled")).months == 3


def test_a_question_is_invalid_when_its_last_answer_was_refused(write_run: WriteRun, make_call: MakeCall) -> None:
    answered_at_last = [make_call(attempt=0, refused="no number"), make_call(attempt=1)]
    never_answered = [make_call(member="Kate", attempt=attempt, refused="no number") for attempt in range(3)]
    another_purpose = [make_call(purpose="line", phase="discussion", refused="nothing is said")]
    another_line = [make_call(purpose="line", phase="discussion", ordinal=1)]
    calls = [*answered_at_last, *never_answered, *another_purpose, *another_line]
    run = read_run(write_run("seed-0.jsonl", calls=calls))
    assert run.invalid == 2
    assert run.tokens == 15 * len(calls)
    assert run.cost == pytest.approx(0.01 * len(calls))


def test_without_calls_nothing_was_spent(write_run: WriteRun) -> None:
    run = read_run(write_run("seed-0.jsonl"))
    assert (run.invalid, run.forfeited, run.tokens, run.cost) == (0, 0, 0, 0.0)


def test_one_unknown_price_or_count_makes_the_sum_unknown(write_run: WriteRun, make_call: MakeCall) -> None:
    calls = [make_call(), make_call(member="Kate", cost=None), make_call(member="Jack", output_tokens=None)]
    run = read_run(write_run("seed-0.jsonl", calls=calls))
    assert (run.tokens, run.cost) == (None, None)


@pytest.mark.parametrize(
    ("settings", "model", "agent"),
    [
        ({}, "mock/one", "generative"),
        ({"agents": {"default": "policy:greedy"}}, "none", "policy:greedy"),
        ({"agents": {"default": "policy:greedy"}, "members": {"John": {"agent": "direct"}}}, "mock/one", "mixed"),
        ({"members": {"John": {"model": "mock/two"}}}, "mixed", "generative"),
        ({"members": {name: {"model": "mock/two"} for name in NAMES}}, "mock/two", "generative"),
        ({"members": {"John": {"agent": "policy:greedy", "model": "mock/two"}}}, "mock/one", "mixed"),
        ({"models": {"default": None}}, "none", "generative"),
    ],
)
def test_models_and_agents_are_named_once_or_called_mixed(
    write_run: WriteRun, settings: dict[str, Any], model: str, agent: str
) -> None:
    run = read_run(write_run("seed-0.jsonl", settings=settings))
    assert (run.model, run.agent) == (model, agent)


def test_a_month_without_a_harvest_is_rejected(write_run: WriteRun) -> None:
    path = write_run("seed-0.jsonl", asked=[everyone(10)] * 12, status="completed")
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(line for line in lines if b'"harvest","month":2,' not in line))
    with pytest.raises(JournalError, match=r"seed-0\.jsonl: has harvests of months 1, 3, .*must be consecutive from 1"):
        read_run(path)


def test_a_harvest_of_an_unknown_member_is_rejected(write_run: WriteRun) -> None:
    path = write_run("seed-0.jsonl", asked=[{**everyone(20), "Otto": 20}])
    with pytest.raises(JournalError, match=r"seed-0\.jsonl: Otto harvests in month 1, but the members are John, Kate"):
        read_run(path)


@pytest.mark.parametrize(
    ("status", "months", "units"), [("completed", 3, 10), ("completed", 1, 100), ("collapsed", 12, 10)]
)
def test_an_end_that_the_harvests_contradict_is_rejected(
    write_run: WriteRun, status: str, months: int, units: int
) -> None:
    path = write_run("seed-0.jsonl", asked=[everyone(units)] * months, status=status)
    with pytest.raises(JournalError, match=rf"seed-0\.jsonl: ends as {status}, which requires"):
        read_run(path)


def test_a_broken_line_is_named(write_run: WriteRun) -> None:
    path = write_run("seed-0.jsonl")
    lines = path.read_bytes().splitlines(keepends=True)
    lines[3] = lines[3].replace(b'"granted":', b'"given":')
    path.write_bytes(b"".join(lines))
    with pytest.raises(JournalError, match=r"seed-0\.jsonl, line 4: is not a valid journal line"):
        load(path.parent)


def test_all_runs_below_a_folder_are_read_in_the_order_of_their_paths(write_run: WriteRun, tmp_path: Path) -> None:
    for seed, name in enumerate(("b/seed-0.jsonl", "a/deep/seed-1.jsonl", "a/deep/seed-2.jsonl")):
        write_run(name, settings={"seed": seed})
    assert [run.seed for run in load(tmp_path).measures] == [1, 2, 0]


def test_runs_with_another_version_of_the_prompts_are_neither_pooled_nor_compared(
    write_run: WriteRun, tmp_path: Path
) -> None:
    for seed in range(4):
        path = write_run(
            f"seed-{seed}.jsonl",
            asked=[everyone(10)],
            status="completed",
            settings={"world": {"months": 1}, "seed": seed},
        )
        if seed > 1:
            text = path.read_text(encoding="utf-8")
            path.write_text(text.replace('"prompts_version":2', '"prompts_version":1', 1), encoding="utf-8")
    found = load(tmp_path)
    assert [(len(cell.runs), cell.settings) for cell in found.cells] == [
        (2, {"prompts_version": None}),
        (2, {"prompts_version": 1}),
    ]
    runs = found.runs.assign(condition=["default", "default", "other", "other"])
    (one,) = compare(runs, by="condition", baseline="default", measure="gain", rng=np.random.default_rng(0))
    assert (one.baseline.runs, one.difference) == (0, None)
    (pooled,) = compare(
        runs, by="condition", baseline="default", measure="gain", within=(), rng=np.random.default_rng(0)
    )
    assert "Runs with different versions of the prompts are compared: 1, 2." in pooled.remarks
