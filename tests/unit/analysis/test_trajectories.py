"""Trajectories: exact credit, groups, pairs, and nothing that is not data."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from govsim.analysis.trajectories import WrittenTrajectories, write_trajectories
from govsim.commons import collapse_level
from govsim.environments import SeatEnv
from govsim.errors import AnalysisError, JournalError
from govsim.jobs import planned_experiment

FAIR = {"agents.default": "policy:fair-share", "world.months": 2, "society.max_invalid": 1}


@pytest.fixture
def play(out: Path) -> Any:
    """Plays an episode of John among four others with fair shares, in which he gives these answers."""

    def play(*answers: int | str, seed: int = 1, **where: Any) -> None:
        with SeatEnv("fishery", settings=FAIR, out=out, **where) as env:
            env.reset(seed)
            for answer in answers:
                env.act(answer)

    return play


def records(out: Path, **how: Any) -> tuple[list[dict[str, Any]], WrittenTrajectories]:
    file = out.parent / "found.jsonl"
    written = write_trajectories(out, file, **how)
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()], written


def column(rows: Iterable[dict[str, Any]], name: str) -> list[Any]:
    return [row[name] for row in rows]


def test_rewards_returns_regret_and_values_equal_a_calculation_by_hand(play: Any, out: Path) -> None:
    play(10, 10)  # 50 units are the optimum in month 1, and all 100 in month 2
    play(60)
    rows, written = records(out, discount=0.5)
    assert written.records == 3
    assert column(rows, "reward_own") == [10, 10, 60]
    assert column(rows, "return_own") == [15, 10, 60]
    assert column(rows, "return_team") == [75, 50, 100]
    assert column(rows, "regret") == [0, 50, 50]
    assert column(rows, "value") == [150, 50, 100]
    assert column(rows, "survived") == [True, True, False]
    assert len(set(column(rows, "group"))) == 1
    assert rows[0]["question"] == rows[2]["question"] != rows[1]["question"]
    assert rows[0]["provenance"]["others"][0] == "Kate: policy:fair-share"


def test_a_question_after_the_harvest_earns_only_what_follows(play: Any, out: Path) -> None:
    play(10, 10, 9, 10, condition="vote")
    rows, _ = records(out)
    assert column(rows, "purpose") == ["harvest", "vote"] * 2
    assert column(rows, "return_own") == [19, 9, 9, 0]
    assert rows[1]["regret_reason"] == "not a harvest decision"


def test_regret_with_a_random_threshold_excludes_those_that_the_stock_survived(out: Path) -> None:
    """In month 1, 40 units are safe and worth 180, and 50 are worth 50 + 150 / 2; then, 50 a month are safe."""
    settings = {**FAIR, "world.collapse": {"choice": [3, 60]}, "world.months": 3}
    with SeatEnv("fishery", settings=settings, out=out) as env:
        env.reset(_seed_of_collapse(3, settings))
        for _ in range(3):
            env.act(10)
    rows, _ = records(out)
    assert column(rows, "regret") == [180 - 125, 0, 50]
    assert column(rows, "regret_reason") == [None] * 3


def _seed_of_collapse(level: int, settings: dict[str, Any]) -> int:
    world = planned_experiment("fishery", settings=settings).world
    return next(seed for seed in range(1, 100) if collapse_level(world, seed) == level)


def test_an_optimum_that_is_too_large_leaves_regret_unknown_with_the_reason(out: Path) -> None:
    with SeatEnv("fishery", settings={**FAIR, "world.capacity": 800, "world.shocks": ["over-use"]}, out=out) as env:
        env.reset()
        env.act(10)
        env.act(10)
    rows, _ = records(out)
    assert column(rows, "regret") == [None, None]
    assert "depends on 641,601 harvests" in column(rows, "regret_reason")[0]


def test_advantages_are_among_answers_at_the_same_place_of_a_group(play: Any, out: Path) -> None:
    play(10, 10)
    play(60)
    play(10, 10, seed=2)
    rows, _ = records(out, format="grpo")
    assert column(rows, "reward") == [20, 10, 60, 20, 10]
    assert column(rows, "advantage") == [-1, None, 1, None, None]
    assert rows[0]["prompt"][0]["role"] == "system"
    assert rows[0]["completion"] == [{"role": "assistant", "content": "Answer: 10"}]
    regrets, _ = records(out, format="grpo", reward="regret")
    assert column(regrets, "reward") == [0, -50, -50, 0, -50]


def test_pairs_answer_the_same_question_and_differ_in_value(play: Any, out: Path) -> None:
    for first in (10, 60, 60):
        play(*[first, 10][: 1 if first == 60 else 2])
    rows, _ = records(out, format="dpo")
    (pair,) = rows
    assert (pair["chosen"][0]["content"], pair["rejected"][0]["content"]) == ("Answer: 10", "Answer: 60")
    assert (pair["value_chosen"], pair["value_rejected"]) == (150, 100)
    assert pair["chosen_from"]["journal"] != pair["rejected_from"]["journal"]


def test_a_chat_ends_with_the_answer(play: Any, out: Path) -> None:
    play(10, 10)
    rows, _ = records(out, format="sft")
    assert [one["role"] for one in rows[0]["messages"]] == ["system", "user", "assistant"]
    assert rows[0]["messages"][-1]["content"] == "Answer: 10"


def test_only_readable_answers_in_finished_runs_are_data(play: Any, out: Path) -> None:
    play("?", "?", "?", "?", 10)  # month 1 is forfeited, and month 2 answered at the second attempt
    play(10)
    rows, written = records(out)
    assert column(rows, "month") == [2]
    assert not rows[0]["parse_ok"]
    assert [one["role"] for one in rows[0]["messages"]] == ["system", "user", "assistant", "user"]
    assert written.excluded.text == "1 unreadable answer, 1 run cancelled"


def test_an_export_replaces_a_file_completely_or_leaves_it_unchanged(play: Any, out: Path) -> None:
    play(10, 10)
    play(10, 10)
    records(out)
    file = out.parent / "found.jsonl"
    before = file.read_bytes()
    journal = max(out.rglob("*.jsonl"))
    journal.write_text(journal.read_text(encoding="utf-8").replace('"granted"', '"given"'), encoding="utf-8")
    with pytest.raises(JournalError, match="granted"):
        write_trajectories(out, file)
    assert file.read_bytes() == before
    assert sorted(path.name for path in out.parent.iterdir()) == ["found.jsonl", out.name]
    damaged: list[JournalError] = []
    assert write_trajectories(out, file, broken=damaged.append).records == 2
    assert len(damaged) == 1


def test_what_cannot_be_written_is_rejected(play: Any, out: Path) -> None:
    play(10, 10)
    with pytest.raises(AnalysisError, match="format = csv: must be one of jsonl, sft, grpo, dpo"):
        write_trajectories(out, out.parent / "a.jsonl", "csv")
    with pytest.raises(AnalysisError, match="is in the folder of the journals"):
        write_trajectories(out, out / "a.jsonl")
    with pytest.raises(AnalysisError, match="discount = 2"):
        write_trajectories(out, out.parent / "a.jsonl", discount=2)
    assert write_trajectories(out, out.parent / "a.jsonl", "dpo").records == 0
    assert not (out.parent / "a.jsonl").exists()
