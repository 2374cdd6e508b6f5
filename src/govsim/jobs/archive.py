"""What lies beside journals: those that were set aside to start over, and the plan of a campaign."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from govsim.errors import ConfigError
from govsim.jobs.job import Job
from govsim.jobs.run import RunJob
from govsim.journal import PLAN_ENDING, Header, PlannedRun, sole_writer, write_plan


def set_aside(jobs: Sequence[Job[Any]]) -> list[Path]:
    """Rename the journals that lie in the places of jobs, whatever they hold; each to `NAME.jsonl.old-N`.

    Returns:
        What they are called now, in the order of `jobs`; those without a journal have none.

    Raises:
        JournalError: somebody is writing one of them; none has been renamed.
        ConfigError: one cannot be renamed; those before it have been.
    """
    paths = [job.path for job in jobs if job.path.exists()]
    for path in paths:  # one after the other, as there may be more of them than files a process may have open
        with sole_writer(path):
            pass
    return [_set_aside(path) for path in paths]


def _set_aside(path: Path) -> Path:
    with sole_writer(path):
        kept = next(name for number in count(1) if not (name := Path(f"{path}.old-{number}")).exists())
        try:
            path.rename(kept)
        except OSError as error:
            raise ConfigError(
                f"{path}: cannot be renamed ({error.strerror}); choose another folder with --out"
            ) from error
        return kept


def record_campaign(
    runs: Sequence[RunJob], out: Path, name: str, setup: Callable[[Header], str] = lambda _: ""
) -> Path | None:
    """Write down which runs a campaign has planned; runs of a single cell need no plan.

    Args:
        runs: all that it has planned.
        out: the folder of its journals.
        name: what the plan is called, without its ending.
        setup: describes the society of a run in one line.

    Returns:
        Where the plan lies; None when there is none.

    Raises:
        ConfigError: the plan cannot be written.
    """
    if len({run.path.parent for run in runs}) < 2:
        return None
    path = out / f"{name}{PLAN_ENDING}"
    write_plan(path, [_planned(run, out, setup(run.header)) for run in runs])
    return path


def _planned(run: RunJob, out: Path, setup: str) -> PlannedRun:
    scenario, condition, society = run.cell
    return PlannedRun(
        path=run.path.relative_to(out).as_posix(),
        scenario=scenario,
        condition=condition,
        society=society,
        setup=setup,
        seed=run.experiment.seed,
        months=run.experiment.world.months,
    )
