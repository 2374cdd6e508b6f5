"""`govsim report`: write one page on all runs in a folder."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from govsim import library
from govsim.analysis.registration import read_registration
from govsim.analysis.results import REPORT_FRAMES
from govsim.characters import counted
from govsim.cli.console import say
from govsim.cli.options import Folder, FromMonth
from govsim.cli.problems import BrokenJournals
from govsim.errors import AnalysisError


def report(
    folder: Folder = Path("runs"),
    *,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="Output file.")] = Path("report.html"),
    baseline: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Condition that the others are compared with.", show_default="default"),
    ] = None,
    baseline_model: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Model that the others are compared with.", show_default="no comparison"),
    ] = None,
    registration: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Registered protocol: the page states what departed from it."),
    ] = None,
    from_month: FromMonth = 1,
    title: Annotated[str | None, typer.Option(help="Title of the page.", show_default="number of runs")] = None,
) -> None:
    """Write a self-contained page with tables, comparisons, figures and a description of the methods.

    Sub-skill tests in the folder have a separate section. The same journals give the same page. Unreadable journals are
    reported on stderr and on the page; the exit code is then 1.

    Examples:

        govsim report runs

        govsim report runs/newcomer --from-month 4 --baseline default -o newcomer.html

        govsim report runs/campaign --registration campaign.registration.json
    """
    registered = None if registration is None else read_registration(registration)
    broken = BrokenJournals()
    with library.showing_steps() as step:
        step("reading journals")
        results = library.load(folder, frames=REPORT_FRAMES, from_month=from_month, broken=broken)
    if not results.measures:
        raise AnalysisError(
            f"{folder}: has sub-skill tests but no runs; show the tests with: govsim skills show "
            f"{shlex.quote(str(folder))}"
        )
    page = library.report(
        results, out, title=title, baseline=baseline, baseline_model=baseline_model, registration=registration
    )
    say(str(page))
    if registered is not None:
        from govsim.analysis.report.registered import reported_departures  # loads matplotlib

        departures = reported_departures(registered, results, {"condition": baseline, "model": baseline_model})
        say(f"{counted(len(departures), 'departure')} from {registration}; see the page", err=True)
    broken.note_unchecked(results.unknown)
    broken.leave()
