"""The report as a page."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from govsim.analysis.cells import Cell
from govsim.analysis.costs import known_part
from govsim.analysis.export import csv_of
from govsim.analysis.figures import Drawn
from govsim.analysis.measures import SURVIVAL_TIME, all_measures, measure_named
from govsim.analysis.report import sections
from govsim.analysis.results import Results
from govsim.analysis.runs import in_order
from govsim.analysis.statistics import SEED
from govsim.analysis.statistics.resampling import RESAMPLES
from govsim.analysis.tables.cells import cells_table, run_notes
from govsim.analysis.tables.formatting import count, in_full, partial_dollars, reasons
from govsim.analysis.tables.markup import html_table
from govsim.analysis.tables.table import Column, Table
from govsim.characters import counted, visible
from govsim.journal import known_sum

_SHOWN_ROWS = 200
"""The most rows of a figure's numbers that stand in the page; the file beside it has all."""


def report_html(
    results: Results,
    *,
    title: str | None = None,
    baseline: str | None = None,
    baseline_model: str | None = None,
) -> str:
    """A report as one page of HTML that loads nothing; the same journals give the same page.

    Args:
        results: what was read.
        title: the page's title; one that counts runs when None.
        baseline: the condition that others are compared with; `default`, or the first, when None.
        baseline_model: the model that others are compared with; the first when None.

    Raises:
        AnalysisError: a baseline is none that can be.
    """
    cells = results.cells
    found = [
        *sections.compared_sections(results, {"condition": baseline, "model": baseline_model}),
        sections.figures_section(results),
        *([sections.skills_section(results.skills, results.measures)] if results.skills else []),
        sections.dialogue_section(results),
    ]
    page = (
        _environment()
        .get_template("report.html.jinja")
        .render(
            title=title or f"Report on {counted(len(results.measures), 'run')}",
            tiles=_tiles(results, cells),
            warnings=list(_warnings(results, cells)),
            overview=replace(cells_table(cells), name="overview"),
            found=[section for section in found if section.parts],
            origin=[sections.origin_section(results, cells), sections.runs_section(results)],
            from_month=results.from_month,
            resamples=count(RESAMPLES),
            seed=SEED,
        )
    )
    return page.encode(errors="replace").decode()


def svg_uri(drawn: Drawn) -> str:
    """A figure as the address of an image that stands in the page itself."""
    return _data_uri("image/svg+xml", drawn.content("svg"))


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
    """A text without characters that are not seen; what the templates say themselves stays."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _table(table: Table) -> Markup:
    return Markup(html_table(table))


def _csv_uri(frame: pd.DataFrame) -> str:
    return _data_uri("text/csv;charset=utf-8", csv_of(frame))


def _data_uri(media_type: str, content: bytes) -> str:
    """Content as an address that holds it."""
    return f"data:{media_type};base64,{b64encode(content).decode()}"


def _numbers(drawn: Drawn) -> Table:
    """The first rows of what a figure was drawn from."""
    rows = drawn.frame.head(_SHOWN_ROWS).to_dict("records")
    columns = tuple(Column(name=str(key), heading=str(key), place="stub") for key in drawn.frame.columns)
    data = [{str(key): in_full(value) for key, value in row.items()} for row in rows]
    return Table(name=drawn.name, title=drawn.title, columns=columns, data=data)


def _tiles(results: Results, cells: Sequence[Cell]) -> Mapping[str, str]:
    """The summary: what is counted, and how many there are of it."""
    runs = results.measures
    status = Counter(run.status for run in runs)
    stopped = in_order(run.reason for run in runs if run.reason is not None)
    return {
        f"{'run' if len(runs) == 1 else 'runs'} in {counted(len(cells), 'cell')}": count(len(runs)),
        "survived": count(status["completed"]),
        "collapsed": count(status["collapsed"]),
        f"left out{f' ({reasons(stopped)})' if stopped else ''}": count(stopped.total()),
        "journals broken": count(len(results.problems)),
        "tokens": count(known_sum(run.tokens for run in runs)),
        "spent": partial_dollars(known_part(run.cost for run in runs), sum(run.cost is None for run in runs)),
    }


def _warnings(results: Results, cells: Sequence[Cell]) -> Iterator[str]:
    """What a reader has to know before reading any figure."""
    left_out = sum(len(cell.runs) - len(cell.counted) for cell in cells)
    if left_out:
        yield (
            f"{left_out} of {len(results.measures)} runs stopped before their end. They are neither survived nor "
            "collapsed and in no mean; in survival analysis they count for the months they completed."
        )
    if unreadable := sum(run.is_unreadable for run in results.measures):
        yield (
            f"Of these, {unreadable} failed because answers could not be read, and are in no survival analysis either: "
            "the decisions they forfeited spared the stock."
        )
    if results.problems:
        were = "1 journal is" if len(results.problems) == 1 else f"{len(results.problems)} journals are"
        yield f"{were} broken and in nothing of this; see the end of the page."
    if results.imported:
        yield (
            f"{results.imported} of {len(results.measures)} runs were imported from the logs of another program, which "
            "do not tell what was asked, what it cost, and which answers could not be read; see below, under imported."
        )
    if few := sum(1 for cell in cells if 0 < len(cell.counted) < 6):
        yield (
            f"{few} of {len(cells)} cells have fewer than six counted runs, too few for a paired comparison to be "
            "significant at 5 %, whatever it shows."
        )
    yield from run_notes(cells)
    if results.from_month > 1:
        titles = [one.title for one in all_measures() if one.counts_from_month]
        told = f"{', '.join(titles)} and {measure_named(SURVIVAL_TIME).title}"
        yield f"{told[:1].upper()}{told[1:]} count from month {results.from_month} on."
