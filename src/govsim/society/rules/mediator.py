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
from govsim.society.rules.mediator_design import (
    AmountsByDelegates,
    MediationPhase,
    amounts_in_words,
    limit_for_delegates,
)

if TYPE_CHECKING:
    from govsim.society.society import Society

DELEGATE = "delegate"
ANSWER = "Delegate"
YES, NO = YES_NO
THRESHOLD, DESIGNED = "threshold", "designed"


@RULES.register
class Mediator(Rule):
    """Limits the catches of members that delegate their harvest to it, if enough of them do.

    Members decide every month before the harvest. With too few of them, no member is limited, or to another amount.
    They can also design how the amount depends on the number of those who delegate.
    """

    name = "mediator"
    templates = {
        "mediator": {
            **{"needed": 5, "amount": 10, "otherwise": None, "changes": True},
            **{"designed": False, "months": 3, "amounts": ""},
        },
        "delegate": {"date": "2024-01-01", "needed": 5, "amount": 10, "otherwise": None, "amounts": ""},
        "design_mediator": {"date": "2024-01-30", "months": 3, "present": 5},
        "approve_mediators": {
            "date": "2024-01-30",
            "months": 3,
            "designs": ["1: no limit, 2: 10 tons"],
            "amounts": [10],
        },
        "delegated": {"delegating": ["Kate"], "amount": 10},
    }

    class Settings(Section):
        """Settings of the rule."""

        enforcement: Literal["none", "announced", "hard"] = "hard"
        """Enforcement: with `hard`, members that delegate receive at most the mediator's amount; with `announced`, they
        are asked and informed in the same words, but not limited; with `none`, there is no mediator."""
        amount: Annotated[int, Field(ge=0)] | Literal["threshold", "designed"] = "threshold"
        """Maximum units for each member that delegates, if enough do: a number, or `threshold`, a member's share of the
        sustainable harvest of the month, without differences between members. With `designed`, members design amounts
        by the number of members that delegate, and the design that most approve applies from the next month on."""
        months: int = Field(3, ge=1)
        """Number of months for which a design applies; the first one is made at the end of month 1."""
        share: float = Field(1, gt=0, le=1)
        """Share of the members present that must delegate, unless amounts are designed."""
        otherwise: Annotated[int, Field(ge=0)] | None = None
        """Maximum units for each member that delegates, if too few do; null if they are not limited."""

    settings: Settings

    def __init__(self, settings: Section | None = None, *, name: str | None = None) -> None:
        super().__init__(settings if settings is not None else self.Settings(), name=name)
        self.amounts: AmountsByDelegates = {}
        self._limits: dict[str, int] = {}

    @property
    def is_designed(self) -> bool:
        """Whether members design the amounts."""
        return self.settings.amount == DESIGNED

    def check(self, experiment: Experiment) -> None:
        """Reject an amount that would reveal a stock that members do not know, or two amounts for too few members."""
        if self.is_designed and self.settings.otherwise is not None:
            raise ConfigError(
                f"institutions.{self.name}.otherwise = {self.settings.otherwise}: must be null if amount = {DESIGNED}"
            )
        is_stated = self.settings.enforcement != "none" and self.settings.amount == THRESHOLD
        if is_stated and experiment.observation.stock != "exact":
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
        text = society.prompts.render(
            "mediator",
            **offer,
            changes=self.settings.amount == THRESHOLD,
            designed=self.is_designed,
            months=self.settings.months,
            amounts=amounts_in_words(self.amounts, society.prompts.units),
        )
        values = {**self.settings.model_dump(mode="json"), **offer}
        if self.is_designed:
            values |= {"amount": DESIGNED, "amounts": {str(number): one for number, one in self.amounts.items()}}
        return Terms(text=text, values=values)

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
        if self.is_designed:
            amount = limit_for_delegates(self.amounts, len(members))
        else:
            offer = self.offer(society)
            amount = offer["amount"] if len(members) >= (offer["needed"] or 0) else offer["otherwise"]
        if amount is not None and self.settings.enforcement == "hard":
            self._limits = dict.fromkeys(members, amount)
        return amount

    def admit(self, society: Society, demands: Mapping[str, int]) -> Mapping[str, int]:
        """Return the mediator's amount for those who delegated."""
        return {name: units for name, units in self._limits.items() if name in demands}

    def phases(self) -> Iterable[AddedPhase]:
        """Return the delegation, before the harvest, and the design of mediators at the end of the month."""
        if self.settings.enforcement == "none":
            return
        yield AddedPhase(phase=DelegationPhase(name=f"{self.name}-delegation", rule=self), place="before-harvest")
        if self.is_designed:
            yield AddedPhase(phase=MediationPhase(name=f"{self.name}-design", rule=self), place="month-end")


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
        """Ask all members, unless a mediator is yet to be designed."""
        if self._rule.is_designed and not self._rule.amounts:
            return
        month = society.state.month
        amounts = amounts_in_words(self._rule.amounts, society.prompts.units)
        view = society.view(self, first_day(month).isoformat())
        answers = await society.ask(
            Request(
                purpose=DELEGATE,
                template=DELEGATE,
                fields=(ChoiceField(tag=ANSWER, options=YES_NO),),
                view=view,
                variables={"date": view.date, **self._rule.offer(society), "amounts": amounts},
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
