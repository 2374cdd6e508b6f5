"""`govsim report`: write one page on all runs in a folder."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from govsim import library
from govsim.analysis.registration import read_registration
from govsim.analysis.results import REPORT_FRAMES
from govsim.characters import counted
from govsim.cli.console import say
from govsim.cli.options import DesignOption, Folder, FromMonth, PrimaryOption, check_page, with_groups
from govsim.cli.problems import BrokenJournals
from govsim.errors import AnalysisError


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedOptions:
    """How groups of runs are compared."""

    baseline: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Condition that the others are compared with.", show_default="as declared, or default"
        ),
    ] = None
    baseline_model: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Model that the others are compared with.",
            show_default="as declared, or no comparison",
        ),
    ] = None
    design: DesignOption = None
    primary: PrimaryOption = None


@with_groups
def report(
    folder: Folder = Path("runs"),
    *,
    compared: ComparedOptions = ComparedOptions(),
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="Output file.")] = Path("report.html"),
    registration: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Registration of the campaign: the page lists deviations from it."),
    ] = None,
    from_month: FromMonth = 1,
    title: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Title of the page.", show_default="number of runs")
    ] = None,
) -> None:
    """Write a self-contained page with tables, comparisons, figures and a description of the methods.

    Sub-skill tests in the folder have a separate section. The same journals give the same page. Unreadable journals are
    reported on stderr and on the page; the exit code is then 1.

    Examples:

        govsim report runs

        govsim report runs/newcomer --from-month 4 --baseline default -o newcomer.html

        govsim report runs/campaign --registration campaign.registration.json
    """
    check_page(out, "--out")
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
    baselines = {"condition": compared.baseline, "model": compared.baseline_model}
    page = library.report(
        results,
        out,
        title=title,
        baseline=compared.baseline,
        baseline_model=compared.baseline_model,
        design=compared.design,
        primary=compared.primary,
        registration=registration,
    )
    say(str(page))
    if registered is not None:
        from govsim.analysis.report.conducted import conducted_analysis
        from govsim.analysis.report.registered import reported_deviations  # loads matplotlib

        conducted = conducted_analysis(results, baselines, registered, design=compared.design, primary=compared.primary)
        deviations = reported_deviations(registered, results, conducted)
        say(f"{counted(len(deviations), 'deviation')} from {registration}; see the page", err=True)
    broken.note_unchecked(results.unknown)
    broken.leave()
