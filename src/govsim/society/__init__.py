"""How a month goes: the society and the phases it lives through."""

from govsim.society.framework import Framework
from govsim.society.phases import PHASES, phases_named
from govsim.society.society import Phase, Society

__all__ = ["PHASES", "Framework", "Phase", "Society", "phases_named"]
