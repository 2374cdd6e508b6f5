"""What a journal tells, put in order while it is still being written: months, talk, decisions, questions.

Texts that are long and seldom looked at (prompts, replies, retrievals) stay in the file; only their places are kept.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pydantic_core import from_json

from govsim.characters import shortened
from govsim.errors import JournalError
from govsim.journal import (
    UNREADABLE,
    Agreement,
    Asked,
    Call,
    End,
    Event,
    Harvest,
    Header,
    Journal,
    MemoryLine,
    MessageLine,
    Month,
    Report,
    Retrieval,
    Session,
    UnknownEvent,
    Utterance,
    opened,
    standing_of,
)
from govsim.journal.decoding import BrokenLine, Decoder, header_in
from govsim.web.watching import Line

_MESSAGE = b'{"kind":"message","hash":"'
_RETRIEVAL = b'{"kind":"retrieval"'
_EMBEDDING = b'{"kind":"embedding"'
_HASH = 16
_NO_JOURNAL = "is no header, so this is no journal of govsim"
_MOST_PROBLEMS = 8
_MOST_OTHERS, _MOST_FIELDS = 50, 12  # of a month, and of one of them, that are shown
_MOST_MONTHS = 95_000  # that any run can have


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a line stands in its file: the byte that it begins at, and how many it has."""

    start: int
    length: int


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """What names a question within its month; as text it stands in addresses."""

    phase: str
    purpose: str
    ordinal: int
    member: str

    @property
    def call(self) -> str:
        """All but the member, as in `harvest.harvest.0`."""
        return f"{self.phase}.{self.purpose}.{self.ordinal}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One answer to a question; its text is at `place`."""

    place: Place
    model: str
    beginning: str
    refused: str | None
    stop_reason: str
    input_tokens: int | None
    output_tokens: int | None
    cached_tokens: int | None
    cost: float | None
    seconds: float
    retries: int


@dataclass(slots=True, kw_only=True)
class Question:
    """What somebody was asked in a month, and the answers, the last of which counts."""

    key: Key
    month: int
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def tokens(self) -> int | None:
        """Tokens of all its attempts; None where one is unknown."""
        known = [(one.input_tokens, one.output_tokens) for one in self.attempts]
        return None if any(None in pair for pair in known) else sum((i or 0) + (o or 0) for i, o in known)

    @property
    def cost(self) -> float | None:
        """Dollars for all its attempts; None where the price of one is unknown."""
        costs = [one.cost for one in self.attempts]
        return None if None in costs else sum(cost or 0 for cost in costs)

    @property
    def seconds(self) -> float:
        """Seconds that were waited for all its attempts."""
        return sum(one.seconds for one in self.attempts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """A retrieval of a member; what came to mind is at `place`."""

    month: int
    phase: str
    member: str
    purpose: str
    ordinal: int
    place: Place


@dataclass(slots=True, kw_only=True)
class MonthStory:
    """One month of a society.

    Attributes:
        others: the first events of kinds that no part of the page is made for, each as text.
        more_others: how many more of them there are.
    """

    number: int
    begins: Month | None = None
    harvest: Harvest | None = None
    report: Report | None = None
    lines: list[Utterance] = field(default_factory=list)
    agreement: Agreement | None = None
    memories: list[MemoryLine] = field(default_factory=list)
    questions: dict[Key, Question] = field(default_factory=dict)
    retrievals: list[Recalled] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    more_others: int = 0

    @property
    def stock(self) -> int | None:
        """Units at its start; None where the journal does not tell yet."""
        return self.begins.stock if self.begins else self.harvest.stock_before if self.harvest else None


@dataclass(slots=True)
class Spent:
    """What has been spent so far; None where a provider or the price is silent."""

    calls: int = 0
    refused: int = 0
    tokens: int | None = 0
    cost: float | None = 0.0

    def add(self, call: Call) -> None:
        """Add an answer."""
        self.calls += 1
        self.refused += call.refused is not None
        known = (call.input_tokens, call.output_tokens)
        self.tokens = None if self.tokens is None or None in known else self.tokens + sum(n or 0 for n in known)
        self.cost = None if self.cost is None or call.cost is None else self.cost + call.cost


Heard = Event | Recalled | tuple[str, Place] | str
"""What becomes of a line: an event, a retrieval or message that stays in the file, or what is wrong with it."""


class Story:
    """What has been heard of one run.

    Args:
        path: its journal.
        below: the folder that it must not lie outside of, by any link; anywhere when None.
    """

    def __init__(self, path: Path, below: Path | None = None) -> None:
        self.path = path
        self._below = below
        self.header: Header | None = None
        self.months: dict[int, MonthStory] = {}
        self.messages: dict[str, Place] = {}
        self.thinking: dict[tuple[int, Key, int], Asked] = {}
        self.spent = Spent()
        self.session: Session | None = None
        self.end: End | None = None
        self.problems: list[str] = []
        self.unknown: Counter[str] = Counter()
        self.lines = 0

    @property
    def members(self) -> tuple[str, ...]:
        """The roster."""
        return self.header.experiment.society.members if self.header else ()

    @property
    def last_month(self) -> int:
        """The month that has begun last; 0 before the first."""
        return max(self.months, default=0)

    @property
    def is_running(self) -> bool:
        """Whether the process that carries the run out is still there, as far as can be told."""
        return self.standing == "running"

    @property
    def standing(self) -> str:
        """How it ended, `unreadable` where its answers were the reason; or `running`, or `killed`."""
        if self.header is None:
            return "killed"
        if self.end is not None and self.end.cause == UNREADABLE:
            return UNREADABLE
        events = tuple(event for event in (self.session, self.end) if event is not None)
        return standing_of(Journal(path=self.path, header=self.header, events=events, whole_bytes=0))

    def hear(self, heard: Iterable[tuple[Line, Heard]]) -> None:
        """Take in lines, as `understood` gives them."""
        for line, what in heard:
            self.lines += 1
            if (beyond := self._beyond(what)) is not None:
                self._note(f"line {line.number}: {beyond}")
                continue
            match what:
                case str():
                    self._note(f"line {line.number}: {what}")
                case Recalled():
                    self._month(what.month).retrievals.append(what)
                case (name, place):
                    self.messages[name] = place
                case _:
                    self._take(line, what)

    def _beyond(self, what: Heard) -> str | None:
        """What is wrong with a line of a month that the run cannot have; None for any other."""
        month = what.identity[0] if isinstance(what, Event) else getattr(what, "month", 0)
        most = self.header.experiment.world.months if self.header else _MOST_MONTHS
        is_possible = isinstance(month, int) and 0 <= month <= most
        return None if is_possible else f"month = {month:,}: the run has {most:,} at most"

    def _take(self, line: Line, event: Event) -> None:
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
            case Call():
                self._answered(line, event)
            case _:
                self._lived(event)

    def _lived(self, event: Event) -> None:
        match event:
            case Month():
                self._month(event.month).begins = event
            case Harvest():
                self._month(event.month).harvest = event
            case Report():
                self._month(event.month).report = event
            case Utterance():
                self._month(event.month).lines.append(event)
            case Agreement():
                month = self._month(event.month)
                if event.limit is not None or month.agreement is None:  # of several talks, the last that agreed
                    month.agreement = event
            case MemoryLine():
                self._month(event.month).memories.append(event)
            case _:
                self._other(event)

    def _other(self, event: Event) -> None:
        if isinstance(event, UnknownEvent):
            self.unknown[event.kind] += 1
        if number := int(event.identity[0]):
            month = self._month(number)
            if len(month.others) < _MOST_OTHERS:
                month.others.append(_as_text(event))
            else:
                month.more_others += 1

    def _answered(self, line: Line, call: Call) -> None:
        key = _key(call)
        self.thinking.pop((call.month, key, call.attempt), None)
        questions = self._month(call.month).questions
        question = questions.setdefault(key, Question(key=key, month=call.month))
        question.attempts.append(
            Attempt(
                place=Place(start=line.start, length=len(line.content)),
                model=call.model,
                beginning=call.reply[:400],
                refused=call.refused,
                stop_reason=call.stop_reason,
                input_tokens=call.input_tokens,
                output_tokens=call.output_tokens,
                cached_tokens=call.cached_tokens,
                cost=call.cost,
                seconds=call.seconds,
                retries=call.retries,
            )
        )
        self.spent.add(call)

    def _month(self, number: int) -> MonthStory:
        return self.months.setdefault(number, MonthStory(number=number))

    def _note(self, problem: str) -> None:
        is_no_journal = self.header is None and bool(self.problems)
        if len(self.problems) < _MOST_PROBLEMS and not is_no_journal:
            self.problems.append(problem)

    def memories_of(self, member: str) -> list[MemoryLine]:
        """All that a member remembers, in the order in which it came about."""
        found = [one for month in self._in_order() for one in month.memories if one.member == member]
        return sorted(found, key=lambda one: one.ordinal)

    def retrievals_of(self, member: str) -> list[Recalled]:
        """All that came to a member's mind, in the order in which it did."""
        return [one for month in self._in_order() for one in month.retrievals if one.member == member]

    def _in_order(self) -> Iterator[MonthStory]:
        return (self.months[number] for number in sorted(self.months))

    def call_at(self, attempt: Attempt) -> Call:
        """An answer as it stands in the journal.

        Raises:
            JournalError: the file has changed.
        """
        event = self._read(attempt.place)
        if not isinstance(event, Call):
            raise JournalError("the journal has changed; load the page again")
        return event

    def recall(self, recalled: Iterable[Recalled]) -> list[Retrieval]:
        """Retrievals as they stand in the journal, in the order given.

        Raises:
            JournalError: the file has changed.
        """
        found = []
        for one in recalled:
            event = self._read(one.place)
            if not isinstance(event, Retrieval):
                raise JournalError("the journal has changed; load the page again")
            found.append(event)
        return found

    def message(self, name: str) -> MessageLine:
        """A message of a prompt by its hash.

        Raises:
            JournalError: the journal does not hold it, or has changed.
        """
        place = self.messages.get(name)
        event = self._read(place) if place else None
        if not isinstance(event, MessageLine):
            raise JournalError(f"message {name}: is not in the journal")
        return event

    def _read(self, place: Place) -> Event | None:
        try:
            with opened(self.path, self._below) as file:
                file.seek(place.start)
                return Decoder("run").event_in(file.read(place.length))
        except (OSError, BrokenLine) as error:
            raise JournalError("the journal has changed or cannot be read; load the page again") from error


def _as_text(event: Event) -> str:
    """An event as its kind and its fields, in a line of a bounded length."""
    every = event.fields if isinstance(event, UnknownEvent) else event.model_dump(mode="json")
    fields = [(name, value) for name, value in every.items() if name not in ("kind", "month")]
    shown = [
        f"{shortened(name, 40)} = {shortened(json.dumps(value, ensure_ascii=False), 80)}"
        for name, value in fields[:_MOST_FIELDS]
    ]
    more = [f"{len(fields) - _MOST_FIELDS:,} more"] if len(fields) > _MOST_FIELDS else []
    return f"{shortened(event.kind, 60)}: {', '.join([*shown, *more])}"


def understood(lines: Iterable[Line]) -> list[tuple[Line, Heard]]:
    """What lines of a journal say; those of no interest here are left out."""
    decoder = Decoder("run")
    return [(line, what) for line in lines if (what := _understood(line, decoder)) is not None]


def _understood(line: Line, decoder: Decoder) -> Heard | None:
    if line.problem is not None:
        return line.problem
    content = line.content
    place = Place(start=line.start, length=len(content))
    if content.startswith(_EMBEDDING):
        return None
    if content.startswith(_MESSAGE):
        name = content[len(_MESSAGE) : len(_MESSAGE) + _HASH]
        return (name.decode("ascii", errors="replace"), place)
    return _recalled(content, place) if content.startswith(_RETRIEVAL) else _validated(line, decoder)


def _validated(line: Line, decoder: Decoder) -> Event | str | None:
    """The event of a line, or what is wrong with it."""
    try:
        if line.number > 1:
            return decoder.event_in(line.content)
        header = header_in(line.content)
    except BrokenLine as error:
        return shortened(error.what, 300)
    return header if isinstance(header, Header) else _NO_JOURNAL


def _recalled(content: bytes, place: Place) -> Heard:
    try:
        said = from_json(content)
        return Recalled(
            month=int(said["month"]),
            phase=str(said["phase"]),
            member=str(said["member"]),
            purpose=str(said["purpose"]),
            ordinal=int(said["ordinal"]),
            place=place,
        )
    except (ValueError, KeyError, TypeError):
        return "is no line of a journal"


def _key(event: Asked | Call) -> Key:
    return Key(phase=event.phase, purpose=event.purpose, ordinal=event.ordinal, member=event.member)
