"""The discussions and decisions of a run as shown to judges, reconstructed from its journal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter

from govsim.agents import Line
from govsim.agents.sentences import on_one_line
from govsim.calendar import discussion_day, first_day
from govsim.journal import MODERATOR, Call, Harvest, Journal, Month, Utterance

EVENTS_READ = ("month", "harvest", "utterance", "call")
"""Kinds of event from which discussions and decisions are reconstructed."""

DECISION = "harvest"
"""The purpose of the calls with harvest decisions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscussionLine(Line):
    """An utterance as shown, with its ordinal, and its member (`by`) and text (`said`) as in the journal."""

    ordinal: int
    by: str
    said: str

    @property
    def numbered(self) -> str:
        """The utterance, preceded by its number."""
        return f"{self.ordinal}. {self}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscussionExcerpt:
    """A discussion, or the beginning of one, as shown to a judge.

    Attributes:
        date: ISO date of the discussion.
        speakers: the members present.
        lines: the utterances, each as it is to be shown.
    """

    date: str
    speakers: tuple[str, ...]
    lines: tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Discussion:
    """The discussion of a month, at one site if there are several. Turns without an utterance are omitted.

    Several discussions in a month are joined in their order, those of all sites too; date and phase are those of the
    last.

    Attributes:
        month: the month.
        phase: name of the phase in the experiment.
        date: ISO date of the discussion.
        members: the members present.
        lines: the utterances, starting with the moderator's opening.
    """

    month: int
    phase: str
    date: str
    members: tuple[str, ...]
    lines: tuple[DiscussionLine, ...]

    @property
    def spoken(self) -> tuple[DiscussionLine, ...]:
        """The utterances of the members."""
        return tuple(line for line in self.lines if line.by in self.members)

    @property
    def speakers(self) -> tuple[str, ...]:
        """The members, and those of other sites who spoke."""
        return tuple(dict.fromkeys((*self.members, *(line.by for line in self.lines if line.by != MODERATOR))))

    def until(self, ordinal: int) -> DiscussionExcerpt:
        """Return the discussion up to and including an utterance."""
        lines = tuple(line for line in self.lines if line.ordinal <= ordinal)
        return DiscussionExcerpt(date=self.date, speakers=self.speakers, lines=lines)

    def numbered(self) -> DiscussionExcerpt:
        """Return the complete discussion, with numbered utterances."""
        lines = tuple(line.numbered for line in self.lines)
        return DiscussionExcerpt(date=self.date, speakers=self.speakers, lines=lines)


def discussions_of(journal: Journal) -> list[Discussion]:
    """Return the discussions of a run in which a member spoke, in the order of months."""
    lines: defaultdict[tuple[int, str | None], list[DiscussionLine]] = defaultdict(list)
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
            shown = on_one_line(one.text)  # an imported utterance can contain line breaks
            line = DiscussionLine(speaker=speaker, text=shown, ordinal=one.ordinal, by=one.member, said=one.text)
            lines[one.month, one.site].append(line)
    heard = ((month, _heard(month, lines)) for month in journal.of(Month))
    found = (
        Discussion(
            month=month.month,
            phase=phases[month.month],
            date=(discussion_day if month.month in late else first_day)(month.month).isoformat(),
            members=month.members,
            lines=said,
        )
        for month, said in heard
        if said
    )
    return [discussion for discussion in found if discussion.spoken]


def _heard(month: Month, lines: Mapping[tuple[int, str | None], list[DiscussionLine]]) -> tuple[DiscussionLine, ...]:
    """Return the utterances of a month that its members heard: at their site, and in discussions of all."""
    heard = [line for site in {month.site, None} for line in lines.get((month.month, site), ())]
    return tuple(sorted(heard, key=attrgetter("ordinal")))


def decisions_of(journal: Journal) -> Iterator[Call]:
    """Yield the calls from which harvest decisions were parsed, in the order of months and members."""
    members = journal.header.experiment.society.members
    place = {name: number for number, name in enumerate(members)}
    calls = [call for call in journal.of(Call) if call.purpose == DECISION and call.refused is None]
    yield from sorted(calls, key=lambda call: (call.month, place.get(call.member, len(place))))
