"""Problems of the sub-skill tests: each follows from the seed and its number alone, and is the same for every model.

Problem i has the same stock in all tests, so that tests can be compared problem by problem.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from govsim.commons import State, Stream, generator, member_threshold, state_at_start
from govsim.config import Entry
from govsim.errors import ConfigError
from govsim.journal import Skills, TestName


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One problem with its right answers. Amounts are whole units.

    Attributes:
        test: what it asks for.
        number: counts the problems of the test, from 0.
        stock: units before the harvest.
        threshold: what each member can take without the stock falling.
        taken: what each member takes, where the test says so.
        least: the lowest right answer.
        most: the highest right answer.
    """

    test: TestName
    number: int
    stock: int
    threshold: int
    taken: int | None = None
    least: int
    most: int


def problems(subject: Skills, test: TestName, count: int) -> Iterator[Problem]:
    """The first problems of one test.

    The stock is drawn from those of which everyone can take something without the stock falling (10 to 100 in the
    paper's world), what each takes in `dynamics` from nothing to an equal share of all of it. Right is (Piatti et al.
    2024, section 2.5): in `dynamics` what the next month begins with; in `sustainable_action` anything from one unit to
    the member's threshold; in the threshold tests the member's threshold.

    Args:
        subject: the world, its members, and the seed.
        test: what the problems ask for.
        count: how many.

    Raises:
        ConfigError: there is no stock of which everyone can take something without it falling.
    """
    states = _solvable(subject)
    for number in range(count):
        draw = generator(subject.seed, Stream.PROBLEM, number)
        state = states[int(draw.integers(len(states)))]
        taken = int(draw.integers(state.stock // len(state.members) + 1))
        threshold = member_threshold(state)
        if test == "dynamics":
            after = state.grown(state.stock - len(state.members) * taken)
            least = most = after
        else:
            least, most = (1 if test.startswith("sustainable_action") else threshold), threshold
        yield Problem(
            test=test,
            number=number,
            stock=state.stock,
            threshold=threshold,
            taken=taken if test == "dynamics" else None,
            least=least,
            most=most,
        )


def _solvable(subject: Skills) -> list[State]:
    """The commons in every state in which each member can take something without the stock falling."""
    world = subject.world
    start = state_at_start(world, subject.members)
    states = [replace(start, stock=stock) for stock in range(1, world.capacity + 1)]
    found = [state for state in states if member_threshold(state) >= 1]
    if not found:
        shown = world.growth.written if isinstance(world.growth, Entry) else f"{world.growth:g}"
        raise ConfigError(
            f"members = {len(subject.members)}, growth = {shown}, capacity = {world.capacity}: nobody can "
            "take a single unit without the stock falling; take fewer members, more growth or more capacity"
        )
    return found
