"""What judges are shown of a run: its talks, and how its members reasoned, from its journal alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter

from govsim.agents import Line
from govsim.agents.sentences import one_line
from govsim.calendar import first_day, talk_day
from govsim.journal import MODERATOR, Call, Harvest, Journal, Month, Utterance

KINDS = ("month", "harvest", "utterance", "call")
"""The kinds of line that talks and decisions are read from."""

DECISION = "harvest"
"""The purpose of the question that a decision answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said(Line):
    """A line of a talk as it is shown, with its place, its speaker and its text as in the journal."""

    ordinal: int
    by: str
    said: str

    @property
    def numbered(self) -> str:
        """The line with its number before it."""
        return f"{self.ordinal}. {self}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownTalk:
    """A talk as it is shown to a judge.

    Attributes:
        date: the day of it.
        speakers: who was present.
        lines: the lines, as they are to be read.
    """

    date: str
    speakers: tuple[str, ...]
    lines: tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """The talk of a month as it was held. Turns in which nothing was said are left out.

    Where a month has several talks they are read as one, in their order; date and phase are those of the last.

    Attributes:
        month: the month in which it was held.
        phase: its phase, by the name in the experiment.
        date: the day of the talk.
        members: who was present.
        lines: what was said, the moderator's opening first.
    """

    month: int
    phase: str
    date: str
    members: tuple[str, ...]
    lines: tuple[Said, ...]

    @property
    def spoken(self) -> tuple[Said, ...]:
        """The members' lines."""
        return tuple(line for line in self.lines if line.by != MODERATOR)

    def until(self, ordinal: int) -> ShownTalk:
        """The talk up to a line, and with it."""
        lines = tuple(line for line in self.lines if line.ordinal <= ordinal)
        return ShownTalk(date=self.date, speakers=self.members, lines=lines)

    def numbered(self) -> ShownTalk:
        """The whole talk, its lines numbered."""
        lines = tuple(line.numbered for line in self.lines)
        return ShownTalk(date=self.date, speakers=self.members, lines=lines)


def talks_of(journal: Journal) -> list[Talk]:
    """The talks of a run in which a member said something, in the order of the months."""
    lines: defaultdict[int, list[Said]] = defaultdict(list)
    phases: dict[int, str] = {}
    harvested: set[int] = set()
    late: set[int] = set()
    for one in journal.events:
        if isinstance(one, Harvest):
            harvested.add(one.month)
        if isinstance(one, Utterance) and one.text is not None:
            phases[one.month] = one.phase
            late |= harvested & {one.month}
            speaker = MODERATOR.capitalize() if one.member == MODERATOR else one.member
            shown = one_line(one.text)  # an imported line may have any form
            line = Said(speaker=speaker, text=shown, ordinal=one.ordinal, by=one.member, said=one.text)
            lines[one.month].append(line)
    talks = (
        Talk(
            month=month.month,
            phase=phases[month.month],
            date=(talk_day if month.month in late else first_day)(month.month).isoformat(),
            members=month.members,
            lines=tuple(sorted(lines[month.month], key=attrgetter("ordinal"))),
        )
        for month in journal.of(Month)
        if month.month in lines
    )
    return [talk for talk in talks if talk.spoken]


def decisions_of(journal: Journal) -> Iterator[Call]:
    """The answers that members' harvest decisions were read from, in the order of months and members."""
    members = journal.header.experiment.society.members
    place = {name: number for number, name in enumerate(members)}
    calls = [call for call in journal.of(Call) if call.purpose == DECISION and call.refused is None]
    yield from sorted(calls, key=lambda call: (call.month, place.get(call.member, len(place))))
