"""Processor time for solving games: ``python -m benchmarks.game``; `benchmarks.policies` includes it.

Nothing is cached but the nodes of the quadrature, which are the same for all games.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from benchmarks import page
from benchmarks.results import Row
from govsim.config import World
from govsim.game import Game, StockStrategy, best_reply, equilibrium, fair_share, game_of, solve
from govsim.game.allocation import EXPECTATIONS

REPEATS = 5
LARGE = {"capacity": 1000, "months": 60, "collapse": 50}
UNIFORM = {"multiply": {"factor": {"uniform": [1, 3]}}}
PAPER_MS, LARGE_MS = 50, 5000
"""Targets for the paper's world, and for a capacity of 1,000 units and 60 months."""


def rows(repeats: int) -> list[Row]:
    """Measure the optimum, equilibria and best replies."""
    paper, large = game_of(World()), game_of(World.model_validate(LARGE))
    random = game_of(World.model_validate({**LARGE, "growth": UNIFORM}))
    pairs = game_of(World(growth=2.5), members=2)
    _best_reply(paper)
    measured: dict[str, tuple[Callable[[], object], int]] = {
        "optimum, paper's world": (lambda: _optimum(paper), PAPER_MS),
        "equilibrium, paper's world": (lambda: _equilibrium(paper), PAPER_MS),
        "best reply to fair shares, paper's world": (lambda: _best_reply(paper), PAPER_MS),
        "equilibrium, two members and growth 2.5": (lambda: _equilibrium(pairs), LARGE_MS),
        "optimum, 1,000 units and 60 months": (lambda: _optimum(large), LARGE_MS),
        "optimum, 1,000 units and 60 months, random growth": (lambda: _optimum(random), LARGE_MS),
    }
    return [
        Row(what=what, values=[_milliseconds(call) for _ in range(repeats)], unit="ms", target=target, digits=1)
        for what, (call, target) in measured.items()
    ]


_optimum, _equilibrium = solve.__wrapped__, equilibrium.__wrapped__


def _best_reply(game: Game) -> float:
    EXPECTATIONS[game.allocation].cache_clear()  # type: ignore[attr-defined]
    return best_reply(game, (StockStrategy(fair_share),) * (game.members - 1))


def _milliseconds(call: Callable[[], object]) -> float:
    began = time.process_time()
    call()
    return 1000 * (time.process_time() - began)


if __name__ == "__main__":
    print(page.medians([row.as_json() for row in rows(REPEATS)]))
