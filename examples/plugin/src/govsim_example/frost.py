"""A shock: frost in winter."""

from __future__ import annotations

from pydantic import Field

from govsim.commons import Outcome, Shock
from govsim.config import Section

WINTER = (12, 1, 2)


class Frost(Shock):
    """In each winter month, a quarter of the stock freezes with a probability; in other months nothing happens."""

    name = "frost"

    class Settings(Section):
        """Settings of the shock."""

        probability: float = Field(0.2, ge=0, le=1)
        """The probability of frost in a winter month."""

    settings: Settings

    def probability(self, month: int, outcome: Outcome) -> float:
        """The probability set, from December to February; month 1 is a January."""
        return self.settings.probability if (month - 1) % 12 + 1 in WINTER else 0.0

    def lost(self, stock: int) -> int:
        """A quarter, rounded down."""
        return stock // 4

    def risk(self, units: str) -> str:
        """The risk in a sentence, for prompts."""
        return f"In winter, a quarter of the {units} may freeze at the end of a month."
