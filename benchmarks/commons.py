"""Duration of 100,000 months of a five-member world: medians of five, on one core.

Run with ``python benchmarks/commons.py``; prints JSON.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from functools import partial

from govsim.commons import ALLOCATIONS, Demand, State, Stream, generator, grow_by_seed, member_threshold, multiply, take

MONTHS = 100_000
REPEATS = 5
MEMBERS = ("John", "Kate", "Jack", "Emma", "Luke")


def sustained(state: State) -> int:
    """Every member takes the sustainable share, so that nothing is rationed."""
    return member_threshold(state)


def rationed(state: State) -> int:
    """Every member asks for half of the stock, so that every month is rationed."""
    return state.stock // 2


def simulate(ask: Callable[[State], int], rule: str) -> float:
    """Seconds for all months of one world."""
    state = State(stock=100, month=1, capacity=100, growth=multiply(2.0), collapse=5, members=MEMBERS)
    began = time.perf_counter()
    for month in range(1, MONTHS + 1):
        demands = [Demand(member=name, units=ask(state)) for name in MEMBERS]
        outcome = take(
            state, demands, partial(generator, 0, Stream.ALLOCATION, month), ALLOCATIONS.get(rule, key="rule")
        )
        state = outcome.before if outcome.is_collapsed else grow_by_seed(outcome, 0).state
    return time.perf_counter() - began


def main() -> None:
    """Measure every rule, with and without rationing."""
    found = {
        f"{ask.__name__}, {rule}": round(statistics.median(simulate(ask, rule) for _ in range(REPEATS)), 2)
        for ask in (sustained, rationed)
        for rule in ALLOCATIONS.names
    }
    print(json.dumps({"seconds for 100,000 months": found}, indent=2))


if __name__ == "__main__":
    main()
