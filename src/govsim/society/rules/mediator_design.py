"""Mediators designed by the members: amounts by the number of members that delegate, and a vote on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from govsim.agents import Answer, Request, View
from govsim.calendar import discussion_day
from govsim.journal import MediatorDesign, MediatorLine
from govsim.models.fields import YES_NO, ChoiceField, NumberField, Value
from govsim.models.fields import Field as ReplyField
from govsim.society.phase import Phase
from govsim.society.rules.ballots import approval
from govsim.society.rules.vote_phase import shuffled

if TYPE_CHECKING:
    from govsim.society.rules.mediator import Mediator
    from govsim.society.society import Society

DESIGN, APPROVE = "design-mediator", "approve-mediators"
YES, NO = YES_NO

AmountsByDelegates = Mapping[int, int | None]
"""Maximum units for each member that delegates, by their number, from 1 on; None if they are not limited."""


def limit_for_delegates(amounts: AmountsByDelegates, delegating: int) -> int | None:
    """Return the maximum for each of a number of delegating members; beyond the design, that of its largest number."""
    return amounts[min(delegating, max(amounts))] if delegating else None


def amounts_in_words(amounts: AmountsByDelegates, units: tuple[str, str]) -> str:
    """Return the amounts in words, as in "1: no limit, 2: 10 tons of fish"."""
    written = {
        number: "no limit" if amount is None else f"{amount} {units[amount != 1]}" for number, amount in amounts.items()
    }
    return ", ".join(f"{number}: {amount}" for number, amount in written.items())


def _fair_for_all(request: Request) -> Mapping[str, Value]:
    """Limit all members together to their shares of the sustainable harvest, and no smaller number of them."""
    numbers = [field.tag for field in request.fields]
    return {**dict.fromkeys(numbers), numbers[-1]: request.view.member_threshold}


def _if_sustainable(request: Request) -> Mapping[str, Value]:
    """Approve designs that let all members together take something, and no more than is sustainable."""
    offered = request.variables["amounts"]
    assert isinstance(offered, Sequence), "amounts if all members delegate"
    agreed = [amount is not None and 0 < amount <= request.view.member_threshold for amount in offered]
    return {field.tag: YES if is_agreed else NO for field, is_agreed in zip(request.fields, agreed, strict=True)}


class MediationPhase(Phase):
    """Members design mediators and approve designs; the one with the most approvals applies from the next month on."""

    sincere = {DESIGN: _fair_for_all, APPROVE: _if_sustainable}

    def __init__(self, *, name: str, rule: Mediator) -> None:
        super().__init__(name=name)
        self._rule = rule

    async def run(self, society: Society) -> None:
        """Hold the vote in month 1 and whenever a design ends."""
        month, present = society.state.month, len(society.state.members)
        if (month - 1) % self._rule.settings.months:
            return
        view = society.view(self, discussion_day(month).isoformat())
        capacity, units = view.state.capacity, society.prompts.units
        fields = tuple(
            NumberField(tag=f"Amount {number}", low=0, high=capacity, may_be_none=True, units=units)
            for number in range(1, present + 1)
        )
        answers = await self._ask(society, view, DESIGN, fields, {"present": present})
        designs = {
            name: {number: answer.number(field.tag) for number, field in enumerate(fields, start=1)}
            for name, answer in answers.items()
            if answer.invalid is None
        }
        approvals = await self._approvals(society, view, designs) if designs else {}
        ties = shuffled(set(designs), self._rule.draws(society))
        count = approval(list(approvals.values()), ties)
        winner = None if count.winner is None else str(count.winner)
        self._rule.amounts = {} if winner is None else designs[winner]
        line = MediatorLine(
            month=month,
            phase=self.name,
            rule=self._rule.name,
            designs=tuple(
                MediatorDesign(by=name, amounts={str(number): amount for number, amount in own.items()})
                for name, own in designs.items()
            ),
            approvals=approvals,
            winner=winner,
            ties=tuple(map(str, ties)) if count.was_tied else (),
        )
        society.recorder.note(line)

    async def _approvals(
        self, society: Society, view: View, designs: Mapping[str, AmountsByDelegates]
    ) -> dict[str, tuple[str, ...]]:
        by_tag = {f"Approve {number}": name for number, name in enumerate(designs, start=1)}
        fields = tuple(ChoiceField(tag=tag, options=YES_NO) for tag in by_tag)
        shown = {
            "designs": [amounts_in_words(own, society.prompts.units) for own in designs.values()],
            "amounts": [own[len(society.state.members)] for own in designs.values()],
        }
        answers = await self._ask(society, view, APPROVE, fields, shown)
        return {
            member: tuple(name for tag, name in by_tag.items() if answer.text(tag) == YES)
            for member, answer in answers.items()
        }

    async def _ask(
        self,
        society: Society,
        view: View,
        purpose: str,
        fields: tuple[ReplyField, ...],
        variables: Mapping[str, object],
    ) -> dict[str, Answer]:
        return await society.ask(
            Request(
                purpose=purpose,
                template=purpose.replace("-", "_"),
                fields=fields,
                view=view,
                variables={"date": view.date, "months": self._rule.settings.months, **variables},
                queries=(society.prompts.render_cached("query"),),
                otherwise={field.tag: NO for field in fields if isinstance(field, ChoiceField)},
            )
        )
