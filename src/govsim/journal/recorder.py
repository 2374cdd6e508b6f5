"""Recording of a run's events: new ones are written, and replayed ones are checked against the journal."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from govsim.errors import JournalError, JournalMismatch, PluginError
from govsim.journal.difference import difference_between, place_named, place_of, shortened_value
from govsim.journal.kinds import check_registered
from govsim.journal.line import Event, Identity, comparable, line_of
from govsim.journal.reader import JournalContent
from govsim.journal.sink import FileSink, Sink

Listener = Callable[[Event], None]

_SECONDS = 0.2
"""Maximum time for which events that can be reproduced at no cost are held in memory before the next one is written."""


class EndOfJournal(JournalError):
    """The replay of a journal has reached its end."""


class Recorder:
    """Receives every event of a run, in order.

    A resumed run is replayed from the beginning: an event that the journal already contains must be the same, and is
    not written again. Without a sink, nothing is written, and the first event that the journal does not contain ends
    the replay.

    Events that cost money or time to reproduce, and all before them, are written at once, and flushed to
    disk at the end of the phase. Others are written together, as a resumed run reproduces them.
    """

    def __init__(
        self, to: Path | Sink | None, recorded: JournalContent | None = None, listener: Listener | None = None
    ) -> None:
        """Open the journal for appending.

        Args:
            to: the file to which new lines are appended, or another sink; None to replay `recorded` without writing.
            recorded: the previous content of the journal.
            listener: called with every event, new or replayed.

        Raises:
            ConfigError: the file cannot be written.
        """
        self._listener = listener
        self._recorded: dict[Identity, Event] = {}
        for event in recorded.events if recorded else ():
            if event.is_stored_once or event.is_compared:
                self._recorded[event.identity] = event
        self._unseen = {name for name, event in self._recorded.items() if event.is_compared}
        self._identities: set[Identity] = set()
        self._pending: list[Event] = []
        self._registered: set[type[Event]] = set()
        self._broken: JournalError | None = None
        self._sink: Sink | None = FileSink(to, recorded) if isinstance(to, Path) else to
        self._buffer: list[bytes] = []
        self._written_at = -math.inf  # the first events are written at once, so that the run can be followed
        self._has_unflushed = False  # whether something costly was written that may not have reached the disk

    @property
    def is_writing(self) -> bool:
        """Whether new events are appended to a journal."""
        return self._sink is not None

    @property
    def unseen(self) -> list[Event]:
        """Recorded events that have not been replayed, in the order of the journal."""
        return [event for identity, event in self._recorded.items() if identity in self._unseen]

    def recorded(self, identity: Identity) -> Event | None:
        """Return the recorded event with an identity, and mark it as replayed; None if there is none.

        Raises:
            EndOfJournal: there is none, and the recorder does not write.
        """
        found = self._recorded.get(identity)
        if found is None and not self.is_writing:
            raise EndOfJournal(f"the journal ends before {place_named(identity)}")
        self._unseen.discard(identity)
        return found

    def notify(self, event: Event) -> None:
        """Pass an event to the listener."""
        if self._listener is not None:
            self._listener(event)

    def write(self, *events: Event) -> None:
        """Write events at once, or check them against the journal.

        Raises:
            PluginError: the kind of an event is not registered, or an event is a duplicate.
            JournalMismatch: the journal contains a different event with the same identity.
            EndOfJournal: the journal does not contain an event, and the recorder does not write.
        """
        self._check_registered(events)
        new = [event for event in events if self._is_new(event)]
        if self._sink is None or not new:
            return
        if self._broken is not None:  # a line after an incomplete one would make both unreadable
            raise self._broken
        self._buffer += [line_of(event) for event in new]
        is_costly = any(event.is_costly for event in new)
        self._has_unflushed |= is_costly
        if is_costly or self._is_overdue:
            self._append()

    def note(self, event: Event) -> None:
        """Hold a member's event back until the phase ends, so that the journal does not depend on who finishes first.

        Raises:
            PluginError: its kind is not registered.
        """
        self._check_registered([event])
        self._pending.append(event)

    def end_phase(self, members: Iterable[str]) -> None:
        """Write the events held back, member by member.

        Raises:
            JournalMismatch: as `write`.
        """
        if not self._pending:
            return
        order = {name: index for index, name in enumerate(members)}
        pending, self._pending = self._pending, []
        self.write(*sorted(pending, key=lambda event: order.get(event.identifying.get("member", ""), len(order))))

    async def sync(self) -> None:
        """Flush everything costly to disk, without blocking other runs.

        Raises:
            JournalError: flushing failed.
        """
        if self._buffer and self._is_overdue:
            self._append()
        if self._sink is not None and self._has_unflushed:
            self._has_unflushed = False
            try:
                await self._sink.sync()
            except JournalError:
                self._has_unflushed = True
                raise

    def close(self) -> None:
        """Write everything held back, flush what is costly to disk, and close the file.

        Raises:
            JournalError: writing failed.
        """
        if self._sink is None:
            return
        try:
            self._append()
            if self._has_unflushed:
                self._sink.flush()
        finally:
            self._sink.close()
            self._sink = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _check_registered(self, events: Iterable[Event]) -> None:
        for event in events:
            if type(event) not in self._registered:
                check_registered(event)
                self._registered.add(type(event))

    def _is_new(self, event: Event) -> bool:
        """Whether an event has to be written."""
        self.notify(event)
        identity = event.identity
        found = self._recorded.get(identity)
        if event.is_stored_once:
            self._unseen.discard(identity)
            if self.is_writing:
                self._recorded[identity] = event
            return found is None and self.is_writing
        if not event.is_compared:
            return self.is_writing
        self._check_not_repeated(event, identity)
        if found is not None:
            self._unseen.discard(identity)
            _check(found, event)
            return False
        if not self.is_writing:
            raise EndOfJournal(f"the journal ends before {place_of(event)}")
        return self.is_writing

    def _check_not_repeated(self, event: Event, identity: Identity) -> None:
        """Reject an event that readers could not distinguish from an earlier one."""
        if identity in self._identities:
            raise PluginError(
                f"{place_of(event)}: is recorded twice; two events of a kind must differ in month, phase, member, "
                "purpose, ordinal, attempt or hash, so give it an ordinal"
            )
        self._identities.add(identity)

    @property
    def _is_overdue(self) -> bool:
        return time.monotonic() - self._written_at > _SECONDS

    def _append(self) -> None:
        lines, self._buffer = b"".join(self._buffer), []
        if self._sink is None or not lines:
            return
        self._written_at = time.monotonic()
        try:
            self._sink.append(lines)
        except JournalError as error:
            self._broken = error
            raise


class SiteRecorder:
    """Receives the events of one site of a run with several: each is recorded with the site's name."""

    def __init__(self, recorder: Recorder, site: str) -> None:
        """Record for one site.

        Args:
            recorder: the recorder of the run.
            site: name of the site.
        """
        self._recorder = recorder
        self._site = site

    def write(self, *events: Event) -> None:
        """Write events at once; see `Recorder`."""
        self._recorder.write(*map(self._at_site, events))

    def note(self, event: Event) -> None:
        """Hold an event back until the phase ends; see `Recorder`."""
        self._recorder.note(self._at_site(event))

    def end_phase(self, members: Iterable[str]) -> None:
        """Write the events held back; see `Recorder`."""
        self._recorder.end_phase(members)

    def _at_site(self, event: Event) -> Event:
        return event.model_copy(update={"site": self._site})


def _check(recorded: Event, event: Event) -> None:
    if recorded == event:
        return  # by far the most frequent case, and much faster than serializing both
    found = difference_between(place_of(event), comparable(recorded), comparable(event))
    if found is not None:
        raise JournalMismatch(
            f"{found.place}: {found.key} was {shortened_value(found.first)} and is now {shortened_value(found.second)}"
        )
