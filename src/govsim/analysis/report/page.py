"""The report as a page."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from govsim.analysis.counting import in_order
from govsim.analysis.evidence import Evidence
from govsim.analysis.figures import SEED, Drawn
from govsim.analysis.frames import csv_of
from govsim.analysis.measures import SURVIVAL_TIME, all_measures, measure_named
from govsim.analysis.report import sections
from govsim.analysis.skills import SkillStudy, read_skills
from govsim.analysis.statistics import RESAMPLES
from govsim.analysis.table import Cell, cells_of
from govsim.analysis.tables import Column, Table, cells_table
from govsim.analysis.tables.cells import run_notes
from govsim.analysis.tables.formatting import count, dollars, in_full, reasons
from govsim.analysis.tables.markup import html_table
from govsim.characters import counted, visible
from govsim.errors import JournalError
from govsim.journal import Broken, total

_SHOWN_ROWS = 200
"""The most rows of a figure's numbers that stand in the page; the file beside it has all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillsFound:
    """Tests of sub-skills below a folder.

    Attributes:
        studies: as `read_skills` gives them.
        broken: journals of studies that could not be read, and why, relative to the folder.
    """

    studies: tuple[SkillStudy, ...]
    broken: tuple[str, ...]


def read_skills_found(folder: Path, broken: Broken | None = None) -> SkillsFound | None:
    """Tests of sub-skills below a folder; None where there are none, whole or broken.

    Args:
        folder: where the journals lie, at any depth.
        broken: told of each journal that is broken, which is then left out; raised when None.

    Raises:
        JournalError: there is no such folder.
    """
    told: list[str] = []

    def note(error: JournalError) -> None:
        told.append(str(error).replace(f"{folder.as_posix()}/", ""))
        if broken is not None:
            broken(error)

    studies = read_skills(folder, broken=None if broken is None else note)
    return SkillsFound(studies=studies, broken=tuple(told)) if studies or told else None


def report_html(
    evidence: Evidence,
    *,
    title: str | None = None,
    baseline: str | None = None,
    baseline_model: str | None = None,
    skills: SkillsFound | None = None,
) -> str:
    """A report as one page of HTML that loads nothing; the same journals give the same page.

    Args:
        evidence: what was read.
        title: the page's title; one that counts runs when None.
        baseline: the condition that others are compared with; `default`, or the first, when None.
        baseline_model: the model that others are compared with; the first when None.
        skills: tests of sub-skills, as `read_skills_found` gives them; None for no part on them.

    Raises:
        AnalysisError: a baseline is none that can be.
    """
    if skills is not None:
        # A journal of a study is read for the talks and for the skills: where it is broken, both tell of it.
        evidence = replace(evidence, broken=tuple(dict.fromkeys((*evidence.broken, *skills.broken))))
    cells = cells_of(evidence.runs)
    found = [
        *sections.compared_sections(evidence, {"condition": baseline, "model": baseline_model}),
        sections.figures_section(evidence),
        *([sections.skills_section(skills.studies, evidence.runs)] if skills and skills.studies else []),
        sections.dialogue_section(evidence),
    ]
    page = (
        _environment()
        .get_template("report.html.jinja")
        .render(
            title=title or f"Report on {counted(len(evidence.runs), 'run')}",
            tiles=_tiles(evidence, cells),
            warnings=list(_warnings(evidence, cells)),
            overview=replace(cells_table(cells), name="overview"),
            found=[section for section in found if section.parts],
            origin=[sections.origin_section(evidence, cells), sections.runs_section(evidence)],
            from_month=evidence.from_month,
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


def _tiles(evidence: Evidence, cells: Sequence[Cell]) -> Mapping[str, str]:
    """The summary: what is counted, and how many there are of it."""
    runs = evidence.runs
    status = Counter(run.status for run in runs)
    stopped = in_order(run.counting.reason for run in runs if run.counting.reason is not None)
    return {
        f"{'run' if len(runs) == 1 else 'runs'} in {counted(len(cells), 'cell')}": count(len(runs)),
        "survived": count(status["completed"]),
        "collapsed": count(status["collapsed"]),
        f"left out{f' ({reasons(stopped)})' if stopped else ''}": count(stopped.total()),
        "journals broken": count(len(evidence.broken)),
        "tokens": count(total(run.tokens for run in runs)),
        "spent": dollars(total(run.cost for run in runs)),
    }


def _warnings(evidence: Evidence, cells: Sequence[Cell]) -> Iterator[str]:
    """What a reader has to know before reading any figure."""
    left_out = sum(cell.left_out.total for cell in cells)
    if left_out:
        yield (
            f"{left_out} of {len(evidence.runs)} runs stopped before their end. They are neither survived nor "
            "collapsed and in no mean; in survival analysis they count for the months they completed."
        )
    if unreadable := sum(run.is_unreadable for run in evidence.runs):
        yield (
            f"Of these, {unreadable} failed because answers could not be read, and are in no survival analysis either: "
            "the decisions they forfeited spared the stock."
        )
    if evidence.broken:
        were = "1 journal is" if len(evidence.broken) == 1 else f"{len(evidence.broken)} journals are"
        yield f"{were} broken and in nothing of this; see the end of the page."
    if evidence.imported:
        yield (
            f"{evidence.imported} of {len(evidence.runs)} runs were imported from the logs of another program, which "
            "do not tell what was asked, what it cost, and which answers could not be read; see below, under imported."
        )
    if few := sum(1 for cell in cells if 0 < len(cell.counted) < 6):
        yield (
            f"{few} of {len(cells)} cells have fewer than six counted runs, too few for a paired comparison to be "
            "significant at 5 %, whatever it shows."
        )
    yield from run_notes(cells)
    if evidence.from_month > 1:
        titles = [one.title for one in all_measures() if one.counts_from_month]
        told = f"{', '.join(titles)} and {measure_named(SURVIVAL_TIME).title}"
        yield f"{told[:1].upper()}{told[1:]} count from month {evidence.from_month} on."
