"""The workers of a command: started on demand, replaced when they are lost, and each given its share of the runs."""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from math import ceil
from typing import Any, Protocol

from govsim.errors import GovSimError, JournalError
from govsim.jobs.distribution.journals import DriverJournal
from govsim.jobs.distribution.messages import (
    CHUNK,
    Appended,
    Assignment,
    DriverMessage,
    Ended,
    Flushed,
    FlushWanted,
    Happened,
    JournalPart,
    Progressed,
    Quit,
    Ready,
    ServiceAnswer,
    ServiceRequest,
    Waiting,
    WorkerMessage,
)
from govsim.jobs.distribution.services import Service
from govsim.jobs.progress import JobProgress
from govsim.journal import Event
from govsim.models.retrying import Wait, WaitListener

MOST_FAILED_STARTS = 3
"""Number of workers that may end before they are ready, if none has ever been ready."""

_LONGEST_PAUSE = 16.0
"""Maximum seconds before a worker is replaced that has ended before it was ready."""

_EXPECTED_SECONDS = 120.0
"""Seconds for which a worker that is not ready yet counts as one that will share the runs."""

_QUIT_SECONDS = 10.0


class LinkLost(Exception):
    """A worker cannot be reached any more, or has ended."""


class Link(Protocol):
    """The connection to one worker."""

    async def send(self, messages: list[DriverMessage]) -> None:
        """Send messages, and wait until the worker has received them or there is room for more.

        Raises:
            LinkLost: the worker has ended.
        """

    async def receive(self) -> list[WorkerMessage]:
        """Wait for reports.

        Raises:
            LinkLost: the worker has ended.
        """

    async def end(self, *, has_runs: bool) -> None:
        """End the worker.

        Args:
            has_runs: whether its runs will be moved, so that it must be certain that it writes nothing more.
        """


@dataclass(slots=True, kw_only=True)
class AssignedRun:
    """A run that a worker is executing.

    Attributes:
        journal: its journal, if the driver writes it.
        on_event: called with events that are shown to the user.
        on_progress: called with its progress.
        on_lost: called with the number of its worker if that is lost.
        ended: its end; None if its worker is lost.
    """

    journal: DriverJournal | None
    on_event: Callable[[Event], None]
    on_progress: Callable[[JobProgress], None]
    on_lost: Callable[[int], None]
    ended: asyncio.Future[Ended | None]


@dataclass(slots=True, kw_only=True, eq=False)
class CrewMember:
    """One worker.

    Attributes:
        number: its number.
        began: when it was started, in seconds of the monotonic clock.
        is_ready: whether it can execute runs.
        is_lost: whether it has ended or is being ended.
        runs: the runs that it is executing.
    """

    number: int
    began: float = field(default_factory=time.monotonic)
    is_ready: bool = False
    is_lost: bool = False
    runs: dict[Assignment, AssignedRun] = field(default_factory=dict)
    _messages: list[DriverMessage] = field(default_factory=list)
    _has_messages: asyncio.Event = field(default_factory=asyncio.Event)
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    def send(self, *messages: DriverMessage) -> None:
        """Send messages, in this sequence, together with others that wait."""
        self._messages += messages
        self._has_messages.set()

    async def next_messages(self) -> list[DriverMessage]:
        """Wait for messages; return about `CHUNK` bytes of them."""
        await self._has_messages.wait()
        size, taken = 0, 0
        for message in self._messages:
            if taken and size >= CHUNK:
                break
            size += len(message.data) if isinstance(message, JournalPart) else 4096
            taken += 1
        messages, self._messages = self._messages[:taken], self._messages[taken:]
        if not self._messages:
            self._has_messages.clear()
        return messages


class Crew:
    """The workers of a command."""

    def __init__(
        self,
        connect: Callable[[int], Awaitable[Link]],
        *,
        most: int,
        services: Mapping[str, Service],
        on_wait: WaitListener,
        pause: float,
    ) -> None:
        """Prepare to start workers.

        Args:
            connect: starts the worker of a number, and returns the connection to it.
            most: maximum number of workers at a time.
            services: services that workers may call, by name.
            on_wait: called with the waits of workers before requests are retried.
            pause: minimum seconds between two sets of messages to a worker.
        """
        self._connect = connect
        self._most = most
        self._services = services
        self._on_wait = on_wait
        self._pause = pause
        self._numbers = count()
        self._members: list[CrewMember] = []
        self._connections: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Condition()
        self._wanted = 0
        self._failed_starts = 0
        self._has_been_ready = False
        self._problem: GovSimError | None = None
        self._is_closing = False

    async def with_room(self) -> CrewMember:
        """Wait for a worker that may get another run: the one with the fewest, up to its share.

        Raises:
            GovSimError: workers cannot be started.
        """
        self._wanted += 1
        try:
            async with self._changed:
                while True:
                    if self._problem is not None:
                        raise self._problem
                    self._start_missing()
                    ready = [one for one in self._members if one.is_ready and not one.is_lost]
                    member = min(ready, key=lambda one: len(one.runs), default=None)
                    if member is not None and len(member.runs) < self._share:
                        return member
                    await self._changed.wait()
        finally:
            self._wanted -= 1

    def assign(self, member: CrewMember, run: Assignment, assigned: AssignedRun, *messages: DriverMessage) -> None:
        """Give a run to a worker that has room.

        Args:
            member: the worker.
            run: the assignment.
            assigned: the run.
            messages: the messages that start it.
        """
        if member.is_lost:
            assigned.ended.set_result(None)
            return
        member.runs[run] = assigned
        member.send(*messages)

    async def aclose(self) -> None:
        """Let all workers end."""
        self._is_closing = True
        for member in self._members:
            member.send(Quit())
        if self._connections:
            await asyncio.wait(self._connections, timeout=_QUIT_SECONDS)
        for connection in list(self._connections):
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    @property
    def _runs(self) -> int:
        """Number of runs that workers are executing, or that wait for one."""
        return self._wanted + sum(len(one.runs) for one in self._members)

    @property
    def _share(self) -> int:
        """Maximum number of runs of a worker: all of them divided by the workers that are ready, or soon will be."""
        now = time.monotonic()
        expected = sum(one.is_ready or now - one.began < _EXPECTED_SECONDS for one in self._members)
        return ceil(self._runs / max(1, expected))

    def _start_missing(self) -> None:
        while len(self._members) < min(self._most, self._runs):
            member = CrewMember(number=next(self._numbers))
            self._members.append(member)
            connection = asyncio.create_task(self._communicate(member))
            self._connections.add(connection)
            connection.add_done_callback(self._connections.discard)

    async def _communicate(self, member: CrewMember) -> None:
        """Connect with a worker, and exchange messages with it until it ends."""
        link: Link | None = None
        try:
            link = await self._connect(member.number)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._send(member, link))
                group.create_task(self._receive(member, link))
        except* (LinkLost, OSError):
            pass
        except* GovSimError as errors:
            self._problem = next(error for error in errors.exceptions if isinstance(error, GovSimError))
        finally:
            member.is_lost = True
            await _cancel(member.tasks)
            if link is not None:
                await asyncio.shield(link.end(has_runs=bool(member.runs)))
            await self._lose(member)

    async def _lose(self, member: CrewMember) -> None:
        """Release the runs and the leases of a worker that has ended."""
        for assigned in member.runs.values():
            assigned.on_lost(member.number)
        for service in self._services.values():
            service.lost(member.number)
        if not member.is_ready and not self._is_closing:
            await self._fail_to_start()
        self._members.remove(member)
        for assigned in member.runs.values():
            if not assigned.ended.done():
                assigned.ended.set_result(None)
        await self._notify()

    async def _fail_to_start(self) -> None:
        """Give up if no worker has ever been ready; otherwise wait, as machines of the cluster may have been lost."""
        self._failed_starts += 1
        if self._has_been_ready:
            await asyncio.sleep(min(2.0**self._failed_starts, _LONGEST_PAUSE))
        elif self._failed_starts == MOST_FAILED_STARTS and self._problem is None:
            self._problem = GovSimError(
                f"{MOST_FAILED_STARTS} worker processes ended before their first run; their messages are above, or "
                "in the logs of the cluster; try --executor local"
            )

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _send(self, member: CrewMember, link: Link) -> None:
        while True:
            await link.send(await member.next_messages())
            await asyncio.sleep(self._pause)

    async def _receive(self, member: CrewMember, link: Link) -> None:
        while True:
            for report in await link.receive():
                await self._handle(member, report)

    async def _handle(self, member: CrewMember, report: WorkerMessage) -> None:
        match report:
            case Ready():
                if report.problem is not None:
                    raise report.problem
                member.is_ready = True
                self._failed_starts = 0
                self._has_been_ready = True
                await self._notify()
            case ServiceRequest():
                self._serve(member, report)
            case Waiting():
                self._on_wait(_here(report.wait))
            case _:
                if (assigned := member.runs.get(report.run)) is not None:
                    await self._handle_run(member, assigned, report)

    async def _handle_run(
        self,
        member: CrewMember,
        assigned: AssignedRun,
        report: Appended | FlushWanted | Progressed | Happened | Ended,
    ) -> None:
        match report:
            case Appended():
                self._append(member, assigned, report)
            case FlushWanted():
                _task(member, self._flush(member, assigned, report))
            case Progressed():
                assigned.on_progress(report.progress)
            case Happened():
                assigned.on_event(report.event)
            case Ended():
                del member.runs[report.run]
                if not assigned.ended.done():
                    assigned.ended.set_result(report)
                await self._notify()

    def _append(self, member: CrewMember, assigned: AssignedRun, report: Appended) -> None:
        assert assigned.journal is not None, "the worker was asked to send it"
        try:
            assigned.journal.append(report.offset, report.data)
        except JournalError as error:
            member.send(Flushed(run=report.run, size=assigned.journal.size, problem=str(error)))

    async def _flush(self, member: CrewMember, assigned: AssignedRun, report: FlushWanted) -> None:
        assert assigned.journal is not None, "the worker was asked to send it"
        problem: str | None = None
        try:
            await assigned.journal.sink.sync()
        except JournalError as error:
            problem = str(error)
        member.send(Flushed(run=report.run, size=report.size, problem=problem))

    def _serve(self, member: CrewMember, request: ServiceRequest) -> None:
        async def serve() -> None:
            value: Any = None
            failed: GovSimError | None = None
            try:
                value = await self._services[request.service].serve(member.number, request.payload)
            except GovSimError as error:
                failed = error
            except Exception:  # noqa: BLE001 - reported to the worker, whose run fails
                failed = GovSimError(f"service {request.service}: {traceback.format_exc()}")
            if request.number is not None:
                member.send(ServiceAnswer(request=request.number, value=value, error=failed))

        _task(member, serve())


def _task(member: CrewMember, work: Any) -> None:
    """Start a task that ends with the worker."""
    task = asyncio.create_task(work)
    member.tasks.add(task)
    task.add_done_callback(member.tasks.discard)


async def _cancel(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancel tasks, and wait until they have ended."""
    ending = list(tasks)  # tasks that have ended are removed from the collection
    for task in ending:
        task.cancel()
    await asyncio.gather(*ending, return_exceptions=True)


def _here(wait: Wait) -> Wait:
    """Return a wait of another machine by the clock of this one."""
    return replace(wait, until=time.monotonic() + wait.seconds)
