"""`govsim status`: show the progress of the runs in a folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from govsim import analysis
from govsim.analysis.results import STATUS
from govsim.analysis.status import CellState, JobState
from govsim.analysis.tables.formatting import duration
from govsim.characters import counted, status_text
from govsim.cli.console import located, say, wrapped
from govsim.cli.options import Folder, TextOrJson
from govsim.cli.problems import BrokenJournals
from govsim.journal import note_on_unknown

_STOPPED = ("failed", "cancelled", "over-budget", "killed")


def status(
    folder: Folder = Path("runs"),
    format: TextOrJson = "text",  # noqa: A002  the option's name
) -> None:
    """Show how many runs are finished, running, waiting or stopped, why runs stopped, and the cost so far.

    Planned runs of a campaign that have not started are included. The progress of studies (`govsim skills` and `govsim
    dialogue`) is shown below, with those that are not finished.

    Examples:

        govsim status runs

        govsim status runs --format json
    """
    broken = BrokenJournals()
    found = analysis.load(folder, frames=(STATUS,), broken=broken).states
    cells, studies = analysis.in_cells(found), [job for job in found if job.is_study]
    if format == "json":
        say(analysis.render(analysis.status_table(cells), "json"))
    else:
        say("\n\n".join([*([format_status(cells)] if cells else []), *format_studies(studies)]))
    broken.leave()


def format_status(cells: Sequence[CellState]) -> str:
    """Format cells as plain text, with a total, the time left, and the stopped runs with their reasons."""
    runs = [run for cell in cells for run in cell.runs]
    left = analysis.seconds_left(cells)
    time = (
        None if left is None else f"Estimated time left: at most {duration(left)}, at the speed of the months so far."
    )
    stopped = [
        _stopped(f"{status_text(run.status)} in month {run.months}", run) for run in runs if run.status in _STOPPED
    ]
    parts = (
        analysis.render(analysis.status_table(cells)),
        time and wrapped(time),
        (note := note_on_unknown(run.unknown for run in runs)) and wrapped(note),
        "\n".join(stopped),
    )
    return "\n\n".join(part for part in parts if part)


def format_studies(studies: Sequence[JobState]) -> list[str]:
    """Format studies as plain text: the number of finished studies, and those that are not finished; empty if none."""
    if not studies:
        return []
    done = sum(study.is_done for study in studies)
    numbers = ", ".join(f"{count} of {name}" for name, count in Counter(study.cell[0] for study in studies).items())
    others = (
        _stopped(
            f"{', '.join(study.cell)}: {status_text(study.status)} after {counted(study.calls, 'reply', 'replies')}",
            study,
        )
        for study in studies
        if not study.is_done
    )
    return ["\n".join([wrapped(f"Studies ({numbers}): {done} of {len(studies)} done."), *others])]


def _stopped(what: str, job: JobState) -> str:
    """Return where a job stopped, the reason, and the path of its journal."""
    reasons = (job.reason or "").strip().splitlines()[-1:] or (
        ["terminated without an end event"] if job.status in _STOPPED else []
    )
    return located(": ".join([what, *reasons]), job.path)
