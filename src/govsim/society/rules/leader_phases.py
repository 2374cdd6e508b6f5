"""The phases of a leader: agendas, recall, decrees, and a report of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from govsim.agents import Answer, Notice, Request, View
from govsim.agents.sentences import on_one_line, quoted
from govsim.calendar import discussion_day
from govsim.commons import Outcome, member_threshold
from govsim.journal import Agenda, BallotLine, Decree
from govsim.models.fields import YES_NO, ChoiceField, NumberField, TextField, Value, numbered, words_in_tags
from govsim.models.fields import Field as ReplyField
from govsim.society.outputs import WrittenReport
from govsim.society.phase import Phase
from govsim.society.rule import Adjustable
from govsim.society.rules.vote_phase import ABSTAIN, ANSWER, PROPOSAL, PROPOSE, VOTE

if TYPE_CHECKING:
    from govsim.society.rules.leader import Leader
    from govsim.society.society import Society

AGENDA, RECALL, ALLOCATE, WRITE = "agenda", "recall", "allocate", "write-report"
QUOTA_AMOUNT, QUOTA_FINE = "quota.amount", "quota.fine"
STAND, LIMIT, FINE, WORDS = "Stand", "Limit", "Fine", "Words"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What a candidate or leader announced: a limit, and the text as shown to others."""

    limit: int | None
    text: str


class _OfTheLeader(Phase):
    """A phase that a leader adds."""

    def __init__(self, *, name: str, rule: Leader) -> None:
        super().__init__(name=name)
        self._rule = rule

    def _view(self, society: Society) -> View:
        return society.view(self, discussion_day(society.state.month).isoformat())

    def _request(
        self, society: Society, view: View, purpose: str, fields: tuple[ReplyField, ...], **variables: Any
    ) -> Request:
        known: dict[str, object] = {
            "is_candidate": False,
            "is_voluntary": False,
            "fine": None,
            "insincere": False,
            "what": "",
            "current": None,
            "catches": [],
            "members": [],
        }
        asked = {"asked": purpose, "date": view.date, "leader": society.institutions.leader, **known, **variables}
        return Request(
            purpose=purpose,
            template="leader_question",
            fields=fields,
            view=view,
            variables=asked,
            queries=(society.prompts.render_cached("query"),),
        )


def _sincere_agenda(request: Request) -> dict[str, Value]:
    """Stand for election, and announce the member's share of the sustainable harvest as the limit, and a usual fine."""
    fine = request.variables["fine"]
    assert fine is None or isinstance(fine, int), "dollars per unit"
    values: dict[str, Value] = {STAND: "yes", LIMIT: request.view.ahead.member_threshold, FINE: fine}
    return {field.tag: values[field.tag] for field in request.fields if field.tag in values}


class AgendaPhase(_OfTheLeader):
    """Candidates, or a leader that is not elected, announce a limit; volunteers say whether they stand.

    It is held in months with an election, or in the first month of a term.
    """

    sincere: ClassVar = {AGENDA: _sincere_agenda}

    async def run(self, society: Society) -> None:
        """Ask for the agendas, and announce them."""
        rule, settings = self._rule, self._rule.settings
        if (society.state.month - 1) % settings.term:
            return
        is_election = settings.mode == "elected"
        is_voluntary = is_election and settings.candidates == "volunteers"
        leader, view = society.institutions.leader, self._view(society)
        rule.standing = society.state.members
        asked = rule.candidates(society) if is_election else (leader,) if leader is not None else ()
        fields = self._fields(society, is_voluntary=is_voluntary)
        of_candidates = {
            **{"is_candidate": is_election, "is_voluntary": is_voluntary},
            "insincere": settings.insincere,
        }
        answers = await society.ask_each(
            AGENDA,
            view,
            lambda own: self._request(
                society, own, AGENDA, fields, **of_candidates, fine=self._usual_fine(society, own)
            ),
            members=asked,
        )
        if is_voluntary:
            answers = {name: answer for name, answer in answers.items() if answer.text(STAND) == "yes"}
            rule.standing = tuple(answers)
        if settings.agendas:
            rule.statements = {
                name: self._stated(society, name, answer, is_candidate=is_election) for name, answer in answers.items()
            }
        agendas = [f"{name}: {one.text}" for name, one in rule.statements.items()]
        if agendas:
            news = {"asked": AGENDA, "leader": leader, "is_candidate": is_election, "agendas": agendas}
            society.notify_all(Notice(template="leader_news", variables=news), view)

    def _fields(self, society: Society, *, is_voluntary: bool) -> tuple[ReplyField, ...]:
        fields: tuple[ReplyField, ...] = (ChoiceField(tag=STAND, options=YES_NO),) if is_voluntary else ()
        if not self._rule.settings.agendas:
            return fields
        high, units = society.state.capacity, society.prompts.units
        return (
            *fields,
            NumberField(tag=LIMIT, low=0, high=high, may_be_none=True, units=units),
            *self._fine_field(society),
            TextField(tag=WORDS, what="what you announce, in one to three sentences", is_optional=True),
        )

    def _fine_field(self, society: Society) -> tuple[NumberField, ...]:
        """Return the field of the fine, if it is announced too."""
        if (fine := self._fine(society)) is None:
            return ()
        return (NumberField(tag=FINE, low=fine.low, high=fine.high, may_be_none=True, units=fine.units),)

    def _usual_fine(self, society: Society, view: View) -> int | None:
        """Return the fine that a member prefers who wants the commons to last; None if no fine is announced."""
        fine = self._fine(society)
        return None if fine is None else fine.sincere(view)

    def _fine(self, society: Society) -> Adjustable | None:
        subject = society.institutions.adjustable(QUOTA_FINE, society) if self._rule.settings.agenda_fine else None
        return subject if isinstance(subject, Adjustable) else None

    def _stated(self, society: Society, member: str, answer: Answer, *, is_candidate: bool) -> Statement:
        """Record what a member announces."""
        words, limit, fine = answer.text(WORDS), answer.number(LIMIT), answer.number(FINE)
        text = on_one_line(words) if words else None
        society.recorder.note(
            Agenda(
                month=society.state.month,
                phase=self.name,
                member=member,
                is_candidate=is_candidate,
                limit=limit,
                fine=fine,
                text=text,
                invalid=answer.invalid,
            )
        )
        return Statement(limit=limit, text=_announced(limit, fine, text, society))


class RecallPhase(_OfTheLeader):
    """The others say whether the leader is recalled."""

    sincere: ClassVar = {RECALL: lambda request: {ANSWER: YES_NO[not _took_too_much(request)]}}

    async def run(self, society: Society) -> None:
        """Ask all others, and remove the leader if a majority of the members present wants it."""
        leader, present = society.institutions.leader, society.state.members
        if leader is None:
            return
        view = self._view(society)
        field = ChoiceField(tag=ANSWER, options=(*YES_NO, ABSTAIN))
        answers = await society.ask_each(
            RECALL,
            view,
            lambda own: self._request(society, own, RECALL, (field,)),
            members=[name for name in present if name != leader],
        )
        ballots = {name: text for name, one in answers.items() if (text := one.text(ANSWER)) in YES_NO}
        yes = sum(answer == "yes" for answer in ballots.values())
        is_recalled = 2 * yes > len(present)
        if is_recalled:
            society.institutions.decide(self._rule.subject, None)
            news = {"asked": RECALL, "leader": leader, "is_candidate": False, "agendas": []}
            society.notify_all(Notice(template="leader_news", variables=news, lasts=True), view)
        society.recorder.note(
            BallotLine(
                month=society.state.month,
                phase=self.name,
                rule=self._rule.name,
                ordinal=society.institutions.ordinal_of(self._rule.name),
                subject=self._rule.subject,
                counted_by=RECALL,
                ballots={name: text for name, text in ballots.items() if text is not None},
                abstained=tuple(name for name in present if name not in ballots and name != leader),
                invalid={name: one.invalid for name, one in answers.items() if one.invalid is not None},
                tally={answer: list(ballots.values()).count(answer) for answer in YES_NO},
                outcome="adopted" if is_recalled else "rejected",
                value=None if is_recalled else leader,
            )
        )


class DecreePhase(_OfTheLeader):
    """The leader of the next month decides what its powers allow."""

    sincere: ClassVar = dict.fromkeys((VOTE, PROPOSE, ALLOCATE), lambda request: request.otherwise)

    async def run(self, society: Society) -> None:
        """Ask the leader for each decision; what it leaves open, or answers invalidly, remains as it is."""
        rule, month = self._rule, society.state.month
        leader = rule.leader_in(society, month + 1)
        if leader is None:
            return
        view = self._view(society)
        values, invalid = dict[str, int | str](), dict[str, str]()
        for subject in rule.decides:
            answer = await self._decided(society, view, leader, subject)
            if answer.reason is not None:
                invalid[subject] = answer.reason
            if answer.value is not None:
                values[subject] = answer.value
                society.institutions.decide(subject, answer.value)
        if rule.settings.powers.allocates:
            reason = await self._allocate(society, view, leader)
            invalid |= {} if reason is None else {"shares": reason}
        society.recorder.note(
            Decree(
                month=month,
                phase=self.name,
                member=leader,
                values=values,
                shares=dict(rule.shares) if rule.settings.powers.allocates else None,
                invalid=invalid,
            )
        )

    async def _decided(self, society: Society, view: View, leader: str, subject: str) -> _Decided:
        found = society.institutions.adjustable(subject, society)
        assert isinstance(found, Adjustable), "a leader decides numbers"
        number = NumberField(tag=PROPOSAL, low=found.low, high=found.high, may_be_none=True, units=found.units)
        purpose = VOTE if found.limits_catches else PROPOSE

        def request(own: View) -> Request:
            sincere: dict[str, Value] = {PROPOSAL: min(max(found.sincere(own), found.low), found.high)}
            current = society.institutions.decided_number(subject)
            asked = self._request(society, own, purpose, (number,), what=found.what, current=current, leader=leader)
            return _with_sincere(asked, sincere)

        answers = await society.ask_each(purpose, view, request, members=(leader,))
        answer = answers.get(leader)
        return _Decided() if answer is None else _Decided(value=answer.number(PROPOSAL), reason=answer.invalid)

    async def _allocate(self, society: Society, view: View, leader: str) -> str | None:
        """Ask for the maximum of each member; return why the answer is invalid, so that the last ones remain."""
        present, capacity = society.state.members, society.state.capacity
        tags, fields = _numbers_of(present, capacity, society)

        def request(own: View) -> Request:
            sincere: dict[str, Value] = {tags[name]: member_threshold(own.ahead.state, name) for name in present}
            current = [f"{name} {units}" for name, units in self._rule.shares.items()]
            asked = self._request(
                society, own, ALLOCATE, fields, leader=leader, catches=current, members=numbered(words_in_tags(present))
            )
            return _with_sincere(asked, sincere)

        answers = await society.ask_each(ALLOCATE, view, request, members=(leader,))
        answer = answers.get(leader)
        if answer is not None and answer.invalid is None:
            self._rule.shares = {name: units for name in present if (units := answer.number(tags[name])) is not None}
        return None if answer is None else answer.invalid


class WritePhase(_OfTheLeader):
    """The leader writes the report of this month's catches."""

    sincere: ClassVar = dict.fromkeys((WRITE,), lambda request: request.otherwise)

    async def run(self, society: Society) -> None:
        """Ask the leader for the numbers; if its answer is invalid, the true ones are reported."""
        leader, outcome = society.institutions.leader, society.outputs.get(Outcome)
        if leader is None or outcome is None or society.experiment.society.transparency is False:
            return
        granted, capacity = outcome.granted, society.state.capacity
        tags, fields = _numbers_of(tuple(granted), capacity, society)
        truth: dict[str, Value] = {tags[name]: units for name, units in granted.items()}
        labels = numbered(words_in_tags(tuple(granted)))
        catches = [f"{name} {units}" for name, units in granted.items()]
        answers = await society.ask_each(
            WRITE,
            self._view(society),
            lambda own: _with_sincere(
                self._request(society, own, WRITE, fields, catches=catches, members=labels), truth
            ),
            members=(leader,),
        )
        if (answer := answers.get(leader)) is not None and answer.invalid is None:
            written = {name: units for name in granted if (units := answer.number(tags[name])) is not None}
            society.outputs.put(WrittenReport(by=leader, catches=written))


def _numbers_of(
    members: tuple[str, ...], high: int, society: Society
) -> tuple[dict[str, str], tuple[NumberField, ...]]:
    """Return the tags of members, and a field for a number of units for each."""
    tags = {name: f"Member {label}" for name, label in words_in_tags(members).items()}
    return tags, tuple(NumberField(tag=tag, low=0, high=high, units=society.prompts.units) for tag in tags.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Decided:
    value: int | None = None
    reason: str | None = None


def _with_sincere(request: Request, values: Mapping[str, Value]) -> Request:
    """Return the request with the answer of policies that have no method for its purpose."""
    return replace(request, sincere=lambda _: values)


def _took_too_much(request: Request) -> bool:
    """Whether the leader is known to have taken more than its share of the sustainable harvest last."""
    view, leader = request.view, str(request.variables["leader"])
    last = next((one for one in reversed(view.history) if leader in one.catches), None)
    return last is not None and last.catches[leader] > last.threshold_of(leader)


def _announced(limit: int | None, fine: int | None, text: str | None, society: Society) -> str:
    """Return an agenda as shown to others."""
    unit, units = society.prompts.units
    said = "no limit" if limit is None else f"a limit of {limit} {unit if limit == 1 else units}"
    if fine is not None:
        said = f"{said}, a fine of {fine} {'dollar' if fine == 1 else 'dollars'} per {unit}"
    return f"{said}, {quoted(text)}" if text else said
