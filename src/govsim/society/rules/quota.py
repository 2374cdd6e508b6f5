"""A quota: a maximum number of units that each member may receive in a month."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from govsim.config import Section
from govsim.society.rule import RULES, Rule, Terms

if TYPE_CHECKING:
    from govsim.society.society import Society


@RULES.register
class Quota(Rule):
    """Limits what each member receives in a month to a fixed number of units."""

    name = "quota"
    templates = {"quota": {"amount": 10}}

    class Settings(Section):
        """Settings of the rule."""

        amount: int = Field(ge=0)
        """Maximum number of units that each member may receive in a month."""
        enforcement: Literal["hard"] = "hard"
        """Enforcement: `hard` limits what a member receives to the quota, even if it demands more."""

    settings: Settings

    def terms(self, society: Society) -> Terms:
        """Return the quota as text."""
        amount = self.settings.amount
        return Terms(text=society.prompts.render("quota", amount=amount), values={"amount": amount})

    def admit(self, society: Society, demands: Mapping[str, int]) -> Mapping[str, int]:
        """Return the quota for each member that demands more."""
        return {name: self.settings.amount for name, units in demands.items() if units > self.settings.amount}
