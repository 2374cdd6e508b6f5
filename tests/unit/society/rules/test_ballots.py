"""Counting rules on profiles of social choice that are worked out by hand."""

from __future__ import annotations

import pytest

from govsim.society.rules.ballots import (
    approval,
    borda,
    floored_mean,
    has_majority,
    has_quorum,
    instant_runoff,
    is_unanimous,
    lower_median,
    plurality,
)

TENNESSEE = [
    *[("Memphis", "Nashville", "Chattanooga", "Knoxville")] * 42,
    *[("Nashville", "Chattanooga", "Knoxville", "Memphis")] * 26,
    *[("Chattanooga", "Knoxville", "Nashville", "Memphis")] * 15,
    *[("Knoxville", "Chattanooga", "Nashville", "Memphis")] * 17,
]
"""A well-known example: plurality, Borda and the instant run-off elect three different cities."""
CITIES = ("Nashville", "Memphis", "Knoxville", "Chattanooga")
CYCLE = [("A", "B", "C"), ("B", "C", "A"), ("C", "A", "B")]


def test_three_rules_elect_three_cities() -> None:
    assert plurality([ranking[0] for ranking in TENNESSEE], CITIES).winner == "Memphis"
    points = borda(TENNESSEE, CITIES)
    assert points.winner == "Nashville"
    assert points.tally == {"Memphis": 126, "Nashville": 194, "Chattanooga": 173, "Knoxville": 107}
    runoff = instant_runoff(TENNESSEE, CITIES)
    assert (runoff.winner, runoff.eliminated) == ("Knoxville", ("Chattanooga", "Nashville"))
    assert (runoff.tally, runoff.was_tied) == ({"Memphis": 42, "Knoxville": 58}, False)


@pytest.mark.parametrize("ties", [("A", "B", "C"), ("C", "B", "A"), ("B", "C", "A")])
def test_a_cycle_is_decided_by_the_order_for_ties(ties: tuple[str, ...]) -> None:
    assert (borda(CYCLE, ties).winner, borda(CYCLE, ties).was_tied) == (ties[0], True)
    assert plurality([ranking[0] for ranking in CYCLE], ties).winner == ties[0]
    runoff = instant_runoff(CYCLE, ties)
    assert (runoff.eliminated, runoff.was_tied) == ((ties[-1],), True)
    heir = {"A": "B", "B": "C", "C": "A"}[ties[-1]]  # the second choice of the ballot of the eliminated option
    assert (runoff.winner, runoff.tally[heir]) == (heir, 2)


def test_a_run_off_drops_exhausted_ballots_and_needs_more_than_half() -> None:
    ballots = [*[("A",)] * 4, *[("B", "C")] * 3, *[("C", "B")] * 2, ("D",)]
    runoff = instant_runoff(ballots, ("A", "B", "C", "D"))
    assert (runoff.eliminated, runoff.winner) == (("D", "C"), "B")
    assert runoff.tally == {"A": 4, "B": 5}


def test_points_of_incomplete_ballots_and_repeated_options() -> None:
    assert borda([("A",), ("B", "A"), ("A", "A", "C")], ("A", "B", "C")).tally == {"A": 5, "B": 2, "C": 1}
    assert approval([("A", "B"), ("B", "B"), ()], ("A", "B")).tally == {"A": 1, "B": 2}


def test_nothing_wins_without_ballots() -> None:
    for count in (plurality([], (1, 2)), approval([()], (1, 2)), borda([()], (1, 2)), instant_runoff([()], (1, 2))):
        assert (count.winner, count.tally) == (None, {})


def test_the_lower_median_and_the_mean_rounded_down() -> None:
    assert [lower_median(numbers) for numbers in ([], [9, 3, 5], [8, 2, 4, 6])] == [None, 5, 4]
    assert [floored_mean(numbers) for numbers in ([], [9, 3, 5], [1, 2])] == [None, 5, 1]


def test_majority_unanimity_and_quorum_at_their_limits() -> None:
    assert [has_majority(yes, no) for yes, no in ((3, 2), (2, 2), (0, 0))] == [True, False, False]
    assert [is_unanimous(yes, 5) for yes in (5, 4)] == [True, False]
    assert [has_quorum(cast, 5, 0.6) for cast in (3, 2)] == [True, False]
    assert has_quorum(2, 4, 0.5)
    assert not has_quorum(0, 4, 0)
