"""Differences of rates, against statsmodels, scipy and the examples of the papers they come from."""

from __future__ import annotations

from math import sqrt

import pytest
from statsmodels.stats.contingency_tables import mcnemar as their_mcnemar
from statsmodels.stats.proportion import confint_proportions_2indep

from govsim.analysis import rate_interval
from govsim.analysis.statistics.rates import fisher, mcnemar, newcombe_interval, paired_newcombe_interval


def claims(yes: int, no: int) -> list[bool]:
    return [True] * yes + [False] * no


def pairs(both: int, only_one: int, only_other: int, neither: int) -> tuple[list[bool], list[bool]]:
    one = [True] * (both + only_one) + [False] * (only_other + neither)
    other = [True] * both + [False] * only_one + [True] * only_other + [False] * neither
    return one, other


def test_newcombes_interval_is_that_of_his_first_example() -> None:
    # 56 of 70 and 48 of 80: 0.0524 to 0.3339 (Newcombe 1998a, table II, method 10).
    found = newcombe_interval(claims(56, 14), claims(48, 32))
    assert [found.low, found.high] == pytest.approx([5.24, 33.39], abs=0.005)


@pytest.mark.parametrize(("one", "other"), [((5, 0), (0, 5)), ((0, 5), (0, 5)), ((3, 2), (1, 7)), ((1, 0), (1, 1))])
def test_newcombes_interval_is_that_of_statsmodels(one: tuple[int, int], other: tuple[int, int]) -> None:
    low, high = confint_proportions_2indep(one[0], sum(one), other[0], sum(other), method="newcomb", compare="diff")
    found = newcombe_interval(claims(*one), claims(*other))
    assert [found.low, found.high] == pytest.approx([100 * low, 100 * high])


def test_newcombes_paired_interval_is_that_of_his_example() -> None:
    # 36 pairs with both, 12 and 2 with one, none with neither: 0.0569 to 0.3404 (Newcombe 1998b, method 10).
    found = paired_newcombe_interval(*pairs(36, 12, 2, 0))
    assert [found.low, found.high] == pytest.approx([5.69, 34.04], abs=0.005)


def test_pairs_that_go_together_make_the_interval_shorter() -> None:
    together, unrelated = pairs(10, 2, 0, 10), pairs(6, 6, 5, 5)
    assert _length(paired_newcombe_interval(*together)) < _length(newcombe_interval(*together))
    assert _length(paired_newcombe_interval(*unrelated)) == pytest.approx(_length(newcombe_interval(*unrelated)))


def test_the_correlation_of_pairs_is_corrected_for_continuity_where_it_is_positive() -> None:
    # 10 pairs with both, 2 with one, 10 with neither: phi is (10 · 10 - 22 / 2) / sqrt(12 · 10 · 10 · 12).
    phi = (100 - 11) / 120
    one, other = pairs(10, 2, 0, 10)
    first, second = rate_interval(one), rate_interval(other)
    assert first.value is not None
    assert first.low is not None
    assert second.value is not None
    assert second.high is not None
    below, above = first.value - first.low, second.high - second.value
    difference = first.value - second.value
    low = difference - sqrt(below**2 - 2 * phi * below * above + above**2)
    assert paired_newcombe_interval(one, other).low == pytest.approx(low)


def test_pairs_that_go_against_each_other_make_the_interval_longer() -> None:
    opposed = pairs(0, 6, 6, 0)
    assert _length(paired_newcombe_interval(*opposed)) > _length(newcombe_interval(*opposed))


def test_pairs_that_all_agree_leave_wilsons_doubt() -> None:
    found = paired_newcombe_interval(*pairs(5, 0, 0, 0))
    wilson = rate_interval(claims(5, 0))
    assert wilson.low is not None
    assert [found.low, found.high] == pytest.approx([wilson.low - 100, 100 - wilson.low])


def _length(interval: object) -> float:
    return float(interval.high - interval.low)  # type: ignore[attr-defined]


def test_fishers_test_is_exact() -> None:
    # All of five against none of five: 2 of the 252 ways to deal them.
    assert fisher(claims(5, 0), claims(0, 5)).p == pytest.approx(2 / 252)
    assert fisher(claims(5, 0), claims(0, 5)).smallest_p == pytest.approx(2 / 252)
    assert fisher(claims(3, 0), claims(2, 0)).p == 1
    unequal = fisher(claims(3, 0), claims(0, 2))
    assert [unequal.p, unequal.smallest_p] == pytest.approx([1 / 10, 1 / 10])


def test_mcnemars_test_is_that_of_statsmodels() -> None:
    for table in ((36, 12, 2, 0), (1, 5, 0, 4), (0, 3, 3, 0)):
        theirs = their_mcnemar([table[:2], table[2:]], exact=True).pvalue
        assert mcnemar(*pairs(*table)).p == pytest.approx(theirs)


def test_mcnemars_test_looks_at_pairs_that_differ_and_nothing_else() -> None:
    assert mcnemar(*pairs(0, 5, 0, 0)).p == 2 / 32
    assert mcnemar(*pairs(90, 5, 0, 70)).p == 2 / 32
    assert mcnemar(*pairs(4, 0, 0, 3)).p == 1
    assert mcnemar(*pairs(0, 5, 0, 0)).smallest_p == 2 / 32


def test_without_runs_there_is_nothing_to_compare() -> None:
    assert newcombe_interval([], [True]).reason == "a group has no run"
    assert paired_newcombe_interval([], []).reason == "a group has no run"
    assert fisher([True], []).reason == "a group has no run"
    assert mcnemar([], []).reason == "there is no pair"
