"""How results of the game were obtained."""

from __future__ import annotations

from typing import Literal

Method = Literal["exact", "bound", "unavailable"]
"""How a result was obtained: proved or computed exactly, a bound, or not computed."""
