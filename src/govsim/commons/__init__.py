"""The commons as pure functions on frozen values: state, growth, allocation, threshold, harvest and growth, ledger."""

from typing import TYPE_CHECKING

from govsim.lazy import lazy_names

if TYPE_CHECKING:
    from govsim.commons.allocation import ALLOCATIONS, Allocation, allocate
    from govsim.commons.growth import GROWTH_LAWS, GrowthLaw, Realisation
    from govsim.commons.horizon import COLLAPSE, HORIZON, collapse_level, last_month
    from govsim.commons.laws import Inflow, Logistic, Multiply, Threshold, growth_law, multiply
    from govsim.commons.ledger import CENTS, Charge, Ledger, Settled, written_dollars
    from govsim.commons.month import (
        Growth,
        ShockDraw,
        as_known,
        grow_by_seed,
        law_of_month,
        shock_draw,
        stock_probabilities,
        take,
    )
    from govsim.commons.randomness import Stream, check_streams, generator, of_site, stream_of
    from govsim.commons.shocks import SHOCKS, Loss, OverUse, Shock, ShockStatement, ShockTime, shocks_of
    from govsim.commons.state import Demand, Outcome, State, initial_state, state_at_start
    from govsim.commons.threshold import group_threshold, member_share, member_threshold
else:
    __getattr__, __dir__ = lazy_names(__name__)

__all__ = [
    "ALLOCATIONS",
    "CENTS",
    "COLLAPSE",
    "GROWTH_LAWS",
    "HORIZON",
    "SHOCKS",
    "Allocation",
    "Charge",
    "Demand",
    "Growth",
    "GrowthLaw",
    "Inflow",
    "Ledger",
    "Logistic",
    "Loss",
    "Multiply",
    "Outcome",
    "OverUse",
    "Realisation",
    "Settled",
    "Shock",
    "ShockDraw",
    "ShockStatement",
    "ShockTime",
    "State",
    "Stream",
    "Threshold",
    "allocate",
    "as_known",
    "check_streams",
    "collapse_level",
    "generator",
    "group_threshold",
    "grow_by_seed",
    "growth_law",
    "initial_state",
    "last_month",
    "law_of_month",
    "member_share",
    "member_threshold",
    "multiply",
    "of_site",
    "shock_draw",
    "shocks_of",
    "state_at_start",
    "stock_probabilities",
    "stream_of",
    "take",
    "written_dollars",
]
