"""`govsim import-original`: results of the original GovSim as journals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from govsim.cli.problems import BrokenJournals
from govsim.cli.words import months, say
from govsim.errors import JournalError
from govsim.journal.original import ImportedRun
from govsim.journal.original import import_original as make_journals


def import_original(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder with results, at any depth.", show_default=False)
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the journals.")] = Path("runs/imported"),
) -> None:
    """Make journals of results of the original GovSim (folders with a log_env.json), and say what they lack.

    Tables, figures and pages read them beside runs of govsim; they cannot be continued or re-lived. A result that is
    broken or of another program is named on stderr and left out; the command then ends with 1.

    Example:
        govsim import-original results
    """
    broken = BrokenJournals("result")
    runs = make_journals(folder, out, broken)
    if not runs:
        raise JournalError(f"{folder}: none of its results can be imported")
    say("\n".join(_told(runs)))
    broken.leave()


def _told(runs: Sequence[ImportedRun]) -> Iterator[str]:
    for run in runs:
        ended = f"in month {run.end.months}" if run.end.status == "collapsed" else f"after {months(run.end.months)}"
        there = ", there already" if run.was_there else ""
        yield f"{run.end.status} {ended}{there}  {run.imported.source} → {run.path}"
    counts = Counter(run.end.status for run in runs)
    yield f"{len(runs)} imported: " + ", ".join(f"{count} {status}" for status, count in counts.items())
    yield from _sentences(
        "Taken for granted:", Counter(text for run in runs for text in run.imported.assumed), len(runs)
    )
    missing = Counter(text for run in runs for text in run.imported.missing)
    yield from _sentences("Could not be carried over:", missing, len(runs))


def _sentences(heading: str, counts: Counter[str], runs: int) -> Iterator[str]:
    """Each sentence once, with the number of runs that it is about where that is not all of them."""
    if counts:
        yield ""
        yield heading
    for text, count in counts.items():
        yield f"- {text}" + (f" ({count} of {runs})" if count < runs else "")
