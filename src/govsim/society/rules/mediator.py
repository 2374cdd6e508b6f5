"""Mediation: members may delegate their harvest to a mediator that limits those who delegate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from govsim.agents import Notice, Request
from govsim.calendar import first_day
from govsim.commons import member_threshold
from govsim.config import Experiment, Section
from govsim.errors import ConfigError
from govsim.journal import Delegation
from govsim.models.fields import YES_NO, ChoiceField, Value
from govsim.society.phase import Phase
from govsim.society.rule import RULES, AddedPhase, Rule, Terms

if TYPE_CHECKING:
    from govsim.society.society import Society

DELEGATE = "delegate"
ANSWER = "Delegate"
YES, NO = YES_NO
THRESHOLD = "threshold"


@RULES.register
class Mediator(Rule):
    """Limits the catches of members that delegate their harvest to it, if enough of them do.

    Members decide every month before the harvest. With too few of them, no member is limited, or to another amount.
    """

    name = "mediator"
    templates = {
        "mediator": {"needed": 5, "amount": 10, "otherwise": None, "changes": True},
        "delegate": {"date": "2024-01-01", "needed": 5, "amount": 10, "otherwise": None},
        "delegated": {"delegating": ["Kate"], "amount": 10},
    }

    class Settings(Section):
        """Settings of the rule."""

        enforcement: Literal["none", "announced", "hard"] = "hard"
        """Enforcement: with `hard`, members that delegate receive at most the mediator's amount; with `announced`, they
        are asked and informed in the same words, but not limited; with `none`, there is no mediator."""
        amount: Annotated[int, Field(ge=0)] | Literal["threshold"] = "threshold"
        """Maximum units for each member that delegates, if enough do: a number, or `threshold`, a member's share of the
        sustainable harvest of the month, without differences between members."""
        share: float = Field(1, gt=0, le=1)
        """Share of the members present that must delegate."""
        otherwise: Annotated[int, Field(ge=0)] | None = None
        """Maximum units for each member that delegates, if too few do; null if they are not limited."""

    settings: Settings

    def __init__(self, settings: Section | None = None, *, name: str | None = None) -> None:
        super().__init__(settings if settings is not None else self.Settings(), name=name)
        self._limits: dict[str, int] = {}

    def check(self, experiment: Experiment) -> None:
        """Reject an amount that would reveal a stock that members do not know."""
        is_told = self.settings.enforcement != "none" and self.settings.amount == THRESHOLD
        if is_told and experiment.observation.stock != "exact":
            raise ConfigError(
                f"institutions.{self.name}.amount = {THRESHOLD}: would reveal the stock, which members do not observe "
                "exactly (observation.stock); give a number of units"
            )

    def terms(self, society: Society) -> Terms | None:
        """Return what the mediator does for those who delegate."""
        self._limits = {}
        if self.settings.enforcement == "none":
            return None
        offer = self.offer(society)
        text = society.prompts.render("mediator", **offer, changes=self.settings.amount == THRESHOLD)
        return Terms(text=text, values={**self.settings.model_dump(mode="json"), **offer})

    def offer(self, society: Society) -> dict[str, int | None]:
        """Return the number of members needed, the amount for each of them, and the amount with too few."""
        settings, known = self.settings, society.known
        members = known.members
        fair = min((member_threshold(known, name) for name in members), default=0)
        amount = settings.amount if isinstance(settings.amount, int) else fair
        needed = ceil(Fraction(str(settings.share)) * len(members))
        return {"needed": needed, "amount": amount, "otherwise": settings.otherwise}

    def delegated(self, society: Society, members: tuple[str, ...]) -> int | None:
        """Limit the members that delegate this month; return their amount, None if they are not limited."""
        offer = self.offer(society)
        amount = offer["amount"] if len(members) >= (offer["needed"] or 0) else offer["otherwise"]
        if amount is not None and self.settings.enforcement == "hard":
            self._limits = dict.fromkeys(members, amount)
        return amount

    def admit(self, society: Society, demands: Mapping[str, int]) -> Mapping[str, int]:
        """Return the mediator's amount for those who delegated."""
        return {name: units for name, units in self._limits.items() if name in demands}

    def phases(self) -> Iterable[AddedPhase]:
        """Return the delegation, before the harvest."""
        if self.settings.enforcement != "none":
            yield AddedPhase(phase=DelegationPhase(name=f"{self.name}-delegation", rule=self), place="before-harvest")


def _yes(request: Request) -> Mapping[str, Value]:
    """Delegate."""
    return {ANSWER: YES}


class DelegationPhase(Phase):
    """Every member decides whether to delegate; all learn who does, and what the mediator allows them."""

    sincere = {DELEGATE: _yes}

    def __init__(self, *, name: str, rule: Mediator) -> None:
        super().__init__(name=name)
        self._rule = rule

    async def run(self, society: Society) -> None:
        """Ask all members."""
        month = society.state.month
        view = society.view(self, first_day(month).isoformat())
        answers = await society.ask(
            Request(
                purpose=DELEGATE,
                template=DELEGATE,
                fields=(ChoiceField(tag=ANSWER, options=YES_NO),),
                view=view,
                variables={"date": view.date, **self._rule.offer(society)},
                queries=(society.prompts.render_cached("query"),),
                otherwise={ANSWER: NO},
            )
        )
        delegating = tuple(name for name, answer in answers.items() if answer.text(ANSWER) == YES)
        amount = self._rule.delegated(society, delegating)
        society.recorder.note(
            Delegation(month=month, phase=self.name, rule=self._rule.name, delegating=delegating, amount=amount)
        )
        society.notify_all(Notice(template="delegated", variables={"delegating": delegating, "amount": amount}), view)
