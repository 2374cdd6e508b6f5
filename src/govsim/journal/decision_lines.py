"""Events of a run's journal about collective decisions: ballots, agendas of candidates, decrees of leaders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from govsim.characters import status_text
from govsim.journal.kinds import EVENTS
from govsim.journal.line import Event, Whole

Chosen = int | str
"""What can be voted on: a number, or one of several options."""


@EVENTS.register
class Wishes(Event):
    """What members would choose alone in a vote on a number, as asked in private."""

    kind: Literal["wishes"] = "wishes"
    month: Whole
    phase: str
    """Name of the phase."""
    rule: str
    """Name of the rule in the experiment."""
    subject: str
    """The setting that is decided, as in `quota.amount`."""
    wishes: dict[str, Whole]
    """Numbers by member; missing ones were not given."""

    @property
    def in_words(self) -> str:
        """The wishes."""
        return f"{self.rule}: in private, members wish ({self.subject}): {_values(self.wishes) or 'nothing'}."


@EVENTS.register
class BallotLine(Event):
    """A vote of the members: who proposed what, all ballots, and the result."""

    kind: Literal["ballot"] = "ballot"
    month: Whole
    phase: str
    rule: str
    """Name of the rule in the experiment."""
    ordinal: Whole
    """Index of the rule in the experiment, from 0."""
    subject: str
    """The setting that is decided, as in `quota.amount`."""
    counted_by: str
    """How ballots are counted, as in `median`."""
    proposals: dict[str, Chosen] = {}
    """Proposals by member, if they precede the ballots."""
    proposer: str | None = None
    """Member that made the only proposal; null if all members could make one, or none did."""
    proposer_draw: float | None = None
    """Random number that selected the proposer; null if it was not drawn."""
    proposal: Chosen | None = None
    """What the members accepted or rejected; null if they chose among several options."""
    ballots: dict[str, Chosen | tuple[Chosen, ...]]
    """Ballots by member: a number or an option, whether it accepts, or the options approved or ranked."""
    abstained: tuple[str, ...]
    """Members present that cast no ballot, or an invalid one."""
    invalid: dict[str, str] = {}
    """Reasons why ballots were invalid, by member."""
    tally: dict[str, Whole] = {}
    """Votes or points by option; empty if numbers are averaged."""
    eliminated: tuple[Chosen, ...] = ()
    """Options in the order in which an instant run-off eliminated them."""
    ties: tuple[Chosen, ...] = ()
    """Random order of the options, if it broke a tie."""
    outcome: Literal["adopted", "rejected", "no-quorum", "no-proposal"]
    """Whether a value was adopted, and if not, why."""
    value: Chosen | None
    """Value of the setting from the next month on; null if there is none."""

    @property
    def in_words(self) -> str:
        """The ballots and the result."""
        proposals = f"proposals: {_values(self.proposals)}; " if self.proposals else ""
        on = "" if self.proposal is None else f" on {self.proposal}"
        abstained = f"; abstained: {', '.join(self.abstained)}" if self.abstained else ""
        value = f": {self.value}" if self.outcome == "adopted" else ""
        return (
            f"{self.rule}: vote{on} ({_words(self.subject)}, by {self.counted_by}); {proposals}"
            f"ballots: {_values(self.ballots) or 'none'}{abstained}; {status_text(self.outcome)}{value}."
        )


@EVENTS.register
class Agenda(Event):
    """What a candidate or leader announces."""

    kind: Literal["agenda"] = "agenda"
    month: Whole
    phase: str
    member: str
    """Candidate or leader."""
    is_candidate: bool
    """Whether it stands for election; false for a leader in office."""
    limit: Whole | None
    """Maximum units that each member should take in a month; null if it names none."""
    fine: Whole | None = Field(None, exclude_if=lambda fine: fine is None)
    """Fine in dollars for each unit above the quota; missing if it names none."""
    text: str | None
    """Text of the announcement; null if it has none."""
    invalid: str | None = None
    """Why its answer could not be parsed; null if it could."""

    @property
    def in_words(self) -> str:
        """The announced limit and the words."""
        who = f"{self.member} (candidate)" if self.is_candidate else f"{self.member} (leader)"
        limit = "no limit" if self.limit is None else f"a limit of {self.limit}"
        fine = "" if self.fine is None else f", a fine of ${self.fine:,} per unit"
        return f"{who} announces {limit}{fine}" + (f": “{self.text}”" if self.text else ".")


@EVENTS.register
class Decree(Event):
    """What a leader decides for the next month."""

    kind: Literal["decree"] = "decree"
    month: Whole
    phase: str
    member: str
    """Leader of the next month."""
    values: dict[str, Chosen]
    """Values of settings, as in `quota.amount`; settings that it does not change are missing."""
    shares: dict[str, Whole] | None = None
    """Maximum units of each member, if the leader allocates them."""
    invalid: dict[str, str] = {}
    """Reasons why answers could not be parsed, by setting."""

    @property
    def in_words(self) -> str:
        """The values and shares that the leader decided."""
        shares = "" if self.shares is None else f"shares: {_values(self.shares)}"
        values = _values({_words(name): value for name, value in self.values.items()})
        decided = "; ".join(part for part in (values, shares) if part)
        return f"{self.member} (leader) decides for the next month: {decided or 'nothing'}."


def _words(setting: str) -> str:
    """A setting of a rule, such as `quota.amount`, in words."""
    return setting.replace(".", " ")


def _values(by_name: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {_text(value)}" for name, value in by_name.items())


def _text(value: object) -> str:
    return "/".join(map(str, value)) if isinstance(value, tuple) else str(value)
