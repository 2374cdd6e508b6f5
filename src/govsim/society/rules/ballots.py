"""How ballots are counted: pure functions, in which ties are broken by an order that is drawn beforehand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

Option = int | str
"""What can be voted for: a number, or one of several options."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """The count of ballots over options.

    Attributes:
        winner: the option that wins; None if no ballot names an option.
        tally: votes or points by option; in an instant run-off, votes in the last round before one option was left, or
            in which an option was eliminated.
        eliminated: options in the order in which an instant run-off eliminated them.
        was_tied: whether the order for ties decided anything.
    """

    winner: Option | None
    tally: Mapping[Option, int]
    eliminated: tuple[Option, ...] = ()
    was_tied: bool = False


def lower_median(numbers: Sequence[int]) -> int | None:
    """Return the median, the lower one of two in the middle; None without numbers."""
    return sorted(numbers)[(len(numbers) - 1) // 2] if numbers else None


def floored_mean(numbers: Sequence[int]) -> int | None:
    """Return the mean, rounded down; None without numbers."""
    return sum(numbers) // len(numbers) if numbers else None


def has_majority(yes: int, no: int) -> bool:
    """Whether more members accept than reject; a tie is a rejection."""
    return yes > no


def is_unanimous(yes: int, present: int) -> bool:
    """Whether every member present accepts, so that an abstention is a rejection."""
    return yes == present > 0


def has_quorum(cast: int, present: int, quorum: float) -> bool:
    """Whether enough members cast a ballot: at least one, and the quorum of those present.

    Args:
        cast: number of valid ballots.
        present: number of members present.
        quorum: the required share, from 0 to 1.
    """
    return cast > 0 and cast >= Fraction(str(quorum)) * present


def plurality(choices: Sequence[Option], ties: Sequence[Option]) -> Count:
    """Count one vote per ballot; the option with the most votes wins.

    Args:
        choices: the option named by each ballot.
        ties: all options, in the order that breaks ties.
    """
    return _most(Counter(choices), ties)


def approval(approved: Sequence[Sequence[Option]], ties: Sequence[Option]) -> Count:
    """Count one vote per ballot for each option it approves; the option with the most votes wins.

    Args:
        approved: the options approved by each ballot.
        ties: all options, in the order that breaks ties.
    """
    return _most(Counter(option for ballot in approved for option in dict.fromkeys(ballot)), ties)


def borda(rankings: Sequence[Sequence[Option]], ties: Sequence[Option]) -> Count:
    """Count, for each option, the options ranked below it on each ballot; the option with the most points wins.

    On a ballot that ranks only some options, those have as many points as on a complete one, and the others none.

    Args:
        rankings: the options on each ballot, best first; repetitions are ignored.
        ties: all options, in the order that breaks ties.
    """
    points: Counter[Option] = Counter()
    for ranking in rankings:
        for index, option in enumerate(dict.fromkeys(ranking)):
            points[option] += len(ties) - 1 - index
    return _most(points, ties) if any(rankings) else Count(winner=None, tally={})


def instant_runoff(rankings: Sequence[Sequence[Option]], ties: Sequence[Option]) -> Count:
    """Eliminate the option with the fewest votes until one has more than half; ballots count for their best one left.

    Ballots on which no option is left are exhausted, and count no longer.

    Args:
        rankings: the options on each ballot, best first.
        ties: all options; of options with equally few votes, the last one in this order is eliminated.
    """
    left, eliminated, was_tied = list(ties), list[Option](), False
    while True:
        best = [next((option for option in ranking if option in left), None) for ranking in rankings]
        votes = Counter(option for option in best if option is not None)
        tally = {option: votes[option] for option in left}
        if not votes:
            return Count(winner=None, tally={})
        leading = max(left, key=lambda option: votes[option])
        if 2 * votes[leading] > votes.total() or len(left) == 1:
            return Count(winner=leading, tally=tally, eliminated=tuple(eliminated), was_tied=was_tied)
        fewest = min(votes[option] for option in left)
        last = [option for option in left if votes[option] == fewest]
        was_tied |= len(last) > 1
        left.remove(last[-1])
        eliminated.append(last[-1])


def _most(tally: Counter[Option], ties: Sequence[Option]) -> Count:
    if not tally:
        return Count(winner=None, tally={})
    most = max(tally.values())
    best = [option for option in ties if tally[option] == most]
    return Count(winner=best[0], tally=dict(sorted(tally.items(), key=str)), was_tied=len(best) > 1)
