"""Optimum concepts of a commons: optimum, regret, equilibria, and best replies to strategies.

All of them are computed from the numbers of a world, without models, journals or members.
"""

from typing import TYPE_CHECKING

from govsim.lazy import lazy_names

if TYPE_CHECKING:
    from govsim.game.allocation import expected_catch
    from govsim.game.balances import best_reply_within_balance
    from govsim.game.best_replies import best_reply, expected_catches, exploitability
    from govsim.game.construction import game_of, game_of_experiment, realised_game
    from govsim.game.equilibria import CriticalContinuation, Equilibrium, critical_continuation, equilibrium
    from govsim.game.expected_months import ExpectedMonth, expected_path
    from govsim.game.incentives import UNCHANGED, Incentives, Risk, combined
    from govsim.game.model import Case, Game, Method, Transition, certain, uncertain
    from govsim.game.optimum import Optimum, PriorKnowledge, maximum_catch, solve
    from govsim.game.regrets import Regret, expected_rest, regret, thresholds_before
    from govsim.game.strategies import Position, StockStrategy, Strategy, Trigger, fair_share, whole_stock
    from govsim.game.yardstick import Yardstick, Yardsticks, equilibrium_of, yardsticks
else:
    __getattr__, __dir__ = lazy_names(__name__)

__all__ = [
    "UNCHANGED",
    "Case",
    "CriticalContinuation",
    "Equilibrium",
    "ExpectedMonth",
    "Game",
    "Incentives",
    "Method",
    "Optimum",
    "Position",
    "PriorKnowledge",
    "Regret",
    "Risk",
    "StockStrategy",
    "Strategy",
    "Transition",
    "Trigger",
    "Yardstick",
    "Yardsticks",
    "best_reply",
    "best_reply_within_balance",
    "certain",
    "combined",
    "critical_continuation",
    "equilibrium",
    "equilibrium_of",
    "expected_catch",
    "expected_catches",
    "expected_path",
    "expected_rest",
    "exploitability",
    "fair_share",
    "game_of",
    "game_of_experiment",
    "maximum_catch",
    "realised_game",
    "regret",
    "solve",
    "thresholds_before",
    "uncertain",
    "whole_stock",
    "yardsticks",
]
