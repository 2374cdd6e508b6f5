"""Files beside journals: archived journals of earlier attempts, and the plan of a campaign."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from govsim.errors import ConfigError
from govsim.jobs.job import Job
from govsim.jobs.run import RunJob
from govsim.journal import PLAN_ENDING, Header, PlannedRun, sole_writer, write_plan


def archive_journals(jobs: Sequence[Job[Any]]) -> list[Path]:
    """Archive the existing journals of jobs, whatever their content, by renaming each to `NAME.jsonl.old-N`.

    Returns:
        The new paths, in the order of `jobs`; jobs without a journal are skipped.

    Raises:
        JournalError: one of them is being written by another process; none has been renamed.
        ConfigError: one cannot be renamed; those before it have been.
    """
    paths = [job.path for job in jobs if job.path.exists()]
    for path in paths:  # one at a time, as there can be more journals than files that a process may open
        with sole_writer(path):
            pass
    return [_archive(path) for path in paths]


def _archive(path: Path) -> Path:
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
    runs: Sequence[RunJob], out: Path, name: str, setups: Callable[[list[Header]], list[str]]
) -> Path | None:
    """Write the list of runs that a campaign has planned; runs of a single cell need no plan.

    Args:
        runs: all planned runs.
        out: the output folder.
        name: file name of the plan, without its ending.
        setups: describes the societies of runs, each in one line.

    Returns:
        Path of the plan; None if none was written.

    Raises:
        ConfigError: the plan cannot be written.
    """
    if len({run.path.parent for run in runs}) < 2:
        return None
    path = out / f"{name}{PLAN_ENDING}"
    cells = {run.cell: run.header for run in runs}
    named = dict(zip(cells, setups(list(cells.values())), strict=True))
    write_plan(path, [_planned(run, out, named[run.cell]) for run in runs])
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
