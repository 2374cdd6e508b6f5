"""A leader of the group: elected, fixed or rotating, with the powers that the experiment gives."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from govsim.agents import View
from govsim.commons import Charge, Outcome, written_dollars
from govsim.config import Experiment, Section
from govsim.config.section import invalid_form
from govsim.errors import ConfigError
from govsim.society.rule import RULES, AddedPhase, Alternatives, Rule, Terms
from govsim.society.rules.inspection import in_cents, shared_equally
from govsim.society.rules.leader_phases import (
    QUOTA_AMOUNT,
    QUOTA_FINE,
    AgendaPhase,
    DecreePhase,
    RecallPhase,
    Statement,
    WritePhase,
)
from govsim.society.rules.vote import Election, Vote
from govsim.society.rules.vote_phase import VotePhase

if TYPE_CHECKING:
    from govsim.society.society import Society

MEMBER = "member"
ALL, VOLUNTEERS = "all", "volunteers"


def _candidates(value: Any) -> Any:
    """Parse the candidates.

    Raises:
        PydanticCustomError: they have none of the allowed forms.
    """
    is_list = isinstance(value, list | tuple) and value and all(isinstance(name, str) for name in value)
    if not is_list and value not in (ALL, VOLUNTEERS):
        raise invalid_form(f"must be {ALL}, {VOLUNTEERS} or a list of members")
    return tuple(value) if is_list else value


class Powers(Section):
    """What a leader may do; one without any powers only speaks."""

    sets_quota: bool = False
    """Whether it decides the amount of the quota, which must have the value `decided`."""
    sets_fine: bool = False
    """Whether it decides the fine per unit of the quota, which must have the value `decided`."""
    allocates: bool = False
    """Whether it decides how much each member may take, at most; no member receives more."""
    moderates: bool = False
    """Whether it opens the discussion."""
    writes_report: bool = False
    """Whether it writes the report of catches; nothing prevents it from reporting other numbers."""


@RULES.register
class Leader(Rule):
    """A member leads the group, with the powers given. What it decides at the end of a month applies in the next one.

    Candidates or leaders state an agenda. An elected leader can be recalled.
    """

    name = "leader"
    templates = {
        "leader": {
            "leader": "John",
            "mode": "elected",
            "term": 1,
            "candidates": [],
            "volunteers": False,
            "counted_by": "plurality",
            "recall": False,
            "salary": None,
            "powers": {
                "sets_quota": True,
                "sets_fine": False,
                "allocates": False,
                "moderates": False,
                "writes_report": False,
            },
            "shares": ["John 10"],
        },
        "leader_question": {
            "asked": "agenda",
            "date": "2024-01-30",
            "leader": "John",
            "is_candidate": True,
            "is_voluntary": False,
            "fine": None,
            "insincere": False,
            "what": "the most tons of fish that each of you may take in a month",
            "current": 10,
            "catches": ["John 10"],
            "members": ["1 Zoë"],
        },
        "leader_news": {"asked": "agenda", "leader": "John", "is_candidate": True, "agendas": ["John: 10"]},
        "ballot": Vote.templates["ballot"],
        "vote_result": Vote.templates["vote_result"],
    }

    class Settings(Section):
        """Settings of the rule."""

        mode: Literal["elected", "fixed", "rotating"] = "elected"
        """How the leader is determined: `elected` at the end of month 1 and then every `term` months; `fixed`; or
        `rotating` among the members present, every `term` months."""
        member: str | None = None
        """The leader, if `mode` is `fixed`; the first member if null."""
        candidates: Annotated[Literal["all", "volunteers"] | tuple[str, ...], BeforeValidator(_candidates)] = "all"
        """Candidates: `all` members present, `volunteers`, who are asked before each election, or a list of members."""
        term: int = Field(1, ge=1)
        """Number of months in office."""
        agendas: bool = True
        """Whether candidates, or a leader that is not elected at the start of its term, announce a limit in words of
        their own."""
        agenda_fine: bool = False
        """Whether agendas also announce the fine per unit of the quota, which the leader must have the power to set."""
        insincere: bool = False
        """Whether those who announce an agenda are informed that it need not be what they intend; others are not."""
        election: Election = Election()
        """How the leader is elected."""
        recall: bool = False
        """Whether the members are asked every month whether to recall an elected leader; it takes a majority of those
        present. The group has no leader then until the next election."""
        salary: float = Field(0, ge=0)
        """Monthly salary of the leader, in prices of one unit; all others pay it in equal parts."""
        powers: Powers = Powers()
        """What the leader may do."""

    settings: Settings

    def __init__(self, settings: Section | None = None, *, name: str | None = None) -> None:
        super().__init__(settings if settings is not None else self.Settings(), name=name)
        own = self.settings
        self.subject = f"{self.name}.{MEMBER}"
        self.statements: dict[str, Statement] = {}
        self.standing: tuple[str, ...] = ()
        self.shares: Mapping[str, int] = {}
        self.vote = Vote(
            Vote.Settings(on=self.subject, every=own.term, **own.election.model_dump()),
            name=self.name,
        )

    def check(self, experiment: Experiment) -> None:
        """Reject members that do not exist, and a report that the leader cannot write."""
        roster, own = experiment.society.members, self.settings
        named = [own.member] if own.member is not None else []
        named += own.candidates if isinstance(own.candidates, tuple) else ()
        for name in named:
            if name not in roster:
                key = "member" if name == own.member else "candidates"
                raise ConfigError(f"institutions.{self.name}.{key} = {name}: must be one of {', '.join(roster)}")
        if own.agenda_fine and not (own.agendas and own.powers.sets_fine):
            raise ConfigError(f"institutions.{self.name}.agenda_fine: needs agendas and powers.sets_fine")
        transparency = experiment.society.transparency
        if own.powers.writes_report and (transparency == "self-reported" or experiment.observation.lag):
            raise ConfigError(
                f"institutions.{self.name}.powers.writes_report: needs a report of this month's catches; "
                "set society.transparency to true, total or neighbours, and observation.lag to 0"
            )

    @property
    def decides(self) -> Collection[str]:
        """The amount and the fine of the quota, according to the leader's powers."""
        powers = {QUOTA_AMOUNT: self.settings.powers.sets_quota, QUOTA_FINE: self.settings.powers.sets_fine}
        return [subject for subject, is_given in powers.items() if is_given]

    def adjustable(self, society: Society) -> Mapping[str, Alternatives]:
        """Return the candidates."""
        details = {name: one.text for name, one in self.statements.items() if one.text}
        return {
            MEMBER: Alternatives(
                options=self.candidates(society),
                sincere=self._by_preference,
                what="who leads the group",
                details=details,
                are_members=True,
            )
        }

    def candidates(self, society: Society) -> tuple[str, ...]:
        """Return the candidates among the members present: of volunteers, those that are willing."""
        named = self.settings.candidates
        if named == VOLUNTEERS:
            named = self.standing
        return society.state.members if named == ALL else tuple(one for one in society.state.members if one in named)

    def leader_in(self, society: Society, month: int) -> str | None:
        """Return the leader in a month.

        Args:
            society: the society.
            month: this month or the next one.

        Returns:
            Its name; None if it is not determined yet, or absent.
        """
        present = society.state.members
        match self.settings.mode:
            case "fixed":
                member = self.settings.member or society.experiment.society.members[0]
            case "rotating":
                member = present[(month - 1) // self.settings.term % len(present)]
            case _:
                member = str(society.institutions.decided.get(self.subject, ""))
        return member if member in present else None

    def terms(self, society: Society) -> Terms:
        """Return who leads the group, how it is determined, and its powers; the leader takes office."""
        institutions, own = society.institutions, self.settings
        leader = institutions.leader = self.leader_in(society, society.state.month)
        if own.powers.moderates:
            institutions.chair = leader
        shares = {name: units for name, units in self.shares.items() if name in society.state.members}
        salary = in_cents(own.salary, institutions.price_of(""))
        text = society.prompts.render(
            "leader",
            leader=leader,
            mode=own.mode,
            term=own.term,
            candidates=list(own.candidates) if isinstance(own.candidates, tuple) else [],
            volunteers=own.candidates == VOLUNTEERS,
            counted_by=own.election.rule,
            recall=own.recall,
            salary=written_dollars(salary) if salary else None,
            powers=own.powers.model_dump(),
            shares=[f"{name} {units}" for name, units in shares.items()],
        )
        return Terms(text=text, values={"leader": leader, **own.model_dump(mode="json")}, quotas=shares or None)

    def admit(self, society: Society, demands: Mapping[str, int]) -> Mapping[str, int]:
        """Return what the leader allocated to members that demand more."""
        return {name: self.shares[name] for name, units in demands.items() if units > self.shares.get(name, units)}

    def settle(self, society: Society, outcome: Outcome) -> Iterator[Charge]:
        """Have all others pay the leader's salary."""
        leader, salary = society.institutions.leader, self.settings.salary
        others = tuple(name for name in society.state.members if name != leader)
        if leader is None or not salary or not others:
            return
        cents = in_cents(salary, society.institutions.price_of(leader))
        yield from shared_equally(self.name, cents, others, "salary of the leader", fund=self.name)
        yield Charge(by=self.name, member=leader, amount=-cents, reason="salary", fund=self.name)

    def phases(self) -> Iterable[AddedPhase]:
        """Return the leader's report; recall and agendas, before the discussion; and election and decree, after it."""
        own, powers = self.settings, self.settings.powers
        if powers.writes_report:
            yield AddedPhase(phase=WritePhase(name=f"{self.name}-report", rule=self), place="before-report")
        if own.recall and own.mode == "elected":
            yield AddedPhase(phase=RecallPhase(name=f"{self.name}-recall", rule=self))
        if own.agendas or own.candidates == VOLUNTEERS:
            yield AddedPhase(phase=AgendaPhase(name=f"{self.name}-agendas", rule=self))
        if own.mode == "elected":
            yield AddedPhase(phase=VotePhase(name=f"{self.name}-election", rule=self.vote), place="month-end")
        if self.decides or powers.allocates:
            yield AddedPhase(phase=DecreePhase(name=f"{self.name}-decree", rule=self), place="month-end")

    def _by_preference(self, view: View) -> list[str]:
        """Return the candidates, the one whose limit is closest to the member's sustainable share first."""

        def distance(name: str) -> float:
            limit = self.statements[name].limit if name in self.statements else None
            return float("inf") if limit is None else abs(limit - view.ahead.member_threshold)

        return sorted(view.members, key=distance)
