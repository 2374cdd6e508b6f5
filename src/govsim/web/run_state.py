"""The state of a run, built from the events of its journal while the journal is still being written.

Long texts that are rarely shown (prompts, replies, retrievals) stay in the file; only their positions are kept.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from nicegui import run

from govsim.characters import shortened
from govsim.config import Experiment
from govsim.errors import JournalError
from govsim.journal import (
    FINISHED,
    UNREADABLE,
    Accounts,
    Admission,
    Agreement,
    Asked,
    BallotLine,
    ByteRange,
    Call,
    Charges,
    End,
    Event,
    Follower,
    GrowthLine,
    Harvest,
    Header,
    Journal,
    MemoryLine,
    MessageLine,
    Month,
    Move,
    NewLine,
    Report,
    Retrieval,
    Session,
    TermsLine,
    UnknownEvent,
    Utterance,
    event_at,
    known_sum,
    status_of,
    with_growth,
)
from govsim.web.folder import Folder
from govsim.web.month_state import Attempt, Key, MonthState, QuestionState

RunStage = Literal["running", "stopped", "complete"]
"""The progress of a month: it is being simulated; the run stopped in it; or nothing more follows in it."""

_WITHOUT_MEMORY = ("policy", "direct")
_MOST_PROBLEMS = 8
_LONGEST_WORDS = 600
"""Maximum length of an event in words."""
_MOST_OTHERS, _MOST_FIELDS = 50, 12  # other events of a month, and fields of one event, that are shown
_BEGINNING = 400


@dataclass(slots=True)
class Usage:
    """The calls, tokens and cost so far; None where a provider does not report them or a price is unknown."""

    calls: int = 0
    refused: int = 0
    tokens: int | None = 0
    cost: float | None = 0.0

    def add(self, call: Call) -> None:
        """Add a call."""
        self.calls += 1
        self.refused += call.refused is not None
        self.tokens = known_sum((self.tokens, call.tokens))
        self.cost = known_sum((self.cost, call.cost))


class RunState:
    """The state of one run.

    Args:
        path: its journal.
        below: the folder that must contain the file after all links are resolved; anywhere if None.
    """

    def __init__(self, path: Path, below: Path | None = None) -> None:
        self.path = path
        self._below = below
        self.header: Header | None = None
        self.months: dict[int, MonthState] = {}
        self.messages: dict[str, ByteRange] = {}
        self.thinking: dict[tuple[int, Key, int], Asked] = {}
        self.spent = Usage()
        self.session: Session | None = None
        self.end: End | None = None
        self.problems: list[str] = []
        self.unknown: Counter[str] = Counter()
        self.lines = 0

    @property
    def experiment(self) -> Experiment:
        """The experiment; available once the header has been read."""
        assert self.header is not None, "shown once the header has been read"
        return self.header.experiment

    @property
    def members(self) -> tuple[str, ...]:
        """The roster."""
        return self.header.experiment.society.members if self.header else ()

    @property
    def last_month(self) -> int:
        """The latest month that has started; 0 before the first."""
        return max(self.months, default=0)

    @property
    def harvests(self) -> list[tuple[int, Harvest]]:
        """The harvests with their months, in order; in total over all sites."""
        found = ((number, month.harvest) for number, month in sorted(self.months.items()))
        return [(number, harvest) for number, harvest in found if harvest is not None]

    def stock_at(self, site: str, number: int) -> int | None:
        """The stock of a site at the start of a month, in units; 0 after its collapse, None if not recorded."""
        if number not in self.months:
            return None
        earlier = (month.harvests.get(site) for month in self.months.values() if month.number < number)
        return 0 if any(one and one.is_collapsed for one in earlier) else self.months[number].stock_at(site)

    @property
    def sites(self) -> tuple[str, ...]:
        """The sites; empty if all members share one stock."""
        return tuple(self.header.experiment.sites) if self.header else ()

    @property
    def is_running(self) -> bool:
        """Whether the process of the run is alive, as far as can be determined."""
        return self.status == "running"

    @property
    def status(self) -> str:
        """The status: how the run ended, `unreadable` if because of its replies; `running`; or `killed`."""
        if self.header is None:
            return "killed"
        if self.end is not None and self.end.cause == UNREADABLE:
            return UNREADABLE
        events = tuple(event for event in (self.session, self.end) if event is not None)
        return status_of(Journal(path=self.path, header=self.header, events=events, complete_bytes=0))

    @property
    def has_models(self) -> bool:
        """Whether any member has a language model."""
        return self.header is not None and any(self.header.model_of(member) for member in self.members)

    def has_memory(self, member: str) -> bool:
        """Whether a member can have memories; policies and direct agents have none."""
        return self.experiment.agent_of(member).partition(":")[0] not in _WITHOUT_MEMORY

    def progress_of(self, number: int) -> RunStage:
        """The progress of a month.

        Args:
            number: the month, counted from 1.
        """
        status = self.status
        if number < self.last_month or status in FINISHED:
            return "complete"
        return "running" if status == "running" else "stopped"

    def take(self, lines: Iterable[NewLine]) -> None:
        """Process new lines of the journal.

        Args:
            lines: the lines, from a `Follower`.
        """
        for one in lines:
            self.lines += 1
            problem = one.problem if one.event is None else self._beyond(one.event)
            if problem is not None:
                self._note(f"line {one.line}: {problem}" if one.line else problem)
            elif one.event is not None:
                self._take(one.event, one.location)

    def _beyond(self, event: Event) -> str | None:
        """The problem of an event of a month beyond the end of the run; None for any other event."""
        month, most = _month_of(event), self.header.experiment.world.months if self.header else 0
        return f"month = {month:,}: the run has {most:,} at most" if month > most else None

    def _note(self, problem: str) -> None:
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(problem)

    def _take(self, event: Event, location: ByteRange) -> None:
        match event:
            case Header():
                self.header = event
            case Session():
                self.session, self.end = event, None
                self.thinking.clear()
            case End():
                self.end = event
                self.thinking.clear()
            case Asked():
                self.thinking[event.month, _key(event), event.attempt] = event
            case MessageLine():
                self.messages[event.hash] = location
            case Call():
                self._take_call(event, location)
            case Retrieval():
                self._month(event.month).retrievals[event.member].append(location)
            case Month() | Harvest() | Report() | Accounts() | Move():
                self._take_commons(self._month(event.month), event)
            case TermsLine() | Admission() | Charges():
                self._take_institution(self._month(event.month), event)
            case Utterance() | MemoryLine() | Agreement():
                self._take_utterance(self._month(event.month), event)
            case BallotLine():
                self._month(event.month).ballots.append(event)
                self._take_other(event)
            case _:
                self._take_other(event)

    def _take_commons(self, month: MonthState, event: Month | Harvest | Report | Accounts | Move) -> None:
        match event:
            case Month():
                month.starts[event.site] = event
            case Harvest():
                month.harvests[event.site] = event
            case Report():
                month.report = event
            case Accounts():
                month.accounts |= event.members
            case Move():
                month.moves.append(event)

    def _take_utterance(self, month: MonthState, event: Utterance | MemoryLine | Agreement) -> None:
        if isinstance(event, Utterance):
            month.lines.append(event)
        elif isinstance(event, MemoryLine):
            month.memories.append(event)
        elif event.limit is not None or event.site not in month.agreements:  # of several, the last with an agreement
            month.agreements[event.site] = event

    def _take_institution(self, month: MonthState, event: TermsLine | Admission | Charges) -> None:
        if isinstance(event, TermsLine):
            month.terms.append(event)
        elif isinstance(event, Admission):
            month.admissions.append(event)
        else:
            month.charges.append(event)

    def _take_other(self, event: Event) -> None:
        if isinstance(event, UnknownEvent):
            self.unknown[event.kind] += 1
        if isinstance(event, GrowthLine):
            harvests = self._month(event.month).harvests
            harvests |= {one.site: one for one in with_growth(list(harvests.values()), [event])}
        if number := _month_of(event):
            month = self._month(number)
            if len(month.others) < _MOST_OTHERS:
                month.others.append(_as_text(event))
            else:
                month.more_others += 1

    def _take_call(self, call: Call, location: ByteRange) -> None:
        key = _key(call)
        self.thinking.pop((call.month, key, call.attempt), None)
        self.spent.add(call)
        attempt = Attempt(
            location=location,
            beginning=call.reply[:_BEGINNING],
            is_unreadable=call.refused is not None,
            tokens=call.tokens,
            cost=call.cost,
            seconds=call.seconds,
        )
        self._month(call.month).questions.setdefault(key, QuestionState(key=key, month=call.month)).attempts.append(
            attempt
        )

    def _month(self, number: int) -> MonthState:
        return self.months.setdefault(number, MonthState(number=number))

    def memories_of(self, member: str) -> list[MemoryLine]:
        """All memories of a member, in the order of their creation."""
        found = [one for month in self._in_order() for one in month.memories if one.member == member]
        return sorted(found, key=lambda one: one.ordinal)

    def retrievals_of(self, member: str) -> list[ByteRange]:
        """The positions of all retrievals of a member, in order."""
        return [location for month in self._in_order() for location in month.retrievals.get(member, ())]

    def _in_order(self) -> Iterator[MonthState]:
        return (self.months[number] for number in sorted(self.months))

    def call_at(self, attempt: Attempt) -> Call:
        """Read a call from the journal.

        Raises:
            JournalError: the file has changed.
        """
        return event_at(self.path, attempt.location, Call, self._below)

    def recall(self, locations: Iterable[ByteRange]) -> list[Retrieval]:
        """Read retrievals from the journal, in the given order.

        Raises:
            JournalError: the file has changed.
        """
        return [event_at(self.path, location, Retrieval, self._below) for location in locations]

    def message(self, name: str) -> MessageLine:
        """Read a message of a prompt by its hash.

        Raises:
            JournalError: the journal does not contain it, or has changed.
        """
        if name not in self.messages:
            raise JournalError(f"message {name}: is not in the journal")
        return event_at(self.path, self.messages[name], MessageLine, self._below)


def _month_of(event: Event) -> int:
    """The month of an event; 0 if it has none."""
    return int(event.identifying.get("month", 0))


def _key(event: Asked | Call) -> Key:
    return Key(phase=event.phase, purpose=event.purpose, ordinal=event.ordinal, member=event.member)


def _as_text(event: Event) -> str:
    """Format an event in one line of limited length: in its own words, or as its kind and its fields."""
    if (words := event.in_words) is not None:
        return shortened(words, _LONGEST_WORDS)
    every = event.fields if isinstance(event, UnknownEvent) else event.model_dump(mode="json")
    fields = [(name, value) for name, value in every.items() if name not in ("kind", "month")]
    shown = [
        f"{shortened(name, 40)} = {shortened(json.dumps(value, ensure_ascii=False), 80)}"
        for name, value in fields[:_MOST_FIELDS]
    ]
    more = [f"{len(fields) - _MOST_FIELDS:,} more"] if len(fields) > _MOST_FIELDS else []
    return f"{shortened(event.kind, 60)}: {', '.join([*shown, *more])}"


class Watch:
    """Follows the journal of a run with an open page.

    Args:
        folder: the folder that is shown.
        name: the name of the run.

    Raises:
        JournalError: there is no such journal.
    """

    def __init__(self, folder: Folder, name: str) -> None:
        self.name = name
        self._folder = folder
        self._follower = Follower(folder.path_of(name), folder.root, journal="run")
        self._lock = asyncio.Lock()
        self.state = self._new_state()
        self.version = 0

    @property
    def is_truncated(self) -> bool:
        """Whether the last line of the journal is incomplete."""
        return bool(self._follower.partial_line)

    async def catch_up(self) -> None:
        """Read the new lines; start over if the journal was replaced.

        Raises:
            JournalError: the journal was deleted, or is unreadable.
        """
        async with self._lock:
            try:
                while lines := await self._new_lines():
                    self.state.take(lines)
                    self.version += 1
            except OSError as error:
                raise JournalError(f"{self.name}: cannot be read ({error.strerror or error})") from error

    async def _new_lines(self) -> list[NewLine]:
        self._folder.path_of(self.name)  # it may now be a link to outside the folder
        if self._follower.restart_if_replaced():
            self.state = self._new_state()
            self.version += 1
        if not self._follower.has_more():
            return []
        # Read in a thread, as the first part may be large; processed here, where pages are built.
        return await run.io_bound(self._follower.new_lines) or []

    def _new_state(self) -> RunState:
        return RunState(self._follower.path, self._folder.root)
