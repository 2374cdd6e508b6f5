"""The commons as pure functions on frozen values: state, growth, allocation, threshold, harvest and growth, ledger."""

from typing import TYPE_CHECKING

from govsim.lazy import lazy_names

if TYPE_CHECKING:
    from govsim.commons.allocation import ALLOCATIONS, Allocation, allocate
    from govsim.commons.growth import GROWTH_LAWS, GrowthLaw, Multiply, growth_law, multiply
    from govsim.commons.ledger import CENTS, Charge, Ledger, Settled
    from govsim.commons.month import grow, grow_by_seed, take
    from govsim.commons.randomness import Stream, check_streams, generator, stream_of
    from govsim.commons.state import Demand, Outcome, State, state_at_start
    from govsim.commons.threshold import group_threshold, member_threshold
else:
    __getattr__ = lazy_names(__name__)

__all__ = [
    "ALLOCATIONS",
    "CENTS",
    "GROWTH_LAWS",
    "Allocation",
    "Charge",
    "Demand",
    "GrowthLaw",
    "Ledger",
    "Multiply",
    "Outcome",
    "Settled",
    "State",
    "Stream",
    "allocate",
    "check_streams",
    "generator",
    "group_threshold",
    "grow",
    "grow_by_seed",
    "growth_law",
    "member_threshold",
    "multiply",
    "state_at_start",
    "stream_of",
    "take",
]
