"""Messages between a command, called the driver, and its worker processes: values that can be pickled, all small.

The driver and its workers send different kinds of messages. Every message about a run carries the epoch of its
assignment: a run that is moved to another worker gets the next epoch, and messages of earlier ones are ignored.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from govsim.config import Execution, KnownFile
from govsim.errors import GovSimError
from govsim.jobs.job import Job, JobResult
from govsim.jobs.lifecycle import Writer
from govsim.jobs.progress import JobProgress
from govsim.journal import Event
from govsim.models.retrying import Wait

CHUNK = 64 * 1024
"""Approximate maximum size of the data in one message, and of the messages that are sent together, in bytes."""

LONGEST_DELAY = 0.25
"""Maximum seconds for which a report is held back so that several are sent together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """The assignment of a run to a worker.

    Attributes:
        number: number of the run in the command.
        epoch: 1 for the first worker that gets the run; increased whenever it is moved.
    """

    number: int
    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSetup:
    """What a worker needs to know before its first run.

    Attributes:
        number: its number, which no other worker of the command has.
        execution: settings of the execution.
        default: name of the model that all jobs use, to which `execution.base_url` applies; None if they differ.
        writer: the process of the command, which journals name.
        files: files that settings name, with their locations on the machine of the driver.
        pause: minimum seconds between two sets of its reports, so that many workers do not occupy the driver.
        seconds_alone: seconds without contact to the driver after which it terminates itself; None for any time.
        shared: a file in the output folder that it must find, as it writes journals there; None if it need not check.
    """

    number: int
    execution: Execution
    default: str | None
    writer: Writer
    files: tuple[KnownFile, ...]
    pause: float
    seconds_alone: float | None = None
    shared: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalPart:
    """Order: a part of the journal of a run that was started before."""

    run: Assignment
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRun:
    """Order: execute a run.

    Attributes:
        run: the assignment.
        job: the run.
        sends_journal: whether the driver writes the journal; otherwise, the worker does.
        recorded: size of the previous journal in bytes, which was sent before; 0 if the worker writes the journal.
    """

    run: Assignment
    job: Job[Any]
    sends_journal: bool
    recorded: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Flushed:
    """Order: the journal of a run is on the driver's disk up to a size in bytes; or it cannot be written."""

    run: Assignment
    size: int
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRun:
    """Order: end a run as after an interrupt."""

    run: Assignment


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceAnswer:
    """Order: the answer of a service of the driver, or the error that it raised."""

    request: int
    value: Any = None
    error: GovSimError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quit:
    """Order: release all resources and terminate; no run is left."""


DriverMessage = JournalPart | StartRun | Flushed | CancelRun | ServiceAnswer | Quit


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """Report: the worker can execute runs, or the reason why it cannot."""

    problem: GovSimError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Appended:
    """Report: new bytes of the journal of a run, and the size of the journal before them."""

    run: Assignment
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class FlushWanted:
    """Report: a run waits until its journal is on disk up to a size in bytes."""

    run: Assignment
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Progressed:
    """Report: the progress of a run, at most a few times a second."""

    run: Assignment
    progress: JobProgress


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """Report: an event of a run that is shown to the user."""

    run: Assignment
    event: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Report: a request waits before it is retried."""

    wait: Wait


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRequest:
    """Report: a message to a service of the driver; without a number if no answer is expected."""

    service: str
    payload: Any
    number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """Report: a run has ended, with a result, an error that is not recorded in its journal, or an interrupt."""

    run: Assignment
    result: JobResult | None = None
    error: GovSimError | None = None


WorkerMessage = Ready | Appended | FlushWanted | Progressed | Happened | Waiting | ServiceRequest | Ended


def packed(messages: Sequence[DriverMessage] | Sequence[WorkerMessage] | WorkerSetup) -> bytes:
    """Serialize messages.

    Args:
        messages: the messages.
    """
    return pickle.dumps(messages, protocol=pickle.HIGHEST_PROTOCOL)


def unpacked(data: bytes) -> Any:
    """Return the messages that `packed` has serialized, on the same or another machine with the same packages.

    Args:
        data: the serialized messages. Only a process of the same command may have written them.
    """
    return pickle.loads(data)
