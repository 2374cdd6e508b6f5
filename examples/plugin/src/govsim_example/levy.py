"""A levy on income that is redistributed equally among the members present."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from govsim.commons import Charge, Outcome
from govsim.config import Section
from govsim.society import Rule, Society, Terms


class Levy(Rule):
    """Collects a share of every member's monthly income, and pays each member present an equal part of the total."""

    name = "levy"
    templates = {"levy": {"rate": 20}}

    class Settings(Section):
        """Settings of the rule."""

        rate: int = Field(20, ge=0, le=100)
        """The share of a month's income that is collected, in per cent."""

    settings: Settings

    def terms(self, society: Society) -> Terms:
        """The levy as text and value."""
        rate = self.settings.rate
        return Terms(text=society.prompts.render("levy", rate=rate), values={"rate": rate})

    def settle(self, society: Society, outcome: Outcome) -> Iterator[Charge]:
        """Charge each member that earned income, then pay every member present an equal share.

        Remaining cents go to the first members of the roster, so that money is conserved.
        """
        levies = {name: cents * self.settings.rate // 100 for name, cents in society.institutions.earned.items()}
        total, members = sum(levies.values()), society.state.members
        if total == 0:
            return
        for name, cents in levies.items():
            yield Charge(by=self.name, member=name, amount=cents, reason="levy on income")
        share, rest = divmod(total, len(members))
        for place, name in enumerate(members):
            yield Charge(by=self.name, member=name, amount=-(share + (place < rest)), reason="equal share of the levy")
