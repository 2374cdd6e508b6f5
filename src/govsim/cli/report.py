"""`govsim report`: one page on all runs below a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from govsim.cli.broken import BrokenJournals
from govsim.cli.words import say


def report(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder with journals, at any depth, or one journal.")
    ] = Path("runs"),
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
    from_month: Annotated[
        int, typer.Option(min=1, help="The first month that survival time, gain, efficiency and equality count.")
    ] = 1,
    title: Annotated[str | None, typer.Option(help="The page's title.", show_default="how many runs")] = None,
) -> None:
    """Write one page with tables, comparisons, figures and the method in words. It needs no network and no other file.

    Tests of sub-skills that lie below the folder have a part of their own. The same journals give the same page. A
    journal that is broken is named on stderr and on the page; the command then ends with 1.

    Examples:
        govsim report runs

        govsim report runs/newcomer --from-month 4 --baseline default -o newcomer.html
    """
    from govsim.analysis.evidence import read_evidence
    from govsim.analysis.figures import write
    from govsim.analysis.report import read_skills_found, report_html
    from govsim.errors import AnalysisError
    from govsim.journal import holds_runs

    broken = BrokenJournals()
    if folder.is_dir() and not holds_runs(folder) and read_skills_found(folder, broken) is not None:
        raise AnalysisError(
            f"{folder}: holds tests of sub-skills and no runs, which a report is about; see the tests with govsim "
            f"skills show {folder}, or put them below a folder with runs"
        )
    evidence = read_evidence(folder, from_month=from_month, broken=broken)
    skills = read_skills_found(folder, broken)
    page = report_html(evidence, title=title, baseline=baseline, baseline_model=baseline_model, skills=skills)
    write(out, page.encode())
    say(str(out))
    broken.note_unchecked(evidence.frames.unknown)
    broken.leave()
