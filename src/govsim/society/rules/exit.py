"""Exit: members may leave the commons, for good or for some months, with an income outside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from govsim.agents import Request, View
from govsim.agents.policies import expected_stock, last_catch
from govsim.calendar import discussion_day
from govsim.commons import CENTS, Charge, written_dollars
from govsim.config import Section
from govsim.game import UNCHANGED, Incentives
from govsim.journal import ExitLine
from govsim.models.fields import YES_NO, ChoiceField, Value
from govsim.society.phase import Phase
from govsim.society.rule import RULES, AddedPhase, Rule, Terms
from govsim.society.rules.inspection import in_cents

if TYPE_CHECKING:
    from govsim.society.society import Society

LEAVE = "leave"
ANSWER = "Leave"
YES, NO = YES_NO


@RULES.register
class Exit(Rule):
    """Lets members leave at the end of a month, for good or for some months, with an income for each month outside.

    If all members of a society decide to leave, one of them stays, who is drawn.
    """

    name = "exit"
    templates = {
        "exit": {"months": 3, "income": "5,000", "outside": ["Kate"]},
        "leave": {"date": "2024-01-30", "months": 3, "income": "5,000", "income_cents": 500_000, "unit_cents": 100_000},
    }

    class Settings(Section):
        """Settings of the rule."""

        enforcement: Literal["none", "announced", "hard"] = "hard"
        """Enforcement: with `hard`, members who decide to leave are absent; with `announced`, they are asked and
        informed in the same words, but stay; with `none`, members cannot leave."""
        income: float = Field(5, ge=0)
        """Income of a member in each month outside, in prices of one unit. It enters the society, and is not paid while
        the rule is suspended."""
        months: int | None = Field(None, ge=1)
        """Number of months outside, after which a member returns; null if it leaves for good."""

    settings: Settings

    def __init__(self, settings: Section | None = None, *, name: str | None = None) -> None:
        super().__init__(settings if settings is not None else self.Settings(), name=name)
        self._left: dict[str, None] = {}

    def terms(self, society: Society) -> Terms | None:
        """Return how members can leave, and who is outside."""
        if self.settings.enforcement == "none":
            return None
        outside = self._outside(society)
        text = society.prompts.render("exit", months=self.settings.months, income=self.income(society), outside=outside)
        return Terms(text=text, values={**self.settings.model_dump(mode="json"), "outside": [*outside]})

    def close(self, society: Society) -> Iterator[Charge]:
        """Pay the members outside."""
        if cents := in_cents(self.settings.income, society.institutions.price_of("")):
            for name in self._outside(society):
                yield Charge(by=self.name, member=name, amount=-cents, reason="income outside")

    def incentives(self, members: int) -> Incentives | None:
        """Return that nothing changes if no member can leave; otherwise the effect is not known."""
        return None if self.settings.enforcement == "hard" else UNCHANGED

    def phases(self) -> Iterable[AddedPhase]:
        """Return the decisions to leave, at the end of the month."""
        if self.settings.enforcement != "none":
            yield AddedPhase(phase=ExitPhase(name=f"{self.name}-decision", rule=self), place="month-end")

    def leave(self, society: Society, member: str) -> None:
        """Let a member be absent from the next month on: for good, or for the number of months of the rule.

        Args:
            society: the society.
            member: the member.
        """
        months = self.settings.months
        self._left[member] = None
        society.membership.leave(member, None if months is None else society.state.month + months + 1)

    def income(self, society: Society) -> str:
        """Return the monthly income outside in dollars."""
        return written_dollars(in_cents(self.settings.income, society.institutions.price_of("")))

    def _outside(self, society: Society) -> list[str]:
        """Return the members who are absent by this rule."""
        away = society.membership.is_away
        return [name for name in self._left if away(name) and name not in society.state.members]


def _if_it_pays(request: Request) -> Mapping[str, Value]:
    """Leave if the income outside exceeds the value of the catch that the member expects.

    It expects its last catch, or an equal part of the stock that it foresees if that is less.
    """
    view, variables = request.view, request.variables
    expected = min(last_catch(view) or 0, expected_stock(view) // len(view.members))
    income, price = variables["income_cents"], variables["unit_cents"]
    assert isinstance(income, int), "cents"
    assert isinstance(price, int), "cents"
    return {ANSWER: YES if income > expected * price else NO}


class ExitPhase(Phase):
    """Every member decides whether to leave."""

    sincere = {LEAVE: _if_it_pays}

    def __init__(self, *, name: str, rule: Exit) -> None:
        super().__init__(name=name)
        self._rule = rule

    async def run(self, society: Society) -> None:
        """Ask all members, unless there is only one, or the run is over."""
        members, month = society.state.members, society.state.month
        if len(members) < 2 or month == society.experiment.world.months:
            return
        view = society.view(self, discussion_day(month).isoformat())
        answers = await society.ask_each(LEAVE, view, lambda own: self._request(society, own))
        decisions = {name: answer.text(ANSWER) == YES for name, answer in answers.items()}
        leaving = [name for name in members if decisions.get(name)]
        if len(leaving) == len(members):
            del leaving[int(self._rule.draws(society).integers(len(leaving)))]
        if self._rule.settings.enforcement == "hard":
            for name in leaving:
                self._rule.leave(society, name)
        else:
            leaving = []
        society.recorder.note(
            ExitLine(month=month, phase=self.name, rule=self._rule.name, decisions=decisions, leaving=tuple(leaving))
        )

    def _request(self, society: Society, view: View) -> Request:
        institutions, settings = society.institutions, self._rule.settings
        return Request(
            purpose=LEAVE,
            template=LEAVE,
            fields=(ChoiceField(tag=ANSWER, options=YES_NO),),
            view=view,
            variables={
                "date": view.date,
                "months": settings.months,
                "income": self._rule.income(society),
                "income_cents": in_cents(settings.income, institutions.price_of("")),
                "unit_cents": institutions.price_of(view.member or "") * CENTS,
            },
            queries=(society.prompts.render_cached("query"),),
            otherwise={ANSWER: NO},
        )
