"""Accuracies: exact intervals, replies that count apart, the hint problem by problem, the paper's figures."""

from __future__ import annotations

from pathlib import Path

import pytest
from scipy.stats import beta

from govsim.analysis.results import load
from govsim.analysis.skills import accuracies_frame, accuracies_of, accuracies_table, solutions_frame
from govsim.analysis.skills.accuracies import Accuracy
from govsim.analysis.tables.formats import render
from govsim.errors import JournalError
from tests.unit.analysis.skills.conftest import WriteStudy

HINTED = "sustainable_action_universalization"


def found(folder: Path, test: str) -> Accuracy:
    [one] = [one for one in accuracies_of(load(folder, frames=("studies",)).skills) if one.test == test]
    return one


def test_an_accuracy_is_the_share_of_right_answers_with_the_exact_interval(
    write_study: WriteStudy, tmp_path: Path
) -> None:
    write_study("a/one", {"dynamics": [True, True, False, True]})
    estimate = found(tmp_path, "dynamics").accuracy
    low, high = beta.ppf(0.025, 3, 2), beta.ppf(0.975, 4, 1)  # Clopper and Pearson, 3 of 4
    assert (estimate.value, estimate.n) == (75.0, 4)
    assert [estimate.low, estimate.high] == pytest.approx([100 * low, 100 * high])


def test_a_reply_that_could_not_be_read_is_neither_right_nor_wrong(write_study: WriteStudy, tmp_path: Path) -> None:
    write_study("a/one", {"dynamics": [True, None, False, None, None]})
    one = found(tmp_path, "dynamics")
    assert (one.accuracy.value, one.accuracy.n, one.unreadable) == (50.0, 2, 3)


def test_with_no_reply_that_could_be_read_there_is_no_accuracy(write_study: WriteStudy, tmp_path: Path) -> None:
    write_study("a/one", {"dynamics": [None, None]})
    one = found(tmp_path, "dynamics")
    assert (one.accuracy.value, one.accuracy.low, one.accuracy.n, one.unreadable) == (None, None, 0, 2)


def test_settings_that_a_study_does_not_have_are_not_named(write_study: WriteStudy, tmp_path: Path) -> None:
    write_study("a/one", {"dynamics": [True]})
    write_study("a/one", {"dynamics": [False]}, settings={"models": {"args": {"catch": 11}}})
    table = accuracies_table(load(tmp_path, frames=("studies",)).skills)
    assert sorted(row[2].value for row in table.rows) == ["", "model argument catch 11"]


def test_seeds_of_one_setting_are_pooled_and_settings_are_not(write_study: WriteStudy, tmp_path: Path) -> None:
    write_study("a/one", {"dynamics": [True, True]})
    write_study("a/one", {"dynamics": [False, False]}, settings={"seed": 1})
    write_study("a/one", {"dynamics": [True]}, settings={"world": {"growth": 3.0}})
    told = [
        (one.accuracy.value, one.accuracy.n, one.seeds, dict(one.settings))
        for one in accuracies_of(load(tmp_path, frames=("studies",)).skills)
    ]
    assert sorted(told, key=lambda one: one[1]) == [
        (100.0, 1, (0,), {"world.growth": 3.0}),
        (50.0, 4, (0, 1), {"world.growth": 2.0}),
    ]


def test_the_hint_is_compared_problem_by_problem_where_both_could_be_read(
    write_study: WriteStudy, tmp_path: Path
) -> None:
    plain = [False, False, False, False, False, False, True, True, None, True]
    hinted = [True, True, True, True, True, True, True, True, True, None]
    write_study("a/one", {"sustainable_action": plain, HINTED: hinted})
    hint = found(tmp_path, HINTED).hint
    assert hint is not None
    assert (hint.pairs, hint.difference) == (8, 75.0)
    assert hint.test.p == pytest.approx(2 / 2**6)  # six pairs differ, all in one direction
    assert hint.interval.low is not None
    assert hint.interval.high is not None
    assert 0 < hint.interval.low < 75 < hint.interval.high <= 100
    assert found(tmp_path, "sustainable_action").hint is None


def test_without_the_same_problems_there_is_nothing_to_compare(write_study: WriteStudy, tmp_path: Path) -> None:
    write_study("a/one", {HINTED: [True, True]})
    assert found(tmp_path, HINTED).hint is None


@pytest.mark.parametrize(
    ("model", "settings", "paper"),
    [
        ("openai/gpt-4o-2024-05-13", {}, 74.0),
        ("openai/gpt-4o-mini", {}, None),
        ("openai/gpt-4o", {"world": {"growth": 3.0}}, None),
        ("openai/gpt-4o", {"society": {"members": 4}}, None),
    ],
)
def test_the_papers_value_is_shown_beside_the_same_model_in_the_same_world(
    write_study: WriteStudy, tmp_path: Path, model: str, settings: dict[str, object], paper: float | None
) -> None:
    write_study(model, {"dynamics": [True], HINTED: [True]}, settings=settings)
    assert found(tmp_path, "dynamics").paper == paper
    assert found(tmp_path, HINTED).paper is None


def test_what_is_unfinished_is_marked(write_study: WriteStudy, tmp_path: Path) -> None:
    write_study("a/one", {"dynamics": [True]}, status="over-budget")
    write_study("a/two", {"dynamics": [True]}, status=None)
    studies = load(tmp_path, frames=("studies",)).skills
    assert [one.unfinished for one in accuracies_of(studies)] == [1, 1]
    text = render(accuracies_table(studies))
    assert "a/one, fishery (over budget); a/two, fishery (killed)" in " ".join(text.split())


def test_the_printed_table_states_the_number_of_unreadable_replies(write_study: WriteStudy, tmp_path: Path) -> None:
    write_study("a/one", {"dynamics": [True, None, False, None, None]})
    [line] = [
        line
        for line in render(accuracies_table(load(tmp_path, frames=("studies",)).skills)).splitlines()
        if line.startswith("dyn")
    ]
    assert line.split() == ["dynamics", "50.00", "2", "3"]


def test_the_frames_have_a_row_for_each_problem_and_for_each_test(write_study: WriteStudy, tmp_path: Path) -> None:
    write_study("openai/gpt-4o", {"dynamics": [True, None], "threshold_belief": [False]})
    studies = load(tmp_path, frames=("studies",)).skills
    solutions, accuracies = solutions_frame(studies), accuracies_frame(studies)
    assert list(solutions["test"]) == ["dynamics", "dynamics", "threshold_belief"]
    assert list(solutions["is_right"].fillna(False)) == [True, False, False]
    assert list(solutions["unreadable"].notna()) == [False, True, False]
    assert list(solutions["taken"].notna()) == [True, True, False]
    assert list(accuracies["accuracy"]) == [1.0, 0.0]
    assert list(accuracies["answers"]) == [1, 1]
    assert list(accuracies["unreadable"]) == [1, 0]
    assert list(accuracies["published"]) == [0.74, 1.0]


def test_a_problem_with_two_stocks_is_rejected(write_study: WriteStudy, tmp_path: Path) -> None:
    path = write_study("a/one", {"dynamics": [True], "threshold_belief": [True]})
    text = path.read_text(encoding="utf-8")
    before, last = text.rsplit('"stock":43', 1)
    path.write_text(f'{before}"stock":44{last}', encoding="utf-8")
    with pytest.raises(JournalError, match=r"problem 0 has a stock of 43 in one test and of 44 in another"):
        load(tmp_path, frames=("studies",))
