"""Exclusion: members vote to bar one of them from the harvest for some months; the accused may appeal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from govsim.agents import Request, View
from govsim.agents.policies import known_excess
from govsim.calendar import discussion_day
from govsim.commons import Charge, written_dollars
from govsim.config import Section
from govsim.journal import ExclusionLine
from govsim.models.fields import YES_NO, ChoiceField, Value
from govsim.society.phase import Phase
from govsim.society.rule import RULES, AddedPhase, Rule, Terms
from govsim.society.rules.inspection import NO_MEMBER, in_cents

if TYPE_CHECKING:
    from govsim.society.society import Society

EXCLUDE, APPEAL, ACQUIT = "exclude", "appeal", "acquit"
MEMBER = "Member"
ANSWER = "Decision"
YES, NO = YES_NO

_ABOUT = {"months": 1, "accused": "Kate", "fee": "1,000", "catches": ["Kate 12"]}


@RULES.register
class Exclusion(Rule):
    """Lets members vote at the end of a month to exclude one of them from the harvest.

    A member is excluded if more than half of the members present vote for it. It may appeal for a fee: it is acquitted
    if more than half of the others vote so.
    """

    name = "exclusion"
    templates = {
        "exclusion": {"months": 1, "appeal": True, "fee": "1,000", "after_appeal": 2, "excluded": ["Kate"]},
        "exclude": {"date": "2024-01-30", "months": 1, "catches": ["Kate 12"]},
        "appeal": {"date": "2024-01-30", **_ABOUT},
        "acquit": {"date": "2024-01-30", **_ABOUT},
    }

    class Settings(Section):
        """Settings of the rule."""

        enforcement: Literal["none", "announced", "hard"] = "hard"
        """Enforcement: with `hard`, excluded members receive nothing; with `announced`, members vote in the same words,
        but no member is kept from the harvest; with `none`, there are no votes."""
        months: int = Field(1, ge=1)
        """Number of months for which a member is excluded."""
        appeal: bool = False
        """Whether the accused may appeal."""
        fee: float = Field(1, ge=0)
        """Fee of an appeal, in prices of one unit. It leaves the society."""
        after_appeal: int | None = Field(None, ge=1)
        """Number of months for which a member is excluded after an appeal that fails, such as twice as many as without
        one; as many if null."""

    settings: Settings

    def __init__(self, settings: Section | None = None, *, name: str | None = None) -> None:
        super().__init__(settings if settings is not None else self.Settings(), name=name)
        self._until: dict[str, int] = {}

    def terms(self, society: Society) -> Terms | None:
        """Return how members are excluded, and who is."""
        settings, excluded = self.settings, self.excluded(society)
        if settings.enforcement == "none":
            return None
        text = society.prompts.render(
            "exclusion",
            months=settings.months,
            appeal=settings.appeal,
            fee=self.fee(society),
            after_appeal=settings.after_appeal if settings.appeal else None,
            excluded=excluded,
        )
        values = {**settings.model_dump(mode="json"), "excluded": list(excluded)}
        return Terms(text=text, values=values, quotas=dict.fromkeys(excluded, 0) if excluded else None)

    def admit(self, society: Society, demands: Mapping[str, int]) -> Mapping[str, int]:
        """Return 0 for excluded members."""
        is_hard = self.settings.enforcement == "hard"
        return {name: 0 for name in self.excluded(society) if is_hard and name in demands}

    def phases(self) -> Iterable[AddedPhase]:
        """Return the vote, at the end of the month."""
        if self.settings.enforcement != "none":
            yield AddedPhase(phase=ExclusionPhase(name=f"{self.name}-vote", rule=self), place="month-end")

    def excluded(self, society: Society) -> list[str]:
        """Return the members present that are excluded this month."""
        return [name for name in society.state.members if self._until.get(name, 0) >= society.state.month]

    def exclude(self, member: str, month: int, *, has_appealed: bool) -> int:
        """Exclude a member from the next month on.

        Args:
            member: the member.
            month: the current month, from 1.
            has_appealed: whether it appealed without success, so that `after_appeal` applies.

        Returns:
            The last month of its exclusion.
        """
        longer = self.settings.after_appeal if has_appealed else None
        self._until[member] = month + (longer or self.settings.months)
        return self._until[member]

    def fee(self, society: Society) -> str | None:
        """Return the fee of an appeal in dollars; None if there is none."""
        cents = in_cents(self.settings.fee, society.institutions.price_of(""))
        return written_dollars(cents) if cents else None


def _most_in_excess(request: Request) -> Mapping[str, Value]:
    """Vote for the member that is known to have exceeded its threshold most; for no member if none is known to."""
    excess = known_excess(request.view)
    return {MEMBER: max(excess, key=lambda name: excess[name], default=NO_MEMBER)}


def _never(request: Request) -> Mapping[str, Value]:
    """Accept the exclusion."""
    return {ANSWER: NO}


def _if_within(request: Request) -> Mapping[str, Value]:
    """Acquit a member that is not known to have exceeded its threshold."""
    return {ANSWER: NO if request.about[ANSWER] in known_excess(request.view) else YES}


class ExclusionPhase(Phase):
    """Every member may vote to exclude another; the accused may appeal, and the others decide."""

    sincere = {EXCLUDE: _most_in_excess, APPEAL: _never, ACQUIT: _if_within}

    def __init__(self, *, name: str, rule: Exclusion) -> None:
        super().__init__(name=name)
        self._rule = rule

    async def run(self, society: Society) -> None:
        """Hold the vote, and the appeal if there is one."""
        members, month = society.state.members, society.state.month
        if len(members) < 2:
            return
        view = society.view(self, discussion_day(month).isoformat())
        answers = await society.ask_each(EXCLUDE, view, lambda own: self._vote(society, own))
        votes = {name: named for name, one in answers.items() if (named := one.text(MEMBER)) in members and named}
        counts = Counter(votes.values())
        accused = next((name for name, count in counts.items() if 2 * count > len(members)), None)
        has_appealed = (
            accused is not None and self._rule.settings.appeal and await self._appeals(society, view, accused)
        )
        acquittals = await self._acquittals(society, view, accused) if accused is not None and has_appealed else ()
        is_acquitted = 2 * len(acquittals) > len(members) - 1
        excluded = None if is_acquitted else accused
        society.recorder.note(
            ExclusionLine(
                month=month,
                phase=self.name,
                rule=self._rule.name,
                votes=votes,
                accused=accused,
                appealed=has_appealed,
                acquittals=acquittals,
                excluded=excluded,
                until=None if excluded is None else self._rule.exclude(excluded, month, has_appealed=has_appealed),
            )
        )

    async def _appeals(self, society: Society, view: View, accused: str) -> bool:
        """Ask the accused whether it appeals, and charge the fee."""
        question = self._question(society, APPEAL, accused)
        answers = await society.ask_each(APPEAL, view, question, members=[accused])
        has_appealed = any(one.text(ANSWER) == YES for one in answers.values())
        cents = in_cents(self._rule.settings.fee, society.institutions.price_of(""))
        if has_appealed and cents and self._rule.settings.enforcement == "hard":
            charge = Charge(by=self.name, member=accused, amount=cents, reason="fee of an appeal")
            society.institutions.charge(society, self, [charge])
        return has_appealed

    async def _acquittals(self, society: Society, view: View, accused: str) -> tuple[str, ...]:
        """Ask the others whether they acquit the accused; return those who do."""
        jury = [name for name in society.state.members if name != accused]
        answers = await society.ask_each(ACQUIT, view, self._question(society, ACQUIT, accused), members=jury)
        return tuple(name for name, one in answers.items() if one.text(ANSWER) == YES)

    def _vote(self, society: Society, view: View) -> Request:
        others = tuple(name for name in view.members if name != view.member)
        return Request(
            purpose=EXCLUDE,
            template=EXCLUDE,
            fields=(ChoiceField(tag=MEMBER, options=(*others, NO_MEMBER)),),
            view=view,
            variables={"date": view.date, "months": self._rule.settings.months, "catches": _catches(view)},
            queries=(society.prompts.render_cached("query"),),
            otherwise={MEMBER: NO_MEMBER},
        )

    def _question(self, society: Society, purpose: str, accused: str) -> Callable[[View], Request]:
        """Return the request for a decision about the accused, by the view of the member that is asked."""
        variables = {"months": self._rule.settings.months, "accused": accused, "fee": self._rule.fee(society)}
        return lambda view: Request(
            purpose=purpose,
            template=purpose,
            fields=(ChoiceField(tag=ANSWER, options=YES_NO),),
            view=view,
            variables={"date": view.date, "catches": _catches(view), **variables},
            queries=(society.prompts.render_cached("query"),),
            otherwise={ANSWER: NO},
            about={ANSWER: accused},
        )


def _catches(view: View) -> list[str]:
    """Return the catches of the month that a member knows, with their names."""
    known = view.history[-1].catches if view.history and view.history[-1].month == view.month else {}
    return [f"{name} {units}" for name, units in known.items()]
