"""Solution concepts of a commons: optimum, regret, equilibria, and best replies to strategies.

All of them are computed from the numbers of a world, without models, journals or members.
"""

from typing import TYPE_CHECKING

from govsim.lazy import lazy_names

if TYPE_CHECKING:
    from govsim.game.equilibria import Continuation, Equilibrium, Method, critical_continuation, equilibrium
    from govsim.game.model import Case, Game, Transition, certain, game_of, random
    from govsim.game.regrets import Regret, regret
    from govsim.game.replies import best_reply, expected_catches, exploitability
    from govsim.game.sharing import expected_catch
    from govsim.game.solving import Knowledge, Solution, maximum_catch, solve
    from govsim.game.strategies import Situation, StockStrategy, Strategy, Trigger, fair_share, whole_stock
else:
    __getattr__ = lazy_names(__name__)

__all__ = [
    "Case",
    "Continuation",
    "Equilibrium",
    "Game",
    "Knowledge",
    "Method",
    "Regret",
    "Situation",
    "Solution",
    "StockStrategy",
    "Strategy",
    "Transition",
    "Trigger",
    "best_reply",
    "certain",
    "critical_continuation",
    "equilibrium",
    "expected_catch",
    "expected_catches",
    "exploitability",
    "fair_share",
    "game_of",
    "maximum_catch",
    "random",
    "regret",
    "solve",
    "whole_stock",
]
