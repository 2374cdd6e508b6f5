"""Carrying one job out: begin or continue its journal, live through it, and close it whatever happens."""

from __future__ import annotations

import asyncio
import os
import platform
import traceback
from collections.abc import Awaitable, Callable, Collection, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from govsim.config import Execution
from govsim.errors import GovSimError, JournalError, ModelError, OverBudget, TooManyForfeits, out_of_files
from govsim.jobs.job import J, Job, JobResult, Work
from govsim.jobs.provenance import check_reading, check_versions
from govsim.journal import (
    Call,
    Cause,
    End,
    Event,
    Listener,
    Recorder,
    Session,
    Status,
    StudyAnswer,
    check_all_known,
    is_unbegun,
    sole_writer,
)
from govsim.models.asking import Asker
from govsim.models.budget import Account
from govsim.models.pool import Models
from govsim.models.prices import Prices
from govsim.redaction import redacted


def existing_journal(job: Job[J], execution: Execution, kinds: Collection[str] | None = None) -> J | None:
    """What a job's journal holds already; None when there is nothing.

    Args:
        job: the job.
        execution: how it is carried out.
        kinds: the kinds of line to read beside the header; all when not given.

    Raises:
        JournalError: it cannot be read, or is to be continued and has events of unknown kinds.
        JournalMismatch: it is the journal of something else, or was begun with other prompts or by another version.
    """
    if not job.path.exists() or is_unbegun(job.path):
        return None
    recorded = job.read(kinds)
    rule = recorded.header.reading_rule
    job.check_same(recorded, accepts_prompts=execution.accept_version)
    is_finished = job.is_finished(recorded)
    if not is_finished:
        check_reading(job.path, rule, job.anew)
    if not execution.accept_version:
        check_reading(job.path, rule, job.accepting)
        check_versions(job.path, recorded.header, job.header, job.accepting)
    if not is_finished:
        check_all_known(recorded, "continued")
    return recorded


def check_ready(job: Job[Any], execution: Execution) -> None:
    """Refuse a job whose journal cannot be continued, or is being written by somebody else.

    Raises:
        JournalError: says what stands against it.
        ConfigError: the journal cannot be written.
    """
    if job.path.exists():
        recorded = existing_journal(job, execution, job.outline)
        if recorded is None or not job.is_finished(recorded):
            with sole_writer(job.path):
                pass


async def carry_out(
    job: Job[Any],
    execution: Execution,
    models: Models,
    listener: Listener | None = None,
    *,
    command: Account | None = None,
    questions_at_once: asyncio.Semaphore | None = None,
) -> JobResult:
    """Carry a job out, or continue it where its journal stops; a finished one is left as it is.

    What stops a job is written into its journal and returned, not raised.

    Args:
        job: the job.
        execution: how it is carried out.
        models: who answers.
        listener: told of every event, whether it is new or re-lived; of a finished job, of its end.
        command: what all jobs of one command may spend.
        questions_at_once: what is held while a question is asked that no member of a society asks;
            `execution.connections` of them at once when None.

    Raises:
        JournalError: the journal in this place cannot be read or continued, or somebody else is writing it.
        ConfigError: the journal cannot be written.
        asyncio.CancelledError: the job was interrupted; its journal says so.
    """
    outline = existing_journal(job, execution, job.outline)
    if outline is not None and (end := outline.end) is not None and job.is_finished(outline):
        await job.check_finished(outline)
        if listener is not None:
            listener(end)
        return JobResult.of(job.path, end, outline.events, was_finished=True)
    with sole_writer(job.path):
        recorded = existing_journal(job, execution)  # whoever wrote it until just now may have finished it
        if recorded is not None and (end := recorded.end) is not None and job.is_finished(recorded):
            return JobResult.of(job.path, end, recorded.events, was_finished=True)
        answers: list[Event] = []

        def heard(event: Event) -> None:
            if isinstance(event, StudyAnswer):
                answers.append(event)
            if listener is not None:
                listener(event)

        with Recorder(job.path, recorded, heard) as recorder:
            own = Account(execution.run_budget, "run_budget", Prices.of(execution, job.models.default))
            asker = Asker(recorder, run=own, command=command, longest_prompt=job.models.longest_prompt)
            turns = questions_at_once or asyncio.Semaphore(execution.connections)
            work = Work(recorder=recorder, asker=asker, models=models, questions_at_once=turns)
            end = await _lived(job, execution, work, recorded, own)
        return JobResult.of(job.path, end, answers, was_torn=bool(recorded and recorded.torn))


async def _lived(job: Job[J], execution: Execution, work: Work, recorded: J | None, own: Account) -> End:
    """Begin a journal, or a session of one that is continued, and live through the job."""
    if recorded is None:
        work.recorder.write(job.header)
    work.recorder.write(session_of(execution))
    life = job.begin(work)

    async def live() -> Status:
        own.recall(recorded.of(Call) if recorded else ())
        return await life.live()

    return await to_its_end(live, work.recorder, path=job.path, base_url=execution.base_url, months=life.months)


def recorded_results(jobs: Iterable[Job[Any]]) -> list[JobResult]:
    """How those of the jobs ended whose journals say so; the others have not begun, or go on elsewhere.

    Args:
        jobs: the jobs.
    """
    found = []
    for job in jobs:
        try:
            outline = job.read(job.outline) if job.path.exists() and not is_unbegun(job.path) else None
        except JournalError:
            outline = None  # the table names it
        if outline is not None and outline.end is not None:
            found.append(JobResult.of(job.path, outline.end, outline.events))
    return found


def session_of(execution: Execution) -> Session:
    """The line that says who carries something out from now on, and how."""
    settings = execution.model_dump(mode="json", exclude={"out", "base_url"})
    return Session(at=_now(), process=os.getpid(), host=platform.node(), execution=settings)


async def to_its_end(
    live: Callable[[], Awaitable[Status]],
    recorder: Recorder,
    *,
    path: Path,
    base_url: str | None = None,
    months: Callable[[], int] = lambda: 0,
) -> End:
    """Live through something, and write how it ended into its journal: what stops it is told there, and not raised.

    Args:
        live: what is lived through; tells how it ended.
        recorder: its journal.
        path: where that lies.
        base_url: an address that reasons must not tell.
        months: how many months were completed so far.

    Raises:
        JournalError: the journal cannot be continued, or cannot be written.
        asyncio.CancelledError: it was interrupted; the journal says so.
    """

    def end(status: Status, reason: str | None = None, cause: Cause | None = None) -> End:
        told = None if reason is None else redacted(reason, base_url)
        last = End(status=status, months=months(), reason=told, cause=cause, at=_now())
        recorder.write(last)
        return last

    try:
        return end(await live())
    except asyncio.CancelledError:
        end("cancelled", "interrupted")
        raise
    except OverBudget as error:
        return end("over-budget", str(error))
    except JournalError as error:  # the journal is left as it is: it may be right, and this run wrong
        raise type(error)(f"{path}: {error}") from error
    except GovSimError as error:
        return end("failed", str(error), _cause_of(error))
    except Exception as error:  # noqa: BLE001 - one broken run must not take others with it; its journal keeps the traceback
        limit = out_of_files(error)
        return end("failed", traceback.format_exc() if limit is None else str(limit), "error")


def _cause_of(error: GovSimError) -> Cause:
    """The kind of a failure: statistics leave out runs whose answers could not be read, and no others."""
    if isinstance(error, TooManyForfeits):
        return "unreadable"
    return "provider" if isinstance(error, ModelError) else "error"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
