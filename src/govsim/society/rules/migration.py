"""Migration: members may move between sites, such as those with different institutions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from govsim.commons import written_dollars
from govsim.config import Section
from govsim.society.phases.move import MovePhase
from govsim.society.rule import RULES, AddedPhase, Rule, Terms
from govsim.society.rules.inspection import in_cents

if TYPE_CHECKING:
    from govsim.society.society import Society


@RULES.register
class Migration(Rule):
    """Lets members of a site move to another one. Sites without this rule can be moved to, but not left."""

    name = "migration"
    templates = {"migration": {"every": 3, "cost": "1,000", "notice": 1}}

    class Settings(Section):
        """Settings of the rule."""

        enforcement: Literal["none", "announced", "hard"] = "hard"
        """Enforcement: with `hard`, members move as they choose; with `announced`, they are asked and informed in the
        same words, but stay and pay nothing; with `none`, members cannot move."""
        every: int = Field(1, ge=1)
        """Number of months between two choices; with 1, members choose at the end of every month."""
        cost: float = Field(0, ge=0)
        """Cost of moving, in prices of one unit. It leaves the society."""
        notice: int = Field(0, ge=0)
        """Number of months for which a member still stays after it has chosen another site."""

    settings: Settings

    def __init__(self, settings: Section | None = None, *, name: str | None = None) -> None:
        super().__init__(settings if settings is not None else self.Settings(), name=name)

    def terms(self, society: Society) -> Terms | None:
        """Return when and how members can move."""
        settings = self.settings
        if settings.enforcement == "none":
            return None
        cents = in_cents(settings.cost, society.institutions.price_of(""))
        cost = written_dollars(cents) if cents else None
        text = society.prompts.render("migration", every=settings.every, cost=cost, notice=settings.notice)
        return Terms(text=text, values=settings.model_dump(mode="json"))

    def phases(self) -> Iterable[AddedPhase]:
        """Return the choice of a site, at the end of the month."""
        if self.settings.enforcement != "none":
            yield AddedPhase(phase=MigrationPhase(name=f"{self.name}-move", rule=self), place="month-end")


class MigrationPhase(MovePhase):
    """The choice of a site, as the rule sets it."""

    def __init__(self, *, name: str, rule: Migration) -> None:
        own = rule.settings
        super().__init__(MovePhase.Settings(every=own.every, notice=own.notice), name=name)
        self._rule = rule

    @property
    def is_enforced(self) -> bool:
        """Whether members move and pay as they choose."""
        return self._rule.settings.enforcement == "hard"

    def cost(self, society: Society) -> int:
        """Return the cost of moving in cents."""
        return in_cents(self._rule.settings.cost, society.institutions.price_of(""))
