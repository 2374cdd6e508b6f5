"""Tournaments of policies: many societies of one or two policies, with many seeds, and best replies to policies."""

from govsim.tournament.exploiting import best_reply_to, exploitability_of
from govsim.tournament.playing import Mixture, default_policies, mixtures_of, play
from govsim.tournament.stepwise import StepwiseWorlds, worlds_of
from govsim.tournament.strategies import strategy_of
from govsim.tournament.worlds import SimulatedRuns, Worlds

__all__ = [
    "Mixture",
    "SimulatedRuns",
    "StepwiseWorlds",
    "Worlds",
    "best_reply_to",
    "default_policies",
    "exploitability_of",
    "mixtures_of",
    "play",
    "strategy_of",
    "worlds_of",
]
