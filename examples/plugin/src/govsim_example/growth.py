"""A growth law that depends on the weather."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from govsim.commons import GrowthLaw
from govsim.config import Section


class Monsoon(GrowthLaw):
    """Multiplies the remaining units by a factor; in a month without rain nothing grows."""

    name = "monsoon"

    class Settings(Section):
        """Settings of the law."""

        factor: int = Field(2, ge=1)
        """Factor for the remaining units in a month with rain."""
        drought: float = Field(0.1, ge=0, le=1)
        """The probability of a month without rain."""

    settings: Settings

    def grown(self, left: int, capacity: int) -> int:
        """The growth of a month with rain."""
        return min(capacity, self.settings.factor * left)

    def drawn(self, left: int, capacity: int, rng: np.random.Generator) -> int:
        """The growth of one month, with or without rain."""
        return left if rng.random() < self.settings.drought else self.grown(left, capacity)

    @property
    def phrase(self) -> str:
        """The growth as a verb phrase, for prompts."""
        return f"is multiplied by {self.factor} if there is rain"

    @property
    def factor(self) -> str:
        """The factor of a month with rain."""
        return str(self.settings.factor)
