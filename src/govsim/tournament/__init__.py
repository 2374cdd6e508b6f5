"""Tournaments of policies: many societies of one or two policies, with many seeds, in the same world."""

from govsim.tournament.playing import Mixture, default_policies, mixtures_of, play
from govsim.tournament.stepwise import StepwiseWorlds, worlds_of
from govsim.tournament.worlds import Lives, Worlds

__all__ = ["Lives", "Mixture", "StepwiseWorlds", "Worlds", "default_policies", "mixtures_of", "play", "worlds_of"]
