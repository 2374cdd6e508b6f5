"""Agreement of raters: by hand, by the libraries, and where it is not defined."""

from __future__ import annotations

from collections.abc import Hashable

import krippendorff
import numpy as np
import pytest
from scipy.stats import t
from statsmodels.stats.inter_rater import aggregate_raters, cohens_kappa, to_table

from govsim.analysis.dialogue.agreement import NO_OVERLAP, ONE_LABEL, Rater, RaterKind, agreement, agreements
from govsim.analysis.statistics.resampling import jackknife_of_sums
from govsim.errors import AnalysisError


def rater(name: str, labels: str, kind: RaterKind = "person") -> Rater:
    """A rater that gives the label at each place; a space is none."""
    given: dict[Hashable, str] = {index: label for index, label in enumerate(labels) if label != " "}
    return Rater(name=name, kind=kind, labels=given)


def test_agreement_of_two_raters_equals_a_calculation_by_hand() -> None:
    found = agreement([rater("one", "aaaaabbbbb"), rater("two", "aaaabbbbba")])
    assert found.utterances == 10
    assert found.percent is not None
    assert found.percent.value == pytest.approx(80)
    # By chance half: 5 of 10 labels are `a` for both.
    assert found.kappa is not None
    assert found.kappa.value == pytest.approx((0.8 - 0.5) / 0.5)
    # 4 of 20 labels are paired with another one; expected are 2 · 10 · 10 / 19.
    assert found.alpha.value == pytest.approx(1 - 4 / (200 / 19))
    assert found.reason == ""


def test_raters_with_their_own_habits_agree_by_chance_as_often() -> None:
    found = agreement([rater("one", "aabb"), rater("two", "abab")])
    assert found.kappa is not None
    assert found.kappa.value == pytest.approx(0)


def test_alpha_of_three_raters_with_gaps_is_the_one_in_the_literature() -> None:
    # Krippendorff's example of three coders, nominal.
    rows = ("     34121133 3", "1 213343       ", "  21344 21133 4")
    found = agreement([rater(str(number), row) for number, row in enumerate(rows)])
    assert found.alpha.value == pytest.approx(0.691358, abs=1e-6)
    assert found.percent is None
    assert found.kappa is None


@pytest.mark.parametrize("seed", range(5))
def test_values_are_those_of_the_libraries_and_lie_in_their_intervals(seed: int) -> None:
    draw = np.random.default_rng(seed)
    one = draw.integers(0, 4, 60)
    two = np.where(draw.random(60) < 0.6, one, draw.integers(0, 4, 60))
    texts = ["".join("abcd"[code] for code in codes) for codes in (one, two)]
    found = agreement([rater("one", texts[0]), rater("two", texts[1])])
    table, _ = to_table(np.column_stack([one, two]))
    assert found.kappa is not None
    assert found.kappa.value == pytest.approx(cohens_kappa(table, return_results=False))
    counts, _ = aggregate_raters(np.column_stack([one, two]))
    assert found.alpha.value == pytest.approx(krippendorff.alpha(value_counts=counts, level_of_measurement="nominal"))
    for estimate in (found.percent, found.kappa, found.alpha):
        assert estimate is not None
        assert estimate.low is not None
        assert estimate.high is not None
        assert estimate.value is not None
        assert estimate.low < estimate.value < estimate.high
        assert estimate.n == 60


def test_the_interval_of_kappa_agrees_with_its_standard_error() -> None:
    draw = np.random.default_rng(7)
    one = draw.integers(0, 3, 300)
    two = np.where(draw.random(300) < 0.7, one, draw.integers(0, 3, 300))
    texts = ["".join("abc"[code] for code in codes) for codes in (one, two)]
    found = agreement([rater("one", texts[0]), rater("two", texts[1])]).kappa
    known = cohens_kappa(to_table(np.column_stack([one, two]))[0])
    assert found is not None
    assert found.low == pytest.approx(known.kappa_low, abs=0.02)
    assert found.high == pytest.approx(known.kappa_upp, abs=0.02)


def test_the_interval_of_utterances_of_one_run_is_that_of_runs() -> None:
    same, other = "ab" * 10, "ba" * 10
    raters = [rater("one", same + same), rater("two", same + other)]
    single = agreement(raters)
    by_run = agreement(raters, runs={index: index // 20 for index in range(40)})
    assert by_run.percent is not None
    assert single.percent is not None
    assert (by_run.percent.n, single.percent.n) == (2, 40)
    assert by_run.percent.value == single.percent.value == 50
    assert by_run.percent.low is not None
    assert single.percent.low is not None
    assert by_run.percent.low < single.percent.low


def test_raters_that_agree_throughout_have_an_interval_of_no_length() -> None:
    found = agreement([rater("one", "aabbc"), rater("two", "aabbc")])
    assert found.kappa is not None
    assert (found.kappa.low, found.kappa.value, found.kappa.high) == (1, 1, 1)
    assert (found.alpha.low, found.alpha.value, found.alpha.high) == (1, 1, 1)


def test_agreement_beyond_chance_is_undefined_with_a_single_label() -> None:
    found = agreement([rater("one", "aaa"), rater("two", "aaa")])
    assert found.percent is not None
    assert found.percent.value == 100
    assert found.kappa is not None
    assert (found.kappa.value, found.alpha.value, found.reason) == (None, None, ONE_LABEL)


def test_raters_with_nothing_in_common_have_no_agreement() -> None:
    found = agreement([rater("one", "aa  "), rater("two", "  aa")])
    assert found.percent is not None
    assert found.kappa is not None
    assert (found.utterances, found.reason) == (0, NO_OVERLAP)
    assert (found.percent.value, found.kappa.value, found.alpha.value) == (None, None, None)


def test_only_what_both_labelled_counts() -> None:
    found = agreement([rater("one", "abab  cc"), rater("two", "abba  ")])
    assert found.utterances == 4
    assert found.percent is not None
    assert found.percent.value == 50


def test_one_run_has_no_interval() -> None:
    raters = [rater("one", "aabb"), rater("two", "aaba")]
    found = agreement(raters, runs=dict.fromkeys(range(4), "run"))
    assert found.kappa is not None
    assert found.kappa.value is not None
    assert (found.kappa.low, found.alpha.high) == (None, None)


def test_the_agreement_of_a_single_rater_is_undefined() -> None:
    assert agreements([rater("one", "aab")]) == ()
    with pytest.raises(AnalysisError, match="raters = 1: must be two or more"):
        agreement([rater("one", "aab")])


def test_pairs_of_each_kind_and_all_of_a_kind_are_compared() -> None:
    majority = Rater(name="all", kind="judge", labels={0: "a", 1: "b"}, is_majority=True)
    raters = [rater("j1", "ab", "judge"), rater("j2", "ab", "judge"), majority]
    raters += [rater("p1", "ab"), rater("p2", "aa"), rater("p3", "bb")]
    found = {(one.between, one.raters) for one in agreements(raters)}
    assert found == {
        *(("judges and annotators", (judge, person)) for judge in ("j1", "j2", "all") for person in ("p1", "p2", "p3")),
        *(("annotators", pair) for pair in (("p1", "p2"), ("p1", "p3"), ("p2", "p3"), ("p1", "p2", "p3"))),
        ("judges", ("j1", "j2")),
    }


class TestJackknifeOfSums:
    def test_a_mean_has_students_interval_on_fishers_scale(self) -> None:
        values = np.array([0.3, 0.5, 0.9, 0.2, 0.6])
        low, high = jackknife_of_sums(np.stack([values, np.ones(5)]), lambda parts: parts[0] / parts[1])
        mean, half = values.mean(), float(t.ppf(0.975, 4)) * values.std(ddof=1) / 5**0.5
        expected = np.tanh(np.arctanh(mean) + np.array([-1, 1]) * half / (1 - mean**2))
        assert [low, high] == pytest.approx(expected.tolist())

    def test_a_coefficient_without_spread_has_an_interval_of_length_zero(self) -> None:
        sums = np.array([[1.0, 2.0, 4.0], [2.0, 4.0, 8.0]])
        assert jackknife_of_sums(sums, lambda parts: parts[0] / parts[1]) == (0.5, 0.5)

    def test_where_it_is_undefined_without_one_run_there_is_no_interval(self) -> None:
        sums = np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 4.0]])
        assert jackknife_of_sums(sums, lambda parts: parts[0] / parts[1]) == (None, None)
        assert jackknife_of_sums(sums[:, :1], lambda parts: parts[0] / parts[1]) == (None, None)
