"""A worker: one process with one event loop, which executes many runs concurrently with one set of models."""

from __future__ import annotations

import asyncio
import hashlib
import os
import platform
import tempfile
import time
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

from govsim.config import Budget, KnownFile, add_location
from govsim.errors import ConfigError, GovSimError, JournalError
from govsim.jobs.distribution.messages import (
    CHUNK,
    LONGEST_DELAY,
    Appended,
    Assignment,
    CancelRun,
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
    StartRun,
    Waiting,
    WorkerMessage,
    WorkerSetup,
)
from govsim.jobs.distribution.services import FILES
from govsim.jobs.job import JobResult
from govsim.jobs.lifecycle import OpenJournal, carry_out, execute
from govsim.jobs.progress import JobProgress
from govsim.journal import End, Event, RequestLine
from govsim.models.command_budget import RemoteBudget
from govsim.models.leases import Limits
from govsim.models.pool import OpenModels
from govsim.models.retrying import Wait

_SECONDS_BETWEEN_PROGRESS = 0.5

_LARGEST_FILE = 256 * 2**20
"""Maximum size in bytes of a file that is copied from the machine of the driver."""


class Outbox:
    """Reports that wait to be sent. Those that someone waits for are sent at once, others together."""

    def __init__(self, pause: float) -> None:
        """Start without reports.

        Args:
            pause: minimum seconds between two sets of reports.
        """
        self._pause = pause
        self._taken_at = 0.0
        self._reports: list[WorkerMessage] = []
        self._bytes = 0
        self._progress: dict[Assignment, JobProgress] = {}
        self._progress_at = 0.0
        self._is_urgent = asyncio.Event()

    def put(self, report: WorkerMessage, *, size: int = 0, is_urgent: bool = False) -> None:
        """Add a report.

        Args:
            report: the report.
            size: size of its data in bytes.
            is_urgent: whether it is sent at once.
        """
        self._reports.append(report)
        self._bytes += size
        if is_urgent or self._bytes >= CHUNK:
            self._is_urgent.set()

    def show(self, run: Assignment, progress: JobProgress) -> None:
        """Note that a run has progressed."""
        self._progress[run] = progress

    def put_progress(self, run: Assignment) -> None:
        """Add the progress of a run that is about to end."""
        if (progress := self._progress.pop(run, None)) is not None:
            self.put(Progressed(run=run, progress=progress))

    async def take(self) -> list[WorkerMessage]:
        """Wait for reports, at most `LONGEST_DELAY`; return about `CHUNK` bytes of them."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_DELAY):
                await self._is_urgent.wait()
        await asyncio.sleep(max(0.0, self._taken_at + self._pause - time.monotonic()))
        now = self._taken_at = time.monotonic()
        if now - self._progress_at >= _SECONDS_BETWEEN_PROGRESS:
            self._progress_at = now
            for run in list(self._progress):
                self.put_progress(run)
        return self._taken()

    def _taken(self) -> list[WorkerMessage]:
        size, taken = 0, 0
        for report in self._reports:
            if taken and size >= CHUNK:
                break
            size += len(report.data) if isinstance(report, Appended) else 0
            taken += 1
        reports, self._reports = self._reports[:taken], self._reports[taken:]
        self._bytes -= size
        if not self._reports:
            self._is_urgent.clear()
        return reports


class Driver:
    """The command, as its workers see it: services that answer messages."""

    def __init__(self, outbox: Outbox) -> None:
        """Prepare to send messages.

        Args:
            outbox: where they are put.
        """
        self._outbox = outbox
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}

    async def call(self, service: str, payload: Mapping[str, Any]) -> Any:
        """Send a message to a service, and return its answer.

        Args:
            service: name of the service.
            payload: values that can be pickled, of at most a few kilobytes.

        Raises:
            GovSimError: the error that the service raised.
        """
        number = next(self._numbers)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        self._outbox.put(ServiceRequest(service=service, payload=dict(payload), number=number), is_urgent=True)
        try:
            return await answer
        finally:
            self._waiting.pop(number, None)

    def post(self, service: str, payload: Mapping[str, Any]) -> None:
        """Send a message to a service that does not answer it.

        Args:
            service: name of the service.
            payload: as for `call`.
        """
        self._outbox.put(ServiceRequest(service=service, payload=dict(payload)))

    def answered(self, answer: ServiceAnswer) -> None:
        """Receive an answer."""
        waiting = self._waiting.get(answer.request)
        if waiting is None or waiting.done():
            return
        if answer.error is None:
            waiting.set_result(answer.value)
        else:
            waiting.set_exception(answer.error)


class DriverSink:
    """The journal of a run, written by the driver: a `Sink` that sends all lines there."""

    def __init__(self, outbox: Outbox, run: Assignment, size: int) -> None:
        """Continue a journal.

        Args:
            outbox: where reports are put.
            run: the assignment of the run.
            size: size of the journal so far in bytes.
        """
        self._outbox = outbox
        self._run = run
        self._size = size
        self._flushed = size
        self._problem: str | None = None
        self._changed = asyncio.Event()

    def append(self, lines: bytes) -> None:
        """See `Sink`."""
        self._check()
        for start in range(0, len(lines), CHUNK):
            data = lines[start : start + CHUNK]
            self._outbox.put(Appended(run=self._run, offset=self._size, data=data), size=len(data))
            self._size += len(data)

    async def sync(self) -> None:
        """See `Sink`; the driver confirms that its disk has the lines."""
        wanted = self._size
        self._outbox.put(FlushWanted(run=self._run, size=wanted), is_urgent=True)
        while self._flushed < wanted:
            self._check()
            self._changed.clear()
            await self._changed.wait()
        self._check()

    def flush(self) -> None:
        """See `Sink`; the driver flushes the journal when the run has ended."""
        self._check()

    def close(self) -> None:
        """See `Sink`."""

    def flushed(self, message: Flushed) -> None:
        """Receive the driver's confirmation, or the reason why it cannot write."""
        self._flushed = max(self._flushed, message.size)
        self._problem = message.problem
        self._changed.set()

    def _check(self) -> None:
        if self._problem is not None:
            raise JournalError(self._problem)


class Worker:
    """Executes runs for the driver. The transport delivers messages to `handle`, and takes reports from `reports`.

    Attributes:
        is_done: set when the worker has released everything and may terminate.
    """

    def __init__(self, setup: WorkerSetup) -> None:
        """Start without runs.

        Args:
            setup: what it needs to know.
        """
        self.is_done = asyncio.Event()
        self._setup = setup
        self._outbox = Outbox(setup.pause)
        self._driver = Driver(self._outbox)
        limits = Limits(setup.execution, self._driver)
        self._models = OpenModels(setup.execution, setup.default, limits=limits)
        self._budget = None if setup.execution.budget == Budget() else RemoteBudget(self._driver)
        self._models.on_wait(self._waits)
        self._writer = replace(setup.writer, worker=f"process {os.getpid()} on {platform.node()}")
        self._tasks: dict[Assignment, asyncio.Task[Ended]] = {}
        self._sinks: dict[Assignment, DriverSink] = {}
        self._parts: dict[Assignment, list[bytes]] = {}
        self._others: set[asyncio.Task[None]] = set()
        self._folder = tempfile.TemporaryDirectory(prefix="govsim-worker-", ignore_cleanup_errors=True)

    async def prepare(self) -> None:
        """Check access to the output folder, find or copy the files that settings name, and report the result."""
        problem: GovSimError | None = None
        try:
            await asyncio.to_thread(self._check_shared)
            for file in self._setup.files:
                await self._find(file)
        except GovSimError as error:
            problem = error
        self._outbox.put(Ready(problem=problem), is_urgent=True)

    def _check_shared(self) -> None:
        if (shared := self._setup.shared) is not None and not shared.exists():
            raise ConfigError(
                f"execution.shared_storage = True: {shared.parent} on {platform.node()} is not the output folder of "
                "the command; share the folder, or remove the setting, so that the command writes all journals"
            )

    async def reports(self) -> list[WorkerMessage]:
        """Wait for reports, at most a quarter of a second."""
        return await self._outbox.take()

    def handle(self, messages: Sequence[DriverMessage]) -> None:
        """Handle messages, without waiting for what they start."""
        for message in messages:
            match message:
                case JournalPart():
                    self._parts.setdefault(message.run, []).append(message.data)
                case StartRun():
                    self._start(message)
                case Flushed():
                    if (sink := self._sinks.get(message.run)) is not None:
                        sink.flushed(message)
                case CancelRun():
                    if (task := self._tasks.get(message.run)) is not None:
                        task.cancel()
                case ServiceAnswer():
                    self._driver.answered(message)
                case Quit():
                    self._others.add(asyncio.create_task(self._quit()))

    def _start(self, message: StartRun) -> None:
        """Start a run, and report its end; a task that is cancelled at once has not even begun."""

        def end(task: asyncio.Task[Ended]) -> None:
            self._tasks.pop(message.run, None)
            self._sinks.pop(message.run, None)
            self._parts.pop(message.run, None)
            self._outbox.put_progress(message.run)
            self._outbox.put(Ended(run=message.run) if task.cancelled() else task.result(), is_urgent=True)

        task = self._tasks[message.run] = asyncio.create_task(self._run(message))
        task.add_done_callback(end)

    async def _run(self, message: StartRun) -> Ended:
        """Execute a run."""
        try:
            return Ended(run=message.run, result=await self._executed(message))
        except GovSimError as error:
            return Ended(run=message.run, error=error)
        except Exception:  # noqa: BLE001 - reported to the driver; other runs continue
            return Ended(run=message.run, error=GovSimError(f"{message.job.path}: {traceback.format_exc()}"))

    async def _executed(self, message: StartRun) -> JobResult:
        progress = JobProgress.of(message.job)

        def on_event(event: Event) -> None:
            progress.update(event)
            self._outbox.show(message.run, progress)
            if isinstance(event, End | RequestLine) and (isinstance(event, End) or event.note):
                self._outbox.put_progress(message.run)
                self._outbox.put(Happened(run=message.run, event=event))

        job, execution, models = message.job, self._setup.execution, self._models
        command = None if self._budget is None else self._budget.account(str(job.path))
        if not message.sends_journal:
            return await execute(job, execution, models, on_event, command=command, writer=self._writer)
        recorded = await self._received(message)
        sink = self._sinks[message.run] = DriverSink(self._outbox, message.run, message.recorded)
        journal = OpenJournal(sink=sink, recorded=recorded, writer=self._writer)
        return await carry_out(job, execution, models, journal, on_event, command=command)

    async def _received(self, message: StartRun) -> Any:
        """Read the journal that the driver has sent; None if there is none."""
        data = b"".join(self._parts.pop(message.run, []))
        if len(data) != message.recorded:
            raise JournalError(f"{message.job.path}: {len(data):,} of {message.recorded:,} bytes arrived; run again")
        if not data:
            return None
        with tempfile.TemporaryDirectory(dir=self._folder.name) as folder:
            path = Path(folder) / message.job.path.name
            await asyncio.to_thread(path.write_bytes, data)
            return replace(message.job, path=path).read()  # the driver has checked it

    async def _find(self, file: KnownFile) -> None:
        """Remember where a file is on this machine; copy it from the driver if it is not at the same path."""
        if file.path.exists() and await asyncio.to_thread(_sha256, file.path) == file.sha256:
            add_location(file.path, file.sha256)
            return
        folder = Path(self._folder.name) / hashlib.sha256(str(file.path.parent).encode()).hexdigest()[:16]
        folder.mkdir(exist_ok=True)
        copy = folder / file.name
        with copy.open("wb") as to:
            while part := await self._driver.call(FILES, {"sha256": file.sha256, "offset": to.tell()}):
                if to.tell() > _LARGEST_FILE:
                    raise ConfigError(f"{file.path}: is too large to be copied; put it at this path on each machine")
                to.write(part)
        add_location(copy, file.sha256)

    def _waits(self, wait: Wait) -> None:
        self._outbox.put(Waiting(wait=wait))

    async def _quit(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        await self._models.aclose()
        self._folder.cleanup()
        self.is_done.set()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
