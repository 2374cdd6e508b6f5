"""`govsim status`: how the runs below a folder stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from govsim import analysis
from govsim.analysis.results import STATUS
from govsim.analysis.status import CellStanding, JobStanding
from govsim.analysis.tables.formatting import duration
from govsim.characters import counted
from govsim.cli.options import Folder, TextOrJson
from govsim.cli.problems import BrokenJournals
from govsim.cli.words import say
from govsim.journal import note_on_unknown

_STOPPED = ("failed", "cancelled", "over-budget", "killed")


def status(
    folder: Folder = Path("runs"),
    format: TextOrJson = "text",  # noqa: A002  the option's name
) -> None:
    """Show how runs stand, cell by cell: done, going on, waiting, stopped and why; and what they have cost so far.

    Runs that a campaign has planned and not begun are counted too. Below them stand studies, as `govsim skills` and
    `govsim dialogue` carry them out: how many are done, and those that are not.

    Examples:
        govsim status runs

        govsim status runs --format json
    """
    broken = BrokenJournals()
    found = analysis.load(folder, frames=(STATUS,), broken=broken).standings
    cells, studies = analysis.in_cells(found), [job for job in found if job.is_study]
    if format == "json":
        say(analysis.render(analysis.standings_table(cells), "json"))
    else:
        say("\n\n".join([*([format_standings(cells)] if cells else []), *format_studies(studies)]))
    broken.leave()


def format_standings(cells: Sequence[CellStanding]) -> str:
    """Cells as plain text, with a row for all, the time left, and the runs that stopped with their reasons."""
    runs = [run for cell in cells for run in cell.runs]
    left = analysis.seconds_left(cells)
    time = None if left is None else f"At most {duration(left)} left, as months have taken so far."
    stopped = [f"{run.standing} in month {run.months}{_ending(run)}" for run in runs if run.standing in _STOPPED]
    parts = (
        analysis.render(analysis.standings_table(cells)),
        time,
        note_on_unknown(run.unknown for run in runs),
        "\n".join(stopped),
    )
    return "\n\n".join(part for part in parts if part)


def format_studies(studies: Sequence[JobStanding]) -> list[str]:
    """Studies as paragraphs of plain text: how many are done, and those that are not; none where there are none."""
    if not studies:
        return []
    done = sum(study.is_done for study in studies)
    what = ", ".join(f"{count} of {name}" for name, count in Counter(study.cell[0] for study in studies).items())
    others = (
        f"{', '.join(study.cell)}: {study.standing} after {counted(study.calls, 'reply', 'replies')}{_ending(study)}"
        for study in studies
        if not study.is_done
    )
    return ["\n".join([f"Studies ({what}): {done} of {len(studies)} done.", *others])]


def _ending(job: JobStanding) -> str:
    """Why a job stopped, and where its journal lies."""
    told = (job.reason or "").strip().splitlines()[-1:] or (
        ["terminated without an end event"] if job.standing in _STOPPED else []
    )
    return f"{''.join(f': {reason}' for reason in told)}  {job.path}"
