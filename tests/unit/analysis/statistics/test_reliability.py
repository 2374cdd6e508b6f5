"""Reliability of several runs, by enumeration."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govsim.analysis.statistics.reliability import all_of, per, worst_of
from govsim.errors import AnalysisError


@given(st.lists(st.integers(1, 12), min_size=1, max_size=7), st.integers(1, 7))
def test_estimates_are_means_over_all_subsets(months: list[int], k: int) -> None:
    subsets = list(combinations(months, k))
    survived = [month == 12 for month in months]
    if not subsets:
        assert worst_of(months, k) is None
        assert all_of(sum(survived), len(months), k) is None
        return
    assert worst_of(months, k) == pytest.approx(sum(map(min, subsets)) / len(subsets))
    share = sum(all(month == 12 for month in subset) for subset in subsets) / len(subsets)
    assert all_of(sum(survived), len(months), k) == pytest.approx(share)


def test_amounts_are_divided_by_what_was_spent() -> None:
    assert per(60, 4.0) == 15
    assert per(60, 120_000, 1000) == 0.5
    assert per(60, None) is None
    assert per(60, 0.0) is None


@pytest.mark.parametrize(
    ("successes", "runs", "k", "message"), [(1, 2, 0, "k = 0: must be 1"), (3, 2, 1, "from 0 to 2")]
)
def test_impossible_numbers_are_rejected(successes: int, runs: int, k: int, message: str) -> None:
    with pytest.raises(AnalysisError, match=message):
        all_of(successes, runs, k)
