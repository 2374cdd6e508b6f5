"""Duration of solving games: medians of five.

Run with ``python benchmarks/game.py``; prints JSON. Targets: the paper's world below 0.05 s, a capacity of 1,000 units
over 60 months below 5 s, also with random growth.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable

from govsim.config import World
from govsim.game import StockStrategy, best_reply, equilibrium, fair_share, game_of, solve

REPEATS = 5
LARGE = {"capacity": 1000, "months": 60, "collapse": 50}
UNIFORM = {"multiply": {"factor": {"uniform": [1, 3]}}}


def seconds(measured: Callable[[], object]) -> float:
    """Median seconds of a call."""
    found = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        measured()
        found.append(time.perf_counter() - began)
    return round(statistics.median(found), 4)


def main() -> None:
    """Measure the optimum, equilibria and best replies, without caches."""
    paper, large = game_of(World()), game_of(World.model_validate(LARGE))
    random = game_of(World.model_validate({**LARGE, "growth": UNIFORM}))
    pairs = game_of(World(growth=2.5), members=2)
    others = (StockStrategy(fair_share),) * 4
    optimum, balance = solve.__wrapped__, equilibrium.__wrapped__
    found = {
        "optimum, paper": seconds(lambda: optimum(paper)),
        "optimum, 1,000 units and 60 months": seconds(lambda: optimum(large)),
        "optimum, 1,000 units and 60 months, random growth": seconds(lambda: optimum(random)),
        "equilibrium, paper": seconds(lambda: balance(paper)),
        "equilibrium, two members and growth 2.5": seconds(lambda: balance(pairs)),
        "best reply to fair shares, paper": seconds(lambda: best_reply(paper, others)),
    }
    print(json.dumps({"seconds": found}, indent=2))


if __name__ == "__main__":
    main()
