"""What the society asks of a member, and tells it. The month cannot tell a model from a policy from a person."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Protocol

from govsim.agents.sentences import quoted
from govsim.commons import State
from govsim.models.question import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What a member sees at some point of a month.

    Attributes:
        state: the commons at the start of the month, with the members present.
        date: today, as an ISO date.
        phase: the phase of the month.
        hints: sentences that every member is given before the harvest.
        talks: whether there will be a talk this month.
        reveals: whether catches are made public.
    """

    state: State
    date: str
    phase: str
    hints: tuple[str, ...] = ()
    talks: bool
    reveals: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a member asks for: units in 0..stock, or why no decision could be read.

    Attributes:
        units: what it asks for; None where no decision could be read.
        invalid: why not; None where one could.
        refusals: the replies that could not be read, where no decision could.
    """

    units: int | None
    invalid: str | None = None
    refusals: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line that has been said. `text` holds no line breaks; prompts show it in quotation marks."""

    speaker: str
    text: str

    def __str__(self) -> str:
        return f"{self.speaker}: {quoted(self.text)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A talk so far.

    Attributes:
        observation: when, and who is present.
        speakers: who takes part, in roster order.
        lines: what was said, the moderator's opening first.
        others: who could speak next, in roster order; the speaker is not among them.
    """

    observation: Observation
    speakers: tuple[str, ...]
    lines: tuple[Line, ...]
    others: tuple[str, ...] = ()

    @property
    def date(self) -> str:
        """The day of the talk, as an ISO date."""
        return self.observation.date


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A member's turn: what it says, and how the talk goes on. `invalid` says what could not be read of it."""

    text: str | None
    ends: bool
    next_speaker: str | None
    invalid: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Catch:
    """News of the harvest for one member: its own catch. `asked` is None when it forfeited."""

    asked: int | None
    received: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OthersCatch:
    """News of the harvest: what another member received, where no talk tells it."""

    other: str
    received: int


News = Catch | OthersCatch


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkOutcome:
    """What came of a talk: its summary, with a rating of 1 to 10 where one was given, and the agreed limit if any."""

    summary: str | None
    importance: int | None
    limit: int | None


class Agent(Protocol):
    """A member's mind."""

    name: str
    speaks: bool
    """Whether it can take part in a talk."""

    async def harvest(self, observation: Observation) -> Decision:
        """Decide how much to ask for."""

    def learn(self, news: News, observation: Observation) -> None:
        """Take note of something that happened."""

    async def speak(self, conversation: Conversation) -> Spoken:
        """Say a line of a talk. Only asked of who `speaks`."""

    async def after_talk(self, conversation: Conversation, outcome: Awaitable[TalkOutcome]) -> None:
        """Think about a talk that has ended, while it is still being written up. Only asked of who `speaks`."""

    async def reflect(self, observation: Observation) -> None:
        """Think about the month, at its end."""
