"""Private wishes before a vote, to compare with what members propose in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from govsim.agents import Request, View
from govsim.calendar import discussion_day
from govsim.journal import Wishes
from govsim.models.fields import NumberField
from govsim.society.phase import Phase
from govsim.society.rule import Adjustable

if TYPE_CHECKING:
    from govsim.society.rules.vote import Vote
    from govsim.society.society import Society

WISH, WISH_NUMBER = "wish", "wish-number"
ANSWER = "Preferred"


class WishPhase(Phase):
    """Members say in private which number they would prefer; it is recorded, and has no effect."""

    sincere = dict.fromkeys((WISH, WISH_NUMBER), lambda request: request.otherwise)

    def __init__(self, *, name: str, rule: Vote) -> None:
        super().__init__(name=name)
        self._rule = rule

    async def run(self, society: Society) -> None:
        """Ask all members in months with a vote on a number."""
        rule, month = self._rule, society.state.month
        subject = rule.subject(society)
        if (month - 1) % rule.settings.every or not isinstance(subject, Adjustable):
            return
        view = society.view(self, discussion_day(month).isoformat())
        purpose = WISH if subject.limits_catches else WISH_NUMBER
        answers = await society.ask_each(purpose, view, lambda own: self._request(society, own, purpose, subject))
        wishes = {name: answer.number(ANSWER) for name, answer in answers.items() if answer.invalid is None}
        society.recorder.note(
            Wishes(
                month=month,
                phase=self.name,
                rule=rule.name,
                subject=rule.settings.on,
                wishes={name: number for name, number in wishes.items() if number is not None},
            )
        )

    def _request(self, society: Society, view: View, purpose: str, subject: Adjustable) -> Request:
        field = NumberField(tag=ANSWER, low=subject.low, high=subject.high, may_be_none=True, units=subject.units)
        sincere = min(max(subject.sincere(view), subject.low), subject.high)
        return Request(
            purpose=purpose,
            template="wish",
            fields=(field,),
            view=view,
            variables={"date": view.date, "what": subject.what},
            queries=(society.prompts.render_cached("query"),),
            sincere=lambda _: {ANSWER: sincere},
        )
