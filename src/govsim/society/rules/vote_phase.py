"""The phase of a vote: what is put to the vote, how members are asked, and how the result is decided."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from govsim.agents import Answer, DiscussionOutcome, Notice, Request, View
from govsim.calendar import discussion_day
from govsim.commons import Charge
from govsim.journal import BallotLine
from govsim.models.fields import NONE, YES_NO, ChoiceField, NumberField, Value
from govsim.models.fields import Field as ReplyField
from govsim.society.phase import Phase
from govsim.society.rule import Adjustable, Alternatives
from govsim.society.rules.ballots import (
    Count,
    Option,
    approval,
    borda,
    floored_mean,
    has_majority,
    has_quorum,
    instant_runoff,
    is_unanimous,
    lower_median,
    plurality,
)
from govsim.society.rules.inspection import in_cents

if TYPE_CHECKING:
    from govsim.society.rules.vote import Vote
    from govsim.society.society import Society

Ballot = Option | tuple[Option, ...]
"""A number, an option or an answer, or the options approved or ranked."""
VoteSubject = Adjustable | Alternatives
CountedBy = Literal["median", "mean", "plurality", "majority", "unanimity", "approval", "borda", "irv"]
VoteOutcome = Literal["adopted", "rejected", "no-quorum", "no-proposal"]

VOTE, PROPOSE, ELECT, ACCEPT, APPROVE, RANK = "vote", "propose", "elect", "accept", "approve", "rank"
PROPOSAL, CHOICE, ANSWER = "Proposal", "Vote", "Answer"
ABSTAIN = "abstain"

ONE_NUMBER: tuple[CountedBy, ...] = ("median", "mean")
ON_ONE_PROPOSAL: tuple[CountedBy, ...] = ("majority", "unanimity")
_NAMED: tuple[CountedBy, ...] = (*ONE_NUMBER, "plurality")


@dataclass(frozen=True, slots=True, kw_only=True)
class Motion:
    """What is put to the vote.

    Attributes:
        options: the options on the ballots; only one in a vote on a proposal.
        proposals: proposals by member, if members were asked for them.
        proposer: the member that made the only proposal; None if all could make one.
        draw: the random number that selected the proposer.
        invalid: reasons why proposals are invalid, by member.
        was_tied: whether a tie between proposals was broken at random.
    """

    options: tuple[Option, ...] = ()
    proposals: Mapping[str, Option] = field(default_factory=dict)
    proposer: str | None = None
    draw: float | None = None
    invalid: Mapping[str, str] = field(default_factory=dict)
    was_tied: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BallotQuestion:
    """How members are asked for their ballots.

    Attributes:
        purpose: the purpose of the request.
        options: returns the options of a member.
        fields: returns the fields of the answer, given the options.
        sincere: returns the sincere answer of a member, given its view and the options.
        ballot: returns the ballot in an answer; None for an abstention.
    """

    purpose: str
    options: Callable[[View], tuple[Option, ...]]
    fields: Callable[[tuple[Option, ...]], tuple[ReplyField, ...]]
    sincere: Callable[[View, tuple[Option, ...]], Mapping[str, Value]]
    ballot: Callable[[Answer, tuple[Option, ...]], Ballot | None]


class VotePhase(Phase):
    """The vote: members propose, if the rule needs proposals, then cast their ballots; the result is announced."""

    sincere: ClassVar = dict.fromkeys((VOTE, PROPOSE, ELECT, ACCEPT, APPROVE, RANK), lambda request: request.otherwise)

    def __init__(self, *, name: str, rule: Vote) -> None:
        super().__init__(name=name)
        self._rule = rule

    async def run(self, society: Society) -> None:
        """Hold the vote in the months that the rule states, and decide the setting."""
        rule, settings, month = self._rule, self._rule.settings, society.state.month
        if (month - 1) % settings.every:
            return
        draws = rule.draws(society)
        view = society.view(self, discussion_day(month).isoformat())
        motion = await self._motion(society, view, draws)
        ballots, invalid = await self._ballots(society, view, motion)
        named = {one for ballot in ballots.values() for one in (ballot if isinstance(ballot, tuple) else (ballot,))}
        ties = shuffled(motion.options or named, draws)
        count, outcome = self._result(ballots, motion, ties, present=len(society.state.members))
        value = count.winner if outcome == "adopted" else rule.status_quo(society)
        society.institutions.decide(settings.on, value)
        society.institutions.charge(society, self, self._charges(society, ballots))
        line = BallotLine(
            month=month,
            phase=self.name,
            rule=rule.name,
            ordinal=society.institutions.ordinal_of(rule.name),
            subject=settings.on,
            counted_by=settings.rule,
            proposals=dict(motion.proposals),
            proposer=motion.proposer,
            proposer_draw=motion.draw,
            proposal=motion.options[0] if settings.rule in ON_ONE_PROPOSAL and motion.options else None,
            ballots=ballots,
            abstained=tuple(name for name in society.state.members if name not in ballots),
            invalid={**motion.invalid, **invalid},
            tally={str(option): votes for option, votes in count.tally.items()},
            eliminated=count.eliminated,
            ties=ties if count.was_tied or motion.was_tied else (),
            outcome=outcome,
            value=value,
        )
        society.recorder.note(line)
        society.notify_all(self._announced_result(society, line), view)

    async def _motion(self, society: Society, view: View, draws: np.random.Generator) -> Motion:
        """Determine what is put to the vote, asking for proposals if the rule needs them."""
        settings, subject, draw = self._rule.settings, self._rule.subject(society), float(draws.random())
        if settings.rule in _NAMED:
            return Motion()
        if settings.rule not in ON_ONE_PROPOSAL and isinstance(subject, Alternatives):
            return Motion(options=subject.options)
        if (agreed := self._agreed(society, subject)) is not None:
            return Motion(options=(agreed,))
        proposer, members = None, society.state.members
        if settings.proposer != "all":
            proposer = (
                members[int(draw * len(members))] if settings.proposer == "random" else society.institutions.leader
            )
            if proposer is None:
                return Motion()
        asked = members if proposer is None else (proposer,)
        proposals, invalid = await self._asked(society, view, _proposing(subject), asked)
        named = {name: one for name, one in proposals.items() if not isinstance(one, tuple)}
        options, was_tied = _put_to_vote(settings.rule, list(named.values()), shuffled(set(named.values()), draws))
        return Motion(
            options=options,
            proposals=named,
            proposer=proposer,
            draw=draw if settings.proposer == "random" else None,
            invalid=invalid,
            was_tied=was_tied,
        )

    def _agreed(self, society: Society, subject: VoteSubject) -> int | None:
        """Return the limit agreed in this month's discussion, if it is to be voted on and within the range."""
        outcome = society.outputs.get(DiscussionOutcome)
        limit = None if outcome is None else outcome.limit
        if not self._rule.settings.from_agreement or limit is None or isinstance(subject, Alternatives):
            return None
        return limit if subject.low <= limit <= subject.high else None

    async def _ballots(self, society: Society, view: View, motion: Motion) -> tuple[dict[str, Ballot], dict[str, str]]:
        """Ask all members for their ballots; return the valid ones, and why others are invalid."""
        rule, subject = self._rule.settings.rule, self._rule.subject(society)
        if rule in _NAMED:
            question = _proposing(subject)
        elif not motion.options:
            return {}, {}
        else:
            question = _balloting(rule, subject, motion, self._rule.status_quo(society))
        return await self._asked(society, view, question, society.state.members)

    async def _asked(
        self, society: Society, view: View, question: BallotQuestion, members: Collection[str]
    ) -> tuple[dict[str, Ballot], dict[str, str]]:
        """Ask members; those without any options, such as the only candidate, are not asked."""
        options: dict[str, tuple[Option, ...]] = {}

        def request(own: View) -> Request:
            options[own.member or ""] = question.options(own)
            return self._request(society, own, question)

        views = {name: society.observations.view(view, name) for name in members}
        asked = [name for name, own in views.items() if question.fields(question.options(own))]
        answers = await society.ask_each(question.purpose, view, request, members=asked)
        read = {name: question.ballot(one, options[name]) for name, one in answers.items() if one.invalid is None}
        invalid = {name: one.invalid for name, one in answers.items() if one.invalid is not None}
        return {name: ballot for name, ballot in read.items() if ballot is not None}, invalid

    def _request(self, society: Society, view: View, question: BallotQuestion) -> Request:
        subject, options = self._rule.subject(society), question.options(view)
        details = subject.details if isinstance(subject, Alternatives) else {}
        return Request(
            purpose=question.purpose,
            template="ballot",
            fields=question.fields(options),
            view=view,
            variables={
                "asked": question.purpose,
                "date": view.date,
                "what": subject.what,
                "options": [str(option) for option in options],
                "details": [f"{option}: {details[str(option)]}" for option in options if str(option) in details],
                "status_quo": self._rule.status_quo(society),
                "is_secret": self._rule.settings.ballots == "secret",
                "counted_by": self._rule.settings.rule,
            },
            queries=(society.prompts.render_cached("query"),),
            sincere=lambda _: question.sincere(view, options),
        )

    def _result(
        self, ballots: Mapping[str, Ballot], motion: Motion, ties: tuple[Option, ...], *, present: int
    ) -> tuple[Count, VoteOutcome]:
        """Count the ballots; the winner of the count is only adopted if the outcome says so."""
        rule, cast = self._rule.settings.rule, list(ballots.values())
        if rule not in _NAMED and not motion.options:
            return Count(winner=None, tally={}), "no-proposal"
        count = _counted(rule, cast, ties)
        if not has_quorum(len(cast), present, self._rule.settings.quorum):
            return count, "no-quorum"
        if rule not in ON_ONE_PROPOSAL:
            return count, "rejected" if count.winner is None else "adopted"
        yes, no = (count.tally.get(answer, 0) for answer in YES_NO)
        is_adopted = is_unanimous(yes, present) if rule == "unanimity" else has_majority(yes, no)
        return Count(winner=motion.options[0], tally=count.tally), "adopted" if is_adopted else "rejected"

    def _charges(self, society: Society, ballots: Collection[str]) -> Iterator[Charge]:
        cost = self._rule.settings.cost
        for member in ballots if cost else ():
            cents = in_cents(cost, society.institutions.price_of(member))
            yield Charge(by=self._rule.name, member=member, amount=cents, reason="cost of voting")

    def _announced_result(self, society: Society, line: BallotLine) -> Notice:
        is_public = self._rule.settings.ballots == "public"
        return Notice(
            template="vote_result",
            variables={
                "what": self._rule.subject(society).what,
                "outcome": line.outcome,
                "value": line.value,
                "proposal": line.proposal,
                "ballots": [f"{name} {_words(ballot)}" for name, ballot in line.ballots.items()] if is_public else [],
                "cast": len(line.ballots),
                "abstained": len(line.abstained),
            },
            lasts=True,
        )


def shuffled(options: Iterable[Option], draws: np.random.Generator) -> tuple[Option, ...]:
    """Return the options in a random order that does not depend on their given order."""
    ordered = sorted(options, key=lambda option: (str(type(option)), option))
    return tuple(ordered[place] for place in draws.permutation(len(ordered)).tolist())


def _put_to_vote(rule: CountedBy, named: Sequence[Option], ties: tuple[Option, ...]) -> tuple[tuple[Option, ...], bool]:
    """Return what is put to the vote, given all proposals, and whether a tie was broken."""
    numbers = [one for one in named if isinstance(one, int)]
    if rule not in ON_ONE_PROPOSAL:
        return tuple(sorted(set(numbers))), False
    if numbers:
        return (min(numbers) if rule == "unanimity" else sorted(numbers)[(len(numbers) - 1) // 2],), False
    count = plurality(named, ties)
    return (() if count.winner is None else (count.winner,)), count.was_tied


def _counted(rule: CountedBy, cast: Sequence[Ballot], ties: tuple[Option, ...]) -> Count:
    lists = [one for one in cast if isinstance(one, tuple)]
    named = [one for one in cast if not isinstance(one, tuple)]
    numbers = [one for one in named if isinstance(one, int)]
    match rule:
        case "median":
            return Count(winner=lower_median(numbers), tally={})
        case "mean":
            return Count(winner=floored_mean(numbers), tally={})
        case "approval":
            return approval(lists, ties)
        case "borda":
            return borda(lists, ties)
        case "irv":
            return instant_runoff(lists, ties)
        case _:
            return plurality(named, ties if rule == "plurality" else YES_NO)


def _proposing(subject: VoteSubject) -> BallotQuestion:
    """Return the question for a number or for one of the options, which "none" abstains from."""
    if isinstance(subject, Adjustable):
        number = NumberField(tag=PROPOSAL, low=subject.low, high=subject.high, may_be_none=True, units=subject.units)
        return BallotQuestion(
            purpose=VOTE if subject.limits_catches else PROPOSE,
            options=lambda view: (),
            fields=lambda options: (number,),
            sincere=lambda view, options: {PROPOSAL: _wish(subject, view, {})},
            ballot=lambda answer, options: answer.number(PROPOSAL),
        )
    return BallotQuestion(
        purpose=ELECT,
        options=lambda view: _allowed(subject, view, subject.options),
        fields=lambda options: (ChoiceField(tag=CHOICE, options=(*map(str, options), NONE)),) if options else (),
        sincere=lambda view, options: {CHOICE: str(next(iter(_preferred(subject, view, options, {})), NONE))},
        ballot=lambda answer, options: None if answer.text(CHOICE) == NONE else answer.text(CHOICE),
    )


def _balloting(rule: CountedBy, subject: VoteSubject, motion: Motion, status_quo: Option | None) -> BallotQuestion:
    """Return the question for a ballot on what was put to the vote."""

    def allowed(view: View) -> tuple[Option, ...]:
        return motion.options if rule in ON_ONE_PROPOSAL else _allowed(subject, view, motion.options)

    def preferred(view: View, options: tuple[Option, ...]) -> list[Option]:
        return _preferred(subject, view, options, motion.proposals)

    match rule:
        case "majority" | "unanimity":
            return BallotQuestion(
                purpose=ACCEPT,
                options=allowed,
                fields=lambda options: (ChoiceField(tag=ANSWER, options=(*YES_NO, ABSTAIN)),),
                sincere=lambda view, options: {
                    ANSWER: YES_NO[not _is_acceptable(subject, view, options[0], status_quo, motion.proposals)]
                },
                ballot=lambda answer, options: None if answer.text(ANSWER) == ABSTAIN else answer.text(ANSWER),
            )
        case "approval":
            return BallotQuestion(
                purpose=APPROVE,
                options=allowed,
                fields=lambda options: tuple(
                    ChoiceField(tag=f"Option {number}", options=YES_NO) for number in range(1, len(options) + 1)
                ),
                sincere=lambda view, options: {
                    f"Option {number}": YES_NO[option not in _better_half(preferred(view, options))]
                    for number, option in enumerate(options, start=1)
                },
                ballot=lambda answer, options: tuple(
                    option for number, option in enumerate(options, start=1) if answer.text(f"Option {number}") == "yes"
                ),
            )
        case _:
            return BallotQuestion(
                purpose=RANK,
                options=allowed,
                fields=lambda options: tuple(
                    ChoiceField(tag=f"Rank {number}", options=(*map(str, options), NONE))
                    for number in range(1, len(options) + 1)
                ),
                sincere=lambda view, options: {
                    f"Rank {number}": str(option) for number, option in enumerate(preferred(view, options), start=1)
                },
                ballot=_ranking,
            )


def _ranking(answer: Answer, options: tuple[Option, ...]) -> tuple[Option, ...] | None:
    """Return the options ranked, without repetitions; None if there are none."""
    written = {str(option): option for option in options}
    ranked = [answer.text(f"Rank {number}") for number in range(1, len(options) + 1)]
    return tuple(dict.fromkeys(written[one] for one in ranked if one in written)) or None


def _allowed(subject: VoteSubject, view: View, options: tuple[Option, ...]) -> tuple[Option, ...]:
    """Return the options that a member may vote for: not itself."""
    is_barred = isinstance(subject, Alternatives) and subject.are_members
    return tuple(option for option in options if not (is_barred and option == view.member))


def _wish(subject: Adjustable, view: View, proposals: Mapping[str, Option]) -> int:
    """Return the number that a member prefers: what it proposed, or else the sincere one."""
    own = proposals.get(view.member or "")
    return own if isinstance(own, int) else min(max(subject.sincere(view), subject.low), subject.high)


def _preferred(
    subject: VoteSubject, view: View, options: tuple[Option, ...], proposals: Mapping[str, Option]
) -> list[Option]:
    """Return the options in a member's order of preference; of numbers, the closest to its own first."""
    if isinstance(subject, Alternatives):
        return [option for option in subject.sincere(view) if option in options]
    wish = _wish(subject, view, proposals)
    return sorted(options, key=lambda option: (abs(int(option) - wish), option))


def _is_acceptable(
    subject: VoteSubject, view: View, option: Option, status_quo: Option | None, proposals: Mapping[str, Option]
) -> bool:
    """Whether a member prefers an option to the status quo, or is indifferent; no limit counts as the highest one."""
    if status_quo is None and isinstance(subject, Adjustable) and subject.limits_catches:
        status_quo = subject.high
    if status_quo is None or status_quo == option:
        return True
    if isinstance(subject, Adjustable):
        wish = _wish(subject, view, proposals)
        return abs(int(option) - wish) <= abs(int(status_quo) - wish)
    return option in _preferred(subject, view, (option, status_quo), proposals)[:1]


def _better_half(preferred: Sequence[Option]) -> Sequence[Option]:
    return preferred[: (len(preferred) + 1) // 2]


def _words(ballot: Ballot) -> str:
    """Return a ballot in words."""
    if isinstance(ballot, tuple):
        return "(" + ", ".join(map(str, ballot)) + ")"
    return str(ballot)
