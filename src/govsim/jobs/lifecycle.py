"""The lifecycle of a job: start or resume its journal, execute it, and close the journal in any case."""

from __future__ import annotations

import asyncio
import os
import platform
import traceback
from collections.abc import Awaitable, Callable, Collection, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from govsim.config import Execution
from govsim.errors import GovSimError, JournalError, ModelError, OverBudget, TooManyForfeits, out_of_files
from govsim.jobs.job import J, Job, JobContext, JobResult
from govsim.jobs.provenance import check_reading, check_versions
from govsim.journal import (
    FINISHED,
    Broken,
    Call,
    Cause,
    End,
    Event,
    FileSink,
    Listener,
    Month,
    Recorder,
    Session,
    Sink,
    Status,
    StudyAnswer,
    check_all_known,
    is_unstarted,
    sole_writer,
)
from govsim.journal.line import line_of
from govsim.models.asking import Asker
from govsim.models.budget import BudgetAccount, CallAccount
from govsim.models.pool import ModelSource
from govsim.models.prices import Prices
from govsim.redaction import redacted
from govsim.spans import Span, untraced


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """The process that writes a journal, and whose end stops the job.

    Attributes:
        process: its process ID.
        host: name of its machine.
        worker: the worker process that executes the job, if it is another one, as `process 12 on node-3`.
    """

    process: int = field(default_factory=os.getpid)
    host: str = field(default_factory=platform.node)
    worker: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenJournal:
    """The journal of a job that is about to be executed.

    Attributes:
        sink: receives its new lines.
        recorded: its previous content; None if there is none.
        writer: the process that writes it.
    """

    sink: Sink
    recorded: Any
    writer: Writer


def existing_journal(job: Job[J], execution: Execution, kinds: Collection[str] | None = None) -> J | None:
    """Read the existing journal of a job; None if there is none or it is empty.

    Args:
        job: the job.
        execution: settings of the execution.
        kinds: the kinds of event to read; None for all.

    Raises:
        JournalError: it cannot be read, or it is unfinished and has events of unknown kinds.
        JournalMismatch: it belongs to another job, or was started with other prompts or by another version.
    """
    if not job.path.exists() or is_unstarted(job.path):
        return None
    recorded = job.read(kinds)
    rule = recorded.header.reading_rule
    job.check_same(recorded, accepts_prompts=execution.accept_version)
    is_finished = job.is_finished(recorded)
    if not is_finished:
        check_reading(job.path, rule, job.start_over_hint)
    if not execution.accept_version:
        check_reading(job.path, rule, job.version_hint)
        check_versions(job.path, recorded.header, job.header, job.version_hint)
    if not is_finished:
        check_all_known(recorded, "resumed")
    return recorded


def is_finished(job: Job[Any], execution: Execution) -> bool:
    """Return whether a job is finished; otherwise, check that it can be started or resumed.

    Args:
        job: the job.
        execution: settings of the execution.

    Raises:
        JournalError: it cannot be, or another process is writing it.
        ConfigError: the journal cannot be written.
    """
    if not job.path.exists():
        return False
    recorded = existing_journal(job, execution, job.outline)
    if recorded is not None and job.is_finished(recorded):
        return True
    if job.outline is not None:
        existing_journal(job, execution)  # it will be read completely
    with sole_writer(job.path):
        return False


async def execute(
    job: Job[Any],
    execution: Execution,
    models: ModelSource,
    listener: Listener | None = None,
    *,
    command: CallAccount | None = None,
    question_slots: asyncio.Semaphore | None = None,
    span: Span = untraced,
    writer: Writer | None = None,
) -> JobResult:
    """Execute a job, or resume it where its journal ends; a finished job is not executed again.

    Errors that stop a job are recorded in its journal and returned, not raised.

    Args:
        job: the job.
        execution: settings of the execution.
        models: the source of models.
        listener: called with every event, new or replayed; for a finished job, only with its `end` event.
        command: the common budget of all jobs of a command.
        question_slots: limits how many questions of studies are sent concurrently; `execution.connections` if None.
        span: opens a span for each month, phase and question that is sent.
        writer: the process that the journal names; this one if None.

    Raises:
        JournalError: the existing journal cannot be read or resumed, or another process is writing it.
        ConfigError: the journal cannot be written.
        asyncio.CancelledError: the job was interrupted; this is recorded in its journal.
    """
    if (finished := await finished_before(job, execution, listener)) is not None:
        return finished
    with sole_writer(job.path):
        recorded = existing_journal(job, execution)  # another process may have finished it since
        if recorded is not None and (end := recorded.end) is not None and job.is_finished(recorded):
            return JobResult.of(job.path, end, recorded.events, was_finished=True)
        sink = FileSink(job.path, recorded)
        journal = OpenJournal(sink=sink, recorded=recorded, writer=writer or Writer())
        return await carry_out(
            job, execution, models, journal, listener, command=command, question_slots=question_slots, span=span
        )


async def finished_before(job: Job[Any], execution: Execution, listener: Listener | None = None) -> JobResult | None:
    """Return the result of a job that is already finished; None if it has to be executed.

    Args:
        job: the job.
        execution: settings of the execution.
        listener: called with its `end` event if it is finished.

    Raises:
        JournalError: its journal cannot be read or resumed.
    """
    outline = existing_journal(job, execution, job.outline)
    if outline is None or (end := outline.end) is None or not job.is_finished(outline):
        return None
    await job.check_finished(outline)
    if listener is not None:
        listener(end)
    return JobResult.of(job.path, end, outline.events, was_finished=True)


async def carry_out(
    job: Job[Any],
    execution: Execution,
    models: ModelSource,
    journal: OpenJournal,
    listener: Listener | None = None,
    *,
    command: CallAccount | None = None,
    question_slots: asyncio.Semaphore | None = None,
    span: Span = untraced,
) -> JobResult:
    """Execute a job whose journal is open, and close the journal in any case.

    The arguments, the result and the errors are those of `execute`.
    """
    answers: list[Event] = []

    def on_event(event: Event) -> None:
        if isinstance(event, StudyAnswer):
            answers.append(event)
        if listener is not None:
            listener(event)

    recorded = journal.recorded
    with Recorder(journal.sink, recorded, on_event) as recorder:
        own = BudgetAccount(execution.run_budget, "run_budget", Prices.of(execution, job.models.default))
        asker = Asker(recorder, run=own, command=command, longest_prompt=job.models.longest_prompt, span=span)
        slots = question_slots or asyncio.Semaphore(execution.connections)
        context = JobContext(recorder=recorder, asker=asker, models=models, question_slots=slots, span=span)
        session = session_of(execution, journal.writer)
        end = await _run_recorded(job, execution, context, recorded, session=session, own=own)
    return JobResult.of(job.path, end, answers, was_truncated=bool(recorded and recorded.partial_line))


async def _run_recorded(
    job: Job[J], execution: Execution, context: JobContext, recorded: J | None, *, session: Session, own: BudgetAccount
) -> End:
    """Start a journal, or a new session of a resumed one, and execute the job."""
    beginning = (job.header,) if recorded is None else ()
    context.recorder.write(*beginning, session)
    started = job.begin(context)

    async def run() -> Status:
        own.recall(recorded.of(Call) if recorded else ())
        return await started.run()

    return await run_to_end(run, context.recorder, path=job.path, base_url=execution.base_url, months=started.months)


def record_failure(
    job: Job[Any], execution: Execution, reason: str, sink: FileSink | None = None
) -> tuple[End, JobResult]:
    """Record that a job has failed, and that no process is executing it any more.

    Args:
        job: the job.
        execution: settings of the execution.
        reason: why it has failed.
        sink: its journal if it is open; it is opened if None.

    Raises:
        JournalError: the journal cannot be read or written, or another process is writing it.
    """
    with ExitStack() as stack:
        if sink is None:
            stack.enter_context(sole_writer(job.path))
        recorded = existing_journal(job, execution, ("month",))
        if sink is None:
            sink = FileSink(job.path, recorded)
            stack.callback(sink.close)
        beginning = () if recorded is not None else (job.header, session_of(execution, Writer()))
        months = 0 if recorded is None else max((month.month - 1 for month in recorded.of(Month)), default=0)
        end = End(status="failed", months=months, reason=reason, cause="error", at=_now())
        sink.append(b"".join(map(line_of, (*beginning, end))))
        sink.flush()
    return end, JobResult.of(job.path, end, ())


def recorded_results(
    jobs: Iterable[Job[Any]], *, since: datetime | None = None, broken: Broken | None = None
) -> list[JobResult]:
    """Return the results of the jobs that have ended; jobs not started or still running are skipped.

    Args:
        jobs: the jobs.
        since: the start of the command; jobs that ended earlier were finished before. None if all were executed by it.
        broken: called with the error of each unreadable journal, which is skipped.
    """
    found = []
    for job in jobs:
        try:
            outline = job.read(job.outline) if job.path.exists() and not is_unstarted(job.path) else None
        except JournalError as error:
            outline = None
            if broken is not None:
                broken(error)
        if outline is not None and (end := outline.end) is not None:
            is_older = since is not None and end.at < since.isoformat(timespec="milliseconds")
            was_finished = is_older and end.status in FINISHED
            found.append(JobResult.of(job.path, end, outline.events, was_finished=was_finished))
    return found


def session_of(execution: Execution, writer: Writer) -> Session:
    """Return the event that records the process and the settings of an execution.

    Args:
        execution: settings of the execution.
        writer: the process.
    """
    settings = execution.model_dump(mode="json", exclude={"out", "base_url"})
    return Session(at=_now(), process=writer.process, host=writer.host, worker=writer.worker, execution=settings)


async def run_to_end(
    run: Callable[[], Awaitable[Status]],
    recorder: Recorder,
    *,
    path: Path,
    base_url: str | None = None,
    months: Callable[[], int] = lambda: 0,
) -> End:
    """Execute a job and write its `end` event; errors that stop it are recorded there and not raised.

    Args:
        run: executes the job, and returns its final status.
        recorder: its journal.
        path: path of the journal.
        base_url: an address that is redacted in reasons.
        months: returns the number of months completed so far.

    Raises:
        JournalError: the journal cannot be resumed or written.
        asyncio.CancelledError: the job was interrupted; this is recorded in the journal.
    """

    def end(status: Status, reason: str | None = None, cause: Cause | None = None) -> End:
        shown = None if reason is None else redacted(reason, base_url)
        last = End(status=status, months=months(), reason=shown, cause=cause, at=_now())
        recorder.write(last)
        return last

    try:
        return end(await run())
    except asyncio.CancelledError:
        end("cancelled", "interrupted")
        raise
    except OverBudget as error:
        return end("over-budget", str(error))
    except JournalError as error:  # the journal is not modified: it may be correct, and this run wrong
        raise type(error)(f"{path}: {error}") from error
    except GovSimError as error:
        return end("failed", str(error), _cause_of(error))
    except Exception as error:  # noqa: BLE001 - a failing run must not stop the others; its journal contains the traceback
        limit = out_of_files(error)
        return end("failed", traceback.format_exc() if limit is None else str(limit), "error")


def _cause_of(error: GovSimError) -> Cause:
    """Return the kind of a failure. Statistics exclude only runs with unparsable answers."""
    if isinstance(error, TooManyForfeits):
        return "unreadable"
    return "provider" if isinstance(error, ModelError) else "error"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
