"""The solver: a sample is one run, executed or resumed as by `govsim run`, with its journal beside the log."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from inspect_ai._control.eval_state import stable_task_id_for_eval
from inspect_ai.log._samples import ActiveSample, sample_active
from inspect_ai.model import ModelOutput
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import message_limit

if TYPE_CHECKING:
    from govsim.inspect.task import Arguments

JOURNAL = "journal"
"""Key of the journal's path in the store of a sample."""

_log = logging.getLogger(__name__)


@solver
def society() -> Solver:
    """Simulate a society; the models of its members and of the framework are those of the evaluation."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        from govsim.errors import GovSimError  # everything below takes a while to import
        from govsim.inspect.models import EvalModels
        from govsim.inspect.task import Arguments
        from govsim.inspect.transcript import Record, span
        from govsim.jobs import execute
        from govsim.journal import FINISHED

        arguments = Arguments.model_validate(state.metadata["arguments"])
        models = EvalModels(state.metadata["experiment"]["society"]["members"])
        active = sample_active()
        assert active is not None, "solvers run in samples"
        (job,) = arguments.plan(state.metadata["seed"], out=_folder(arguments, active), models=models.settings)
        job.open_models(models)
        if active.retries and not job.path.exists():
            _log.warning(
                f"{state.sample_id}: {job.path} does not exist, so the run starts from month 1; to resume a run, retry "
                "with the log directory of its first attempt (--log-dir)"
            )
        state.store.set(JOURNAL, str(job.path))
        record = Record()
        with message_limit(None):  # a run consists of many conversations, and its messages are a record of all of them
            try:
                result = await execute(job, models.execution, models, record.follow, command=models.account, span=span)
            finally:
                state.messages = record.messages
        if result.was_finished:  # in an earlier attempt, whose log was not written
            for event in job.read().events:
                record.follow(event)
        if result.status not in FINISHED:
            raise models.account.reached or GovSimError(f"the run failed: {result.reason}; a retry resumes {job.path}")
        state.output = ModelOutput.from_content(str(state.model), f"{result.status} in month {result.months}")
        return state

    return solve


def _folder(arguments: Arguments, active: ActiveSample) -> Path:
    """The folder of the journals of the eval: the same for every attempt at it, and another for each epoch."""
    beside = Path(arguments.journals) if arguments.journals else _local(active.log_location).parent / "journals"
    folder = beside / stable_task_id_for_eval(active.eval_id)
    return folder if active.epoch == 1 else folder / f"epoch-{active.epoch}"


def _local(location: str) -> Path:
    """The path of a log.

    Raises:
        ConfigError: it is not in the file system of this machine.
    """
    from govsim.errors import ConfigError

    parts = urlsplit(location)
    if parts.scheme not in ("", "file"):
        raise ConfigError(
            f"log = {location}: journals cannot be written beside it; choose a local folder with -T journals=FOLDER"
        )
    return Path(unquote(parts.path)).absolute()
