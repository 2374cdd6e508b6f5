from __future__ import annotations

from math import isnan

import numpy as np
import pytest

from govsim.analysis.measures import Floats
from govsim.analysis.measures.catch import efficiency, equality, gain, gains
from govsim.analysis.measures.optimal import share_of_optimum
from govsim.analysis.measures.survival import is_survivor, survival_time
from govsim.analysis.measures.usage import over_usage, over_usage_granted
from govsim.errors import AnalysisError

NAN = float("nan")

GREEDY_ASKED = np.full((1, 5), 100.0)
GREEDY_RECEIVED = np.full((1, 5), 20.0)
FAIR = np.full((12, 5), 10.0)


def array(*rows: list[float]) -> Floats:
    return np.array(rows, dtype=float)


def stocks(*left: float) -> Floats:
    return np.array(left, dtype=float)


class TestAGreedySociety:
    def test_a_greedy_society_survives_one_month(self) -> None:
        assert survival_time(stocks(0), 5) == 1
        assert not is_survivor(stocks(0), 5, 12)

    def test_everyone_gains_a_fifth_of_the_stock(self) -> None:
        assert gain(GREEDY_RECEIVED) == 20.0
        assert gains(GREEDY_RECEIVED).tolist() == [20.0] * 5

    def test_the_efficiency_of_a_greedy_society_is_one_sixth(self) -> None:
        assert efficiency(GREEDY_RECEIVED, 50, 12) == pytest.approx(1 / 6, abs=1e-15)

    def test_it_shares_equally_and_overuses_always(self) -> None:
        assert equality(GREEDY_RECEIVED) == 1.0
        assert over_usage(GREEDY_ASKED, each(5, 10)) == 1.0
        assert over_usage_granted(GREEDY_ASKED, GREEDY_RECEIVED, each(5, 10)) == 1.0


class TestASocietyThatTakesItsFairShare:
    def test_a_fair_society_survives_all_months(self) -> None:
        left = np.full(12, 50.0)
        assert survival_time(left, 5) == 12
        assert is_survivor(left, 5, 12)

    def test_everyone_gains_120_and_no_measure_falls_short(self) -> None:
        assert gain(FAIR) == 120.0
        assert efficiency(FAIR, 50, 12) == 1.0
        assert equality(FAIR) == 1.0
        assert over_usage(FAIR, np.full((12, 5), 10.0)) == 0.0


class TestSurvival:
    def test_a_stock_at_the_collapse_level_is_alive(self) -> None:
        assert survival_time(stocks(5, 4, 0), 5) == 2
        assert is_survivor(stocks(50, 5), 5, 2)

    def test_a_collapse_in_the_last_month_has_the_time_of_a_survivor_but_is_none(self) -> None:
        left = stocks(50, 50, 0)
        assert survival_time(left, 5) == 3
        assert not is_survivor(left, 5, 3)

    def test_the_month_of_the_first_collapse_counts(self) -> None:
        assert survival_time(stocks(50, 3, 60), 5) == 2

    def test_a_run_that_stopped_early_is_neither_a_survivor_nor_a_collapse(self) -> None:
        with pytest.raises(AnalysisError, match="3 of 12 months without a collapse is censored"):
            is_survivor(stocks(50, 50, 50), 5, 12)

    def test_nothing_harvested_is_no_month(self) -> None:
        assert survival_time(stocks(), 5) == 0


class TestGain:
    def test_a_member_that_never_arrived_does_not_count(self) -> None:
        received = array([10, 20, NAN], [10, 0, NAN])
        np.testing.assert_equal(gains(received), [20, 20, NAN])
        assert gain(received) == 20.0

    def test_a_newcomer_counts_with_the_months_it_was_present(self) -> None:
        received = array([10, NAN], [10, NAN], [10, 6])
        assert gains(received).tolist() == [30.0, 6.0]
        assert gain(received) == 18.0

    def test_from_a_later_month_only_what_follows_counts(self) -> None:
        received = array([10, NAN], [10, NAN], [10, 6])
        assert gain(received, from_month=3) == 8.0

    def test_it_is_undefined_after_everything_is_over(self) -> None:
        assert isnan(gain(array([10, 10]), from_month=2))

    def test_months_are_counted_from_one(self) -> None:
        with pytest.raises(AnalysisError, match="from_month = 0: must be a whole number, 1"):
            gain(FAIR, from_month=0)


class TestEfficiency:
    def test_more_than_the_sustainable_catch_is_still_all(self) -> None:
        received = np.vstack([np.full((11, 5), 10.0), np.full((1, 5), 20.0)])
        assert gain(received) == 130.0
        assert efficiency(received, 50, 12) == 1.0

    def test_nothing_taken_is_nothing_used(self) -> None:
        assert efficiency(np.zeros((12, 5)), 50, 12) == 0.0

    def test_it_is_undefined_where_nothing_can_be_taken_sustainably(self) -> None:
        assert isnan(efficiency(FAIR, 0, 12))

    def test_from_month_four_of_fifteen_it_is_measured_against_twelve_months(self) -> None:
        received = np.vstack([np.full((3, 5), 10.0), np.full((6, 5), 10.0)])
        assert efficiency(received, 50, 15, from_month=4) == 0.5

    def test_a_society_that_collapsed_before_used_nothing_of_what_follows(self) -> None:
        assert efficiency(GREEDY_RECEIVED, 50, 15, from_month=4) == 0.0

    def test_it_is_undefined_after_the_last_month(self) -> None:
        assert isnan(efficiency(FAIR, 50, 12, from_month=13))


class TestEquality:
    def test_one_who_takes_everything_leaves_one_over_n(self) -> None:
        assert equality(array([100, 0, 0, 0, 0])) == pytest.approx(0.2)

    def test_two_to_one_among_two_is_five_sixths(self) -> None:
        assert equality(array([20, 10])) == pytest.approx(5 / 6)

    def test_totals_count_and_not_months(self) -> None:
        assert equality(array([20, 0], [0, 20])) == 1.0

    def test_a_member_without_a_catch_counts_and_an_absent_one_does_not(self) -> None:
        assert equality(array([10, 10, 0])) == pytest.approx(2 / 3)
        assert equality(array([10, 10, NAN])) == 1.0

    def test_a_single_member_is_equal_to_itself(self) -> None:
        assert equality(array([7])) == 1.0

    def test_equality_is_undefined_where_no_member_gained_anything(self) -> None:
        assert isnan(equality(np.zeros((3, 5))))

    def test_from_a_later_month_only_what_follows_counts(self) -> None:
        assert equality(array([100, 0], [5, 5]), from_month=2) == 1.0


def each(members: int, *thresholds: float) -> Floats:
    """The same threshold for each member, by month."""
    return np.repeat(np.array(thresholds, dtype=float)[:, np.newaxis], members, axis=1)


class TestOverUsage:
    def test_the_threshold_itself_is_no_over_usage(self) -> None:
        assert over_usage(array([10, 11]), each(2, 10)) == 0.5

    def test_each_month_has_its_own_threshold(self) -> None:
        assert over_usage(array([8, 8], [8, 8]), each(2, 10, 5)) == 0.5

    def test_each_member_has_its_own_threshold(self) -> None:
        assert over_usage(array([8, 8, 8]), array([10, 8, 7])) == pytest.approx(1 / 3)

    def test_forfeits_and_absence_are_in_neither_numerator_nor_denominator(self) -> None:
        assert over_usage(array([20, NAN, 5, NAN]), each(4, 10)) == 0.5

    def test_rationing_can_hide_it_from_what_was_granted(self) -> None:
        asked, received = array([100, 100, 5]), array([10, 12, 5])
        assert over_usage(asked, each(3, 10)) == pytest.approx(2 / 3)
        assert over_usage_granted(asked, received, each(3, 10)) == pytest.approx(1 / 3)

    def test_the_nothing_that_a_forfeit_receives_is_no_decision(self) -> None:
        assert over_usage_granted(array([20, NAN]), array([20, 0]), each(2, 10)) == 1.0

    def test_it_is_undefined_where_every_decision_was_forfeited(self) -> None:
        assert isnan(over_usage(array([NAN, NAN]), each(2, 10)))
        assert isnan(over_usage_granted(array([NAN, NAN]), array([0, 0]), each(2, 10)))

    def test_thresholds_of_other_months_are_rejected(self) -> None:
        with pytest.raises(AnalysisError, match=r"member_thresholds has shape \(1, 5\): must be \(12, 5\)"):
            over_usage(FAIR, each(5, 10))

    def test_what_was_asked_and_received_must_belong_together(self) -> None:
        with pytest.raises(AnalysisError, match=r"asked has shape \(1, 5\) and received \(12, 5\)"):
            over_usage_granted(GREEDY_ASKED, FAIR, each(5, 10))


class TestOptimum:
    def test_a_catch_is_a_share_of_it(self) -> None:
        assert share_of_optimum(FAIR, 650) == pytest.approx(12 / 13)
        assert share_of_optimum(array([10, NAN]), 20) == 0.5

    def test_the_share_is_undefined_where_nothing_can_be_taken(self) -> None:
        assert isnan(share_of_optimum(FAIR, 0))
        assert isnan(share_of_optimum(FAIR, NAN))
