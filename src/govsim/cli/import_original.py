"""`govsim import-original`: convert results of the original GovSim to journals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from govsim.cli.console import months, say
from govsim.cli.problems import BrokenJournals
from govsim.errors import JournalError
from govsim.journal.original import ImportedRun
from govsim.journal.original import import_original as make_journals


def import_original(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder with results, searched recursively.", show_default=False)
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Output folder.")] = Path("runs/imported"),
) -> None:
    """Convert results of the original GovSim (folders with a log_env.json) to journals, and list what is missing.

    Tables, figures and pages show them together with other runs; they cannot be resumed or replayed. Unreadable results
    and those of other programs are reported on stderr and skipped; the exit code is then 1.

    Example:

        govsim import-original results
    """
    broken = BrokenJournals("result")
    runs = make_journals(folder, out, broken)
    if not runs:
        raise JournalError(f"{folder}: none of the results can be imported")
    say("\n".join(_summary(runs)))
    broken.leave()


def _summary(runs: Sequence[ImportedRun]) -> Iterator[str]:
    for run in runs:
        ended = f"in month {run.end.months}" if run.end.status == "collapsed" else f"after {months(run.end.months)}"
        there = ", imported before" if run.was_there else ""
        yield f"{run.end.status} {ended}{there}  {run.imported.source} → {run.path}"
    counts = Counter(run.end.status for run in runs)
    yield f"{len(runs)} imported: " + ", ".join(f"{count} {status}" for status, count in counts.items())
    yield from _sentences("Assumptions:", Counter(text for run in runs for text in run.imported.assumed), len(runs))
    missing = Counter(text for run in runs for text in run.imported.missing)
    yield from _sentences("Missing data:", missing, len(runs))


def _sentences(heading: str, counts: Counter[str], runs: int) -> Iterator[str]:
    """Yield each sentence once, with its number of runs unless it applies to all of them."""
    if counts:
        yield ""
        yield heading
    for text, count in counts.items():
        yield f"- {text}" + (f" ({count} of {runs})" if count < runs else "")
