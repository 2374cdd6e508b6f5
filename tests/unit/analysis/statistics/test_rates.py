"""Differences of rates, against statsmodels, scipy and the examples of the papers they come from."""

from __future__ import annotations

import pytest
from statsmodels.stats.contingency_tables import mcnemar as their_mcnemar

from govsim.analysis.statistics.rates import fisher, mcnemar


def claims(yes: int, no: int) -> list[bool]:
    return [True] * yes + [False] * no


def pairs(both: int, only_one: int, only_other: int, neither: int) -> tuple[list[bool], list[bool]]:
    one = [True] * (both + only_one) + [False] * (only_other + neither)
    other = [True] * both + [False] * only_one + [True] * only_other + [False] * neither
    return one, other


def test_fishers_test_enumerates_all_assignments() -> None:
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
    assert fisher([True], []).reason == "a group has no run"
    assert mcnemar([], []).reason == "there is no pair"
