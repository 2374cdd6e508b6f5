"""Problems of the sub-skill tests: what is right in them, and what they follow from."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from govsim.config import World
from govsim.errors import ConfigError
from govsim.journal import Skills
from govsim.skills import SKILL_TESTS, Problem, problems

PAPER = Skills(world=World(), members=("John", "Kate", "Jack", "Emma", "Luke"))


def world(members: int, seed: int = 0, **settings: Any) -> Skills:
    return Skills(world=World(**settings), members=tuple("ABCDEFGHIJ"[:members]), seed=seed)


def some(subject: Skills, name: str, count: int = 400) -> list[Problem]:
    test = SKILL_TESTS.get(name, key="test")
    return list(problems(subject.world, subject.members, subject.seed, test, count))


def test_in_the_papers_setting_the_stock_is_from_10_to_100_and_each_takes_at_most_a_fifth() -> None:
    found = some(PAPER, "dynamics", 5000)
    assert {problem.stock for problem in found} == set(range(10, 101))
    taken = {(problem.stock, problem.taken) for problem in found}
    assert {units for stock, units in taken if stock == 12} == {0, 1, 2}
    assert max(units or 0 for _, units in taken) == 20
    assert all(units is not None and 5 * units <= stock for stock, units in taken)


def test_in_the_papers_setting_the_next_stock_follows_the_papers_formula() -> None:
    seen = {(one.stock, one.taken, one.least, one.most) for one in some(PAPER, "dynamics", 20_000)}
    wanted = set()
    for stock in range(10, 101):
        for taken in range(stock // 5 + 1):
            after = min(max(2 * (stock - 5 * taken), 0), 100)
            wanted.add((stock, taken, after, after))
    assert seen == wanted, "every stock with everything that can be taken"


@pytest.mark.parametrize(("stock", "threshold"), [(10, 1), (19, 1), (20, 2), (43, 4), (90, 9), (99, 9), (100, 10)])
def test_in_the_papers_setting_the_threshold_is_half_the_stock_divided_by_five(stock: int, threshold: int) -> None:
    [one] = {problem.threshold for problem in some(PAPER, "threshold_belief", 3000) if problem.stock == stock}
    assert one == threshold


def test_a_decision_is_right_from_one_unit_to_the_threshold_and_a_threshold_is_one_number() -> None:
    for test in ("sustainable_action", "sustainable_action_universalization"):
        assert all((one.least, one.most) == (1, one.threshold) for one in some(PAPER, test))
    for test in ("threshold_assumption", "threshold_belief"):
        assert all((one.least, one.most) == (one.threshold,) * 2 for one in some(PAPER, test))


@pytest.mark.parametrize(
    ("stock", "taken", "after", "threshold"),
    # three members, growth 1.5, capacity 60, by hand: floor(1.5 (stock - 3 taken)), and the most that leaves the stock
    [(9, 0, 13, 1), (10, 2, 6, 1), (30, 5, 22, 3), (31, 0, 46, 3), (59, 1, 60, 6), (60, 20, 0, 6), (60, 4, 60, 6)],
)
def test_with_three_members_and_growth_of_one_and_a_half(stock: int, taken: int, after: int, threshold: int) -> None:
    subject = world(3, growth=1.5, capacity=60)
    found = [one for one in some(subject, "dynamics", 8000) if (one.stock, one.taken) == (stock, taken)]
    assert found
    assert {(one.least, one.threshold) for one in found} == {(after, threshold)}


def test_growth_is_the_decimal_number_it_is_written_as() -> None:
    # 1.1 · 10 is 11 and not 11.000000000000002; below 10 nothing can be taken without the stock falling
    found = some(world(1, growth=1.1), "dynamics", 3000)
    assert {one.least for one in found if (one.stock, one.taken) == (20, 10)} == {11}
    assert min(one.stock for one in found) == 10 + 1


def test_a_problem_is_determined_by_the_seed_and_its_number() -> None:
    few, many = some(PAPER, "dynamics", 20), some(PAPER, "dynamics", 150)
    assert many[:20] == few
    assert some(PAPER.model_copy(update={"seed": 1}), "dynamics", 20) != few
    assert [one.number for one in many] == list(range(150))


@pytest.mark.parametrize("test", SKILL_TESTS.names)
def test_a_problem_has_the_same_stock_in_every_test(test: str) -> None:
    assert [one.stock for one in some(PAPER, test, 50)] == [one.stock for one in some(PAPER, "dynamics", 50)]
    assert all((one.taken is not None) == (test == "dynamics") for one in some(PAPER, test, 50))


def test_every_stock_is_about_as_frequent() -> None:
    counts = Counter(one.stock for one in some(PAPER, "threshold_belief", 9100))
    assert min(counts.values()) > 60
    assert max(counts.values()) < 145


@pytest.mark.parametrize("settings", [{"growth": 1.0}, {"growth": 0.5}, {"growth": 1.1, "capacity": 20}])
def test_a_world_without_a_positive_threshold_is_rejected(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"members = 5, growth = .*: no member can take a single unit"):
        some(world(5, **settings), "dynamics", 1)
