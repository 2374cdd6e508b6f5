"""The world as pure functions on frozen values: state, growth, allocation, threshold, step."""

from govsim.commons.allocation import ALLOCATIONS, Allocation, allocate
from govsim.commons.randomness import Stream, generator
from govsim.commons.state import Demand, Outcome, State
from govsim.commons.step import step
from govsim.commons.threshold import group_threshold, member_threshold

__all__ = [
    "ALLOCATIONS",
    "Allocation",
    "Demand",
    "Outcome",
    "State",
    "Stream",
    "allocate",
    "generator",
    "group_threshold",
    "member_threshold",
    "step",
]
