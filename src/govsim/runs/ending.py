"""How what is carried out begins and ends in its journal, whatever stops it."""

from __future__ import annotations

import asyncio
import os
import platform
import traceback
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

from govsim.config import Execution
from govsim.errors import GovSimError, JournalError, ModelError, OverBudget, TooManyForfeits, out_of_files
from govsim.journal import Cause, End, Recorder, Session, Status
from govsim.redaction import redacted


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
