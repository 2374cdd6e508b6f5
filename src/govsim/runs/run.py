"""One run: begin or continue its journal, live through it, and close it whatever happens."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from govsim.config import Execution
from govsim.errors import JournalMismatch
from govsim.journal import (
    FINISHED,
    Call,
    Journal,
    Listener,
    Recorder,
    Status,
    check_all_known,
    is_unbegun,
    place_of,
    read_journal,
    sole_writer,
)
from govsim.models.asking import Asker
from govsim.models.budget import Account
from govsim.models.pool import Models
from govsim.models.prices import Prices
from govsim.runs.building import build_society
from govsim.runs.ending import session_of, to_its_end
from govsim.runs.header import check_continues, header_of
from govsim.runs.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """How a run ended.

    Attributes:
        path: its journal.
        status: how it ended.
        months: months completed.
        reason: why it did not finish; None when it did.
        was_finished: whether it had ended before and nothing was done.
        was_torn: whether the journal that it continued ended in the middle of a line, which was left out.
    """

    path: Path
    status: Status
    months: int
    reason: str | None = None
    was_finished: bool = False
    was_torn: bool = False


OUTLINE = ("session", "end")
"""Lines that tell how a run stands; the others of a long journal take their time to read."""


def existing_journal(plan: Plan, execution: Execution, kinds: Collection[str] | None = None) -> Journal | None:
    """What a run's journal holds already; None when there is nothing.

    Args:
        plan: the run.
        execution: how it is carried out.
        kinds: the kinds of line to read beside the header; all when not given.

    Raises:
        JournalError: it cannot be read, or is to be continued and has events of unknown kinds.
        JournalMismatch: it is the journal of another experiment.
    """
    if not plan.path.exists() or is_unbegun(plan.path):
        return None
    recorded = read_journal(plan.path, kinds)
    is_finished = recorded.status in FINISHED
    check_continues(plan.path, recorded.header, plan, execution, is_finished=is_finished)
    if not is_finished:
        check_all_known(recorded, "continued")
    return recorded


def check_continues_alone(plan: Plan, execution: Execution) -> None:
    """Refuse a run whose journal cannot be continued, or is being written by somebody else.

    Raises:
        JournalError: says what stands against it.
        ConfigError: the journal cannot be written.
    """
    if plan.path.exists() and _finished(plan, existing_journal(plan, execution, OUTLINE)) is None:
        with sole_writer(plan.path):
            pass


async def carry_out(
    plan: Plan,
    execution: Execution,
    models: Models,
    listener: Listener | None = None,
    command: Account | None = None,
) -> RunResult:
    """Carry a run out, or continue it where its journal stops; a finished one is left as it is.

    What stops a run is written into its journal and returned, not raised. `command` is what all runs of one command
    may spend.

    Raises:
        JournalError: the journal in this place cannot be read or continued, or somebody else is writing it.
        ConfigError: the journal cannot be written.
        asyncio.CancelledError: the run was interrupted; its journal says so.
    """
    outline = existing_journal(plan, execution, OUTLINE)
    if (finished := _finished(plan, outline)) is not None:
        if listener is not None and outline is not None and outline.end is not None:
            listener(outline.end)
        return finished
    with sole_writer(plan.path):
        return await _write(plan, execution, models, listener, command)


def _finished(plan: Plan, recorded: Journal | None) -> RunResult | None:
    """The result of a run that has ended for good; None where there is something left to do."""
    end = recorded.end if recorded else None
    if end is None or end.status not in FINISHED:
        return None
    return RunResult(path=plan.path, status=end.status, months=end.months, was_finished=True)


async def _write(
    plan: Plan, execution: Execution, models: Models, listener: Listener | None, command: Account | None
) -> RunResult:
    """Begin or continue a journal that nobody else writes; whoever did until just now may have finished it."""
    recorded = existing_journal(plan, execution)
    if (finished := _finished(plan, recorded)) is not None:
        return finished
    with Recorder(plan.path, recorded, listener) as recorder:
        if recorded is None:
            recorder.write(header_of(plan))
        recorder.write(session_of(execution))
        run = Account(execution.run_budget, "run_budget", Prices.of(execution, plan.experiment.models.default))
        asker = Asker(
            recorder,
            run=run,
            command=command,
            longest_prompt=plan.experiment.models.longest_prompt,
        )
        society = build_society(plan.experiment, plan.scenario, recorder, models, asker)

        async def live() -> Status:
            run.recall(recorded.of(Call) if recorded else ())
            status = await society.live()
            if recorder.unseen:
                raise JournalMismatch(f"{place_of(recorder.unseen[0])} did not happen again")
            return status

        end = await to_its_end(
            live, recorder, path=plan.path, base_url=execution.base_url, months=lambda: society.months
        )
        return RunResult(
            path=plan.path,
            status=end.status,
            months=end.months,
            reason=end.reason,
            was_torn=bool(recorded and recorded.torn),
        )
