"""The report as a page."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from govsim.analysis.cells import Cell
from govsim.analysis.costs import known_part
from govsim.analysis.export import csv_of
from govsim.analysis.figures import Drawn
from govsim.analysis.measures import SURVIVAL_TIME, measure_named, tabulated_measures
from govsim.analysis.registration import Registration
from govsim.analysis.report import sections
from govsim.analysis.report.conducted import Conducted, conducted_analysis
from govsim.analysis.report.registered import registered_section
from govsim.analysis.results import Results
from govsim.analysis.runs import in_order
from govsim.analysis.statistics import SEED
from govsim.analysis.statistics.resampling import RESAMPLES
from govsim.analysis.statistics.sides import Design
from govsim.analysis.tables.cells import cells_table, run_notes
from govsim.analysis.tables.formatting import count, dollars, in_full, reasons
from govsim.analysis.tables.markup import html_table
from govsim.analysis.tables.table import Column, Table
from govsim.characters import counted, visible
from govsim.journal import known_sum

_SHOWN_ROWS = 10
"""Maximum number of rows shown of the values of a figure; the linked CSV file has all of them."""


Progress = Callable[[str], None]
"""Receives a description of each step before it, such as `comparing conditions`."""


def report_html(
    results: Results,
    *,
    title: str | None = None,
    baseline: str | None = None,
    baseline_model: str | None = None,
    design: Design | None = None,
    primary: str | None = None,
    registration: Registration | None = None,
    progress: Progress | None = None,
) -> str:
    """Return a report as one page of HTML that loads nothing; the same journals give the same page.

    Args:
        results: the runs and studies.
        title: the title of the page; the number of runs when None.
        baseline: the condition that others are compared with; the registered or declared one, or `default`, when None.
        baseline_model: the model that others are compared with; the registered or declared one when None.
        design: `unpaired`, or `paired` by seed; the registered or declared one when None.
        primary: the primary measure, which is shown first; the registered or declared one when None.
        registration: the registered protocol, deviations from which the page lists, and which is used where nothing is
            named.
        progress: called with a description of each step before it.

    Raises:
        AnalysisError: no runs have a baseline, or nothing is named and runs declare different analyses.
    """
    cells, baselines = results.cells, {"condition": baseline, "model": baseline_model}
    conducted = conducted_analysis(results, baselines, registration, design=design, primary=primary)
    registered: list[sections.ReportSection] = []
    if registration is not None:
        registered = [registered_section(registration, results, conducted)]
    found = [*registered, *_sections(results, conducted, progress or _ignored)]
    return rendered(
        "report",
        title=title or f"Report on {counted(len(results.measures), 'run')}",
        tiles=_tiles(results, cells),
        warnings=list(_warnings(results, cells)),
        overview=replace(cells_table(cells), name="overview"),
        found=[section for section in found if section.parts],
        origin=[sections.origin_section(results, cells), sections.runs_section(results)],
        from_month=results.from_month,
        design=conducted.design,
        resamples=count(RESAMPLES),
        seed=SEED,
    )


def rendered(template: str, **variables: Any) -> str:
    """Return a page of HTML that loads nothing.

    Args:
        template: name of its template, `report` or `tournament`.
        variables: what the template shows.
    """
    page = _environment().get_template(f"{template}.html.jinja").render(variables)
    return page.encode(errors="replace").decode()


def _sections(results: Results, conducted: Conducted, progress: Progress) -> list[sections.ReportSection]:
    """The sections of results, each with its figures drawn."""
    found: list[sections.ReportSection] = []
    for by in conducted.baselines:
        progress(f"comparing {by}s")
        found += sections.compared_sections(results, conducted, by)
    progress("drawing figures of all runs")
    found.append(sections.figures_section(results))
    if results.skills:
        progress("drawing figures of sub-skills")
        found.append(sections.skills_section(results.skills, results.measures))
    found.append(sections.contamination_section(results))
    progress("analysing dialogues")
    found.append(sections.dialogue_section(results))
    progress("writing the page")
    return found


def _ignored(_step: str) -> None:
    """Progress that is not shown."""


def svg_uri(drawn: Drawn) -> str:
    """A figure as a data URI."""
    return f"data:image/svg+xml;base64,{b64encode(drawn.compact_svg()).decode()}"


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("govsim.analysis.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"table": _table, "svg": svg_uri, "csv": _csv_uri, "numbers": _numbers}
    return environment


def _harmless(value: object) -> object:
    """Escape invisible characters of values; the markup of the templates stays."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _table(table: Table) -> Markup:
    return Markup(html_table(table))


def _csv_uri(frame: pd.DataFrame) -> str:
    """A frame as a data URI; few characters of a CSV file need an escape, so that base64 would be larger."""
    return f"data:text/csv;charset=utf-8,{quote(csv_of(frame), safe=',;:/()=+*')}"


def _numbers(drawn: Drawn) -> Table:
    """The first rows of the frame of a figure."""
    rows = drawn.frame.head(_SHOWN_ROWS).to_dict("records")
    columns = tuple(Column(name=str(key), heading=str(key), place="stub") for key in drawn.frame.columns)
    data = [{str(key): in_full(value) for key, value in row.items()} for row in rows]
    return Table(name=drawn.name, title=drawn.title, columns=columns, data=data)


def _tiles(results: Results, cells: Sequence[Cell]) -> Mapping[str, str]:
    """The summary: counts by their description."""
    runs = results.measures
    status = Counter(run.status for run in runs)
    stopped = in_order(run.reason for run in runs if run.reason is not None)
    cost, unpriced = known_part(run.cost for run in runs), sum(run.cost is None for run in runs)
    return {
        f"{'run' if len(runs) == 1 else 'runs'} in {counted(len(cells), 'cell')}": count(len(runs)),
        "survived": count(status["completed"]),
        "collapsed": count(status["collapsed"]),
        f"excluded{f' ({reasons(stopped)})' if stopped else ''}": count(stopped.total()),
        "unreadable journals": count(len(results.problems)),
        "tokens": count(known_sum(run.tokens for run in runs)),
        "spent" if not unpriced else f"spent (cost of {counted(unpriced, 'run')} unknown)": dollars(cost),
    }


def _warnings(results: Results, cells: Sequence[Cell]) -> Iterator[str]:
    """Remarks that are necessary to interpret the figures."""
    excluded = sum(len(cell.runs) - len(cell.counted) for cell in cells)
    if excluded:
        yield (
            f"{excluded} of {len(results.measures)} runs stopped before their end. They are excluded from means "
            "and survival rates; in survival analysis they are right-censored at the months they completed."
        )
    if unreadable := sum(run.is_unreadable for run in results.measures):
        yield (
            f"Of these, {unreadable} failed because of unreadable answers and are excluded from survival analysis too: "
            "forfeited decisions take nothing from the stock."
        )
    if results.problems:
        were = "1 journal is" if len(results.problems) == 1 else f"{len(results.problems)} journals are"
        yield f"{were} unreadable and excluded; see the end of the page."
    if results.imported:
        yield (
            f"{results.imported} of {len(results.measures)} runs were imported from the logs of another program, which "
            "do not record prompts, costs and unreadable answers; see Imported below."
        )
    if few := sum(1 for cell in cells if 0 < len(cell.counted) < 6):
        yield (
            f"{few} of {len(cells)} cells have fewer than six counted runs, too few for any paired comparison to be "
            "significant at 5 %."
        )
    yield from run_notes(cells)
    if results.from_month > 1:
        titles = [
            one.title for one in tabulated_measures(run.values for run in results.measures) if one.counts_from_month
        ]
        names = f"{', '.join(titles)} and {measure_named(SURVIVAL_TIME).title}"
        yield f"{names[:1].upper()}{names[1:]} count from month {results.from_month} on."
