"""Societies as environments for training: one member at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from govsim.lazy import lazy_names

if TYPE_CHECKING:
    from govsim.environments.seat import REWARDS, SeatEnv, SeatStep
    from govsim.environments.session import SeatObservation
else:
    __getattr__ = lazy_names(__name__)

__all__ = ["REWARDS", "SeatEnv", "SeatObservation", "SeatStep"]
