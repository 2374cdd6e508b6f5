"""A vote, by which the members decide a setting of another rule."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from govsim.commons import written_dollars
from govsim.config import Experiment, Section, in_per_cent
from govsim.errors import ConfigError
from govsim.society.rule import RULES, AddedPhase, Adjustable, Rule, Terms
from govsim.society.rules.ballots import Option
from govsim.society.rules.inspection import in_cents
from govsim.society.rules.vote_phase import ON_ONE_PROPOSAL, CountedBy, VotePhase, VoteSubject
from govsim.society.rules.wishes import WishPhase

if TYPE_CHECKING:
    from govsim.society.society import Society


class Election(Section):
    """How members choose among options."""

    rule: Literal["plurality", "approval", "borda", "irv"] = "plurality"
    """How ballots are counted, as in the rule `vote`. Members cannot vote for themselves."""
    ballots: Literal["secret", "public"] = "secret"
    """Whether members learn only the result, or also who voted how."""
    quorum: float = Field(0.5, ge=0, le=1)
    """Share of the members present that must cast a ballot; otherwise nothing changes."""
    cost: float = Field(0, ge=0)
    """What casting a ballot costs a member, in prices of one unit."""


@RULES.register
class Vote(Rule):
    """The members vote on a setting of another rule, which has the value `decided`; the result applies from next month.

    Members propose numbers or choose among options; how ballots are counted, who proposes, and what applies without a
    result are settings.
    """

    name = "vote"
    templates = {
        "vote": {
            "what": "the most tons of fish that each of you may take in a month",
            "counted_by": "median",
            "is_number": True,
            "every": 1,
            "proposer": "all",
            "from_agreement": False,
            "is_public": False,
            "quorum": "50 %",
            "cost": None,
            "keeps_last": True,
        },
        "ballot": {
            "asked": "vote",
            "date": "2024-01-30",
            "what": "the most tons of fish that each of you may take in a month",
            "options": ["10", "12"],
            "details": ["10: as before"],
            "status_quo": None,
            "is_secret": True,
            "counted_by": "median",
        },
        "wish": {"date": "2024-01-30", "what": "the most tons of fish that each of you may take in a month"},
        "vote_result": {
            "what": "the most tons of fish that each of you may take in a month",
            "outcome": "adopted",
            "value": 10,
            "proposal": None,
            "ballots": [],
            "cast": 4,
            "abstained": 1,
        },
    }

    class Settings(Section):
        """Settings of the rule."""

        on: str = "quota.amount"
        """What is voted on: a setting of another rule with the value `decided`, as in `quota.amount`."""
        rule: CountedBy = "median"
        """How ballots are counted. `median` (the lower one of two), `mean` (rounded down) or `plurality` of the numbers
        or options that members name; `majority`: a proposal is adopted if more accept than reject it; `unanimity`: the
        lowest proposal, if every member present accepts it; `approval`, `borda` and `irv` (instant run-off): members
        approve or rank the options, or the numbers proposed. Ties are broken at random."""
        every: int = Field(1, ge=1)
        """Number of months between votes; the first is held at the end of month 1."""
        ballots: Literal["secret", "public"] = "secret"
        """Whether members learn only the result, or also who voted how."""
        quorum: float = Field(0.5, ge=0, le=1)
        """Share of the members present that must cast a ballot; otherwise the status quo applies."""
        cost: float = Field(0, ge=0)
        """What casting a ballot costs a member, in prices of one unit."""
        status_quo: Literal["last", "none"] = "last"
        """What applies if nothing is adopted: the `last` value adopted, or `none`."""
        proposer: Literal["all", "leader", "random"] = "all"
        """Who makes the proposal of a `majority` or `unanimity` vote: with `all`, it is the lower median (for
        unanimity: the minimum) of all proposals; the member that leads the group; or a member drawn at `random`."""
        wishes: bool = False
        """Whether members are asked in private before a vote on a number which one they would choose alone, to compare
        it with what they propose. The answers are not revealed."""
        from_agreement: bool = False
        """Whether the limit agreed in the month's discussion, if any, is the proposal of a `majority` or `unanimity`
        vote."""

    settings: Settings

    def __init__(self, settings: Section | None = None, *, name: str | None = None) -> None:
        super().__init__(settings if settings is not None else self.Settings(), name=name)

    def check(self, experiment: Experiment) -> None:
        """Reject a proposer or an agreement if members do not vote on one proposal."""
        settings = self.settings
        if settings.rule not in ON_ONE_PROPOSAL and (settings.proposer != "all" or settings.from_agreement):
            key = "from_agreement" if settings.from_agreement else "proposer"
            raise ConfigError(
                f"institutions.{self.name}.{key}: needs a vote on one proposal; set rule to "
                f"{' or '.join(ON_ONE_PROPOSAL)}, or remove {key}"
            )

    @property
    def decides(self) -> Collection[str]:
        """The setting that is voted on."""
        return (self.settings.on,)

    def terms(self, society: Society) -> Terms:
        """Return the procedure of the vote."""
        settings, subject = self.settings, self.subject(society)
        cost = in_cents(settings.cost, society.institutions.price_of(""))
        text = society.prompts.render(
            "vote",
            what=subject.what,
            counted_by=settings.rule,
            is_number=isinstance(subject, Adjustable),
            every=settings.every,
            proposer=settings.proposer,
            from_agreement=settings.from_agreement,
            is_public=settings.ballots == "public",
            quorum=in_per_cent(settings.quorum) if settings.quorum else None,
            cost=written_dollars(cost) if cost else None,
            keeps_last=settings.status_quo == "last",
        )
        return Terms(text=text, values=settings.model_dump(mode="json"))

    def phases(self) -> Iterable[AddedPhase]:
        """Return the vote at the end of the month, after the private wishes."""
        if self.settings.wishes:
            yield AddedPhase(phase=WishPhase(name=f"{self.name}-wishes", rule=self), place="month-end")
        yield AddedPhase(phase=VotePhase(name=self.name, rule=self), place="month-end")

    def subject(self, society: Society) -> VoteSubject:
        """Return what is voted on."""
        return society.institutions.adjustable(self.settings.on, society)

    def status_quo(self, society: Society) -> Option | None:
        """Return the value that applies if nothing is adopted."""
        return society.institutions.decided.get(self.settings.on) if self.settings.status_quo == "last" else None
