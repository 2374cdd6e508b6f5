"""`govsim report`: one page on all runs below a folder."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from govsim.analysis.results import REPORT_FRAMES, load
from govsim.cli.options import Folder, FromMonth
from govsim.cli.problems import BrokenJournals
from govsim.cli.words import say
from govsim.errors import AnalysisError


def report(
    folder: Folder = Path("runs"),
    *,
    out: Annotated[Path, typer.Option("--out", "-o", help="The page's file.")] = Path("report.html"),
    baseline: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="The condition that others are compared with.", show_default="default, or the first"
        ),
    ] = None,
    baseline_model: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The model that others are compared with.", show_default="the first"),
    ] = None,
    from_month: FromMonth = 1,
    title: Annotated[str | None, typer.Option(help="The page's title.", show_default="how many runs")] = None,
) -> None:
    """Write one page with tables, comparisons, figures and the method in words. It needs no network and no other file.

    Tests of sub-skills that lie below the folder have a part of their own. The same journals give the same page. A
    journal that is broken is named on stderr and on the page; the command then ends with 1.

    Examples:
        govsim report runs

        govsim report runs/newcomer --from-month 4 --baseline default -o newcomer.html
    """
    from govsim.analysis.figures import write  # with matplotlib, which --help does not wait for
    from govsim.analysis.report import report_html

    broken = BrokenJournals()
    results = load(folder, frames=REPORT_FRAMES, from_month=from_month, broken=broken)
    if not results.measures:
        raise AnalysisError(
            f"{folder}: holds tests of sub-skills and no runs, which a report is about; see the tests with govsim "
            f"skills show {shlex.quote(str(folder))}, or put them below a folder with runs"
        )
    page = report_html(results, title=title, baseline=baseline, baseline_model=baseline_model)
    write(out, page.encode())
    say(str(out))
    broken.note_unchecked(results.unknown)
    broken.leave()
